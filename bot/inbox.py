"""One message from its arrival to its answer: stored, understood, answered, sent. Read it top to bottom."""

import asyncio
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import structlog

from bot.channels.base import Channel
from bot.contacts import Contact, Held
from bot.db import (
    Connection,
    Database,
    contacts,
    conversations,
    link_codes,
    looks,
    notices,
    question_counts,
    receipts,
)
from bot.db.conversations import Outgoing
from bot.db.link_codes import Outcome
from bot.dialogue import menu
from bot.dialogue.engine import respond
from bot.dialogue.flows import linking, privacy
from bot.dialogue.flows.feedback import remember_shown
from bot.dialogue.place_words import words_at
from bot.dialogue.turn import Conversation, Exported, House, LinkAsked, LinkTyped, Situation, Turn
from bot.knowledge.library import Library
from bot.messages import RECEIPTS, Address, Heard, HeardKind, Reply
from bot.outbox import Outbox
from bot.outreach.check_code import find_code
from bot.outreach.delivery import DeliveryStatus
from bot.outreach.notice import Notice, code_of
from bot.outreach.placeholders import PlaceWords
from nlu.parse import Intent, Parse, Parser

log = structlog.get_logger()

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
STARTS_MAX = 3
TEXT_MAX = 4000
RECEIPT_WAIT = 3.0
TURNS_AT_ONCE = 8
ARRIVED_LATELY, ARRIVALS_FIRST = 0.02, 0.025
"""While a crowd arrives one turn after another waits until nobody did for so long, but not longer than that, in
seconds: a platform gives up on whom we keep at the door, and a stored message loses nothing."""

NOT_PARSED = Parse("", Intent("", 0.0), ())


@dataclass(frozen=True, slots=True)
class Mind:
    """What the bot knows and how it understands: published together, replaced together."""

    house: House
    parser: Parser


HandOver = Callable[[Iterable[Address]], Awaitable[None]]
"""Has the waiting messages of these citizens answered by another process."""


