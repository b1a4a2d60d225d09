"""A plan that makes broadcasts by itself: approved once by two persons, and void when it is changed.

The plan holds frozen contents whose check code is still ``PLACEHOLDER``; each broadcast gets its own.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from bot.contacts import Segment
from bot.outreach.audience_rule import segment_from_json
from bot.outreach.broadcast import LASTS, Broadcast, Forbidden, Status, digest_of
from bot.outreach.delivery import OnAmbiguous
from bot.outreach.official import Official, Role
from bot.outreach.quiet_hours import ZONE, next_allowed
from bot.outreach.recurrence import deadline_of, reminders_of

PLACEHOLDER: Final = "HT-00000"
"""No check code: a nought is never part of one."""

CATCH_UP: Final = 60


class Kind(StrEnum):
    """One message again and again, the steps of a learning path, or reminders until a deadline."""

    RECURRING = "recurring"
    SERIES = "series"
    REMINDER = "reminder"


class ScheduleStatus(StrEnum):
    """Where a schedule is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule. *plan* has ``rule``, ``messages`` (each title, campaign, content, segment, valid dates,
    for a series its ``day``), ``catch_up`` minutes, ``on_ambiguous``, and for a series its code."""

    kind: Kind
    title: str
    plan: Mapping[str, Any]
    created_by: str
    id: int = 0
    status: ScheduleStatus = ScheduleStatus.DRAFT
    digest: str = ""
    reason: str = ""
    submitted_by: str | None = None
    approved_by: str | None = None
    next_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One due time of a schedule. *since*: the due time before it; *earlier*: the broadcasts of the same
    deadline that were made before."""

    due_at: datetime
    now: datetime
    since: datetime | None = None
    earlier: tuple[int, ...] = ()


