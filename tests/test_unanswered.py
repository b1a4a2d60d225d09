"""What the bot could not answer: kept without who asked, grouped, and told once to who agreed to hear."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest
from sqlalchemy import text

from bot.announcement import Announcer
from bot.db import Database, unanswered
from bot.inbox import Mind
from bot.knowledge.grouping import group
from bot.messages import HeardKind
from bot.outbox import Outbox
from nlu.parse import Intent, Parse
from tests.conftest import NOW, Citizen

QUESTION = "lệ phí đăng ký xe ô tô mới là bao nhiêu"


def kept(database: Database) -> list[str]:
    return [each.question for each in database.read_now(lambda c: unanswered.recent(c, NOW))]


async def test_a_refused_question_is_kept_without_who_asked(
    database: Database, meet: Callable[..., Citizen]
) -> None:
    citizen = meet("web", database)

    await citizen.says("giá vàng hôm nay bao nhiêu, gọi 0912345678")

    assert kept(database) == ["giá vàng hôm nay bao nhiêu, gọi […]"]
    columns = database.read_now(lambda c: c.execute(text("SELECT * FROM unanswered")).keys())
    assert list(columns) == ["id", "question", "at"]


async def test_an_answered_question_is_not_kept(database: Database, meet: Callable[..., Citizen]) -> None:
    await meet("web", database).says("học xóa mù chữ ở đâu")

    assert kept(database) == []


async def test_nothing_stays_longer_than_thirty_days(database: Database, meet: Callable[..., Citizen]) -> None:
    citizen = meet("web", database)
    await agree(citizen)
    later = NOW + timedelta(days=30)

    assert database.read_now(lambda c: unanswered.recent(c, later)) == []
    database.submit(lambda c: unanswered.forget_old(c, later)).result()

    assert kept(database) == []
    assert database.read_now(unanswered.waiting) == []


async def agree(citizen: Citizen) -> None:
    """Ask what nobody can answer, and agree to be told."""
    await citizen.says(QUESTION)
    await citizen.taps("Báo cho tôi khi có câu trả lời")
    await citizen.taps("Đồng ý")


class KnowsNow:
    """A parser that has learnt one more question; the rest it reads as before."""

    def __init__(self, parser: Any) -> None:
        self._parser = parser

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parser, name)

    def parse(self, said: str, about: str = "") -> Parse:
        if said == QUESTION:
            return Parse(said, Intent("faq/xmc-01", 1.0), (Intent("faq/xmc-01", 1.0),))
        parse: Parse = self._parser.parse(said, about)
        return parse


def announcer(citizen: Citizen, database: Database, now: Any = NOW) -> Announcer:
    channels = citizen.inbox._channels
    return Announcer(database, channels, citizen.inbox, Outbox(database, channels, lambda: now), lambda: now)


def teach(citizen: Citizen, mind: Mind) -> None:
    citizen.inbox.mind = replace(mind, parser=KnowsNow(mind.parser))


async def test_who_agreed_is_told_once_when_the_answer_is_published(
    database: Database, meet: Callable[..., Citizen], mind: Mind
) -> None:
    citizen = meet("web", database)
    await agree(citizen)
    told = announcer(citizen, database)
    assert await told.tell() == 0
    teach(citizen, mind)

    assert await told.tell() == 1
    assert await told.tell() == 0
    assert await announcer(citizen, database).tell() == 0

    shown = citizen.shown()
    assert len(shown) == 1
    assert shown[0].startswith(f"Ngày 24/11/2026 bà con hỏi “{QUESTION}”. Nay đã có câu trả lời:")
    assert "Nguồn:" in shown[0]
    await citizen.taps("Có ích")
    assert "Câu chờ báo lại" not in (await citizen.says("/dulieu"))[0]


async def test_nobody_is_told_at_night(database: Database, meet: Callable[..., Citizen], mind: Mind) -> None:
    citizen = meet("web", database)
    await agree(citizen)
    teach(citizen, mind)
    night = NOW.replace(hour=15)

    assert await announcer(citizen, database, night).tell() == 0
    assert await announcer(citizen, database, night + timedelta(hours=10)).tell() == 1


async def test_who_did_not_agree_or_was_forgotten_is_not_told(
    database: Database, meet: Callable[..., Citizen], mind: Mind
) -> None:
    refuser = meet("web", database, peer="1")
    await refuser.says(QUESTION)
    await refuser.taps("Báo cho tôi khi có câu trả lời")
    await refuser.taps("Không đồng ý")
    forgotten = meet("web", database, peer="2")
    await agree(forgotten)
    await forgotten.says("/xoa")
    await forgotten.taps("Xóa hết")
    teach(refuser, mind)

    assert await announcer(refuser, database).tell() == 0


async def test_who_blocked_us_is_not_told(database: Database, meet: Callable[..., Citizen], mind: Mind) -> None:
    citizen = meet("web", database)
    await agree(citizen)
    await citizen.hears(HeardKind.LEFT)
    teach(citizen, mind)

    assert await announcer(citizen, database).tell() == 0


async def test_a_message_under_way_is_not_lost_by_being_told(
    database: Database, meet: Callable[..., Citizen], mind: Mind
) -> None:
    citizen = meet("web", database)
    await agree(citizen)
    await citizen.says("/canbo")
    teach(citizen, mind)
    await announcer(citizen, database).tell()
    citizen.shown()

    assert "đã chuyển câu hỏi cho cán bộ" in (await citizen.says("Lớp tối ở xã tôi mấy giờ học?"))[0]


async def test_an_answer_that_is_withdrawn_is_not_told(
    database: Database, meet: Callable[..., Citizen], mind: Mind
) -> None:
    citizen = meet("web", database)
    await agree(citizen)
    library = replace(mind.house.library, by_code=MappingProxyType({}))
    citizen.inbox.mind = replace(mind, parser=KnowsNow(mind.parser), house=replace(mind.house, library=library))

    assert await announcer(citizen, database).tell() == 0


@pytest.mark.parametrize(
    ("asked", "sizes"),
    [
        pytest.param(["lệ phí xe", "le phi xe", "Lệ phí xe?"], [3], id="however it is typed"),
        pytest.param(["cho em hỏi lệ phí đăng ký xe", "lệ phí đăng ký xe ạ"], [2], id="with courtesies"),
        pytest.param(
            ["lệ phí đăng ký xe ô tô", "giá vàng hôm nay", "đăng ký xe ô tô lệ phí"], [2, 1], id="in another order"
        ),
        pytest.param(["giá vàng", "thời tiết"], [1, 1], id="of other things"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_questions_of_one_meaning_are_one_group(asked: list[str], sizes: list[int]) -> None:
    groups = group(list(enumerate(asked, 1)))

    assert [each.count for each in groups] == sizes
    assert sorted(number for each in groups for number in each.ids) == list(range(1, len(asked) + 1))


def test_a_group_shows_first_what_is_asked_most() -> None:
    groups = group([(1, "le phi xe"), (2, "lệ phí xe"), (3, "lệ phí xe")])

    assert groups[0].questions == ("lệ phí xe", "le phi xe")
    assert groups[0].number == 1
