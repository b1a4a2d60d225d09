"""Tells who asked to be told that their question has an answer now: once, and not at night."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

import structlog

from bot.channels.base import Call, Channel
from bot.db import Connection, Database, conversations, unanswered
from bot.db.unanswered import Awaiting
from bot.dialogue.flows.feedback import remember_shown
from bot.dialogue.turn import Turn
from bot.inbox import Inbox, Mind
from bot.messages import ChoiceKind
from bot.outbox import Outbox
from bot.outreach.quiet_hours import is_quiet
from bot.rehearsal import converse
from nlu.parse import FAQ_PREFIX
from nlu.vietnamese import fold

log = structlog.get_logger()


class Announcer:
    """Asks each awaited question again whenever what is published has changed."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        inbox: Inbox,
        outbox: Outbox,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._channels = channels
        self._inbox = inbox
        self._outbox = outbox
        self._clock = clock
        self._asked: Mind | None = None

    async def tell(self) -> int:
        """Tell all whose question is answered by what stands now; how many."""
        mind, now = self._inbox.mind, self._clock()
        if mind is self._asked or is_quiet(now, holidays_too=True):
            return 0
        told = 0
        for each in await self._database.read(unanswered.waiting):
            if each.address.channel in self._channels and await self._tell_one(mind, each, now):
                told += 1
        self._asked = mind
        if told:
            log.info("answers_told", count=told)
        return told

    async def _tell_one(self, mind: Mind, waiting: Awaiting, now: datetime) -> bool:
        turn, _ = converse(mind, [waiting.question], now)
        if not turn.intent.startswith(FAQ_PREFIX) or "+" in turn.intent:
            return False
        said = mind.house.texts("awaiting.told", question=waiting.question, asked=f"{waiting.at:%d/%m/%Y}")
        first = replace(turn.replies[0], text=f"{said}\n\n{turn.replies[0].text}")
        turn = replace(turn, replies=(first, *turn.replies[1:]))
        calls: list[Call] = [
            call for reply in turn.replies for call in self._channels[waiting.address.channel].render(reply)
        ]
        ids = await self._database.write(lambda c: _store(c, mind, waiting, turn, calls, now))
        outgoing = [
            conversations.Outgoing(one, waiting.address, call) for one, call in zip(ids, calls, strict=False)
        ]
        await self._outbox.send(outgoing)
        return bool(ids)


def _store(
    connection: Connection, mind: Mind, waiting: Awaiting, turn: Turn, calls: list[Call], now: datetime
) -> list[int]:
    """End the wait and keep the replies in one transaction; nothing when another process was faster."""
    if not unanswered.take(connection, waiting.id):
        return []
    contact, before = conversations.load(connection, waiting.address)
    after = remember_shown(turn, before, mind.house.library).conversation
    if not before.step.startswith("await_"):
        offered = tuple(
            (fold(choice.label), choice.token)
            for choice in turn.replies[-1].all_choices()
            if choice.kind is ChoiceKind.REPLY
        )
        return conversations.save_unasked(connection, contact, replace(after, offered=offered), calls, now)
    # They are in the middle of something else: that goes on, but they may vote on this answer.
    return conversations.save_unasked(connection, contact, replace(before, shown=after.shown), calls, now)