def schedule_digest(schedule: Schedule) -> str:
    """SHA-256 over everything that is approved."""
    frozen = {"kind": schedule.kind, "title": schedule.title, "plan": schedule.plan}
    text = json.dumps(frozen, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def submit(schedule: Schedule, official: Official) -> Schedule:
    """Frozen, waiting for a second person."""
    _expect(schedule, ScheduleStatus.DRAFT)
    return replace(
        schedule,
        status=ScheduleStatus.SUBMITTED,
        submitted_by=official.login,
        digest=schedule_digest(schedule),
        reason="",
    )


def approve(schedule: Schedule, official: Official, seen: str) -> Schedule:
    """Active, approved by somebody who neither made nor submitted it and saw the digest *seen*."""
    _expect(schedule, ScheduleStatus.SUBMITTED)
    if official.role is not Role.APPROVER:
        raise Forbidden("rule.role")
    if official.login in (schedule.created_by, schedule.submitted_by):
        raise Forbidden("rule.two_persons")
    if seen != schedule.digest or not is_intact(schedule):
        raise Forbidden("rule.changed")
    return replace(schedule, status=ScheduleStatus.ACTIVE, approved_by=official.login)


def turn_back(schedule: Schedule, official: Official, reason: str) -> Schedule:
    """A draft again, with the reason."""
    if official.role is not Role.APPROVER:
        raise Forbidden("rule.role")
    _expect(schedule, ScheduleStatus.SUBMITTED, ScheduleStatus.ACTIVE, ScheduleStatus.PAUSED)
    return replace(
        _because(schedule, reason),
        status=ScheduleStatus.DRAFT,
        submitted_by=None,
        approved_by=None,
        digest="",
        next_due_at=None,
    )


def pause(schedule: Schedule, reason: str) -> Schedule:
    """Makes no broadcast until somebody resumes it."""
    _expect(schedule, ScheduleStatus.ACTIVE)
    return replace(_because(schedule, reason), status=ScheduleStatus.PAUSED)


def resume(schedule: Schedule, official: Official) -> Schedule:
    """Active again; what was due meanwhile is not made up for."""
    if official.role is not Role.APPROVER:
        raise Forbidden("rule.role")
    _expect(schedule, ScheduleStatus.PAUSED)
    return replace(schedule, status=ScheduleStatus.ACTIVE, reason="")


def end(schedule: Schedule, reason: str) -> Schedule:
    """Over for good."""
    if schedule.status is ScheduleStatus.ENDED:
        raise Forbidden("schedule.status")
    return replace(_because(schedule, reason), status=ScheduleStatus.ENDED, next_due_at=None)


def is_intact(schedule: Schedule) -> bool:
    """Whether nothing changed since the submission."""
    return bool(schedule.digest) and schedule.digest == schedule_digest(schedule)


def is_too_late(schedule: Schedule, run: Run) -> bool:
    """Whether the time passed too long ago to be made up for. The steps of a path are always made up for."""
    if schedule.kind is Kind.SERIES:
        return False
    return run.now - run.due_at > timedelta(minutes=schedule.plan.get("catch_up", CATCH_UP))


def broadcasts_of(schedule: Schedule, run: Run) -> Iterator[tuple[Broadcast, bool]]:
    """The broadcasts of one due time, without their check codes, and whether each may be sent that day.

    A path has one for each of its steps: to those who joined so many days before, since the last run. A
    reminder goes to those who have not yet confirmed an earlier one; its last ones also to the superiors.
    """
    plan = schedule.plan
    for message in plan["messages"]:
        segment = segment_from_json(message["segment"])
        if schedule.kind is Kind.SERIES:
            segment = replace(segment, series=plan["series"], joined=_joined(message["day"], run))
        elif schedule.kind is Kind.REMINDER:
            if not _is_turn(plan, message, run.due_at):
                continue
            if not message.get("escalates"):
                segment = replace(segment, awaited=frozenset(run.earlier))
        holidays = bool(message["content"].get("holidays"))
        due = next_allowed(max(run.due_at, run.now), holidays_too=holidays)
        draft = Broadcast(
            campaign=message["campaign"],
            title=message["title"],
            content=message["content"],
            segment=segment,
            due_at=due,
            not_after=due + LASTS,
            created_by=schedule.created_by,
            created_at=run.now,
            on_ambiguous=OnAmbiguous(plan.get("on_ambiguous", OnAmbiguous.HOLD)),
            status=Status.SCHEDULED,
            submitted_by=schedule.submitted_by,
            approved_by=schedule.approved_by,
        )
        day = due.astimezone(ZONE).date()
        first, last = (date.fromisoformat(each) for each in message["valid"])
        yield draft, first <= day <= last


def with_code(draft: Broadcast, code: str) -> Broadcast:
    """The broadcast with its own check code, under its digest."""
    text = json.dumps(dict(draft.content), ensure_ascii=False)
    content = json.loads(text.replace(PLACEHOLDER, code))
    made = replace(draft, content=content)
    return replace(made, digest=digest_of(made))


def whole_audience(schedule: Schedule) -> list[Segment]:
    """Whom its messages are for."""
    return [segment_from_json(each["segment"]) for each in schedule.plan["messages"]]


def _joined(day: int, run: Run) -> tuple[datetime, datetime]:
    since = run.since or run.due_at - timedelta(days=1)
    return since - timedelta(days=day), run.due_at - timedelta(days=day)


def _is_turn(plan: Mapping[str, Any], message: Mapping[str, Any], due_at: datetime) -> bool:
    """Whether this message goes at this reminder: those to superiors only at the last ones."""
    if not message.get("escalates"):
        return True
    every = reminders_of(plan["rule"], deadline_of(plan["rule"], due_at))
    return due_at.astimezone(ZONE) in every[-int(message["escalates"]) :]


def _expect(schedule: Schedule, *statuses: ScheduleStatus) -> None:
    if schedule.status not in statuses:
        raise Forbidden("schedule.status")


def _because(schedule: Schedule, reason: str) -> Schedule:
    if not reason.strip():
        raise Forbidden("rule.reason")
    return replace(schedule, reason=reason.strip()[:300])
