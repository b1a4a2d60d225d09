"""A number or a label typed after a broadcast means the broadcast's menu, as a tap on it would."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.contacts import Segment
from bot.db import Database, contacts, conversations, taps
from bot.db.tables import contacts as contact_rows
from bot.db.tables import deliveries as delivery_rows
from bot.dispatch import Dispatcher
from tests.conftest import Citizen
from tests.outreach.postroom import CONTENT, NOW, Recorder, counted, run_once, schedule

Meet = Callable[..., Citizen]
QUIZ = {"options": ["1945", "1954"], "right": 0, "why": "Vì thế.", "sources": "Sách"}
TAPS = [
    {"label": label, "token": token, "kind": "reply", "target": ""}
    for label, token in (
        ("1945", "quiz:0"),
        ("1954", "quiz:1"),
        ("Tìm trung tâm", "centre/ask"),
        ("Gặp cán bộ", "handover/start"),
        ("Đã nhận việc", "ack"),
        ("Xem các chủ đề", "faq/topics"),
    )
]
LINK = {"label": "Trang của bộ", "token": "", "kind": "url", "target": "https://example.vn"}
MENU = {"text": "Đố vui", "code": "HT-4K7P2", "quiz": QUIZ, "buttons": [LINK, *TAPS]}


async def met(meet: Meet, database: Database, channel: str) -> Citizen:
    """A citizen who was shown the main menu an hour ago."""
    citizen = meet(channel, database, NOW - timedelta(hours=1))
    await citizen.says("/menu")
    at(citizen, NOW)
    change = update(contact_rows).values(notices=True)
    await database.write(lambda c: c.execute(change))
    return citizen


def at(citizen: Citizen, now: Any) -> None:
    citizen.inbox._clock = lambda: now


async def send(database: Database, channel: str, now: Any = NOW, **content: Any) -> int:
    frozen = {**CONTENT, **content}
    number = await database.write(lambda c: schedule(c, content=frozen, segment=Segment(), due_at=now))
    await run_once(Dispatcher(database, {channel: Recorder()}, lambda: now), now)
    assert counted(database, number) == {"sent": 1}
    return number


@pytest.mark.parametrize("channel", ["zalo_bot", "zalo_oa"])
@pytest.mark.parametrize("typed", ["1", "1945", "so 1"])
async def test_a_number_or_label_after_a_broadcast_is_a_tap_on_it(
    meet: Meet, database: Database, channel: str, typed: str
) -> None:
    citizen = await met(meet, database, channel)
    number = await send(database, channel, **MENU)
    at(citizen, NOW + timedelta(minutes=29))

    (said,) = await citizen.says(typed)

    assert "Vì thế." in said
    assert database.read_now(lambda c: taps.count(c, number)) == {"quiz:0": 1, "replied": 1}


async def test_an_acknowledgement_by_number_counts_for_the_broadcast(meet: Meet, database: Database) -> None:
    citizen = await met(meet, database, "zalo_bot")
    number = await send(database, "zalo_bot", **MENU)

    await citizen.says("5")

    assert database.read_now(lambda c: taps.count(c, number))["ack"] == 1


async def test_a_menu_shown_after_the_broadcast_is_the_live_one(meet: Meet, database: Database) -> None:
    citizen = await met(meet, database, "zalo_bot")
    number = await send(database, "zalo_bot", **MENU)
    at(citizen, NOW + timedelta(minutes=1))
    await citizen.says("/menu")

    (said,) = await citizen.says("1")

    assert "Vì thế." not in said and "xã" in said
    assert database.read_now(lambda c: taps.count(c, number)) == {"replied": 1}


async def test_after_half_an_hour_the_broadcasts_menu_is_shown_again(meet: Meet, database: Database) -> None:
    citizen = await met(meet, database, "zalo_bot")
    number = await send(database, "zalo_bot", **MENU)
    at(citizen, NOW + timedelta(minutes=31))

    (said,) = await citizen.says("1")
    assert "quá 30 phút" in said and "1. 1945" in said
    assert "Vì thế." in (await citizen.says("1"))[0]
    assert database.read_now(lambda c: taps.count(c, number))["quiz:0"] == 1


async def test_a_broadcast_without_choices_leaves_the_menu_before_it(meet: Meet, database: Database) -> None:
    citizen = await met(meet, database, "zalo_bot")
    await send(database, "zalo_bot", **MENU)
    await send(database, "zalo_bot", NOW + timedelta(minutes=5), text="Ngày mai nghỉ", buttons=[LINK])
    at(citizen, NOW + timedelta(minutes=6))

    assert "Vì thế." in (await citizen.says("1"))[0]


@pytest.mark.parametrize("change", [{"status": "uncertain"}, {"status": "skipped"}, {"reason": "assumed"}])
async def test_what_may_not_have_arrived_offers_nothing(
    meet: Meet, database: Database, change: dict[str, str]
) -> None:
    citizen = await met(meet, database, "zalo_bot")
    await send(database, "zalo_bot", **MENU)
    await database.write(lambda c: c.execute(update(delivery_rows).values(**change)))

    assert "Vì thế." not in (await citizen.says("1"))[0]


@pytest.mark.parametrize(("days", "expected"), [(6.9, "quiz:0"), (7.1, "centre/ask")])
async def test_a_template_in_place_of_the_text_shows_no_choices(
    meet: Meet, database: Database, days: float, expected: str
) -> None:
    citizen = await met(meet, database, "zalo_oa")
    away = update(contact_rows).values(last_heard_at=NOW - timedelta(days=days))
    await database.write(lambda c: c.execute(away))
    await send(database, "zalo_oa", **MENU, template={"id": "7895417", "data": {"lop": "Xóa mù chữ"}})

    _, conversation = database.read_now(lambda c: conversations.load(c, citizen.address))

    assert conversation.offered[0][1].endswith(expected)


async def test_a_broadcast_to_another_offers_nothing(meet: Meet, database: Database) -> None:
    citizen = await met(meet, database, "zalo_bot")
    await send(database, "zalo_bot", **MENU)
    other = meet("zalo_bot", database, peer="8")
    await other.says("/menu")

    assert "Vì thế." not in (await other.says("1"))[0]
    assert database.read_now(lambda c: len(c.scalars(select(delivery_rows.c.contact_id)).all())) == 1
    assert database.read_now(lambda c: contacts.find(c, citizen.address)) is not None
