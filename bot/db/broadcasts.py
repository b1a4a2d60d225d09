"""Broadcasts as kept: drafted, changed only through a rule, started once, ended when nothing is left."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, exists, func, insert, select, update

from bot.db import attachments, audit, deliveries, freezing
from bot.db.audience import overlap
from bot.db.tables import broadcasts, shards
from bot.outreach.audience_rule import segment_as_json, segment_from_json
from bot.outreach.broadcast import (
    GRACE,
    WITHDRAW,
    Act,
    Broadcast,
    Forbidden,
    Status,
    follow,
    is_intact,
    is_missed,
    pause,
    ripen,
    settle,
)
from bot.outreach.delivery import OnAmbiguous
from bot.outreach.frozen_content import text_digest_of
from bot.outreach.official import Official
from bot.outreach.quiet_hours import ZONE

_UNDER_WAY = (
    Status.APPROVED,
    Status.SCHEDULED,
    Status.SENDING,
    Status.PAUSED,
    Status.COMPLETED,
)

Rule = Callable[[Broadcast], Broadcast]
"""A pure rule: the broadcast after an act, or Forbidden."""


def add(connection: Connection, broadcast: Broadcast, now: datetime) -> Broadcast:
    """Keep a new draft. Returns it with its id."""
    added = connection.execute(
        insert(broadcasts).values(created_at=now, **_row_of(broadcast)).returning(broadcasts.c.id)
    )
    kept = replace(broadcast, id=int(added.scalar_one()))
    audit.record(connection, broadcast.created_by, Act.DRAFT, now, broadcast_id=kept.id)
    return kept


def find(connection: Connection, broadcast_id: int, *, locked: bool = False) -> Broadcast:
    """The broadcast with everybody who had a hand in it. Raises Forbidden when there is none."""
    query = select(broadcasts).where(broadcasts.c.id == broadcast_id)
    row = connection.execute(query.with_for_update() if locked else query).one_or_none()
    if row is None:
        raise Forbidden("rule.unknown", id=broadcast_id)
    return replace(_broadcast(row), authors=audit.authors_of(connection, broadcast_id))


def newest(connection: Connection, limit: int = 50, before: int = 0) -> list[Broadcast]:
    """The newest broadcasts, newest first; *before*: only with smaller ids."""
    query = select(broadcasts).where(*([broadcasts.c.id < before] if before else []))
    rows = connection.execute(query.order_by(broadcasts.c.id.desc()).limit(limit))
    return [_broadcast(row) for row in rows]


def due_between(connection: Connection, begin: datetime, end: datetime) -> list[Broadcast]:
    """The broadcasts whose time lies from *begin* to before *end*, the earliest first."""
    rows = connection.execute(
        select(broadcasts)
        .where(broadcasts.c.due_at >= begin, broadcasts.c.due_at < end)
        .order_by(broadcasts.c.due_at, broadcasts.c.id)
    )
    return [_broadcast(row) for row in rows]


def twins(connection: Connection, broadcast: Broadcast, within: timedelta = timedelta(days=1)) -> list[int]:
    """Other broadcasts of the same campaign about the same time that were or will be sent."""
    ids = connection.scalars(
        select(broadcasts.c.id)
        .where(
            broadcasts.c.campaign == broadcast.campaign,
            broadcasts.c.id != broadcast.id,
            broadcasts.c.due_at.between(broadcast.due_at - within, broadcast.due_at + within),
            broadcasts.c.status.in_(_UNDER_WAY),
        )
        .order_by(broadcasts.c.id)
    )
    return list(ids)


def drafted_for(connection: Connection, broadcast: Broadcast) -> int | None:
    """The broadcast of the same campaign at the same time that was not rejected or stopped."""
    return connection.scalar(
        select(broadcasts.c.id).where(
            broadcasts.c.campaign == broadcast.campaign,
            broadcasts.c.due_at == broadcast.due_at,
            broadcasts.c.status.not_in((Status.REJECTED, Status.STOPPED)),
        )
    )


def change(
    connection: Connection,
    broadcast_id: int,
    rule: Rule,
    act: Act,
    *,
    by: str,
    now: datetime,
    detail: str = "",
) -> Broadcast:
    """Apply *rule* to the broadcast as it is now, keep what comes of it, and put *act* on record.

    Raises Forbidden from the rule, or when somebody else changed the broadcast at the same moment.
    """
    before = find(connection, broadcast_id, locked=True)
    after = rule(before)
    changed = connection.execute(
        update(broadcasts)
        .where(broadcasts.c.id == broadcast_id, broadcasts.c.status == before.status)
        .values(**_row_of(after))
    )
    if changed.rowcount != 1:
        raise Forbidden("rule.status", status=before.status)
    audit.record(connection, by, act, now, broadcast_id=broadcast_id, detail=detail)
    return after


def expect(connection: Connection, broadcast_id: int, people: int) -> None:
    """Remember how many it is thought to reach."""
    connection.execute(update(broadcasts).where(broadcasts.c.id == broadcast_id).values(expected=people))


def due(connection: Connection, now: datetime) -> list[int]:
    """The scheduled broadcasts whose time has come, the earliest first."""
    return list(
        connection.scalars(
            select(broadcasts.c.id)
            .where(broadcasts.c.status == Status.SCHEDULED, broadcasts.c.due_at <= now)
            .order_by(broadcasts.c.due_at)
        )
    )


def start(
    connection: Connection,
    broadcast_id: int,
    shard_sizes: Mapping[str, int],
    now: datetime,
    windows: Mapping[str, timedelta] | None = None,
) -> Status | None:
    """Begin to send a due broadcast, or not: missed, void, or (None) somebody else was first.

    The winner freezes the recipients in the same transaction: one row a person. *windows*: see
    ``freezing.begin``.
    """
    found = find(connection, broadcast_id, locked=True)
    if found.status is not Status.SCHEDULED:
        return None
    if is_missed(found, now):
        change(connection, broadcast_id, lambda b: follow(b, Act.MISS), Act.MISS, by=audit.BOT, now=now)
        return Status.MISSED
    if not is_intact(found) or not found.approved_by or not attachments.are_whole(connection, found.content):

        def void(broadcast: Broadcast) -> Broadcast:
            return replace(follow(broadcast, Act.VOID), approved_by=None, reason="changed")

        change(connection, broadcast_id, void, Act.VOID, by=audit.BOT, now=now)
        return Status.RETURNED
    won = connection.scalar(
        update(broadcasts)
        .where(broadcasts.c.id == broadcast_id, broadcasts.c.status == Status.SCHEDULED)
        .values(status=Status.SENDING, started_at=now)
        .returning(broadcasts.c.id)
    )
    if won is None:
        return None
    freezing.begin(connection, broadcast_id, found.segment, found.expected, shard_sizes, now, windows)
    audit.record(connection, audit.BOT, Act.START, now, broadcast_id=broadcast_id)
    return Status.SENDING


def ripen_approved(connection: Connection, now: datetime) -> list[int]:
    """Schedule what was approved and not withdrawn in time. Returns the ids."""
    ripe = connection.scalars(
        select(broadcasts.c.id)
        .where(broadcasts.c.status == Status.APPROVED, broadcasts.c.approved_at <= now - WITHDRAW)
        .order_by(broadcasts.c.id)
    ).all()
    for broadcast_id in ripe:
        with suppress(Forbidden):  # Withdrawn at this moment.
            change(connection, broadcast_id, lambda b: ripen(b, now), Act.SCHEDULE, by=audit.BOT, now=now)
    return list(ripe)


def same_text_today(connection: Connection, broadcast: Broadcast, now: datetime) -> list[int]:
    """Other broadcasts of the same day with the same words to some of the same people, that were or will
    be sent."""
    local = broadcast.due_at.astimezone(ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    others = connection.execute(
        select(broadcasts).where(
            broadcasts.c.text_digest == text_digest_of(broadcast.content),
            broadcasts.c.id != broadcast.id,
            broadcasts.c.due_at >= midnight,
            broadcasts.c.due_at < midnight + timedelta(days=1),
            broadcasts.c.status.in_(_UNDER_WAY),
        )
    ).all()
    found = [_broadcast(row) for row in others]
    return [each.id for each in found if overlap(connection, each.segment, broadcast.segment, now)]


def hold_words(connection: Connection, broadcast: Broadcast) -> None:
    """Make whoever holds the same words wait for the end of this transaction: of two that are approved or
    made at the same moment one then sees the other."""
    if connection.dialect.name == "postgresql":  # On SQLite there is one writer at a time.
        words = int(text_digest_of(broadcast.content)[:15], 16)
        connection.execute(select(func.pg_advisory_xact_lock(words)))


def check_same_text(connection: Connection, broadcast: Broadcast, now: datetime) -> None:
    """Raises Forbidden when some of the people get the same words that day already."""
    hold_words(connection, broadcast)
    if ids := same_text_today(connection, broadcast, now):
        raise Forbidden("rule.same_text", ids=", ".join(map(str, ids)))


def find_by_code(connection: Connection, code: str) -> Broadcast | None:
    """The broadcast that carries the check code *code*, if it was ever sent."""
    row = connection.execute(
        select(broadcasts).where(broadcasts.c.code == code, broadcasts.c.started_at.is_not(None))
    ).one_or_none()
    return _broadcast(row) if row else None


def is_code_taken(connection: Connection, code: str) -> bool:
    """Whether a broadcast has this check code, sent or not."""
    return connection.scalar(select(broadcasts.c.id).where(broadcasts.c.code == code)) is not None


def published(connection: Connection, limit: int = 50, before: int = 0) -> list[Broadcast]:
    """What was sent to citizens, newest first; *before*: only with smaller ids."""
    query = select(broadcasts).where(
        broadcasts.c.started_at.is_not(None),
        broadcasts.c.total > 0,
        *([broadcasts.c.id < before] if before else []),
    )
    rows = connection.execute(query.order_by(broadcasts.c.id.desc()).limit(limit))
    return [_broadcast(row) for row in rows]


def complete_finished(connection: Connection, now: datetime) -> list[int]:
    """End the broadcasts of which nothing is left to freeze or to send. Returns their ids."""
    left = exists().where(shards.c.broadcast_id == broadcasts.c.id, shards.c.status != "done")
    over = broadcasts.c.not_after <= now
    ended = connection.scalars(
        update(broadcasts)
        .where(
            (broadcasts.c.status == Status.SENDING) | ((broadcasts.c.status == Status.PAUSED) & over),
            broadcasts.c.freeze_channel.is_(None),
            ~left,
        )
        .values(status=Status.COMPLETED, ended_at=now)
        .returning(broadcasts.c.id)
    ).all()
    for broadcast_id in ended:
        audit.record(connection, audit.BOT, Act.COMPLETE, now, broadcast_id=broadcast_id)
    return list(ended)


def hold(connection: Connection, broadcast_id: int, reason: str, now: datetime) -> bool:
    """Pause a broadcast from inside the bot, for *reason* (a word of ``broadcast_texts.yml``).

    False when it is not being sent any more.
    """
    if find(connection, broadcast_id, locked=True).status is not Status.SENDING:
        return False
    change(
        connection,
        broadcast_id,
        lambda broadcast: pause(broadcast, reason),
        Act.PAUSE,
        by=audit.BOT,
        now=now,
        detail=reason,
    )
    return True


def pause_interrupted(connection: Connection, now: datetime) -> list[int]:
    """Pause what was being sent when everything stopped, longer ago than the grace of a start.

    So neither a long outage nor a backup that comes back sends anything without a person.
    """
    last = func.max(func.coalesce(shards.c.lease_until, broadcasts.c.started_at))
    wait = func.max(func.coalesce(shards.c.not_before, broadcasts.c.started_at))
    rows = connection.execute(
        select(broadcasts.c.id, last.label("last"), wait.label("wait"))
        .join(shards, shards.c.broadcast_id == broadcasts.c.id)
        .where(broadcasts.c.status == Status.SENDING)
        .group_by(broadcasts.c.id)
        .having(func.count().filter(shards.c.status != "done") > 0)
    ).all()
    stale = [row.id for row in rows if now - max(row.last, row.wait) > GRACE]
    for broadcast_id in stale:
        hold(connection, broadcast_id, "interrupted", now)
    return stale


def settle_doubts(
    connection: Connection, broadcast_id: int, official: Official, now: datetime, *, resend: bool
) -> int:
    """Send the uncertain copies again, or take them as sent. Returns how many; Forbidden for none."""
    if not deliveries.doubts(connection, broadcast_id):
        raise Forbidden("rule.no_doubts", id=broadcast_id)

    def rule(broadcast: Broadcast) -> Broadcast:
        return settle(broadcast, official, now, resend=resend)

    act = Act.RESEND if resend else Act.ASSUME
    change(connection, broadcast_id, rule, act, by=official.login, now=now)
    return deliveries.resolve_doubts(connection, broadcast_id, resend=resend, now=now)


def _row_of(broadcast: Broadcast) -> dict[str, Any]:
    return {
        "campaign": broadcast.campaign,
        "title": broadcast.title,
        "content": dict(broadcast.content),
        "segment": segment_as_json(broadcast.segment),
        "code": broadcast.content.get("code") or None,
        "text_digest": text_digest_of(broadcast.content),
        "priority": broadcast.priority,
        "digest": broadcast.digest,
        "status": broadcast.status,
        "reason": broadcast.reason,
        "on_ambiguous": broadcast.on_ambiguous,
        "due_at": broadcast.due_at,
        "not_after": broadcast.not_after,
        "created_by": broadcast.created_by,
        "submitted_by": broadcast.submitted_by,
        "approved_by": broadcast.approved_by,
        "approved_at": broadcast.approved_at,
        "expected": broadcast.expected,
        "corrects": broadcast.corrects,
        "run_id": broadcast.run_id,
        "wave": broadcast.wave,
        "total": broadcast.total,
        "started_at": broadcast.started_at,
        "ended_at": broadcast.ended_at,
    }


def _broadcast(row: Row[Any]) -> Broadcast:
    return Broadcast(
        campaign=row.campaign,
        title=row.title,
        content=row.content,
        segment=segment_from_json(row.segment),
        due_at=row.due_at,
        not_after=row.not_after,
        created_by=row.created_by,
        created_at=row.created_at,
        on_ambiguous=OnAmbiguous(row.on_ambiguous),
        id=row.id,
        status=Status(row.status),
        digest=row.digest,
        reason=row.reason,
        submitted_by=row.submitted_by,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        expected=row.expected,
        corrects=row.corrects,
        run_id=row.run_id,
        wave=row.wave,
        total=row.total,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )
