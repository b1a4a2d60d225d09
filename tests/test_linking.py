"""One citizen on two channels: a code of one, typed in the other, with a yes; and a way back."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.db import Database, contacts
from bot.db.audience import reachable
from bot.db.conversations import due_replies
from bot.db.linking import linked_channels, rather_here
from bot.db.tables import contacts as rows
from bot.dialogue.flows.linking import code_in
from tests.conftest import NOW, Citizen

Meet = Callable[..., Citizen]


async def code_of(citizen: Citizen) -> str:
    await citizen.says("/lienket")
    (shown,) = await citizen.taps("Đồng ý, cho tôi mã")
    found = re.search(r"LK-[A-Z2-9]{6}", shown)
    assert found
    return found[0]


async def linked(meet: Meet) -> tuple[Citizen, Citizen]:
    telegram, zalo = meet("telegram"), meet("zalo_oa", peer="z1")
    code = await code_of(telegram)
    shown = await zalo.says(code)
    assert "Đã nối với Telegram" in shown[0]
    return telegram, zalo


def chosen(database: Database) -> list[str]:
    """The channels on which somebody would be written to."""
    who = reachable()
    query = select(rows.c.channel).where(who, rather_here(who, {"telegram", "zalo_oa"}))
    return database.read_now(lambda c: sorted(c.scalars(query)))


async def subscribe(*citizens: Citizen) -> None:
    for citizen in citizens:
        await citizen.says("/nhan")
        await citizen.taps("Đồng ý")


async def test_a_code_of_one_channel_typed_in_the_other_links_them(meet: Meet, sqlite: Database) -> None:
    telegram, zalo = await linked(meet)

    found = sqlite.read_now(lambda c: contacts.find(c, zalo.address))
    assert found
    assert sqlite.read_now(lambda c: linked_channels(c, found.id)) == ["telegram"]
    (held,) = await telegram.says("/dulieu")
    assert "Đã nối với: Zalo" in held


async def test_the_first_channel_is_told_and_can_undo_it(meet: Meet, sqlite: Database) -> None:
    telegram, zalo = meet("telegram"), meet("zalo_oa", peer="z1")
    zalo.inbox._channels = {**zalo.inbox._channels, **telegram.inbox._channels}
    await zalo.says(await code_of(telegram))

    (told,) = sqlite.read_now(lambda c: due_replies(c, "telegram", NOW))
    assert "vừa được nối với Zalo" in told.call["text"]
    assert told.call["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "linking/undo"
    await telegram.hears_tap("linking/undo")
    (held,) = await telegram.says("/dulieu")
    assert "Đã nối" not in held


@pytest.mark.parametrize("channel", ["terminal", "web", "telegram", "zalo_oa", "zalo_bot"])
@pytest.mark.parametrize("typed", ["/lienket", "/LIENKET", "lienket", "Liên kết", "noi 2 kenh."])
async def test_the_command_is_understood_however_it_is_typed(meet: Meet, channel: str, typed: str) -> None:
    (shown, *_) = await meet(channel).says(typed)

    assert "nối lại được" in shown


async def test_a_question_for_an_official_is_no_command(meet: Meet) -> None:
    citizen = meet("zalo_bot")
    await citizen.says("/canbo")

    assert "nối lại được" not in (await citizen.says("nối kênh"))[0]


async def test_help_and_the_commands_of_telegram_name_it(meet: Meet) -> None:
    citizen = meet("zalo_bot")

    assert "/lienket" in (await citizen.says("/menu"))[0]
    assert "lienket" in citizen.inbox.mind.house.texts.named("commands")


@pytest.mark.parametrize(
    "spelling", [str, str.lower, lambda code: code.replace("-", " "), lambda code: code.replace("-", "")]
)
async def test_a_code_is_taken_however_it_is_typed(meet: Meet, spelling: Callable[[str], str]) -> None:
    telegram, zalo = meet("telegram"), meet("zalo_bot", peer="z1")

    (shown,) = await zalo.says(spelling(await code_of(telegram)))

    assert "Đã nối" in shown


async def test_a_code_works_once_for_a_quarter_of_an_hour_and_not_where_it_was_made(meet: Meet) -> None:
    telegram, zalo, stranger = meet("telegram"), meet("zalo_oa", peer="z1"), meet("zalo_oa", peer="z2")
    code = await code_of(telegram)
    assert "chính cuộc trò chuyện này" in (await telegram.says(code))[0]
    zalo.inbox._clock = lambda: NOW + timedelta(minutes=16)
    assert "hết hạn" in (await zalo.says(code))[0]
    zalo.inbox._clock = lambda: NOW
    assert "Đã nối" in (await zalo.says(code))[0]
    assert "hết hạn" in (await stranger.says(code))[0]


async def test_a_code_that_nobody_made_is_refused(meet: Meet) -> None:
    assert "không đúng" in (await meet("zalo_oa").says("LK-ABCDEF"))[0]


@pytest.mark.parametrize("text", ["lk", "LK-ABCDE", "LK-ABCDEFG", "LK-ABCDE1", "học lk-abcdef"])
def test_other_texts_are_no_codes(text: str) -> None:
    assert code_in(text) == ""


async def test_a_broadcast_reaches_a_linked_person_once_where_they_prefer(meet: Meet, sqlite: Database) -> None:
    telegram, zalo = await linked(meet)
    await subscribe(telegram, zalo)
    assert chosen(sqlite) == ["telegram"]

    await zalo.hears_tap("linking/prefer:zalo_oa")
    assert chosen(sqlite) == ["zalo_oa"]

    await zalo.says("/dung")
    assert chosen(sqlite) == ["telegram"]


async def test_before_they_are_linked_each_is_reached(meet: Meet, sqlite: Database) -> None:
    await subscribe(meet("telegram"), meet("zalo_oa", peer="z1"))

    assert chosen(sqlite) == ["telegram", "zalo_oa"]


async def test_forgetting_one_channel_ends_the_link(meet: Meet, sqlite: Database) -> None:
    telegram, zalo = await linked(meet)
    await subscribe(telegram, zalo)
    await telegram.says("/xoa")
    await telegram.taps("Xóa hết")

    assert chosen(sqlite) == ["zalo_oa"]
    (held,) = await zalo.says("/dulieu")
    assert "Đã nối" not in held
