"""The year's events of ``content/calendar.csv``, and what to draft for them and when."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from bot.outreach.broadcast import Forbidden
from bot.outreach.quiet_hours import ZONE
from bot.outreach.working_days import is_holiday, working_day_before
from nlu.vietnamese import fold

HOUR = time(8, 30)
_COLUMNS = ("ngay", "su kien", "nguoi nhan", "chien dich", "nhac vao", "co so")


@dataclass(frozen=True, slots=True)
class Event:
    """A day of the year or of one year only, whom it concerns, its campaign (may be empty), when to remind."""

    day: str
    title: str
    audience: str
    campaign: str
    reminders: tuple[str, ...]
    source: str
    line: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """A sending to draft: *at* is aware; *moved* tells that the day written fell on a holiday or, for
    officials, on a day off."""

    event: Event
    at: datetime
    moved: bool


def load_calendar(path: Path) -> list[Event]:
    """The events of *path*. Raises Forbidden naming the line that cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Forbidden("calendar.unreadable", file=path.name) from error
    events = []
    for line, row in enumerate(rows, 2):
        found = {fold(str(name), words=True): (value or "").strip() for name, value in row.items() if name}
        if not all(name in found for name in _COLUMNS):
            raise Forbidden("calendar.columns", file=path.name, line=line)
        reminders = tuple(each.strip() for each in found["nhac vao"].split(";") if each.strip())
        for each in (found["ngay"], *reminders):
            if _day_in(each, 2028) is None and _day_in(each, None) is None:
                raise Forbidden("calendar.date", file=path.name, line=line, typed=each)
        events.append(
            Event(
                found["ngay"],
                found["su kien"],
                found["nguoi nhan"],
                found["chien dich"],
                reminders,
                found["co so"],
                line,
            )
        )
    return events


def propose(events: list[Event], year: int) -> list[Proposal]:
    """What to send in *year*, in order of time. Reminders to officials fall on working days, never later."""
    return sorted(_proposals(events, year), key=lambda each: each.at)


def _proposals(events: list[Event], year: int) -> Iterator[Proposal]:
    for event in events:
        for typed in event.reminders:
            day = _day_in(typed, year)
            if day is None or day.year != year:
                continue
            moved = day
            if fold(event.audience) != "moi nguoi":
                moved = working_day_before(day)
            else:
                while is_holiday(moved):
                    moved = moved.replace(day=moved.day - 1) if moved.day > 1 else working_day_before(moved)
            yield Proposal(event, datetime.combine(moved, HOUR, ZONE), moved != day)


def _day_in(typed: str, year: int | None) -> date | None:
    parts = typed.split("/")
    try:
        if len(parts) == 3:
            return date(int(parts[2]), int(parts[1]), int(parts[0]))
        return date(year, int(parts[1]), int(parts[0])) if year and len(parts) == 2 else None
    except ValueError:
        return None
