"""Deliveries: one row a person; what is true of a copy of a broadcast is what its row says."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Integer, Text, and_, bindparam, cast, func, select, update

from bot.contacts import ContactStatus
from bot.db.many_values import entries
from bot.db.tables import contacts, deliveries, shards
from bot.outreach.delivery import DeliveryStatus, Result

_RESULTS = entries("results")
_KEEP = (
    update(deliveries)
    .where(
        deliveries.c.broadcast_id == bindparam("broadcast"),
        deliveries.c.sequence == cast(_RESULTS.c.key, Integer),
        deliveries.c.status == bindparam("was"),
    )
    .values(
        status=_RESULTS.c.value[0].as_string(),
        reason=_RESULTS.c.value[1].as_string(),
        message_id=_RESULTS.c.value[2].as_string(),
        at=bindparam("when"),
        # What certainly did not leave was no attempt; what is in doubt, and has a reason, was one.
        attempts=deliveries.c.attempts - _RESULTS.c.value[3].as_integer(),
    )
)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A copy of which nobody knows whether it arrived, without the person."""

    sequence: int
    channel: str
    at: datetime
    reason: str


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
    back = was is DeliveryStatus.SENDING
    connection.execute(
        _KEEP,
        {
            "broadcast": broadcast_id,
            "was": str(was),
            "when": now,
            "results": {
                str(each.sequence): (
                    str(each.status),
                    each.reason[:60],
                    each.message_id[:80] if each.message_id else None,
                    int(back and each.status is DeliveryStatus.QUEUED and not each.reason),
                )
                for each in results
            },
        },
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
    """How many copies are in each status, for each reason; together they are all there are.

    Shards that are done know their counts, so this looks only at the copies of those under way.
    """
    found: Counter[tuple[DeliveryStatus, str]] = Counter()
    # Of ten millions there are ten thousand shards, and most of them came to the same.
    these, kept = shards.c.broadcast_id == broadcast_id, cast(shards.c.counts, Text)
    done = select(kept, func.count()).where(these, shards.c.counts.is_not(None)).group_by(kept)
    for counts, alike in connection.execute(done):
        for key, copies in json.loads(counts).items():
            status, _, reason = key.partition(":")
            found[DeliveryStatus(status), reason] += copies * alike
    waiting = select(func.sum(shards.c.size)).where(these, shards.c.counts.is_(None), shards.c.fence == 0)
    if untouched := connection.scalar(waiting):
        found[DeliveryStatus.QUEUED, ""] += untouched
    open_shards = connection.scalars(
        select(shards.c.number).where(these, shards.c.counts.is_(None), shards.c.fence > 0)
    ).all()
    for start in range(0, len(open_shards), 500):
        found.update(_counted(connection, broadcast_id, open_shards[start : start + 500]))
    return dict(sorted(found.items()))


def count_all(connection: Connection, broadcast_id: int) -> Mapping[tuple[DeliveryStatus, str], int]:
    """As ``count_by_status``, by looking at every copy: what the reconciler compares it with."""
    rows = connection.execute(
        select(deliveries.c.status, deliveries.c.reason, func.count().label("copies"))
        .where(deliveries.c.broadcast_id == broadcast_id)
        .group_by(deliveries.c.status, deliveries.c.reason)
    )
    return {(DeliveryStatus(row.status), row.reason): row.copies for row in rows}


def keep_counts(connection: Connection, broadcast_id: int, number: int) -> None:
    """Write down what became of the copies of a shard that is done."""
    counted = _counted(connection, broadcast_id, [number])
    counts = {f"{status}:{reason}": copies for (status, reason), copies in counted.items()}
    connection.execute(
        update(shards)
        .where(shards.c.broadcast_id == broadcast_id, shards.c.number == number)
        .values(counts=counts)
    )


def _counted(
    connection: Connection, broadcast_id: int, numbers: Sequence[int]
) -> Mapping[tuple[DeliveryStatus, str], int]:
    rows = connection.execute(
        select(deliveries.c.status, deliveries.c.reason, func.count().label("copies"))
        .where(deliveries.c.broadcast_id == broadcast_id, deliveries.c.shard.in_(numbers))
        .group_by(deliveries.c.status, deliveries.c.reason)
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
    touched = connection.scalars(select(deliveries.c.shard).where(*uncertain).distinct()).all()
    if resend:
        connection.execute(
            update(shards)
            .where(shards.c.broadcast_id == broadcast_id, shards.c.status == "done", shards.c.number.in_(touched))
            .values(status="ready", not_before=None, counts=None)
        )
        to = {"status": DeliveryStatus.QUEUED, "reason": "", "at": now}
    else:
        to = {"status": DeliveryStatus.SENT, "reason": "assumed", "at": now}
    changed = connection.execute(update(deliveries).where(*uncertain).values(to)).rowcount
    if not resend:
        recount(connection, broadcast_id, touched)
    return changed


def settle_by_sign_of_life(connection: Connection, broadcast_id: int, contact_id: int) -> bool:
    """A recipient showed that the copy arrived: if it was uncertain, it is sent. Returns whether it was."""
    shard = connection.scalar(
        update(deliveries)
        .where(
            deliveries.c.broadcast_id == broadcast_id,
            deliveries.c.contact_id == contact_id,
            deliveries.c.status == DeliveryStatus.UNCERTAIN,
        )
        .values(status=DeliveryStatus.SENT, reason="answered")
        .returning(deliveries.c.shard)
    )
    if shard is not None:
        recount(connection, broadcast_id, [shard])
    return shard is not None


def recount(connection: Connection, broadcast_id: int, numbers: Sequence[int]) -> None:
    """Count anew the shards among *numbers* that are done."""
    done = connection.scalars(
        select(shards.c.number).where(
            shards.c.broadcast_id == broadcast_id, shards.c.number.in_(numbers), shards.c.counts.is_not(None)
        )
    ).all()
    for number in done:
        keep_counts(connection, broadcast_id, number)
