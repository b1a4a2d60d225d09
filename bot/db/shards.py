"""Shards: the pieces a broadcast is sent in, each in one worker's hands at a time.

No message leaves before its row durably says ``sending``; a row leaves that status only by a durable
result, or when its holder is gone. So after any crash the doubtful are exactly the rows ``sending``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update

from bot.contacts import Segment
from bot.db import audit
from bot.db.deliveries import keep_counts
from bot.db.tables import broadcasts, contacts, deliveries, shards
from bot.db.waiting_shards import CLAIMABLE, at, urgent_first, with_broadcasts
from bot.outreach.audience_rule import segment_from_json
from bot.outreach.broadcast import Act, Status
from bot.outreach.delivery import ERRORS_SHARE, DeliveryStatus, OnAmbiguous, is_bad
from bot.outreach.frozen_content import names_place


@dataclass(frozen=True, slots=True)
class Held:
    """A shard in the hands of one worker, until somebody raises its fence."""

    broadcast_id: int
    number: int
    channel: str
    owner: str
    fence: int
    content: Mapping[str, Any]
    segment: Segment
    on_ambiguous: OnAmbiguous
    queued: tuple[tuple[int, int], ...]
    """Sequence and attempts so far of every copy to send."""
    priority: int = 0
    places: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    """Home and province of every sequence, when copies differ by them."""


def claim_shard(
    connection: Connection,
    channel: str,
    owner: str,
    lease: timedelta,
    now: datetime,
    only: tuple[int, int] | None = None,
) -> Held | None:
    """Take the next shard of *channel*, or *only* this one (broadcast, number). None when nothing is to be
    done.

    Urgent broadcasts go first and alone, then those that began first. Any number of workers may each
    hold some.
    """
    row = connection.execute(
        select(
            shards,
            broadcasts.c.content,
            broadcasts.c.segment,
            broadcasts.c.on_ambiguous,
            broadcasts.c.priority,
        )
        .select_from(with_broadcasts())
        .where(
            shards.c.channel == channel,
            CLAIMABLE,
            *([shards.c.broadcast_id == only[0], shards.c.number == only[1]] if only else []),
        )
        .order_by(broadcasts.c.priority.desc(), broadcasts.c.id, shards.c.number)
        .limit(1)
        .with_for_update(of=shards, skip_locked=True),
        at(now),
    ).one_or_none()
    if row is None or (row.priority == 0 and urgent_first(connection, channel, now)):
        return None
    connection.execute(
        update(shards)
        .where(shards.c.broadcast_id == row.broadcast_id, shards.c.number == row.number)
        .values(status="running", owner=owner, fence=row.fence + 1, lease_until=now + lease)
    )
    queued = connection.execute(
        select(deliveries.c.sequence, deliveries.c.attempts)
        .where(*in_shard(row.broadcast_id, row.number), deliveries.c.status == DeliveryStatus.QUEUED)
        .order_by(deliveries.c.sequence)
    )
    return Held(
        row.broadcast_id,
        row.number,
        channel,
        owner,
        row.fence + 1,
        row.content,
        segment_from_json(row.segment),
        OnAmbiguous(row.on_ambiguous),
        tuple((each.sequence, each.attempts) for each in queued),
        row.priority,
        _places(connection, row.broadcast_id, row.number) if names_place(row.content) else {},
    )


def release(connection: Connection, held: Held, not_before: datetime | None, now: datetime) -> bool:
    """Give the shard back, done when nothing of it is left. Returns whether it is done."""
    left = connection.scalar(
        select(func.count()).where(
            *in_shard(held.broadcast_id, held.number),
            deliveries.c.status.in_((DeliveryStatus.QUEUED, DeliveryStatus.SENDING)),
        )
    )
    later = not_before if left else None
    changed = connection.execute(
        update(shards)
        .where(*_holding(held))
        .values(status="ready" if left else "done", owner=None, lease_until=now, not_before=later)
    )
    done = changed.rowcount == 1 and not left
    if done:
        keep_counts(connection, held.broadcast_id, held.number)
        _end_wave(connection, held.broadcast_id, now)
    return done


def in_shard(broadcast_id: int, number: int) -> tuple[ColumnElement[bool], ...]:
    """That a delivery belongs to this shard."""
    return deliveries.c.broadcast_id == broadcast_id, deliveries.c.shard == number


def _places(connection: Connection, broadcast_id: int, number: int) -> dict[int, tuple[str, str]]:
    """Where the people of a shard live, as they told us: a unit's token, a province's code, or nothing."""
    rows = connection.execute(
        select(deliveries.c.sequence, contacts.c.home, contacts.c.home_province)
        .join(contacts, contacts.c.id == deliveries.c.contact_id)
        .where(*in_shard(broadcast_id, number), deliveries.c.status == DeliveryStatus.QUEUED)
    )
    return {each.sequence: (each.home, each.home_province) for each in rows}


def _holding(held: Held) -> tuple[ColumnElement[bool], ...]:
    return (
        shards.c.broadcast_id == held.broadcast_id,
        shards.c.number == held.number,
        shards.c.status == "running",
        shards.c.owner == held.owner,
        shards.c.fence == held.fence,
    )


def _end_wave(connection: Connection, broadcast_id: int, now: datetime) -> None:
    """After the last shard of the canary the rest may go, unless too many of the canary failed."""
    standing = select(broadcasts.c.status, broadcasts.c.wave).where(broadcasts.c.id == broadcast_id)
    if connection.execute(standing).one().wave != 0:
        return  # Of thousands of shards nearly all: they need not wait for each other.
    in_canary = (shards.c.broadcast_id == broadcast_id, shards.c.wave == 0)
    found = connection.execute(standing.with_for_update()).one()
    if found.wave != 0 or connection.scalar(select(func.count()).where(*in_canary, shards.c.status != "done")):
        return
    total = bad = 0
    for counts in connection.scalars(select(shards.c.counts).where(*in_canary)):
        for key, copies in (counts or {}).items():
            total += copies
            bad += copies if is_bad(*key.split(":", 1)) else 0
    connection.execute(update(broadcasts).where(broadcasts.c.id == broadcast_id).values(wave=1))
    failed = bool(total) and bad / total >= ERRORS_SHARE
    audit.record(connection, audit.BOT, Act.CANARY, now, broadcast_id=broadcast_id, detail=f"{bad}/{total}")
    if failed and found.status == Status.SENDING:
        connection.execute(
            update(broadcasts)
            .where(broadcasts.c.id == broadcast_id)
            .values(status=Status.PAUSED, reason="canary_failed")
        )
        audit.record(connection, audit.BOT, Act.PAUSE, now, broadcast_id=broadcast_id, detail="canary_failed")
