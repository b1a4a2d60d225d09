"""Shards: the pieces a broadcast is sent in, each in one worker's hands at a time.

No message leaves before its row durably says ``sending``; a row leaves that status only by a durable
result, or when its holder is gone. So after any crash the doubtful are exactly the rows ``sending``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, case, func, or_, select, update

from bot.contacts import ContactStatus, Segment
from bot.db import audit
from bot.db.audience import members
from bot.db.deliveries import keep_counts, keep_results, skip_queued
from bot.db.linking import reached_elsewhere
from bot.db.many_values import among
from bot.db.tables import Moment, broadcasts, contacts, deliveries, shards
from bot.db.waiting_shards import CLAIMABLE, at, with_broadcasts
from bot.outreach.audience_rule import segment_from_json
from bot.outreach.broadcast import Act, Status, disturbs
from bot.outreach.delivery import ERRORS_SHARE, DeliveryStatus, OnAmbiguous, Result, is_bad
from bot.outreach.frozen_content import names_place
from bot.outreach.pace import USUAL_CAPS, Caps
from bot.outreach.quiet_hours import ZONE, is_quiet

_TAKEN = (
    DeliveryStatus.SENDING,
    DeliveryStatus.SENT,
    DeliveryStatus.DELIVERED,
    DeliveryStatus.READ,
    DeliveryStatus.UNCERTAIN,
)

# Built once: at thousands of messages a second, building them anew would cost more than the database does.
_PROLONG = (
    update(shards)
    .where(
        shards.c.broadcast_id == bindparam("broadcast"),
        shards.c.number == bindparam("shard"),
        shards.c.status == "running",
        shards.c.owner == bindparam("holder"),
        shards.c.fence == bindparam("at_fence"),
    )
    .values(lease_until=bindparam("until"))
)
_STANDING = select(broadcasts.c.status, broadcasts.c.not_after).where(broadcasts.c.id == bindparam("broadcast"))
_URGENT = (
    select(shards.c.number)
    .select_from(with_broadcasts())
    .where(
        broadcasts.c.priority > 0,
        shards.c.channel == bindparam("channel"),
        or_(
            CLAIMABLE,
            and_(
                broadcasts.c.status == Status.SENDING,
                shards.c.status == "running",
                shards.c.lease_until > bindparam("now", type_=Moment),
            ),
        ),
    )
    .limit(1)
)
_GRANT = (
    update(deliveries)
    # "sending" too: repeating a flush whose commit was lost on the way gives the same permission.
    .where(
        deliveries.c.broadcast_id == bindparam("broadcast"),
        among(deliveries.c.sequence, "sequences"),
        deliveries.c.status.in_((DeliveryStatus.QUEUED, DeliveryStatus.SENDING)),
    )
    .values(status=DeliveryStatus.SENDING, attempts=deliveries.c.attempts + 1, at=bindparam("when"))
)
_GRANTED = select(deliveries.c.sequence).where(
    deliveries.c.broadcast_id == bindparam("broadcast"),
    among(deliveries.c.sequence, "sequences"),
    deliveries.c.status == DeliveryStatus.SENDING,
)
_LATELY = (
    select(
        deliveries.c.contact_id,
        func.count().label("week"),
        func.sum(case((deliveries.c.at >= bindparam("midnight", type_=Moment), 1), else_=0)).label("day"),
    )
    .where(
        among(deliveries.c.contact_id, "people"),
        deliveries.c.broadcast_id != bindparam("broadcast"),
        deliveries.c.status.in_(_TAKEN),
        deliveries.c.at > bindparam("week_ago", type_=Moment),
    )
    .group_by(deliveries.c.contact_id)
)


class Verdict(StrEnum):
    """Whether a shard goes on, and if not, why."""

    GO = "go"
    FENCED = "fenced"
    PAUSED = "paused"
    STOPPED = "stopped"
    EXPIRED = "expired"
    QUIET = "quiet"
    YIELD = "yield"


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


@dataclass(frozen=True, slots=True)
class Flushed:
    """What one transaction of a worker decided: whom it may write to now (sequence → peer)."""

    verdict: Verdict
    granted: Mapping[int, str]


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
    if row is None or (row.priority == 0 and _urgent_first(connection, channel, now)):
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


def flush(
    connection: Connection,
    held: Held,
    results: Sequence[Result],
    wanted: Sequence[int],
    *,
    lease: timedelta,
    now: datetime,
    caps: Caps = USUAL_CAPS,
    closes_after: timedelta | None = None,
) -> Flushed:
    """Keep what came of finished sendings and permit the next, in one transaction. Safe to repeat.

    Permission is given row by row, at this moment: not to somebody who opted out since, not for a
    broadcast that was stopped, nor to who was heard longer than *closes_after* ago. A worker that lost
    its shard writes nothing.
    """
    ours = connection.execute(
        _PROLONG,
        {
            "broadcast": held.broadcast_id,
            "shard": held.number,
            "holder": held.owner,
            "at_fence": held.fence,
            "until": now + lease,
        },
    )
    if ours.rowcount != 1:
        return Flushed(Verdict.FENCED, {})
    keep_results(connection, held.broadcast_id, results, now)
    verdict = _judge(connection, held, now)
    if verdict is Verdict.STOPPED or verdict is Verdict.EXPIRED:
        skip_queued(connection, held.broadcast_id, held.number, verdict, now)
    if verdict is not Verdict.GO or not wanted:
        return Flushed(verdict, {})
    return Flushed(verdict, _grant(connection, held, wanted, now, caps, closes_after))


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


def _judge(connection: Connection, held: Held, now: datetime) -> Verdict:
    """Whether sending may go on at this moment."""
    row = connection.execute(_STANDING, {"broadcast": held.broadcast_id}).one()
    if row.status == Status.PAUSED:
        return Verdict.PAUSED
    if row.status != Status.SENDING:
        return Verdict.STOPPED
    if row.not_after is not None and row.not_after <= now:
        return Verdict.EXPIRED
    if not disturbs(held.content) and is_quiet(now, holidays_too=bool(held.content.get("holidays"))):
        return Verdict.QUIET
    return Verdict.YIELD if held.priority == 0 and _urgent_first(connection, held.channel, now) else Verdict.GO


def _urgent_first(connection: Connection, channel: str, now: datetime) -> bool:
    """Whether an urgent shard of *channel* waits for a worker, or is in the hands of one."""
    return connection.scalar(_URGENT, {"channel": channel, **at(now)}) is not None


def _end_wave(connection: Connection, broadcast_id: int, now: datetime) -> None:
    """After the last shard of the canary the rest may go, unless too many of the canary failed."""
    in_canary = (shards.c.broadcast_id == broadcast_id, shards.c.wave == 0)
    found = connection.execute(
        select(broadcasts.c.status, broadcasts.c.wave).where(broadcasts.c.id == broadcast_id).with_for_update()
    ).one()
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


def _grant(
    connection: Connection,
    held: Held,
    wanted: Sequence[int],
    now: datetime,
    caps: Caps,
    closes_after: timedelta | None,
) -> dict[int, str]:
    rows = connection.execute(
        _recipients(held.segment, now.replace(second=0, microsecond=0)),
        {"broadcast": held.broadcast_id, "sequences": wanted},
    ).all()
    often = frozenset[int]() if held.priority else _had_enough(connection, held, rows, now, caps)
    peers: dict[int, str] = {}
    skipped: list[Result] = []
    for row in rows:
        if row.peer is None:
            skipped.append(Result(row.sequence, DeliveryStatus.SKIPPED, "forgotten"))
        elif row.status != ContactStatus.ACTIVE:
            skipped.append(Result(row.sequence, DeliveryStatus.SKIPPED, "blocked"))
        elif not row.notices:
            skipped.append(Result(row.sequence, DeliveryStatus.SKIPPED, "opted_out"))
        elif not row.member:
            skipped.append(Result(row.sequence, DeliveryStatus.SKIPPED, "left_segment"))
        elif row.elsewhere:
            skipped.append(Result(row.sequence, DeliveryStatus.SKIPPED, "linked"))
        elif closes_after is not None and now - row.last_heard_at > closes_after:
            skipped.append(Result(row.sequence, DeliveryStatus.SKIPPED, "window"))
        elif row.contact_id in often:
            skipped.append(Result(row.sequence, DeliveryStatus.SKIPPED, "too_often"))
        else:
            peers[row.sequence] = row.peer
    keep_results(connection, held.broadcast_id, skipped, now, was=DeliveryStatus.QUEUED)
    if not peers:
        return {}
    these = {"broadcast": held.broadcast_id, "sequences": list(peers)}
    if connection.execute(_GRANT, {**these, "when": now}).rowcount < len(peers):
        granted = set(connection.scalars(_GRANTED, these))
        peers = {sequence: peer for sequence, peer in peers.items() if sequence in granted}
    return peers


@lru_cache(maxsize=64)
def _recipients(segment: Segment, minute: datetime) -> Select[Any]:
    """What is asked of the recipients of ``sequences`` of ``broadcast``; who fits *segment*, to the minute."""
    return (
        select(
            deliveries.c.sequence,
            contacts.c.peer,
            contacts.c.status,
            contacts.c.notices,
            contacts.c.id.label("contact_id"),
            contacts.c.last_heard_at,
            reached_elsewhere(bindparam("broadcast")).label("elsewhere"),
            members(segment, minute).label("member"),
        )
        .select_from(deliveries.outerjoin(contacts, contacts.c.id == deliveries.c.contact_id))
        .where(deliveries.c.broadcast_id == bindparam("broadcast"), among(deliveries.c.sequence, "sequences"))
    )


def _had_enough(
    connection: Connection, held: Held, rows: Sequence[Row[Any]], now: datetime, caps: Caps
) -> frozenset[int]:
    """Those of *rows* who got as many broadcasts today, or in seven days, as a person may."""
    midnight = now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    got = connection.execute(
        _LATELY,
        {
            "broadcast": held.broadcast_id,
            "people": [row.contact_id for row in rows if row.contact_id is not None],
            "midnight": midnight,
            "week_ago": now - timedelta(days=7),
        },
    )
    return frozenset(row.contact_id for row in got if row.day >= caps.a_day or row.week >= caps.a_week)
