"""What is done to a schedule: drafted, submitted, approved, halted – by who may, for people in their scope."""

from collections.abc import Callable, Iterator
from datetime import datetime

from bot.access import rights
from bot.access.rights import Right
from bot.db import Connection, broadcasts, schedules
from bot.office.attaching import keep_file
from bot.office.office import Office
from bot.outreach import broadcast as broadcast_rules
from bot.outreach import schedule as rules
from bot.outreach.broadcast import Broadcast, Forbidden
from bot.outreach.official import Official
from bot.outreach.recurrence import next_due
from bot.outreach.schedule import Run, Schedule, broadcasts_of


def draft(connection: Connection, office: Office, official: Official, made: Schedule, now: datetime) -> Schedule:
    """Keep the new draft *made*. Returns it with its id."""
    rights.check(official, Right.DRAFT)
    check_scope(office, official, made, now)
    for message in messages_of(made, now):
        keep_file(connection, office, message.content, now)
    return schedules.add(connection, made, now)


def find(connection: Connection, office: Office, official: Official, number: int, now: datetime) -> Schedule:
    """The schedule, when *official* may see it; Forbidden, as for one that is not there, when not."""
    rights.check(official, Right.SEE_BROADCASTS)
    found = schedules.find(connection, number)
    if not is_in_scope(office, official, found, now):
        raise Forbidden("schedule.unknown", id=number)
    return found


def newest(
    connection: Connection, office: Office, official: Official, now: datetime, limit: int = 50
) -> list[Schedule]:
    """The newest schedules that *official* may see, newest first."""
    rights.check(official, Right.SEE_BROADCASTS)
    seen: list[Schedule] = []
    page = schedules.newest(connection, limit)
    while page and len(seen) < limit:
        seen += [each for each in page if is_in_scope(office, official, each, now)]
        page = schedules.newest(connection, limit, before=page[-1].id)
    return seen[:limit]


def submit(connection: Connection, office: Office, official: Official, number: int, now: datetime) -> Schedule:
    """Submit a schedule for approval; from now on nothing of it may change."""
    rights.check(official, Right.DRAFT)
    return _change(connection, office, official, number, "submit", lambda s: rules.submit(s, official), now)


def pause(
    connection: Connection, office: Office, official: Official, number: int, reason: str, now: datetime
) -> Schedule:
    """No broadcast is made until somebody resumes it."""
    rights.check(official, Right.HALT)
    return _change(connection, office, official, number, "pause", lambda s: rules.pause(s, reason), now)


def resume(connection: Connection, office: Office, official: Official, number: int, now: datetime) -> Schedule:
    """Go on; what was due meanwhile is not made up for."""
    rights.check(official, Right.APPROVE)
    return _change(connection, office, official, number, "resume", lambda s: rules.resume(s, official), now)


def turn_back(
    connection: Connection, office: Office, official: Official, number: int, reason: str, now: datetime
) -> Schedule:
    """A draft again; its approval is void."""
    rights.check(official, Right.APPROVE)
    return _change(
        connection, office, official, number, "return", lambda s: rules.turn_back(s, official, reason), now
    )


def end(
    connection: Connection, office: Office, official: Official, number: int, reason: str, now: datetime
) -> Schedule:
    """End a schedule for good."""
    rights.check(official, Right.HALT)
    return _change(connection, office, official, number, "end", lambda s: rules.end(s, reason), now)


def next_broadcasts(schedule: Schedule, now: datetime) -> Iterator[Broadcast]:
    """What its next due time would make, without check codes; nothing when it never comes again."""
    due = next_due(schedule.plan["rule"], now)
    if due is not None:
        yield from (draft for draft, _ in broadcasts_of(schedule, Run(due, due)))


def messages_of(schedule: Schedule, now: datetime) -> Iterator[Broadcast]:
    """Each of its messages as a broadcast to everybody it is for, whatever the day; to count and to judge by."""
    for message, segment in zip(schedule.plan["messages"], rules.whole_audience(schedule), strict=True):
        title, content, author = message["title"], message["content"], schedule.created_by
        yield Broadcast(message["campaign"], title, content, segment, now, now, author, now)


def sent_at(schedule: Schedule, due: datetime) -> datetime | None:
    """When what is due at *due* is sent: on a public holiday later; None when no campaign may be sent then."""
    return next((draft.due_at for draft, is_valid in broadcasts_of(schedule, Run(due, due)) if is_valid), None)


def check_scope(office: Office, official: Official, schedule: Schedule, now: datetime) -> None:
    """Raises Forbidden when one of its messages reaches people outside what *official* answers for."""
    for probe in messages_of(schedule, now):
        broadcast_rules.check_scope(probe, official, office.province_of)


def is_in_scope(office: Office, official: Official, schedule: Schedule, now: datetime) -> bool:
    """Whether everybody its messages are for lives where *official* answers for."""
    return all(rights.is_in_scope(each, official, office.province_of) for each in messages_of(schedule, now))


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


def _change(
    connection: Connection,
    office: Office,
    official: Official,
    number: int,
    act: str,
    rule: Callable[[Schedule], Schedule],
    now: datetime,
) -> Schedule:
    find(connection, office, official, number, now)
    return schedules.change(connection, number, rule, act, by=official.login, now=now)
