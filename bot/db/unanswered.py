"""What nobody has answered yet, redacted and without who asked; and who consented to be told of the answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from bot.contacts import ContactStatus
from bot.db.content_tables import awaiting, unanswered
from bot.db.tables import contacts
from bot.messages import Address

KEPT = timedelta(days=30)
"""How long a question stays, answered or not: the privacy notice promises it."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """One question as it was kept."""

    id: int
    question: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Awaiting:
    """A contact who is to be told once, when their question has an answer."""

    id: int
    address: Address
    question: str
    at: datetime


def add(connection: Connection, question: str, now: datetime) -> None:
    """Keep a redacted question."""
    connection.execute(insert(unanswered).values(question=question[:500], at=now))


def await_answer(connection: Connection, contact_id: int, question: str, now: datetime) -> None:
    """The contact wants to be told; asking twice for the same changes nothing."""
    known = connection.scalar(
        select(awaiting.c.id).where(awaiting.c.contact_id == contact_id, awaiting.c.question == question[:500])
    )
    if known is None:
        connection.execute(insert(awaiting).values(contact_id=contact_id, question=question[:500], at=now))


def recent(connection: Connection, now: datetime) -> list[Unanswered]:
    """The questions of the last thirty days, oldest first."""
    rows = connection.execute(select(unanswered).where(unanswered.c.at > now - KEPT).order_by(unanswered.c.id))
    return [Unanswered(row.id, row.question, row.at) for row in rows]


def waiting(connection: Connection) -> list[Awaiting]:
    """Everybody who waits and can be reached, in the order they asked."""
    rows = connection.execute(
        select(awaiting, contacts.c.channel, contacts.c.peer)
        .join(contacts)
        .where(contacts.c.status == ContactStatus.ACTIVE)
        .order_by(awaiting.c.id)
    )
    return [Awaiting(row.id, Address(row.channel, row.peer), row.question, row.at) for row in rows]


def take(connection: Connection, awaiting_id: int) -> bool:
    """End a wait; False when another process did already, so that nobody is told twice."""
    return connection.execute(delete(awaiting).where(awaiting.c.id == awaiting_id)).rowcount == 1


def settle(connection: Connection, ids: list[int]) -> None:
    """Drop questions that have their answer."""
    connection.execute(delete(unanswered).where(unanswered.c.id.in_(ids)))


def forget_old(connection: Connection, now: datetime) -> None:
    """Drop what is thirty days old."""
    connection.execute(delete(unanswered).where(unanswered.c.at <= now - KEPT))
    connection.execute(delete(awaiting).where(awaiting.c.at <= now - KEPT))
