"""Conversations with nobody: what the bot would say, without a channel and a database; one, or thousands."""

import hashlib
import multiprocessing
import os
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.contacts import Contact, ContactStatus
from bot.dialogue.engine import respond
from bot.dialogue.flows import faq
from bot.dialogue.flows.faq import DETAIL
from bot.dialogue.flows.feedback import remember_shown
from bot.dialogue.turn import Consented, Conversation, HomeSet, House, Situation, Subscribed, Turn, Unsubscribed
from bot.inbox import NOT_PARSED, ZONE, Mind
from bot.knowledge.comparison import Outcome, Sort
from bot.messages import Address, Heard, HeardKind, Reply
from nlu.parse import FAQ_PREFIX, Parse

_CHUNK = 64


def converse(mind: Mind, texts: Sequence[str], now: datetime) -> tuple[Turn, Parse]:
    """The last turn of one conversation with a stranger, and what its text was understood to be."""
    address = Address("terminal", "ask")
    contact = Contact(0, address, ContactStatus.ACTIVE)
    conversation = Conversation()
    turn, parse = Turn(()), NOT_PARSED
    today = now.astimezone(ZONE).date()
    for number, text in enumerate(texts):
        heard = Heard(address, str(number), now, text=unicodedata.normalize("NFC", text))
        about = mind.house.library.question(conversation.last_answer)
        parse = mind.parser.parse(heard.text, about)
        turn = respond(Situation(heard, parse, contact, conversation, mind.house, now, today))
        conversation = remember_shown(turn, conversation, mind.house.library).conversation
        contact = _after(contact, turn)
    return turn, parse


def outcome(mind: Mind, texts: Sequence[str], now: datetime) -> Outcome:
    """What came of a conversation, in the words a comparison speaks in."""
    turn, parse = converse(mind, texts, now)
    said = said_in(turn)
    offered = tuple(
        choice.token.removeprefix(FAQ_PREFIX)
        for reply in turn.replies
        for choice in reply.all_choices()
        if turn.intent == "offer" and choice.token.startswith(FAQ_PREFIX)
    )
    if turn.intent == "offer":
        sort, name = Sort.OFFERED, ""
    elif turn.intent.startswith((FAQ_PREFIX, "expired/")) or "+" in turn.intent:
        sort = Sort.REFUSED if turn.intent.startswith("expired/") else Sort.ANSWERED
        name = turn.intent.replace(FAQ_PREFIX, "")
    elif turn.intent in ("out_of_scope", ""):
        sort, name = Sort.REFUSED, ""
    else:
        sort, name = Sort.DIALOGUE, turn.intent
    digest = hashlib.sha256(said.encode()).hexdigest()[:16]
    return Outcome(sort, name, offered, round(parse.intent.score, 3), digest)


def recite(house: House, code: str, now: datetime) -> tuple[Reply, ...]:
    """An answer, and its detail if there is one, as a stranger would be given them."""
    address = Address("terminal", "ask")
    heard = Heard(address, "1", now, HeardKind.CHOICE)
    contact, today = Contact(0, address, ContactStatus.ACTIVE), now.astimezone(ZONE).date()
    situation = Situation(heard, NOT_PARSED, contact, Conversation(), house, now, today)
    found = house.library.by_code.get(code)
    tokens = [code, f"{code}:{DETAIL}"] if found and found.detail else [code]
    return tuple(reply for token in tokens for reply in faq.answer(situation, token).replies)


def said_in(turn: Turn) -> str:
    """The words of a turn, its replies one after another."""
    return "\n\n".join(reply.text for reply in turn.replies)


def rehearse(
    mind: Mind, conversations: Sequence[Sequence[str]], now: datetime, progress: Callable[[int], None]
) -> list[Outcome]:
    """The outcome of each conversation, in order, worked out on every core.

    *progress* hears how many more are done.
    """
    chunks = [conversations[start : start + _CHUNK] for start in range(0, len(conversations), _CHUNK)]
    found: list[Outcome] = []
    for part in _map(mind, chunks, now):
        found += part
        progress(len(part))
    return found


_given: dict[str, Any] = {}


def _map(mind: Mind, chunks: Sequence[Sequence[Sequence[str]]], now: datetime) -> Iterator[list[Outcome]]:
    """The outcomes of each chunk, in order. Children are forked, so that they need not read the Mind again."""
    workers = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1, len(chunks))
    _given.update(mind=mind, now=now)
    if workers < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield from map(_outcomes, chunks)
        return
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        yield from pool.imap(_outcomes, chunks)


def _outcomes(chunk: Sequence[Sequence[str]]) -> list[Outcome]:
    return [outcome(_given["mind"], texts, _given["now"]) for texts in chunk]


def _after(contact: Contact, turn: Turn) -> Contact:
    for event in turn.events:
        match event:
            case Consented(given=given):
                contact = replace(contact, notices=given)
            case Subscribed(topics):
                contact = replace(contact, topics=topics)
            case HomeSet(unit, province):
                contact = replace(contact, home=unit, home_province=province)
            case Unsubscribed():
                contact = replace(contact, notices=False, topics=frozenset())
            case _:
                pass
    return contact
