"""What recipients did with a broadcast: taps, quiz answers, acknowledgements, replies, leaving."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, func, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.db.deliveries import settle_by_sign_of_life
from bot.db.tables import deliveries, taps

WITHIN = timedelta(hours=24)
REPLIED, OPTED_OUT = "replied", "opted_out"
"""Tokens of what a recipient did within a day of the message, without a button."""

_QUIZ = "quiz:"
_OUT = ("sent", "delivered", "read", "uncertain")


def add(connection: Connection, broadcast_id: int, contact_id: int, token: str, now: datetime) -> None:
    """Keep that a contact did *token*; only the first answer to a quiz counts. A copy in doubt was then
    received."""
    if token.startswith(_QUIZ):
        answered = exists().where(
            taps.c.broadcast_id == broadcast_id,
            taps.c.contact_id == contact_id,
            taps.c.token.startswith(_QUIZ),
        )
        if connection.scalar(select(answered)):
            return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(
        dialect.insert(taps)
        .values(broadcast_id=broadcast_id, contact_id=contact_id, token=token[:48], at=now)
        .on_conflict_do_nothing()
    )
    settle_by_sign_of_life(connection, broadcast_id, contact_id)


def note_word(connection: Connection, contact_id: int, *, left: bool, now: datetime) -> None:
    """A contact wrote, or left: it counts for the broadcast they got within the last day."""
    broadcast_id = connection.scalar(
        select(deliveries.c.broadcast_id)
        .where(
            deliveries.c.contact_id == contact_id,
            deliveries.c.status.in_(_OUT),
            deliveries.c.at > now - WITHIN,
        )
        .order_by(deliveries.c.at.desc())
        .limit(1)
    )
    if broadcast_id is None:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(
        dialect.insert(taps)
        .values(broadcast_id=broadcast_id, contact_id=contact_id, token=OPTED_OUT if left else REPLIED, at=now)
        .on_conflict_do_nothing()
    )


def count(connection: Connection, broadcast_id: int) -> Mapping[str, int]:
    """How many recipients did each thing."""
    rows = connection.execute(
        select(taps.c.token, func.count().label("people"))
        .where(taps.c.broadcast_id == broadcast_id)
        .group_by(taps.c.token)
        .order_by(taps.c.token)
    )
    return {row.token: row.people for row in rows}
