"""Approving a schedule as a broadcast is approved: in one's scope, as it was seen, the same words once a day."""

from collections.abc import Iterator
from datetime import datetime

from bot.access import rights
from bot.access.rights import Right
from bot.db import Connection, broadcasts, schedules
from bot.office.office import Office
from bot.outreach import broadcast as broadcast_rules
from bot.outreach import schedule as rules
from bot.outreach.broadcast import Broadcast
from bot.outreach.official import Official
from bot.outreach.recurrence import next_due
from bot.outreach.schedule import Run, Schedule, broadcasts_of


def next_broadcasts(schedule: Schedule, now: datetime) -> Iterator[Broadcast]:
    """What its next due time would make, without check codes; nothing when it never comes again."""
    due = next_due(schedule.plan["rule"], now)
    if due is not None:
        yield from (draft for draft, _ in broadcasts_of(schedule, Run(due, due)))


def check_scope(office: Office, official: Official, schedule: Schedule, now: datetime) -> None:
    """Raises Forbidden when one of its messages reaches people outside what *official* answers for."""
    for segment in rules.whole_audience(schedule):
        probe = Broadcast("", "", {}, segment, now, now, schedule.created_by, now)
        broadcast_rules.check_scope(probe, official, office.province_of)


def may_approve(connection: Connection, office: Office, official: Official, seen: Schedule, now: datetime) -> None:
    """Raises Forbidden when *official* may not approve the schedule as they saw it."""
    rights.check(official, Right.APPROVE)
    rules.approve(seen, official, seen.digest)
    check_scope(office, official, seen, now)
    for draft in next_broadcasts(seen, now):
        broadcasts.check_same_text(connection, draft, now)


def approve(connection: Connection, office: Office, official: Official, seen: Schedule, now: datetime) -> Schedule:
    """Approve what somebody else made and submitted, as it was *seen*: it then makes broadcasts by itself."""
    may_approve(connection, office, official, seen, now)
    return schedules.change(
        connection,
        seen.id,
        lambda found: rules.approve(found, official, seen.digest),
        "approve",
        by=official.login,
        now=now,
    )
