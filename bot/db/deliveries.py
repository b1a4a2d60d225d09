"""Deliveries: one row a person; what is true of a copy of a broadcast is what its row says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Integer, and_, bindparam, func, insert, literal, select, update

from bot.contacts import ContactStatus, Segment
from bot.db.audience import members, reachable
from bot.db.tables import contacts, deliveries, shards
from bot.outreach.delivery import DeliveryStatus, Result


@dataclass(frozen=True, slots=True)
class Doubt:
    """A copy of which nobody knows whether it arrived, without the person."""

    sequence: int
    channel: str
    at: datetime
    reason: str


def freeze_recipients(
    connection: Connection, broadcast_id: int, segment: Segment, shard_sizes: Mapping[str, int]
) -> int:
    """Make one row for each person in the segment who consented and can be reached. Returns how many.

    People on a channel without a size (one that is not running) are kept as skipped.
    """
    who = and_(reachable(), members(segment))
    total, first_shard = 0, 1
    for channel in connection.scalars(select(contacts.c.channel).where(who).distinct().order_by("channel")).all():
        numbered = (
            select(contacts.c.id, func.row_number().over(order_by=contacts.c.id).label("n"))
            .where(who, contacts.c.channel == channel)
            .subquery()
        )
        size = shard_sizes.get(channel)
        shard = literal(first_shard, Integer) + (numbered.c.n - 1) // size if size else literal(0, Integer)
        rows = select(
            literal(broadcast_id, Integer),
            numbered.c.n + total,
            shard,
            numbered.c.id,
            literal(str(DeliveryStatus.QUEUED if size else DeliveryStatus.SKIPPED)),
            literal("" if size else "no_channel"),
            literal(0, Integer),
        )
        names = ["broadcast_id", "sequence", "shard", "contact_id", "status", "reason", "attempts"]
        made = connection.execute(
            insert(deliveries).from_select(names, rows), execution_options={"preserve_rowcount": True}
        ).rowcount
        total += made
        if size:
            count = -(-made // size)
            connection.execute(
                insert(shards),
                [
                    {
                        "broadcast_id": broadcast_id,
                        "number": number,
                        "channel": channel,
                        "status": "ready",
                        "fence": 0,
                    }
                    for number in range(first_shard, first_shard + count)
                ],
            )
            first_shard += count
    return total


def keep_results(
    connection: Connection,
    broadcast_id: int,
    results: Sequence[Result],
    now: datetime,
    was: DeliveryStatus = DeliveryStatus.SENDING,
) -> None:
    """Move copies that are *was* to what came of them; whoever is gone is blocked with it."""
    if not results:
        return
    connection.execute(
        update(deliveries)
        .where(
            deliveries.c.broadcast_id == broadcast_id,
            deliveries.c.sequence == bindparam("this"),
            deliveries.c.status == was,
        )
        .values(
            status=bindparam("to"),
            reason=bindparam("why"),
            message_id=bindparam("their_id"),
            at=bindparam("when"),
        ),
        [
            {
                "this": each.sequence,
                "to": str(each.status),
                "why": each.reason[:60],
                "their_id": each.message_id[:80] if each.message_id else None,
                "when": now,
            }
            for each in results
        ],
    )
    gone = [each.sequence for each in results if each.gone]
    if gone:
        people = select(deliveries.c.contact_id).where(
            deliveries.c.broadcast_id == broadcast_id, deliveries.c.sequence.in_(gone)
        )
        connection.execute(update(contacts).where(contacts.c.id.in_(people)).values(status=ContactStatus.BLOCKED))


def skip_queued(connection: Connection, broadcast_id: int, number: int, reason: str, now: datetime) -> None:
    """The copies of a shard that still wait will not be sent, for *reason*."""
    connection.execute(
        update(deliveries)
        .where(
            deliveries.c.broadcast_id == broadcast_id,
            deliveries.c.shard == number,
            deliveries.c.status == DeliveryStatus.QUEUED,
        )
        .values(status=DeliveryStatus.SKIPPED, reason=reason, at=now)
    )


def count_by_status(connection: Connection, broadcast_id: int) -> Mapping[tuple[DeliveryStatus, str], int]:
    """How many copies are in each status, for each reason; together they are all there are."""
    rows = connection.execute(
        select(deliveries.c.status, deliveries.c.reason, func.count().label("copies"))
        .where(deliveries.c.broadcast_id == broadcast_id)
        .group_by(deliveries.c.status, deliveries.c.reason)
        .order_by(deliveries.c.status, deliveries.c.reason)
    )
    return {(DeliveryStatus(row.status), row.reason): row.copies for row in rows}


def doubts(connection: Connection, broadcast_id: int) -> list[Doubt]:
    """The uncertain copies, in the order of sending."""
    rows = connection.execute(
        select(deliveries.c.sequence, shards.c.channel, deliveries.c.at, deliveries.c.reason)
        .join(
            shards,
            and_(shards.c.broadcast_id == deliveries.c.broadcast_id, shards.c.number == deliveries.c.shard),
        )
        .where(deliveries.c.broadcast_id == broadcast_id, deliveries.c.status == DeliveryStatus.UNCERTAIN)
        .order_by(deliveries.c.sequence)
    )
    return [Doubt(row.sequence, row.channel, row.at, row.reason) for row in rows]


def resolve_doubts(connection: Connection, broadcast_id: int, *, resend: bool, now: datetime) -> int:
    """Send the uncertain copies again, or take them as sent. Returns how many there were."""
    uncertain = (
        deliveries.c.broadcast_id == broadcast_id,
        deliveries.c.status == DeliveryStatus.UNCERTAIN,
    )
    if resend:
        touched = select(deliveries.c.shard).where(*uncertain)
        connection.execute(
            update(shards)
            .where(shards.c.broadcast_id == broadcast_id, shards.c.status == "done", shards.c.number.in_(touched))
            .values(status="ready", not_before=None)
        )
        to = {"status": DeliveryStatus.QUEUED, "reason": "", "at": now}
    else:
        to = {"status": DeliveryStatus.SENT, "reason": "assumed", "at": now}
    return connection.execute(update(deliveries).where(*uncertain).values(to)).rowcount
