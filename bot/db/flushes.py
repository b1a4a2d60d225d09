"""Flushes: one transaction of a worker that keeps what came of its copies, and permits the next to leave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, case, func, select, update

from bot.contacts import ContactStatus, Segment
from bot.db.audience import members
from bot.db.deliveries import keep_results, skip_queued
from bot.db.linking import reached_elsewhere
from bot.db.many_values import among
from bot.db.shards import Held
from bot.db.tables import Moment, broadcasts, contacts, deliveries, shards
from bot.db.waiting_shards import urgent_first
from bot.outreach.broadcast import Status, disturbs
from bot.outreach.delivery import DeliveryStatus, Result
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
class Flushed:
    """What one transaction of a worker decided: whom it may write to now (sequence → peer)."""

    verdict: Verdict
    granted: Mapping[int, str]


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
    return Verdict.YIELD if held.priority == 0 and urgent_first(connection, held.channel, now) else Verdict.GO


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
