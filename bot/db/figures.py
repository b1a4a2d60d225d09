"""What became of a broadcast: by status, channel and commune, reasons, and what recipients did."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from bot.db import deliveries, taps
from bot.db.tables import contacts, shards
from bot.db.tables import deliveries as rows
from bot.outreach.delivery import DeliveryStatus


@dataclass(frozen=True, slots=True)
class Results:
    """The figures of one broadcast; those by status add up to *total*."""

    total: int
    by_status: Mapping[tuple[DeliveryStatus, str], int]
    by_channel: Mapping[tuple[str, str], int]
    by_commune: Mapping[tuple[str, str], int]
    taps: Mapping[str, int]


def collect(connection: Connection, broadcast_id: int) -> Results:
    """All figures. Reads every copy once, for the communes."""
    by_status = deliveries.count_by_status(connection, broadcast_id)
    return Results(
        sum(by_status.values()),
        by_status,
        _by_channel(connection, broadcast_id),
        _by_commune(connection, broadcast_id),
        taps.count(connection, broadcast_id),
    )


def export(connection: Connection, broadcast_id: int) -> Iterator[tuple[str, ...]]:
    """Every copy without its person: number, channel, commune, status, reason, attempts, time."""
    yield ("sequence", "channel", "commune", "status", "reason", "attempts", "at")
    found = connection.execute(
        select(
            rows.c.sequence,
            shards.c.channel,
            contacts.c.home,
            rows.c.status,
            rows.c.reason,
            rows.c.attempts,
            rows.c.at,
        )
        .join(shards, (shards.c.broadcast_id == rows.c.broadcast_id) & (shards.c.number == rows.c.shard))
        .outerjoin(contacts, contacts.c.id == rows.c.contact_id)
        .where(rows.c.broadcast_id == broadcast_id)
        .order_by(rows.c.sequence)
    )
    for row in found:
        at = row.at.isoformat() if row.at else ""
        yield (
            str(row.sequence),
            row.channel,
            row.home or "",
            row.status,
            row.reason,
            str(row.attempts),
            at,
        )


def _by_channel(connection: Connection, broadcast_id: int) -> Mapping[tuple[str, str], int]:
    counted = connection.execute(
        select(shards.c.channel, rows.c.status, func.count().label("copies"))
        .join(shards, (shards.c.broadcast_id == rows.c.broadcast_id) & (shards.c.number == rows.c.shard))
        .where(rows.c.broadcast_id == broadcast_id)
        .group_by(shards.c.channel, rows.c.status)
    )
    return dict(sorted(Counter({(row.channel, row.status): row.copies for row in counted}).items()))


def _by_commune(connection: Connection, broadcast_id: int) -> Mapping[tuple[str, str], int]:
    home = func.coalesce(contacts.c.home, "")
    counted = connection.execute(
        select(home.label("home"), rows.c.status, func.count().label("copies"))
        .outerjoin(contacts, contacts.c.id == rows.c.contact_id)
        .where(rows.c.broadcast_id == broadcast_id)
        .group_by(home, rows.c.status)
    )
    return dict(sorted(Counter({(row.home, row.status): row.copies for row in counted}).items()))
