"""When something is due again: by the sun's calendar, by the moon's, or so many days before a deadline."""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from apscheduler.triggers.cron import CronTrigger

from bot.outreach.broadcast import Forbidden
from bot.outreach.quiet_hours import ZONE
from bot.outreach.working_days import LAST_YEAR, lunar_date, working_day_before

Rule = Mapping[str, Any]
"""A recurrence as stored: ``every`` is daily, weekly (``weekday`` 0–6), monthly (``day`` 1–31 or "last"),
yearly (``day``, ``month``), lunar (``day``, ``month`` of the moon) or deadline (``day``, ``month``,
``before``: days); all have ``hour`` and ``minute`` in Vietnam."""

_ORDINARY_YEAR: Final = 2027
"""No leap year."""

EVERY: Final = ("daily", "weekly", "monthly", "yearly", "lunar", "deadline")


def next_due(rule: Rule, after: datetime) -> datetime | None:
    """The first time of *rule* after *after*, as aware UTC; None when there is none any more."""
    local = after.astimezone(ZONE)
    match rule["every"]:
        case "lunar":
            return _first(_lunar_times(rule, local.year - 1), after)
        case "deadline":
            return _first(_reminders(rule, local.year), after)
    fire = _trigger(rule).get_next_fire_time(None, local + timedelta(microseconds=1))
    return fire.astimezone(after.tzinfo) if fire else None


def check_rule(rule: Rule) -> Rule:
    """The rule itself. Raises Forbidden when it never comes."""
    try:
        found = next_due(rule, datetime(2027, 1, 1, tzinfo=ZONE))
    except (KeyError, TypeError, ValueError):
        found = None
    if rule.get("every") not in EVERY or found is None:
        raise Forbidden("schedule.rule", rule=", ".join(f"{name} {value}" for name, value in rule.items()))
    return rule


def skipped_months(rule: Rule) -> list[int]:
    """The months of an ordinary year in which *rule* wants a day that they do not have."""
    match rule["every"]:
        case "monthly" if rule["day"] != "last":
            months = range(1, 13)
        case "yearly":
            months = range(rule["month"], rule["month"] + 1)
        case _:
            return []
    return [month for month in months if monthrange(_ORDINARY_YEAR, month)[1] < rule["day"]]


def deadline_of(rule: Rule, due: datetime) -> date:
    """The deadline that the reminder at *due* is for."""
    day = due.astimezone(ZONE).date()
    this = date(day.year, rule["month"], rule["day"])
    return this if this >= day else date(day.year + 1, rule["month"], rule["day"])


def reminders_of(rule: Rule, deadline: date) -> list[datetime]:
    """Every reminder of *deadline*, the earliest first; on working days only, so never too late."""
    days = {working_day_before(deadline - timedelta(days=before)) for before in rule["before"]}
    return sorted(_at(rule, day) for day in days)


def _trigger(rule: Rule) -> CronTrigger:
    fields: dict[str, Any] = {"hour": rule["hour"], "minute": rule["minute"], "second": 0}
    match rule["every"]:
        case "weekly":
            fields["day_of_week"] = rule["weekday"]
        case "monthly":
            fields["day"] = rule["day"]
        case "yearly":
            fields["month"], fields["day"] = rule["month"], rule["day"]
    return CronTrigger(timezone=ZONE, **fields)


def _lunar_times(rule: Rule, year: int) -> Iterator[datetime]:
    for each in range(year, LAST_YEAR):
        # A month of 29 days has no thirtieth: its last day is meant.
        day = lunar_date(rule["day"], rule["month"], each)
        if day is None and rule["day"] == 30:
            day = lunar_date(29, rule["month"], each)
        if day is not None:
            yield _at(rule, day)


def _reminders(rule: Rule, year: int) -> Iterator[datetime]:
    for each in range(year, LAST_YEAR):
        yield from reminders_of(rule, date(each, rule["month"], rule["day"]))


def _first(times: Iterator[datetime], after: datetime) -> datetime | None:
    return next((each.astimezone(after.tzinfo) for each in times if each > after), None)


def _at(rule: Rule, day: date) -> datetime:
    return datetime.combine(day, time(rule["hour"], rule["minute"]), ZONE)
