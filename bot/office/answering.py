"""Questions citizens handed over: who may see one, taking it on, and the answer on the citizen's own channel."""

import re
from datetime import datetime

from bot.access import rights
from bot.access.rights import Right
from bot.db import Connection, audit, conversations, handovers
from bot.db.handovers import Handover
from bot.messages import Reply
from bot.office.office import Office
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
    """Take the question on, so that nobody else answers it too."""
    find(connection, office, official, number)
    if not handovers.claim(connection, number, official.login, now):
        raise Forbidden("rule.handover_taken", id=number)
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
    channel = office.channels.get(found.address.channel)
    if channel is None:
        raise Forbidden("rule.channel_closed", channel=found.address.channel)
    if not text.strip():
        raise Forbidden("rule.no_answer")
    asked = f"{found.created_at.astimezone(ZONE):%d/%m/%Y}"
    reply = Reply(office.chat_texts("handover.answer", asked=asked, answer=text.strip()))
    if not handovers.close_handover(connection, found.id, by, now):
        raise Forbidden("rule.no_handover", id=found.id)
    for call in channel.render(reply):
        conversations.queue_call(connection, found.address, call, now)
    audit.record(connection, by, "handover_answer", now, detail=str(found.id))


def _sees(office: Office, official: Official, found: Handover) -> bool:
    return rights.covers(official, found.home, office.province_of(found.home) if found.home else "")
