"""From arrival to answer: stored first, answered once, in order, and never silence."""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import text

from bot.channels.base import ContactGone, Misconfigured, Retryable, Unknown
from bot.contacts import ContactStatus
from bot.db import Database, contacts, conversations
from bot.db.tables import inbox, replies
from bot.inbox import Mind
from bot.messages import Address, Heard, HeardKind, Point
from nlu.parse import Parse
from tests.conftest import NOW, Citizen

ADDRESS = Address("web", "7")


def heard(number: int, words: str = "chào em", peer: str = "7") -> Heard:
    return Heard(Address("web", peer), str(number), NOW, text=words)


async def test_an_event_delivered_twice_is_answered_once(meet: Callable[..., Citizen], database: Database) -> None:
    citizen = meet(database=database)

    await citizen.inbox.receive([heard(1), heard(1)])
    await citizen.inbox.receive([heard(1)])
    await citizen.inbox.settle()

    assert len(citizen.shown()) == 1


async def test_messages_of_one_citizen_are_answered_in_their_order(meet: Callable[..., Citizen]) -> None:
    citizen = meet()

    await citizen.inbox.receive([heard(1, "/tim"), heard(2, "/xoa"), heard(3, "/dung")])
    await citizen.inbox.settle()

    first, second, third = citizen.shown()
    assert "xã, phường nào" in first
    assert "không lấy lại được" in second
    assert "ngừng gửi" in third


async def test_what_was_stored_before_a_crash_is_answered_after_it(
    meet: Callable[..., Citizen], database: Database
) -> None:
    await database.write(lambda c: conversations.store(c, [heard(1), heard(2, "/dung")], NOW))
    citizen = meet(database=database)

    await citizen.inbox.start()
    await citizen.inbox.settle()

    assert len(citizen.shown()) == 2


async def test_a_message_that_ends_the_process_again_and_again_is_given_up(
    meet: Callable[..., Citizen], sqlite: Database
) -> None:
    await sqlite.write(lambda c: conversations.store(c, [heard(1)], NOW))
    for _ in range(3):
        await sqlite.write(lambda c: conversations.take_up_waiting(c, 3))
    citizen = meet()

    await citizen.inbox.start()
    await citizen.inbox.settle()

    assert citizen.shown() == []


async def test_nothing_a_citizen_wrote_stays_in_the_database_once_answered(
    meet: Callable[..., Citizen], database: Database
) -> None:
    citizen = meet(database=database)

    await citizen.says("bí mật 0912345678")

    kept = await database.read(
        lambda c: str(c.execute(inbox.select()).all()) + str(c.execute(replies.select()).all())
    )
    assert "0912345678" not in kept


async def test_an_exact_location_is_never_on_disk(
    meet: Callable[..., Citizen], sqlite_url: str, sqlite: Database
) -> None:
    citizen = meet()

    await citizen.inbox.receive([Heard(ADDRESS, "1", NOW, HeardKind.LOCATION, point=Point(10.776912, 106.700934))])
    stored = await sqlite.read(lambda c: str(c.execute(inbox.select()).all()))
    await citizen.inbox.settle()

    sqlite.close()
    path = sqlite_url.removeprefix("sqlite:///")
    assert "10.7769" not in stored
    assert "10.7769" not in "".join(sqlite3.connect(path).iterdump())


async def test_a_fault_of_ours_is_an_apology_and_not_silence(
    meet: Callable[..., Citizen], mind: Mind, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def parse(self, text: str) -> Parse:
            raise RuntimeError("broken parser")

    citizen = meet()
    citizen.inbox.mind = replace(mind, parser=Broken())

    shown = await citizen.says("học ở đâu")

    assert "trục trặc" in shown[0]
    assert "học ở đâu" not in caplog.text


async def test_a_citizen_who_blocked_us_is_marked_and_welcome_back(
    meet: Callable[..., Citizen], database: Database
) -> None:
    citizen = meet(database=database)
    await citizen.says("chào")
    citizen.wire.failures.append(ContactGone())

    await citizen.says("/dung")
    blocked = await database.read(lambda c: contacts.find(c, citizen.address))
    await citizen.says("chào")
    back = await database.read(lambda c: contacts.find(c, citizen.address))

    assert blocked is not None and blocked.status is ContactStatus.BLOCKED
    assert back is not None and back.status is ContactStatus.ACTIVE


@pytest.mark.parametrize("failure", [Retryable(0), Unknown(), Misconfigured()], ids=["429", "time-out", "token"])
async def test_a_reply_that_did_not_go_is_kept_for_later(
    failure: Exception, meet: Callable[..., Citizen], sqlite: Database
) -> None:
    citizen = meet()
    citizen.wire.failures.append(failure)  # type: ignore[arg-type]

    assert await citizen.says("chào") == []

    waiting = await sqlite.read(lambda c: c.execute(text("SELECT count(*) FROM replies")).scalar())
    assert waiting == 1


async def test_a_reply_left_by_a_crash_is_sent_by_the_next_tick(
    meet: Callable[..., Citizen], database: Database
) -> None:
    citizen = meet(database=database)
    await database.write(
        lambda c: conversations.queue_call(c, citizen.address, {"text": "còn đây", "choices": []}, NOW)
    )

    await citizen.inbox._outbox.retry_due()
    await citizen.inbox._outbox.retry_due()

    assert citizen.shown() == ["còn đây"]


async def test_a_message_of_twenty_thousand_characters_is_answered(meet: Callable[..., Citizen]) -> None:
    citizen = meet("telegram")

    shown = await citizen.says("học " * 5000)

    assert shown


async def test_an_edited_message_is_answered_anew_and_says_so(meet: Callable[..., Citizen]) -> None:
    citizen = meet()

    shown = await citizen.hears(HeardKind.EDITED, text="/dung")

    assert "vừa sửa" in shown[0]
    assert "ngừng gửi" in shown[0]


async def test_an_unknown_button_gets_the_menu(meet: Callable[..., Citizen]) -> None:
    citizen = meet("telegram")

    shown = await citizen.hears(HeardKind.CHOICE, token="v0:gone:1", callback_id="c1")

    assert "Nút này đã cũ" in shown[0]


async def test_forgetting_leaves_nothing_of_the_citizen(
    meet: Callable[..., Citizen], sqlite_url: str, sqlite: Database
) -> None:
    citizen = meet("telegram", peer="987654321")
    await citizen.says("/nhan")
    await citizen.taps("Đồng ý")
    await citizen.says("/canbo")
    await citizen.says("Câu hỏi riêng của tôi về lớp học")

    await citizen.says("/xoa")
    await citizen.taps("Xóa hết")

    sqlite.close()
    path = sqlite_url.removeprefix("sqlite:///")
    dump = "".join(sqlite3.connect(path).iterdump())
    assert "987654321" not in dump
    assert "Câu hỏi riêng" not in dump


async def test_many_citizens_are_answered_side_by_side(meet: Callable[..., Citizen]) -> None:
    citizen = meet()
    batch = [heard(number, peer=str(number)) for number in range(200)]

    await citizen.inbox.receive(batch)
    await asyncio.wait_for(citizen.inbox.settle(), 30)

    assert len({peer for peer, _ in citizen.wire.sent}) == 200
    assert citizen.inbox.depth() == 0
