"""Schedules as kept, and their runs: one a due time, whatever the number of processes."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.db import audit, broadcasts
from bot.db.audience import members, reachable
from bot.db.tables import broadcasts as broadcast_rows
from bot.db.tables import contacts, runs, schedules
from bot.outreach.broadcast import Broadcast, Forbidden, Status
from bot.outreach.recurrence import deadline_of, next_due
from bot.outreach.schedule import (
    Kind,
    Run,
    Schedule,
    ScheduleStatus,
    broadcasts_of,
    is_intact,
    is_too_late,
    with_code,
)

RUNS_MAX = 500
Rule = Callable[[Schedule], Schedule]


def add(connection: Connection, schedule: Schedule, now: datetime) -> Schedule:
    """Keep a new draft. Returns it with its id."""
    added = connection.execute(
        insert(schedules).values(created_at=now, **_row_of(schedule)).returning(schedules.c.id)
    )
    kept = replace(schedule, id=int(added.scalar_one()))
    audit.record(connection, schedule.created_by, "schedule_draft", now, detail=f"{kept.id} {kept.title}")
    return kept


def find(connection: Connection, schedule_id: int, *, locked: bool = False) -> Schedule:
    """The schedule. Raises Forbidden when there is none."""
    query = select(schedules).where(schedules.c.id == schedule_id)
    row = connection.execute(query.with_for_update() if locked else query).one_or_none()
    if row is None:
        raise Forbidden("schedule.unknown", id=schedule_id)
    return _schedule(row)


def newest(connection: Connection, limit: int = 50, before: int = 0) -> list[Schedule]:
    """The newest schedules, newest first; *before*: only with smaller ids."""
    query = select(schedules).where(*([schedules.c.id < before] if before else []))
    rows = connection.execute(query.order_by(schedules.c.id.desc()).limit(limit))
    return [_schedule(row) for row in rows]


def paths_not_open(connection: Connection, codes: Collection[str]) -> list[str]:
    """Which of the learning paths *codes* have no schedule that runs."""
    running = select(schedules.c.plan).where(
        schedules.c.kind == Kind.SERIES, schedules.c.status == ScheduleStatus.ACTIVE
    )
    open_ = {plan["series"] for plan in connection.scalars(running)} if codes else set()
    return sorted(set(codes) - open_)


def change(connection: Connection, schedule_id: int, rule: Rule, act: str, *, by: str, now: datetime) -> Schedule:
    """Apply *rule*, and put *act* on record. Who becomes active is due from now on."""
    before = find(connection, schedule_id, locked=True)
    after = rule(before)
    if after.status is ScheduleStatus.ACTIVE:
        after = replace(after, next_due_at=next_due(after.plan["rule"], now))
    connection.execute(update(schedules).where(schedules.c.id == schedule_id).values(**_row_of(after)))
    audit.record(connection, by, f"schedule_{act}", now, detail=f"{schedule_id} {after.reason}".strip())
    return after


def run_due(connection: Connection, now: datetime, new_code: Callable[[], str]) -> list[tuple[int, str]]:
    """Make the broadcasts of every due time that has come, each once. Returns schedule and what came of it.

    One transaction: the run, its broadcasts and the next due time stand or fall together.
    """
    due = connection.execute(
        select(schedules)
        .where(schedules.c.status == ScheduleStatus.ACTIVE, schedules.c.next_due_at <= now)
        .order_by(schedules.c.next_due_at)
        .with_for_update(skip_locked=True)
    ).all()
    done: list[tuple[int, str]] = []
    for row in due:
        schedule = _schedule(row)
        if not is_intact(schedule) or not schedule.approved_by:
            connection.execute(
                update(schedules).where(schedules.c.id == schedule.id).values(status="paused", reason="changed")
            )
            audit.record(connection, audit.BOT, "schedule_void", now, detail=str(schedule.id))
            continue
        at = schedule.next_due_at
        for _ in range(RUNS_MAX):
            if at is None or at > now:
                break
            done.append((schedule.id, _run(connection, schedule, at, now, new_code)))
            at = next_due(schedule.plan["rule"], at)
        connection.execute(
            update(schedules)
            .where(schedules.c.id == schedule.id)
            .values(next_due_at=at, status=ScheduleStatus.ENDED if at is None else ScheduleStatus.ACTIVE)
        )
    return done


def runs_of(connection: Connection, schedule_id: int, limit: int = 20) -> list[tuple[datetime, str, list[int]]]:
    """The newest runs: when each was due, what came of it, and its broadcasts."""
    found = connection.execute(
        select(runs).where(runs.c.schedule_id == schedule_id).order_by(runs.c.due_at.desc()).limit(limit)
    ).all()
    return [(row.due_at, row.status, _broadcasts_of(connection, [row.id])) for row in found]


def _run(
    connection: Connection, schedule: Schedule, due_at: datetime, now: datetime, new_code: Callable[[], str]
) -> str:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    run_id = connection.scalar(
        dialect.insert(runs)
        .values(schedule_id=schedule.id, due_at=due_at, status="made", at=now)
        .on_conflict_do_nothing(index_elements=["schedule_id", "due_at"])
        .returning(runs.c.id)
    )
    if run_id is None:
        return "known"
    run = Run(due_at, now, _last_due(connection, schedule, due_at), _earlier(connection, schedule, due_at))
    status = "skipped" if is_too_late(schedule, run) else "empty"
    if status != "skipped":
        for draft, is_valid in broadcasts_of(schedule, run):
            if not is_valid:
                status = "expired" if status == "empty" else status
            elif _reaches(connection, draft, now):
                _make(connection, draft, run_id, now, new_code)
                status = "made"
            elif schedule.kind is Kind.REMINDER:
                break  # Everybody confirmed: their superiors need not hear of it.
    connection.execute(update(runs).where(runs.c.id == run_id).values(status=status))
    audit.record(connection, audit.BOT, f"schedule_{status}", now, detail=f"{schedule.id} {due_at.isoformat()}")
    return status


def _make(
    connection: Connection, draft: Broadcast, run_id: int, now: datetime, new_code: Callable[[], str]
) -> None:
    code = new_code()
    while broadcasts.is_code_taken(connection, code):
        code = new_code()
    made = replace(with_code(draft, code), run_id=run_id)
    broadcasts.hold_words(connection, made)
    if broadcasts.same_text_today(connection, made, now):
        # Somebody would get the same words twice that day: a person looks at it first.
        made = replace(made, status=Status.RETURNED, reason="same_text", approved_by=None)
    broadcasts.add(connection, made, now)


def _reaches(connection: Connection, draft: Broadcast, now: datetime) -> bool:
    anybody = select(contacts.c.id).where(reachable(), members(draft.segment, now)).limit(1)
    return connection.scalar(anybody) is not None


def _last_due(connection: Connection, schedule: Schedule, due_at: datetime) -> datetime | None:
    return connection.scalar(
        select(runs.c.due_at)
        .where(runs.c.schedule_id == schedule.id, runs.c.due_at < due_at)
        .order_by(runs.c.due_at.desc())
        .limit(1)
    )


def _earlier(connection: Connection, schedule: Schedule, due_at: datetime) -> tuple[int, ...]:
    """The broadcasts made before for the same deadline."""
    if schedule.kind is not Kind.REMINDER:
        return ()
    deadline = deadline_of(schedule.plan["rule"], due_at)
    before = connection.execute(
        select(runs.c.id, runs.c.due_at).where(runs.c.schedule_id == schedule.id, runs.c.due_at < due_at)
    ).all()
    same = [row.id for row in before if deadline_of(schedule.plan["rule"], row.due_at) == deadline]
    return tuple(_broadcasts_of(connection, same))


def _broadcasts_of(connection: Connection, run_ids: list[int]) -> list[int]:
    if not run_ids:
        return []
    query = select(broadcast_rows.c.id).where(broadcast_rows.c.run_id.in_(run_ids)).order_by(broadcast_rows.c.id)
    return list(connection.scalars(query))


def _row_of(schedule: Schedule) -> dict[str, Any]:
    return {
        "kind": schedule.kind,
        "title": schedule.title,
        "plan": dict(schedule.plan),
        "digest": schedule.digest,
        "status": schedule.status,
        "reason": schedule.reason,
        "created_by": schedule.created_by,
        "submitted_by": schedule.submitted_by,
        "approved_by": schedule.approved_by,
        "next_due_at": schedule.next_due_at,
    }


def _schedule(row: Row[Any]) -> Schedule:
    return Schedule(
        kind=Kind(row.kind),
        title=row.title,
        plan=row.plan,
        created_by=row.created_by,
        id=row.id,
        status=ScheduleStatus(row.status),
        digest=row.digest,
        reason=row.reason,
        submitted_by=row.submitted_by,
        approved_by=row.approved_by,
        next_due_at=row.next_due_at,
    )
