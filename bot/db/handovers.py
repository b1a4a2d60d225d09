"""Questions handed to officials: which wait, and marking one answered."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from bot.db.tables import contacts, handovers
from bot.messages import Address


@dataclass(frozen=True, slots=True)
class Handover:
    """One question that waits for an official."""

    id: int
    address: Address
    question: str
    home: str
    created_at: datetime
    due_at: datetime


def open_handovers(connection: Connection) -> list[Handover]:
    """The questions without an answer, the most urgent first."""
    rows = connection.execute(
        select(handovers, contacts.c.channel, contacts.c.peer)
        .join(contacts, contacts.c.id == handovers.c.contact_id)
        .where(handovers.c.status == "open")
        .order_by(handovers.c.due_at, handovers.c.id)
    )
    return [
        Handover(row.id, Address(row.channel, row.peer), row.question, row.home, row.created_at, row.due_at)
        for row in rows
    ]


def close_handover(connection: Connection, handover_id: int, official: str, now: datetime) -> bool:
    """Mark the question answered. False when it is not open: somebody else was first."""
    changed = connection.execute(
        update(handovers)
        .where(handovers.c.id == handover_id, handovers.c.status == "open")
        .values(status="answered", answered_by=official, answered_at=now)
    )
    return changed.rowcount == 1