class Inbox:
    """Receives what citizens send, and answers each of them one message at a time, in order.

    With *hand_over* it only receives; workers answer by ``answer_waiting``.
    """

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        outbox: Outbox,
        mind: Mind,
        clock: Callable[[], datetime],
        hand_over: HandOver | None = None,
    ) -> None:
        self.mind = mind
        self._hand_over = hand_over
        self._database = database
        self._channels = channels
        self._outbox = outbox
        self._clock = clock
        self._queues: dict[Address, deque[tuple[int, Heard]]] = {}
        self._answering: dict[Address, asyncio.Task[None]] = {}
        self._turns = asyncio.Semaphore(TURNS_AT_ONCE)
        self._door = asyncio.Lock()
        self._arrived_at = 0.0
        self._later: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Take up what was stored and not answered when the process last ended."""
        left = await self._database.write(lambda c: conversations.take_up_waiting(c, STARTS_MAX))
        for inbox_id, heard in left:
            if heard.address.channel in self._channels:
                self._queue(inbox_id, heard)

    async def receive(self, heard: Sequence[Heard]) -> None:
        """Store the events; when this returns the platform may be told that we have them.

        A repeated event is dropped. An exact location becomes a commune before anything is stored;
        the point itself stays in memory until the answer is made.
        """
        self._arrived_at = asyncio.get_running_loop().time()
        now = self._clock()
        for receipt in (each for each in heard if each.kind in RECEIPTS):
            await self._keep_receipt(receipt)
        located = [self._locate(each) for each in heard if each.kind not in RECEIPTS]
        if not located:
            return
        ids = await self._database.write(lambda c: conversations.store(c, located, now))
        fresh = [(inbox_id, each) for inbox_id, each in zip(ids, located, strict=True) if inbox_id is not None]
        if self._hand_over is not None:
            # A job that is lost here is made by the next sweep: the message is stored.
            with suppress(Exception):
                await self._hand_over({each.address for _, each in fresh})
            return
        for inbox_id, each in fresh:
            self._queue(inbox_id, each)

    async def answer_waiting(self, address: Address) -> None:
        """Answer the stored messages of *address* in their order, whichever process received them."""
        while found := await self._database.write(lambda c: conversations.take_waiting(c, address, STARTS_MAX)):
            inbox_id, heard = found
            try:
                await self._answer(inbox_id, heard)
            except Exception:
                log.exception("turn_failed", inbox=inbox_id, channel=address.channel)
                await self._apologise(inbox_id, address)

    async def settle(self, address: Address | None = None) -> None:
        """Wait until everything received so far (from *address*, or from anyone) is answered."""
        if self._hand_over is not None:
            while await self._database.read(lambda c: conversations.is_waiting(c, address)):
                await asyncio.sleep(0.05)
        while tasks := [task for at, task in self._answering.items() if address is None or at == address]:
            await asyncio.wait(tasks)

    def words_at(self, home: str, province: str) -> PlaceWords:
        """The names of a place in a broadcast's text, by the units that are published at this moment."""
        return words_at(home, province, self.mind.house.gazetteer)

    def depth(self) -> int:
        """How many messages wait for their answer."""
        return sum(len(queue) for queue in self._queues.values())

    def _locate(self, heard: Heard) -> Heard:
        heard = replace(heard, text=heard.text[:TEXT_MAX])
        if heard.point is None:
            return heard
        unit = self.mind.house.gazetteer.commune_at(heard.point.latitude, heard.point.longitude)
        return replace(heard, unit=unit.token if unit else "")

    def _queue(self, inbox_id: int, heard: Heard) -> None:
        self._queues.setdefault(heard.address, deque()).append((inbox_id, heard))
        if heard.address not in self._answering:
            self._answering[heard.address] = asyncio.create_task(self._answer_queue(heard.address))

    async def _answer_queue(self, address: Address) -> None:
        queue = self._queues[address]
        try:
            while queue:
                inbox_id, heard = queue.popleft()
                try:
                    await self._answer(inbox_id, heard)
                except Exception:
                    log.exception("turn_failed", inbox=inbox_id, channel=address.channel)
                    await self._apologise(inbox_id, address)
        finally:
            del self._queues[address], self._answering[address]

    async def _answer(self, inbox_id: int, heard: Heard) -> None:
        async with self._turns:
            await self._let_in()
            outgoing = await self._take_turn(inbox_id, heard)
        await self._outbox.send(outgoing)

    async def _let_in(self) -> None:
        loop = asyncio.get_running_loop()
        async with self._door:
            until = loop.time() + ARRIVALS_FIRST
            while len(self._answering) > TURNS_AT_ONCE:
                wait = min(self._arrived_at + ARRIVED_LATELY, until) - loop.time()
                if wait <= 0:
                    return
                await asyncio.sleep(wait)

    async def _take_turn(self, inbox_id: int, heard: Heard) -> list[Outgoing]:
        # Once: what is published meanwhile answers the next message.
        mind = self.mind
        house = mind.house
        contact, conversation = await self._database.read(lambda c: conversations.load(c, heard.address))
        if not contact.id:
            contact = replace(contact, language=heard.language)

        spoken = heard.kind in (HeardKind.TEXT, HeardKind.EDITED) and not heard.text.startswith("/")
        about = house.library.question(conversation.last_answer)
        parse = await _understand(mind.parser, heard.text, about) if spoken else NOT_PARSED

        now = self._clock()
        today = now.astimezone(ZONE).date()
        notice, too_often = await self._look_up(heard, conversation, now)
        turn = respond(
            Situation(heard, parse, contact, conversation, house, now, today, notice, looked_too_often=too_often)
        )
        turn = remember_shown(turn, conversation, house.library)
        turn = await self._show_what_is_held(turn, contact)
        turn, contact = await self._complete_link(turn, contact, now)
        if turn.replies and heard.callback_id:
            turn = replace(
                turn, replies=(replace(turn.replies[0], acknowledges=heard.callback_id), *turn.replies[1:])
            )

        channel = self._channels[heard.address.channel]
        calls = [call for reply in turn.replies for call in channel.render(reply)]
        outcome, subject = outcome_of(turn.intent, house.library) if spoken else ("", "")
        took = max(0, round((self._clock() - now).total_seconds() * 1000))

        def save(connection: Connection) -> list[int]:
            if outcome:
                place = contact.home or contact.home_province
                question_counts.add(connection, today, subject, outcome, place, took)
            if outcome == "answered":
                for code in turn.intent.split("+"):
                    question_counts.add_answer(connection, today, code.removeprefix("faq/"))
            return conversations.save_turn(connection, inbox_id, contact, turn, calls, now)

        ids = await self._database.write(save)
        log.info("turn", inbox=inbox_id, channel=heard.address.channel, intent=turn.intent, actions=turn.actions)

        return [Outgoing(one, heard.address, call) for one, call in zip(ids, calls, strict=True)]

    async def _look_up(
        self, heard: Heard, conversation: Conversation, now: datetime
    ) -> tuple[Notice | None, bool]:
        """The broadcast that is spoken of, or whose choice is tapped or typed, and whether this citizen
        asked about too many."""
        code = code_of(heard.token)
        if not code and heard.kind in (HeardKind.TEXT, HeardKind.EDITED):
            if typed := find_code(heard.text):
                code = typed
                if not await self._database.write(partial(looks.allow, address=heard.address, now=now)):
                    return None, True
            else:
                code = code_of(menu.choose(conversation, heard.text.strip(), now))
        if not code:
            return None, False
        return await self._database.read(lambda c: notices.find(c, code)), False

    async def _show_what_is_held(self, turn: Turn, contact: Contact) -> Turn:
        if not any(isinstance(event, Exported) for event in turn.events):
            return turn
        held = Held.nothing(contact, self._clock())
        if contact.id:
            held = await self._database.read(lambda c: contacts.held_about(c, contact))
        first = privacy.show(turn.replies[0], held, self.mind.house)
        return replace(turn, replies=(first, *turn.replies[1:]))

    async def _complete_link(self, turn: Turn, contact: Contact, now: datetime) -> tuple[Turn, Contact]:
        """A code made or tried, as the turn's events ask; the contact may only exist since then."""
        house, address, reply = self.mind.house, contact.address, turn.replies[:1]
        for event in turn.events:
            match event:
                case LinkAsked():
                    code = "".join(secrets.choice(linking.ALPHABET) for _ in range(linking.CODE_LENGTH))
                    await self._database.write(partial(link_codes.keep_code, address=address, code=code, now=now))
                    reply = (linking.show_code(turn.replies[0], code),)
                case LinkTyped(code):
                    done = await self._database.write(
                        partial(link_codes.redeem, address=address, code=code, now=now)
                    )
                    if done.outcome is Outcome.SAME:
                        reply = (linking.tell_same(house),)
                    elif done.outcome is Outcome.OFFICIAL:
                        reply = (linking.tell_official(house),)
                    elif done.first is not None:
                        reply = (linking.tell_linked(house, address.channel, done.first.channel),)
                        await self._tell(done.first, linking.tell_first(house, address.channel), now)
                case _:
                    continue
            contact, _ = await self._database.read(lambda c: conversations.load(c, address))
        return replace(turn, replies=(*reply, *turn.replies[1:])), contact

    async def _tell(self, address: Address, reply: Reply, now: datetime) -> None:
        """Put *reply* on its way to somebody who did not just write."""
        if channel := self._channels.get(address.channel):
            for call in channel.render(reply):
                await self._database.write(partial(conversations.queue_call, address=address, call=call, now=now))

    async def _keep_receipt(self, receipt: Heard, tries: int = 2) -> None:
        """A receipt can be here before the platform's own answer: then it is tried once more, soon."""
        status = DeliveryStatus.READ if receipt.kind is HeardKind.SEEN else DeliveryStatus.DELIVERED
        settled = await self._database.write(
            lambda c: receipts.keep_receipt(c, receipt.address, receipt.text.split(), status)
        )
        if not settled and tries > 1:

            async def later() -> None:
                await asyncio.sleep(RECEIPT_WAIT)
                await self._keep_receipt(receipt, tries - 1)

            task = asyncio.create_task(later())
            self._later.add(task)
            task.add_done_callback(self._later.discard)

    async def _apologise(self, inbox_id: int, address: Address) -> None:
        """Our fault is never the citizen's silence: say so, and do not try the message again."""
        now = self._clock()
        calls = self._channels[address.channel].render(Reply(self.mind.house.texts("failed")))
        try:
            ids = await self._database.write(lambda c: conversations.give_up(c, inbox_id, address, calls, now))
        except Exception:
            log.exception("apology_not_stored", inbox=inbox_id)
            ids = [0] * len(calls)
        outgoing = [Outgoing(one, address, call) for one, call in zip(ids, calls, strict=True)]
        await self._outbox.send(outgoing)


async def _understand(parser: Parser, text: str, about: str) -> Parse:
    """The readings of *text*; a parser that waits for another process does so beside the event loop."""
    if parser.waits:
        return await asyncio.to_thread(parser.parse, text, about)
    return parser.parse(text, about)


def outcome_of(intent: str, library: Library) -> tuple[str, str]:
    """What came of a question, ``answered``, ``offered`` or ``unanswered``, and the topic it was about.

    Both are empty for what was no question, such as thanks or a step of a dialogue.
    """
    if intent == "offer":
        return "offered", ""
    if intent == "out_of_scope":
        return "unanswered", ""
    found = library.by_code.get(intent.partition("+")[0].removeprefix("faq/"))
    return ("answered", found.topic) if found else ("", "")
