"""The numbered menu: the number, the label, a beginning; thirty minutes; and nothing guessed."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.dialogue.menu import choose, is_number
from bot.dialogue.turn import Conversation
from tests.conftest import NOW, Citizen

OFFERED = (
    ("✓ Xóa mù chữ", "a"),
    ("Học bổ túc, GDTX", "b"),
    ("Học nghề, chứng chỉ", "c"),
    ("Thôi, không gửi", "d"),
)
MENU = Conversation(offered=OFFERED, offered_at=NOW)


@pytest.mark.parametrize(
    ("typed", "token"),
    [
        ("1", "a"),
        ("1.", "a"),
        ("1)", "a"),
        (" 4 ", "d"),
        ("số 2", "b"),
        ("chọn số 3", "c"),
        ("Xóa mù chữ", "a"),
        ("xoa mu chu", "a"),
        ("XOA MU CHU!", "a"),
        ("thoi khong gui", "d"),
        ("học bổ", "b"),
        ("xoa", "a"),
        ("học", ""),
        ("xo", ""),
        ("0", ""),
        ("5", ""),
        ("11", ""),
        ("1373", ""),
        ("0912345678", ""),
        ("1 lớp học ở đâu", ""),
        ("", ""),
    ],
)
def test_what_is_typed_names_one_choice_or_none(typed: str, token: str) -> None:
    assert choose(MENU, typed, NOW) == token


def test_a_menu_lives_thirty_minutes() -> None:
    assert choose(MENU, "1", NOW + timedelta(minutes=30)) == "a"
    assert choose(MENU, "1", NOW + timedelta(minutes=31)) == ""
    assert choose(MENU, "xoa mu chu", NOW + timedelta(minutes=31)) == ""


@pytest.mark.parametrize(("typed", "is_one"), [("1", True), ("12.", True), ("123", False), ("2030", False)])
def test_a_bare_number_has_at_most_two_digits(typed: str, is_one: bool) -> None:
    assert is_number(typed) is is_one


@pytest.mark.parametrize("channel", ["zalo_bot", "zalo_oa", "telegram", "web"])
async def test_a_number_that_is_not_in_the_menu_shows_it_again(meet: Callable[..., Citizen], channel: str) -> None:
    citizen = meet(channel)
    await citizen.says("chào bạn")
    before = citizen.buttons()

    (again,) = await citizen.says("9")

    assert "không có trong danh sách" in again
    assert citizen.buttons() == before


async def test_a_number_after_half_an_hour_shows_the_menu_again_and_does_nothing(
    meet: Callable[..., Citizen],
) -> None:
    citizen = meet("zalo_bot")
    await citizen.says("/xoa")
    citizen.inbox._clock = lambda: NOW + timedelta(minutes=31)

    (again,) = await citizen.says("1")
    assert "quá 30 phút" in again
    assert "1. Xóa hết" in again
    (done,) = await citizen.says("1")
    assert "đã xóa hết" in done


async def test_a_number_without_any_menu_is_not_guessed(meet: Callable[..., Citizen]) -> None:
    citizen = meet("zalo_bot")

    (asked,) = await citizen.says("7")

    assert "chưa rõ số này" in asked
    assert "1. Tìm trung tâm" in asked


async def test_zero_opens_the_main_menu_and_leafs_through_a_long_one(meet: Callable[..., Citizen]) -> None:
    citizen = meet("zalo_bot")
    (menu,) = await citizen.says("0")
    (topics,) = await citizen.says("xem cac chu de")
    (more,) = await citizen.says("0")

    assert "1. Tìm trung tâm" in menu
    assert "0. Xem thêm" in topics
    first, second = _labels(topics), _labels(more)
    assert second[0] not in first
    (opened,) = await citizen.says("1")
    assert second[0] in opened


async def test_a_number_answers_the_newest_menu_only(meet: Callable[..., Citizen]) -> None:
    citizen = meet("zalo_bot")
    await citizen.says("chào bạn")
    (_,) = await citizen.says("/xoa")

    (kept,) = await citizen.says("2")

    assert "giữ nguyên" in kept


def _labels(text: str) -> list[str]:
    return [line[3:] for line in text.splitlines() if line[:1].isdigit() and line[1:3] == ". "]
