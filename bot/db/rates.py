"""The pace of each channel, one row for all processes: a generic cell rate algorithm (GCRA).

Times are seconds since 1970 by the machine's own clock: slots are physical, whatever the day is called.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.db.channel_tables import rates

CLOCK_JUMP = 120.0
"""A next slot further ahead than this is no queue but a clock that was set back."""

FLOODS_MAX, FLOODS_WITHIN, SLOW_FOR = 3, 10.0, 60.0


@dataclass(frozen=True, slots=True)
class Slots:
    """*count* slots, the first at *first* and *gap* seconds between two. None: look again at *first*."""

    count: int
    first: float
    gap: float


def reserve(
    connection: Connection, channel: str, wanted: int, per_second: float, now: float, ahead: float | None
) -> Slots:
    """Take up to *wanted* slots that lie at most *ahead* seconds from now; None: however far they lie.

    So whoever gives no limit goes before those who give one.
    """
    row = _row(connection, channel)
    # Declared in the future: the clock was set back since, and the rest is over by now or soon.
    holds = row.flooded_at <= now + 1.0
    if holds and now < row.rest_until:
        return Slots(0, row.rest_until, 0.0)
    gap = 1.0 / (per_second / 2 if holds and now < row.slow_until else per_second)
    begun = now if row.next_at > now + CLOCK_JUMP else max(row.next_at, now)
    count = wanted
    if ahead is not None:
        count = max(0, min(wanted, int((now + ahead - begun) / gap) + 1)) if begun <= now + ahead else 0
    if count:
        connection.execute(update(rates).where(rates.c.channel == channel).values(next_at=begun + count * gap))
        return Slots(count, begun, gap)
    return Slots(0, begun - (ahead or 0.0), gap)


def rest(connection: Connection, channel: str, seconds: float, now: float) -> None:
    """Nothing on *channel* for *seconds*: the platform said so. Three times in ten seconds halve its pace
    for a minute."""
    row = _row(connection, channel)
    floods = row.floods + 1 if 0 <= now - row.flooded_at <= FLOODS_WITHIN else 1
    connection.execute(
        update(rates)
        .where(rates.c.channel == channel)
        .values(
            rest_until=max(row.rest_until if row.flooded_at <= now else 0.0, now + seconds),
            floods=floods,
            flooded_at=now,
            slow_until=now + seconds + SLOW_FOR if floods >= FLOODS_MAX else row.slow_until,
        )
    )


def _row(connection: Connection, channel: str) -> Row[Any]:
    query = select(rates).where(rates.c.channel == channel).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(
            dialect.insert(rates)
            .values(channel=channel, next_at=0.0, rest_until=0.0, slow_until=0.0, floods=0, flooded_at=0.0)
            .on_conflict_do_nothing(index_elements=["channel"])
        )
        row = connection.execute(query).one()
    return row
