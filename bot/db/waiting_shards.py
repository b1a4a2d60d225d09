"""What waits to be sent: on which channels, which shards, and whether anything is open at all."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, exists, func, or_, select
from sqlalchemy.sql.selectable import FromClause

from bot.db.tables import Moment, broadcasts, shards
from bot.outreach.broadcast import Status

CLOCK_JUMP = timedelta(minutes=5)
"""What ends, or was, later than this from now was written before the clock was set back."""

_NOW, _BEYOND = bindparam("now", type_=Moment), bindparam("beyond", type_=Moment)
CLAIMABLE = and_(
    broadcasts.c.status == Status.SENDING,
    shards.c.status == "ready",
    shards.c.wave <= broadcasts.c.wave,
    or_(
        shards.c.not_before.is_(None),
        shards.c.not_before <= _NOW,
        # It was given back in the future: the clock was set back since, and the wait means nothing.
        shards.c.lease_until > _BEYOND,
    ),
)
"""That a shard may be taken by a worker at the moment given by ``at``."""


def ready_channels(connection: Connection, now: datetime) -> set[str]:
    """The channels on which something waits to be sent now."""
    return set(
        connection.scalars(
            select(shards.c.channel).select_from(with_broadcasts()).where(CLAIMABLE).distinct(), at(now)
        )
    )


@dataclass(frozen=True, slots=True)
class Ready:
    """A shard that may be sent now."""

    broadcast_id: int
    number: int
    channel: str
    priority: int


def ready(connection: Connection, now: datetime, limit: int) -> list[Ready]:
    """The next shards to be sent, up to *limit* of each channel, urgent broadcasts first."""
    order = (broadcasts.c.priority.desc(), broadcasts.c.id, shards.c.number)
    waiting = (
        select(
            shards.c.broadcast_id,
            shards.c.number,
            shards.c.channel,
            broadcasts.c.priority,
            func.row_number().over(partition_by=shards.c.channel, order_by=order).label("place"),
        )
        .select_from(with_broadcasts())
        .where(CLAIMABLE)
        .subquery()
    )
    rows = connection.execute(select(waiting).where(waiting.c.place <= limit).order_by(waiting.c.place), at(now))
    return [Ready(row.broadcast_id, row.number, row.channel, row.priority) for row in rows]


def anything_open(connection: Connection) -> bool:
    """Whether any broadcast still has something to send, to recover or to close."""
    return bool(
        connection.scalar(
            select(
                or_(
                    exists().where(shards.c.status != "done"),
                    exists().where(broadcasts.c.status == Status.SENDING),
                )
            )
        )
    )


def with_broadcasts() -> FromClause:
    """Shards beside their broadcasts."""
    return shards.join(broadcasts, broadcasts.c.id == shards.c.broadcast_id)


def at(now: datetime) -> dict[str, datetime]:
    """The moment for a statement with CLAIMABLE in it."""
    return {"now": now, "beyond": now + CLOCK_JUMP}


def urgent_first(connection: Connection, channel: str, now: datetime) -> bool:
    """Whether an urgent shard of *channel* waits for a worker, or is in the hands of one."""
    return connection.scalar(_URGENT, {"channel": channel, **at(now)}) is not None


# The urgent broadcasts first, of which there are few: shards wait by the thousand.
_URGENT = (
    select(broadcasts.c.id)
    .where(
        broadcasts.c.priority > 0,
        broadcasts.c.status == Status.SENDING,
        exists().where(
            shards.c.broadcast_id == broadcasts.c.id,
            shards.c.channel == bindparam("channel"),
            or_(CLAIMABLE, and_(shards.c.status == "running", shards.c.lease_until > _NOW)),
        ),
    )
    .limit(1)
)
