"""Questions handed to officials: which wait, who holds one, and marking one answered."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Row, Select, or_, select, update

from bot.db.tables import contacts, handovers
from bot.messages import Address


@dataclass(frozen=True, slots=True)
class Handover:
    """One question that waits for an official. *claimed_by* is who took it on, *claimed_at* when somebody
    last did; *heard_at* is when the citizen last wrote."""

    id: int
    address: Address
    question: str
    home: str
    created_at: datetime
    due_at: datetime
    claimed_by: str | None = None
    status: str = "open"
    claimed_at: datetime | None = None
    heard_at: datetime | None = None


def open_handovers(connection: Connection) -> list[Handover]:
    """The questions without an answer, the most urgent first."""
    rows = connection.execute(
        _all().where(handovers.c.status == "open").order_by(handovers.c.due_at, handovers.c.id)
    )
    return [_handover(row) for row in rows]


def find(connection: Connection, handover_id: int) -> Handover | None:
    """The question of that number, answered or not."""
    row = connection.execute(_all().where(handovers.c.id == handover_id)).one_or_none()
    return _handover(row) if row else None


def claim(connection: Connection, handover_id: int, official: str, now: datetime) -> bool:
    """Take the question on. False when it is not open, or somebody else was first."""
    changed = connection.execute(
        update(handovers).where(*_free_for(handover_id, official)).values(claimed_by=official, claimed_at=now)
    )
    return changed.rowcount == 1


def _free_for(handover_id: int, official: str) -> tuple[ColumnElement[bool], ...]:
    """That the question is open, and held by nobody else."""
    return (
        handovers.c.id == handover_id,
        handovers.c.status == "open",
        or_(handovers.c.claimed_by.is_(None), handovers.c.claimed_by == official),
    )


def release(connection: Connection, handover_id: int, official: str) -> bool:
    """Give the question back to all. False when *official* does not hold it."""
    changed = connection.execute(
        update(handovers)
        .where(handovers.c.id == handover_id, handovers.c.status == "open", handovers.c.claimed_by == official)
        .values(claimed_by=None)
    )
    return changed.rowcount == 1


def place(connection: Connection, handover_id: int, official: str, home: str) -> bool:
    """Say where the question belongs, and let whoever holds it go. False when somebody else holds it."""
    changed = connection.execute(
        update(handovers).where(*_free_for(handover_id, official)).values(home=home, claimed_by=None)
    )
    return changed.rowcount == 1


def close_handover(connection: Connection, handover_id: int, official: str, now: datetime) -> bool:
    """Mark the question answered. False when it is not open: somebody else was first."""
    changed = connection.execute(
        update(handovers)
        .where(handovers.c.id == handover_id, handovers.c.status == "open")
        .values(status="answered", answered_by=official, answered_at=now)
    )
    return changed.rowcount == 1


def answered_between(connection: Connection, first: datetime, last: datetime) -> list[tuple[timedelta, bool]]:
    """How long each question answered in that time had waited, and whether it was answered when it was due."""
    rows = connection.execute(
        select(handovers.c.created_at, handovers.c.answered_at, handovers.c.due_at).where(
            handovers.c.answered_at >= first, handovers.c.answered_at < last
        )
    )
    return [(row.answered_at - row.created_at, row.answered_at <= row.due_at) for row in rows]


def _all() -> Select[tuple[object, ...]]:
    return select(handovers, contacts.c.channel, contacts.c.peer, contacts.c.last_heard_at).join(
        contacts, contacts.c.id == handovers.c.contact_id
    )


def _handover(row: Row[tuple[object, ...]]) -> Handover:
    return Handover(
        row.id,
        Address(row.channel, row.peer),
        row.question,
        row.home,
        row.created_at,
        row.due_at,
        row.claimed_by,
        row.status,
        row.claimed_at,
        row.last_heard_at,
    )
