"""Public holidays and working days of Vietnam, and the lunar calendar: Tết is where it is each year."""

from datetime import date, timedelta
from functools import cache
from typing import Final

import holidays
from lunar_vn import convert_lunar_to_solar, convert_solar_to_lunar

FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2099


@cache
def _days_off(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("VN", years=year))


def is_holiday(day: date) -> bool:
    """Whether *day* is a public holiday, days given in lieu included (Bộ luật Lao động, Điều 112)."""
    return day in _days_off(day.year)


def is_working_day(day: date) -> bool:
    """Whether offices work on *day*."""
    return day.weekday() < 5 and not is_holiday(day)


def working_day_before(day: date) -> date:
    """*day* itself when offices work, else the last working day before it: a deadline never moves back."""
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day


def lunar_date(day: int, month: int, year: int) -> date | None:
    """The day of the lunar date in the lunar *year*; None when that month has no such day.

    Hồ Ngọc Đức's algorithm for UTC+7, so it differs from the Chinese calendar where Vietnam's does.
    """
    try:
        solar = convert_lunar_to_solar(day, month, year)
        back = convert_solar_to_lunar(solar.day, solar.month, solar.year)
    except ValueError:
        return None
    return solar if (back.day, back.month) == (day, month) else None
