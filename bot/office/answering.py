"""Questions citizens handed over: who may see one, taking it on, and the answer on the citizen's own channel."""

import re
from datetime import datetime

from bot.access import rights
from bot.access.rights import Right
from bot.db import Connection, audit, conversations, handovers
from bot.db.handovers import Handover
from bot.messages import Reply
from bot.office.office import Office
from bot.office.place_names import province_code
from bot.outreach.broadcast import Forbidden
from bot.outreach.official import Official
from bot.outreach.quiet_hours import ZONE

_PRIVATE = re.compile(r"\+?\d(?:[\s.\-]?\d){5,}|[^\s@]+@[^\s@]+\.[^\s@]+")
"""Numbers of telephones and identity cards, and addresses of mail."""

HIDDEN = "•••"


def mask(text: str) -> str:
    """*text* with telephone numbers, identity numbers and mail addresses hidden."""
    return _PRIVATE.sub(HIDDEN, text)


def inbox(connection: Connection, office: Office, official: Official) -> list[Handover]:
    """The open questions in the official's scope, the most urgent first."""
    rights.check(official, Right.ANSWER)
    return [each for each in handovers.open_handovers(connection) if _sees(office, official, each)]


def find(connection: Connection, office: Office, official: Official, number: int) -> Handover:
    """The question, when it lies in the official's scope; Forbidden, as for one that is not there, when not."""
    rights.check(official, Right.ANSWER)
    found = handovers.find(connection, number)
    if found is None or not _sees(office, official, found):
        raise Forbidden("rule.no_handover", id=number)
    return found


def claim(connection: Connection, office: Office, official: Official, number: int, now: datetime) -> None:
    """Take the question on, so that nobody else answers it too; the citizen is told, once."""
    found = find(connection, office, official, number)
    if not handovers.claim(connection, number, official.login, now):
        raise Forbidden("rule.handover_taken", id=number)
    if found.claimed_at is None:
        _tell(connection, office, found, office.chat_texts("handover.claimed", asked=_day(found)), now)
    audit.record(connection, official.login, "handover_claim", now, detail=str(number))


def release(connection: Connection, office: Office, official: Official, number: int, now: datetime) -> None:
    """Give the question back to everybody."""
    find(connection, office, official, number)
    if not handovers.release(connection, number, official.login):
        raise Forbidden("rule.handover_taken", id=number)
    audit.record(connection, official.login, "handover_release", now, detail=str(number))


def unmask(
    connection: Connection, office: Office, official: Official, number: int, reason: str, now: datetime
) -> Handover:
    """The question with what was hidden; why stands in the audit."""
    rights.check(official, Right.UNMASK)
    found = find(connection, office, official, number)
    if not reason.strip():
        raise Forbidden("rule.reason")
    audit.record(connection, official.login, "handover_unmask", now, detail=f"{number}: {reason.strip()}")
    return found


def answer(
    connection: Connection, office: Office, official: Official, number: int, text: str, now: datetime
) -> None:
    """Send *text* to the citizen where they asked, and close the question. Only who took it on may."""
    found = find(connection, office, official, number)
    if found.claimed_by != official.login:
        raise Forbidden("rule.handover_taken", id=number)
    send(connection, office, found, official.login, text, now)


def send(connection: Connection, office: Office, found: Handover, by: str, text: str, now: datetime) -> None:
    """Queue the answer on the citizen's channel and close the question in the same transaction."""
    if not text.strip():
        raise Forbidden("rule.no_answer")
    words = office.chat_texts("handover.answer", asked=_day(found), answer=text.strip())
    if not handovers.close_handover(connection, found.id, by, now):
        raise Forbidden("rule.no_handover", id=found.id)
    _tell(connection, office, found, words, now)
    audit.record(connection, by, "handover_answer", now, detail=str(found.id))


def close(connection: Connection, office: Office, official: Official, number: int, now: datetime) -> None:
    """Close a question that needs no answer, such as one asked twice; the citizen is told. Only who took it."""
    found = find(connection, office, official, number)
    if found.claimed_by != official.login:
        raise Forbidden("rule.handover_taken", id=number)
    if not handovers.close_handover(connection, number, official.login, now):
        raise Forbidden("rule.no_handover", id=number)
    _tell(connection, office, found, office.chat_texts("handover.closed", asked=_day(found)), now)
    audit.record(connection, official.login, "handover_close", now, detail=str(number))


def pass_on(
    connection: Connection, office: Office, official: Official, number: int, province: str, now: datetime
) -> None:
    """Give the question to the officials of *province* (its name): where nobody knew the place, or it is wrong.

    Raises Forbidden when somebody else holds it, or *province* names none.
    """
    find(connection, office, official, number)
    unit = office.gazetteer.province(province_code(office.gazetteer, province))
    assert unit is not None
    if not handovers.place(connection, number, official.login, unit.token):
        raise Forbidden("rule.handover_taken", id=number)
    audit.record(connection, official.login, "handover_pass_on", now, detail=f"{number} {unit.token}")


def open_until(office: Office, found: Handover) -> datetime | None:
    """Until when the platform takes an answer; later ones wait until the citizen writes. None: always."""
    channel = office.channels.get(found.address.channel)
    window = channel.abilities.window if channel else None
    return found.heard_at + window.paid if window and found.heard_at else None


def _tell(connection: Connection, office: Office, found: Handover, words: str, now: datetime) -> None:
    """Put *words* on their way to the citizen."""
    channel = office.channels.get(found.address.channel)
    if channel is None:
        raise Forbidden("rule.channel_closed", channel=found.address.channel)
    for call in channel.render(Reply(words)):
        conversations.queue_call(connection, found.address, call, now)


def _day(found: Handover) -> str:
    return f"{found.created_at.astimezone(ZONE):%d/%m/%Y}"


def _sees(office: Office, official: Official, found: Handover) -> bool:
    province = office.province_of(found.home) if found.home else office.home_province
    return rights.covers(official, found.home, province)
