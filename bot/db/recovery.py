"""Shards nobody tends any more: of holders that are gone, and of broadcasts that are over."""

from datetime import datetime

from sqlalchemy import Connection, and_, or_, select, update

from bot.db.deliveries import keep_counts, keep_results, skip_queued
from bot.db.flushes import Verdict
from bot.db.shards import in_shard
from bot.db.tables import broadcasts, deliveries, shards
from bot.db.waiting_shards import CLOCK_JUMP, with_broadcasts
from bot.outreach.broadcast import Status
from bot.outreach.delivery import DeliveryStatus, OnAmbiguous, Result, after_doubt


def recover(connection: Connection, now: datetime, *, everyone: bool = False) -> int:
    """Take the shards back from holders whose lease ran out (or from all), each doubtful copy by the
    policy of its broadcast. Returns how many copies were doubtful."""
    over = or_(shards.c.lease_until <= now, shards.c.lease_until > now + CLOCK_JUMP)
    dead = (
        select(shards.c.broadcast_id, shards.c.number, shards.c.fence, broadcasts.c.on_ambiguous)
        .select_from(with_broadcasts())
        .where(shards.c.status == "running", *([] if everyone else [over]))
        .with_for_update(of=shards, skip_locked=True)
    )
    doubtful = 0
    for shard in connection.execute(dead).all():
        rows = connection.execute(
            select(deliveries.c.sequence, deliveries.c.attempts).where(
                *in_shard(shard.broadcast_id, shard.number), deliveries.c.status == DeliveryStatus.SENDING
            )
        ).all()
        policy = OnAmbiguous(shard.on_ambiguous)
        keep_results(
            connection,
            shard.broadcast_id,
            [Result(row.sequence, after_doubt(policy, row.attempts), "crash") for row in rows],
            now,
        )
        connection.execute(
            update(shards)
            .where(shards.c.broadcast_id == shard.broadcast_id, shards.c.number == shard.number)
            .values(status="ready", owner=None, fence=shard.fence + 1)
        )
        doubtful += len(rows)
    return doubtful


SWEPT_AT_ONCE = 10
"""So many shards, and no more, as long as nothing else can be written meanwhile."""


def sweep(connection: Connection, now: datetime, limit: int = SWEPT_AT_ONCE) -> int:
    """Skip what is left of broadcasts that were stopped or whose time is over. Returns shards closed."""
    stopped = broadcasts.c.status == Status.STOPPED
    over = and_(broadcasts.c.status.in_((Status.SENDING, Status.PAUSED)), broadcasts.c.not_after <= now)
    rows = connection.execute(
        select(shards.c.broadcast_id, shards.c.number, broadcasts.c.status)
        .select_from(with_broadcasts())
        .where(shards.c.status == "ready", or_(stopped, over))
        .order_by(shards.c.broadcast_id, shards.c.number)
        .limit(limit)
        .with_for_update(of=shards, skip_locked=True)
    ).all()
    for row in rows:
        reason = Verdict.STOPPED if row.status == Status.STOPPED else Verdict.EXPIRED
        skip_queued(connection, row.broadcast_id, row.number, reason, now)
        connection.execute(
            update(shards)
            .where(shards.c.broadcast_id == row.broadcast_id, shards.c.number == row.number)
            .values(status="done", owner=None)
        )
        keep_counts(connection, row.broadcast_id, row.number)
    return len(rows)
