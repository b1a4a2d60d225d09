"""When a centre is open: what staff write, Tet and holidays, and how it is told."""

from datetime import date, datetime
from pathlib import Path

import pytest

from bot.dialogue.texts import load_texts
from bot.places.opening import ZONE, HoursUnreadable, describe_hours, is_open, read_hours, state_at

WORDS = load_texts(Path(__file__).parents[2] / "content" / "texts.yml").named("hours")
OFFICE = "Mo-Fr 07:30-11:30,13:30-17:00"


def at(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """A moment in Vietnam."""
    return datetime(year, month, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("T2-T6 7h30-11h30, 13h30-17h", OFFICE),
        ("Thứ 2 đến thứ 6: 7g30 - 11g30, 13g30 - 17g00; CN nghỉ", f"{OFFICE}; Su off"),
        ("sáng 7h30-11h30, chiều 13h30-17h (T2-T6)", OFFICE),
        ("Thứ 2-6: 7h30-17h", "Mo-Fr 07:30-17:00"),
        ("T2, T4, T6 18h30-21h", "Mo,We,Fr 18:30-21:00"),
        ("Thứ Bảy, Chủ nhật 8 giờ - 11 giờ", "Sa,Su 08:00-11:00"),
        ("Hằng ngày 8h-21h", "Mo-Su 08:00-21:00"),
        (f"{OFFICE}; PH off", f"{OFFICE}; PH off"),
        ("24/7", "24/7"),
    ],
)
def test_hours_are_read_as_staff_write_them(said: str, kept: str) -> None:
    assert read_hours(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        '"theo lịch lớp"', "theo lịch lớp", "08:00+", "Mo 08:00+", "Mo-Fr 25:30-26:00", "Mo 08:00-26:00",
        "T2-T6 17h-7h", "T2-T6 7h30-11h90", "7h30", "giờ hành chính", "off and on", "",
    ],
)  # fmt: skip
def test_what_the_evaluator_would_get_wrong_is_refused(said: str) -> None:
    with pytest.raises(HoursUnreadable):
        read_hours(said)


@pytest.mark.parametrize(
    ("moment", "opened"),
    [
        (at(2026, 11, 25, 9), True),
        (at(2026, 11, 25, 12), False),
        (at(2026, 11, 28, 9), False),
        (at(2026, 11, 24, 9), False),  # the Day of Vietnamese Culture
        (at(2027, 2, 5, 9), False),  # the eve of Tet
        (at(2026, 4, 27, 9), False),  # in lieu of the day of the Hung Kings
        (at(2027, 9, 2, 9), False),
    ],
)
def test_it_is_open_by_the_clock_in_vietnam_and_closed_on_holidays(moment: datetime, opened: bool) -> None:
    state = state_at(OFFICE, moment)

    assert state is not None
    assert state.open is opened
    assert is_open(OFFICE, moment) is opened


def test_after_tet_it_opens_on_the_first_working_day() -> None:
    state = state_at(OFFICE, at(2027, 2, 5, 9))

    assert state is not None
    assert state.holiday
    assert state.until == at(2027, 2, 11, 7, 30)


def test_unknown_hours_are_never_open() -> None:
    assert state_at("", at(2026, 11, 25, 9)) is None
    assert not is_open("", at(2026, 11, 25, 9))


def test_hours_that_name_holidays_are_not_guessed_on_one() -> None:
    assert state_at("Mo-Su 08:00-17:00; PH 08:00-11:00", at(2026, 11, 24, 9)) is None


def test_hours_are_told_day_by_day() -> None:
    assert describe_hours(OFFICE, WORDS, date(2026, 11, 25)) == (
        "thứ Hai–thứ Sáu 7:30–11:30, 13:30–17:00; thứ Bảy–Chủ nhật nghỉ"
    )
    assert describe_hours("24/7", WORDS, date(2026, 11, 25)) == WORDS["always"]


def test_hours_that_change_with_the_season_are_told_as_of_today() -> None:
    hours = "Apr 15-Oct 15: Mo-Su 07:00-11:00; Oct 16-Apr 14: Mo-Su 07:30-11:30"

    assert "7:00–11:00" in describe_hours(hours, WORDS, date(2026, 7, 1))
    assert "7:30–11:30" in describe_hours(hours, WORDS, date(2026, 11, 25))
