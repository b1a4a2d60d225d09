"""What came of a broadcast, counted: by channel, by province, copy by copy; never by person."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select

from bot.db import taps
from bot.db.tables import contacts, deliveries, shards
from bot.db.tables import taps as tap_rows
from bot.outreach.delivery import DeliveryStatus

_PAGE = 5000


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy, without the person: where it went and what became of it."""

    sequence: int
    channel: str
    place: str
    status: str
    reason: str
    at: datetime | None
    replied: bool
    opted_out: bool


def by_channel(connection: Connection, broadcast_id: int) -> Mapping[tuple[str, DeliveryStatus], int]:
    """How many copies are in each status on each channel; shards that are done know their counts."""
    found: dict[tuple[str, DeliveryStatus], int] = {}
    open_shards: dict[int, str] = {}
    rows = connection.execute(
        select(shards.c.number, shards.c.channel, shards.c.size, shards.c.fence, shards.c.counts).where(
            shards.c.broadcast_id == broadcast_id
        )
    )
    for row in rows:
        if row.counts is not None:
            for key, copies in row.counts.items():
                status = DeliveryStatus(key.partition(":")[0])
                found[row.channel, status] = found.get((row.channel, status), 0) + copies
        elif row.fence == 0:
            key_ = (row.channel, DeliveryStatus.QUEUED)
            found[key_] = found.get(key_, 0) + row.size
        else:
            open_shards[row.number] = row.channel
    numbers = sorted(open_shards)
    for start in range(0, len(numbers), 500):
        counted = connection.execute(
            select(deliveries.c.shard, deliveries.c.status, func.count())
            .where(deliveries.c.broadcast_id == broadcast_id, deliveries.c.shard.in_(numbers[start : start + 500]))
            .group_by(deliveries.c.shard, deliveries.c.status)
        )
        for shard, status_word, copies in counted:
            each = (open_shards[shard], DeliveryStatus(status_word))
            found[each] = found.get(each, 0) + copies
    return found


def by_place(connection: Connection, broadcast_id: int, province: str = "") -> Mapping[tuple[str, str], int]:
    """How many copies are in each status for each province (its code; empty: unknown), or for each home in
    the one *province*."""
    place = func.coalesce(contacts.c.home if province else contacts.c.home_province, "")
    where = [deliveries.c.broadcast_id == broadcast_id]
    if province:
        where.append(contacts.c.home_province == province)
    rows = connection.execute(
        select(place, deliveries.c.status, func.count())
        .select_from(deliveries)
        .outerjoin(contacts, contacts.c.id == deliveries.c.contact_id)
        .where(*where)
        .group_by(place, deliveries.c.status)
    )
    return {(home, status): copies for home, status, copies in rows}


def copies(connection: Connection, broadcast_id: int) -> Iterator[Copy]:
    """Every copy in the order of sending, a page at a time; no person is named."""
    last = 0
    while True:
        rows = connection.execute(
            select(
                deliveries,
                shards.c.channel,
                contacts.c.home,
                _did(taps.REPLIED).label("replied"),
                _did(taps.OPTED_OUT).label("opted_out"),
            )
            .join(
                shards,
                and_(shards.c.broadcast_id == deliveries.c.broadcast_id, shards.c.number == deliveries.c.shard),
            )
            .outerjoin(contacts, contacts.c.id == deliveries.c.contact_id)
            .where(deliveries.c.broadcast_id == broadcast_id, deliveries.c.sequence > last)
            .order_by(deliveries.c.sequence)
            .limit(_PAGE)
        ).all()
        if not rows:
            return
        for row in rows:
            yield Copy(
                row.sequence,
                row.channel,
                row.home or "",
                row.status,
                row.reason,
                row.at,
                row.replied,
                row.opted_out,
            )
        last = rows[-1].sequence


def _did(token: str) -> ColumnElement[bool]:
    """Whether the recipient of a copy did *token*."""
    return exists().where(
        tap_rows.c.broadcast_id == deliveries.c.broadcast_id,
        tap_rows.c.contact_id == deliveries.c.contact_id,
        tap_rows.c.token == token,
    )
