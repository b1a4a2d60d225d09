"""From what an official types for a schedule to its rule and its messages."""

import re
from datetime import UTC, datetime
from typing import Any

from bot.contacts import Segment
from bot.office.drafting import Typed, read_audience, read_words
from bot.office.office import Office
from bot.outreach.audience_rule import segment_as_json
from bot.outreach.broadcast import Forbidden
from bot.outreach.frozen_content import freeze
from bot.outreach.quiet_hours import BEGIN, END
from bot.outreach.schedule import PLACEHOLDER

DAYS_BEFORE_MAX = 180

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def read_message(
    office: Office, campaign: str, to: str = "", *, series: str = "", holidays: bool = False
) -> dict[str, Any]:
    """The message of a schedule: the campaign frozen, but for its check code, and its audience: that of *to*, or
    who is on the learning path *series* – they asked for it, whatever topics they chose.

    Raises Forbidden or CampaignError.
    """
    words = read_words(office, campaign)
    audience = Segment(series=series) if series else read_audience(office, Typed(campaign, "", to=to), words.topic)
    content = freeze(
        words,
        office.texts.phrases["citizen.frame"],
        code=PLACEHOLDER,
        holidays=holidays,
        confirm=office.texts("citizen.confirm"),
        nowhere=office.nowhere,
    )
    return {
        "campaign": words.code,
        "title": words.title,
        "content": content,
        "segment": segment_as_json(audience),
        "valid": [words.valid_from.isoformat(), words.valid_to.isoformat()],
    }


def read_when(typed: str) -> dict[str, Any]:
    """The days of a rule: daily, mon … sun, 15, last, 21/4 or "lunar 10/3". Raises Forbidden."""
    words = typed.strip().lower()
    if words == "daily":
        return {"every": "daily"}
    if words in _WEEKDAYS:
        return {"every": "weekly", "weekday": _WEEKDAYS.index(words)}
    if words == "last":
        return {"every": "monthly", "day": "last"}
    if words.isdecimal():
        return {"every": "monthly", "day": int(words)}
    lunar = words.startswith("lunar")
    day, month = read_day_month(words.removeprefix("lunar"))
    return {"every": "lunar" if lunar else "yearly", "day": day, "month": month}


def read_day_month(typed: str) -> tuple[int, int]:
    """Day and month of "20/12". Raises Forbidden."""
    found = re.fullmatch(r"\s*(\d{1,2})/(\d{1,2})\s*", typed)
    if found is None:
        raise Forbidden("schedule.when", typed=typed)
    return int(found[1]), int(found[2])


def read_hour(typed: str) -> dict[str, int]:
    """Hour and minute of "08:30". Raises Forbidden, also in the quiet hours, in which no schedule sends."""
    try:
        at = datetime.strptime(typed.strip(), "%H:%M").replace(tzinfo=UTC)
    except ValueError as error:
        raise Forbidden("schedule.hour", typed=typed) from error
    if not END <= at.time() < BEGIN:
        raise Forbidden("schedule.quiet_hour", typed=typed)
    return {"hour": at.hour, "minute": at.minute}


def read_days_before(typed: str) -> list[int]:
    """The days of "19,10,2". Raises Forbidden when one of them is no number of days."""
    days = [each.strip() for each in typed.split(",")]
    if not all(each.isdecimal() and int(each) <= DAYS_BEFORE_MAX for each in days):
        raise Forbidden("schedule.before", typed=typed)
    return [int(each) for each in days]
