"""When a centre is open: reading hours as staff write them, asking them at a moment, telling them.

Hours are kept in OpenStreetMap's ``opening_hours`` syntax. The library that evaluates it knows
neither Tet nor the day of the Hung Kings, so public holidays are asked of another first.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, State, validate

from bot.places.names import fold

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_DAY_WORDS = {
    "t2": 0, "thu 2": 0, "thu hai": 0, "t3": 1, "thu 3": 1, "thu ba": 1, "t4": 2, "thu 4": 2, "thu tu": 2,
    "t5": 3, "thu 5": 3, "thu nam": 3, "t6": 4, "thu 6": 4, "thu sau": 4, "t7": 5, "thu 7": 5,
    "thu bay": 5, "t8": 6, "cn": 6, "chu nhat": 6,
}  # fmt: skip
_DAY_NUMBERS = re.compile(r"\b(?:thu |t)([2-7])\s*(?:[-–—]|den)\s*([2-7])\b(?!\s*(?:h|g|:\d))")
_EVERY_DAY = ("hang ngay", "hang tuan", "moi ngay", "ca tuan", "cac ngay trong tuan")
_CLOSED = ("nghi", "dong cua", "khong mo")
_NOISE = re.compile(r"\b(tu|sang|chieu|toi|buoi|gio mo cua|mo cua|lam viec|ngay|va)\b|:(?!\d)")
_RANGE = re.compile(r"\s*(?:->|[-–—~]|\bden\b|\btoi\b)\s*")
_TIME = re.compile(r"(\d{1,2})\s*(?:gio|h|g|:)\s*(\d{2})?(?!\d)")
_PERIOD = re.compile(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})")
_CLOCK = re.compile(r"\d{1,2}:\d{2}")
_SEASONAL = re.compile(r"\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b")
_LOOK_AHEAD = timedelta(days=21)


class HoursUnreadable(Exception):
    """The hours cannot be kept in the syntax; they belong in the note beside it."""


@dataclass(frozen=True, slots=True)
class OpenState:
    """Whether it is open, until when that stays so (None: not within three weeks), and the holiday if one."""

    open: bool
    until: datetime | None
    holiday: str = ""


def read_hours(said: str) -> str:
    """*said* in OSM syntax: written so already, or as in "T2-T6 7h30-11h30, 13h30-17h; CN nghi".

    Raises HoursUnreadable for what the evaluator would accept and get wrong too: a mere comment
    (open for ever), open ends, and hours after midnight written above 24.
    """
    said = " ".join(said.split())
    found = said if _is_osm(said) else _from_vietnamese(said)
    if '"' in found or "+" in found or ("off" not in found and found != "24/7" and not _CLOCK.search(found)):
        raise HoursUnreadable(said)
    for opens, opens_at, closes, closes_at in _PERIOD.findall(found):
        start, end = int(opens) * 60 + int(opens_at), int(closes) * 60 + int(closes_at)
        if not (start < end <= 24 * 60 and int(opens_at) < 60 and int(closes_at) < 60):
            raise HoursUnreadable(said)
    if not validate(found):
        raise HoursUnreadable(said)
    return found


def state_at(hours: str, now: datetime) -> OpenState | None:
    """Whether *hours* are open at *now* (aware); None where the hours are unknown or cannot say."""
    if not hours:
        return None
    here = now.astimezone(ZONE).replace(tzinfo=None)
    holiday = _holiday(here.date())
    if holiday and "PH" in hours and not re.search(r"PH (off|closed)", hours):
        return None
    week = _parsed(hours)
    is_open = not holiday and week.is_open(here)
    until = _change(week, here, is_open)
    return OpenState(is_open, until.replace(tzinfo=ZONE) if until else None, holiday)


def is_open(hours: str, now: datetime) -> bool:
    """Whether *hours* are surely open at *now*: unknown hours are not."""
    state = state_at(hours, now)
    return state is not None and state.open


def describe_hours(hours: str, words: Mapping[str, str], today: date) -> str:
    """*hours* in words, day by day, as in the week of *today*.

    *words* are the phrases below ``hours`` in texts.yml.
    """
    if hours == "24/7":
        return words["always"]
    monday = today - timedelta(days=today.weekday())
    days = [(number, _periods(hours, monday + timedelta(days=number))) for number in range(7)]
    parts = []
    for periods, group in groupby(days, key=lambda day: day[1]):
        numbers = [number for number, _ in group]
        names = words[f"day_{numbers[0]}"]
        if len(numbers) > 1:
            names = words["days"].format(first=names, last=words[f"day_{numbers[-1]}"])
        parts.append(words["on"].format(days=names, periods=", ".join(periods) or words["closed"]))
    told = "; ".join(parts)
    return words["seasonal"].format(hours=told) if _SEASONAL.search(hours) else told


@lru_cache(maxsize=16384)
def _parsed(hours: str) -> OpeningHours:
    return OpeningHours(hours)


def _periods(hours: str, day: date) -> tuple[str, ...]:
    start = datetime.combine(day, time.min)
    found = []
    for opens, closes, state, _ in _parsed(hours).intervals(start, start + timedelta(days=1)):
        if state == State.OPEN:
            end = "24:00" if closes is None or closes.date() > day else f"{closes.hour}:{closes.minute:02}"
            found.append(f"{opens.hour}:{opens.minute:02}–{end}")
    return tuple(found)


def _change(week: OpeningHours, here: datetime, is_open: bool) -> datetime | None:
    """When the state next becomes the other, holidays being closed."""
    at = here
    while at < here + _LOOK_AHEAD:
        if _holiday(at.date()):
            at = datetime.combine(at.date() + timedelta(days=1), time.min)
            if not is_open and week.is_open(at) and not _holiday(at.date()):
                return at
            continue
        following = week.next_change(at)
        if following is None:
            return None
        at = following
        if is_open or (week.is_open(at) and not _holiday(at.date())):
            return at
    return None


def _holiday(day: date) -> str:
    return _holidays(day.year).get(day, "")


@lru_cache(maxsize=8)
def _holidays(year: int) -> dict[date, str]:
    # A tenth of a second, and wanted only where hours are known.
    from holidays import country_holidays  # noqa: PLC0415

    return {day: str(name) for day, name in country_holidays("VN", years=[year], language="vi").items()}


def _is_osm(said: str) -> bool:
    return said == "24/7" or bool(re.search(r"\b(Mo|Tu|We|Th|Fr|Sa|Su|PH)\b", said)) or "off" in said


def _from_vietnamese(said: str) -> str:
    folded = _DAY_NUMBERS.sub(r"t\1-t\2", fold(said))
    rules = [rule for part in re.split(r"[;\n]|\.\s", folded) for rule in _rules(part)]
    if not rules:
        raise HoursUnreadable(said)
    return "; ".join(rules)


def _rules(part: str) -> Iterator[str]:
    """The rules of one part: days, then their times."""
    if not part.strip():
        return
    days, rest = _read_days(part.strip())
    if any(word in rest for word in _CLOSED):
        yield f"{days} off"
        return
    rest = _RANGE.sub("-", rest)
    left = _TIME.sub("", rest)
    left = _NOISE.sub("", left).strip(" ,-:().")
    clocks = [f"{int(hour):02}:{minute or '00'}" for hour, minute in _TIME.findall(rest)]
    if left or len(clocks) < 2 or len(clocks) % 2:
        raise HoursUnreadable(part)
    periods = ",".join(f"{a}-{b}" for a, b in zip(clocks[::2], clocks[1::2], strict=True))
    yield f"{days} {periods}".strip()


def _read_days(part: str) -> tuple[str, str]:
    """The days a part names, in OSM syntax ("Mo-Su" without any), and the rest."""
    for words in _EVERY_DAY:
        if words in part:
            return "Mo-Su", part.replace(words, "")
    word = "|".join(sorted(map(re.escape, _DAY_WORDS), key=len, reverse=True))
    one, up_to = rf"(?<![a-z0-9])(?:tu )?({word})", rf"(?:\s*(?:->|[-–—~]|den)\s*({word}))?"
    found = re.search(rf"{one}{up_to}((?:\s*(?:,|va|&)\s*(?:{word}))*)(?![0-9])", part)
    if found is None:
        return "Mo-Su", part
    first, last, others = found.groups()
    days = _DAYS[_DAY_WORDS[first]] + (f"-{_DAYS[_DAY_WORDS[last]]}" if last else "")
    for other in re.findall(word, others or ""):
        days += f",{_DAYS[_DAY_WORDS[other]]}"
    return days, f"{part[: found.start()]} {part[found.end() :]}"
