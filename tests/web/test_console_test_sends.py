"""Test sends go to the official's own conversations and count nowhere; in a course nothing leaves at all."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.app import App, CannotStart
from bot.channels.base import ContactGone
from bot.config import Config
from bot.db import Database, contacts, official_contacts, results, taps
from bot.db.publications import Act, Publication
from bot.db.tables import deliveries
from bot.inbox import Mind
from bot.messages import Address
from bot.outreach.official import Role
from bot.publication import Start
from tests.conftest import NOW, ROOT, Citizen, Wire, open_channel
from tests.web.conftest import Clock, Console, Desk, no_name
from tests.web.test_console_broadcasts import TYPED, approved, drafted, people, status_of


@pytest.fixture
def telegram(console: Console) -> Wire:
    """Telegram, joined to the console's bot; what is sent there is kept."""
    wire = Wire()
    console.app.channels["telegram"] = open_channel("telegram", wire)  # type: ignore[index]
    console.app.outbox._paces["telegram"] = console.app.outbox._paces["web"]  # type: ignore[index]
    return wire


def talks(console: Console, wire: Wire, peer: str) -> Citizen:
    return Citizen("telegram", console.app.inbox, wire, peer)


async def code_for(desk: Desk) -> str:
    await desk.opens("/console/test-contacts")
    page = await desk.sends("/console/test-contacts/code")
    found = re.search(r"LK-[A-Z2-9]{6}", page.text)
    assert found
    return found[0]


async def test_a_code_typed_to_the_bot_brings_test_sends_there_and_nowhere_else(
    console: Console, telegram: Wire
) -> None:
    people(console)
    lan = await console.official("lan", Role.DRAFTER)
    code = await code_for(lan)
    mine, other = talks(console, telegram, "7"), talks(console, telegram, "8")
    await other.says("xin chào")
    (said,) = await mine.says(code)
    assert "tài khoản cán bộ" in said
    assert "Telegram" in (await lan.opens("/console/test-contacts")).text
    path = await drafted(lan)
    telegram.sent.clear()

    assert "Đã gửi thử" in (await lan.sends(f"{path}/test")).text

    assert {peer for peer, _ in telegram.sent} == {"7"}
    assert "GỬI THỬ" in str(telegram.sent[0][1])
    assert console.database.read_now(lambda c: c.scalar(select(func.count()).select_from(deliveries))) == 0
    tokens = re.findall(r"callback_data': '([^']+)'", str(telegram.sent[-1][1]))
    assert tokens == ["handover/start"]
    await mine.hears_tap(tokens[0])
    assert console.database.read_now(lambda c: taps.count(c, 1)) == {}


async def test_a_test_shows_both_copies_where_people_read_their_own_place(
    console: Console, telegram: Wire
) -> None:
    people(console)
    lan = await console.official("lan", Role.DRAFTER)
    await talks(console, telegram, "7").says(await code_for(lan))
    path = await drafted(lan, text="Mời bà con ở {xã} đến ngày hội.", communes="xã Văn Lăng, Thái Nguyên")
    telegram.sent.clear()

    await lan.sends(f"{path}/test")

    example, nowhere = (call["text"] for _, call in telegram.sent)
    assert "Ví dụ người ở Xã Văn Lăng" in example and "Mời bà con ở xã Văn Lăng đến" in example
    assert "chưa cho biết nơi ở" in nowhere and "Mời bà con ở xã, phường mình đến" in nowhere


async def test_a_code_works_once_for_a_quarter_of_an_hour(console: Console, telegram: Wire) -> None:
    lan = await console.official("lan", Role.DRAFTER)
    code = await code_for(lan)
    await talks(console, telegram, "7").says(code)
    await talks(console, telegram, "9").says(code)
    late = await code_for(lan)
    console.clock.pass_by(minutes=14, seconds=59)
    console.clock.pass_by(seconds=2)
    await talks(console, telegram, "9").says(late)

    kept = console.database.read_now(lambda c: official_contacts.contacts_of(c, "lan"))
    assert [each.address for each in kept] == [Address("telegram", "7")]


async def test_nobody_ends_the_link_of_another_official(console: Console, telegram: Wire) -> None:
    lan, ha = await console.official("lan", Role.DRAFTER), await console.official("ha", Role.DRAFTER)
    await talks(console, telegram, "7").says(await code_for(lan))
    await ha.opens("/console/test-contacts")
    assert "Bỏ nối" not in ha.page.text

    assert (await ha.sends("/console/test-contacts/unlink", contact="1")).status_code == 404
    page = await lan.client.post("/console/test-contacts/unlink", data={"contact": "1"})
    assert page.status_code == 403  # Without the form's token.
    assert len(console.database.read_now(lambda c: official_contacts.contacts_of(c, "lan"))) == 1
    await lan.opens("/console/test-contacts")
    assert "Đã bỏ nối" in (await lan.sends("/console/test-contacts/unlink", contact="1")).text
    assert console.database.read_now(lambda c: official_contacts.contacts_of(c, "lan")) == []


async def test_a_conversation_is_one_officials_only_and_goes_with_the_contact(
    console: Console, telegram: Wire
) -> None:
    lan, ha = await console.official("lan", Role.DRAFTER), await console.official("ha", Role.DRAFTER)
    chat = talks(console, telegram, "7")
    await chat.says(await code_for(lan))
    await chat.says(await code_for(ha))
    of = official_contacts.contacts_of
    assert console.database.read_now(lambda c: (of(c, "lan"), len(of(c, "ha")))) == ([], 1)
    found = console.database.read_now(lambda c: contacts.find(c, chat.address))
    assert found
    console.database.submit(lambda c: contacts.forget(c, found.id)).result()

    assert console.database.read_now(lambda c: of(c, "ha")) == []


async def test_a_test_a_channel_refuses_is_said(console: Console, telegram: Wire) -> None:
    people(console)
    lan = await console.official("lan", Role.DRAFTER)
    await talks(console, telegram, "7").says(await code_for(lan))
    path = await drafted(lan)
    telegram.failures.append(ContactGone())

    page = await lan.sends(f"{path}/test")

    assert page.status_code == 409
    assert "Chưa gửi thử được trên telegram" in page.text


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.ADMIN])
async def test_only_who_may_draft_gets_codes_and_tests(console: Console, role: Role) -> None:
    people(console)
    lan, other = await console.official("lan", Role.DRAFTER), await console.official("x", role)
    path = await drafted(lan)
    await other.opens("/console/me")

    for post in ("/console/test-contacts/code", "/console/test-contacts/unlink", f"{path}/test"):
        assert (await other.sends(post)).status_code == 403
        await other.opens("/console/me")


@pytest.fixture
async def course(
    mind: Mind, sqlite: Database, tmp_path: Path, quick_hashes: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Console]:
    """A console in a course, with a Telegram whose every call would fail this test."""
    clock = Clock()
    monkeypatch.setattr("bot.app.utc_now", clock)
    monkeypatch.setattr("bot.office.counting.PATIENCE", 30.0)
    monkeypatch.setattr("bot.office.links._PublicResolver.resolve", no_name)
    left: list[Any] = []

    async def leave(*what: Any, **_: Any) -> str:
        left.append(what)
        return ""

    monkeypatch.setattr("bot.channels.telegram.TelegramChannel.send", leave)
    monkeypatch.setattr("bot.channels.telegram.TelegramChannel.listen", leave)
    monkeypatch.setattr("bot.channels.webchat.WebChannel.send", leave)
    config = Config(data=tmp_path, content=ROOT / "content", training=True, telegram_token="1:course")
    start = Start(mind, Publication(1, "", Act.START, "hoctap", (), NOW, 1))
    app = App.open(config, sqlite, start)
    async with AsyncExitStack() as stack:
        yield Console(app, sqlite, clock, app.web(), stack)
    for channel in app.channels.values():
        await channel.listen(app.inbox.receive)
        await channel.close()
    assert left == []


async def test_in_a_course_a_broadcast_is_recorded_and_nothing_leaves(course: Console) -> None:
    lan, minh = await course.official("lan", Role.DRAFTER), await course.official("minh", Role.APPROVER)
    path = await drafted(lan)
    assert "CHẾ ĐỘ TẬP HUẤN" in lan.page.text
    assert "Tin này sẽ đến 120 người" in lan.page.text
    lan.client.cookies.set("hoctap_chat", "x" * 32)
    assert "chỉ được ghi lại" in (await lan.sends(f"{path}/test")).text
    await lan.sends(f"{path}/submit")
    await approved(minh, path, "120")
    course.clock.now = datetime(2026, 11, 25, 1, 31, tzinfo=UTC)
    for _ in range(6):
        await course.app.dispatcher.tick(course.clock.now)
        await course.app.dispatcher.run_ready(course.clock.now)
        await course.app.dispatcher.settle()
        course.clock.pass_by(minutes=1)

    await minh.signs_in()
    page = await minh.opens(f"{path}/results")
    assert "CHẾ ĐỘ TẬP HUẤN" in page.text
    copies = course.database.read_now(lambda c: list(results.copies(c, 1)))
    assert {(each.status, each.channel) for each in copies} == {("sent", "web"), ("sent", "telegram")}
    assert len(copies) == 120


async def test_an_answer_to_a_platform_does_not_leave_a_course_either(course: Console) -> None:
    channel = course.app.channels["telegram"]

    assert (await channel.send("7", {"method": "sendMessage", "text": "x"})).startswith("recorded-")
    assert channel.routes(course.app.inbox.receive) == ()


def test_a_course_and_real_people_never_share_a_database(sqlite: Database, mind: Mind, tmp_path: Path) -> None:
    start = Start(mind, Publication(1, "", Act.START, "hoctap", (), NOW, 1))
    real = Config(data=tmp_path, content=ROOT / "content")
    lesson = Config(data=tmp_path, content=ROOT / "content", training=True)
    sqlite.submit(lambda c: contacts.add(c, Address("web", "1"), NOW)).result()
    with pytest.raises(CannotStart, match="database of its own"):
        App.open(lesson, sqlite, start)

    other = Database.open(f"sqlite:///{tmp_path / 'course.db'}")
    App.open(lesson, other, start)
    with pytest.raises(CannotStart, match="one of a course"):
        App.open(real, other, start)
    other.close()


async def test_the_approver_sees_what_each_channel_can_do_and_where_people_live(console: Console) -> None:
    people(console)
    lan, minh = await console.official("lan", Role.DRAFTER), await console.official("minh", Role.APPROVER)
    path = await drafted(lan)
    await lan.sends(f"{path}/submit")

    page = await minh.opens(path)

    assert "Trang web: đến được 3 người, khoảng 1 phút, nhiều nhất 0 đồng" in page.text
    assert "Họ ở đâu (1 nơi)" in page.text


async def test_a_page_does_not_wait_for_a_long_count(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    people(console)
    lan = await console.official("lan", Role.DRAFTER)
    path = await drafted(lan)
    console.clock.pass_by(minutes=2)
    monkeypatch.setattr("bot.office.counting.PATIENCE", 0.0)

    page = await lan.opens(path)
    assert "Đang đếm người nhận" in page.text
    assert f'data-ready="{path}/ready"' in page.text
    assert '<noscript><meta http-equiv="refresh"' in page.text
    assert (await lan.opens(f"{path}/ready")).status_code == 204
    assert "Tin này sẽ đến 3 người" in (await lan.opens(path)).text


async def test_what_rests_on_a_repealed_document_is_not_submitted_by_any_route(console: Console) -> None:
    people(console)
    lan = await console.official("lan", Role.DRAFTER)
    path = await drafted(lan, sources="Thông tư 44/2014/TT-BGDĐT")
    assert "đã hết hiệu lực" in lan.page.text
    assert ">Trình duyệt<" not in lan.page.text

    assert (await lan.sends(f"{path}/submit")).status_code == 409
    assert status_of(console) == "draft"


async def test_replies_and_leavings_within_a_day_stand_in_the_results_and_the_file(console: Console) -> None:
    people(console)
    lan, minh = await console.official("lan", Role.DRAFTER), await console.official("minh", Role.APPROVER)
    path = await drafted(lan)
    await lan.sends(f"{path}/submit")
    await approved(minh, path)
    console.clock.now = datetime(2026, 11, 25, 1, 31, tzinfo=UTC)
    for _ in range(3):
        await console.app.dispatcher.tick(console.clock.now)
        await console.app.dispatcher.run_ready(console.clock.now)
        await console.app.dispatcher.settle()
        console.clock.pass_by(minutes=1)
    soon, late = console.clock.now + timedelta(hours=2), console.clock.now + timedelta(hours=25)
    for number, (left, at) in enumerate(((False, soon), (True, soon), (False, late)), 1):
        console.database.submit(lambda c, n=number, w=left, t=at: taps.note_word(c, n, left=w, now=t)).result()  # type: ignore[misc]

    await minh.signs_in()
    page = await minh.opens(f"{path}/results")
    rows = [line.split(",") for line in (await minh.opens(f"{path}/results.csv")).text.splitlines()]

    assert re.search(r'Nhắn lại trong 24 giờ sau khi nhận</th><td class="n">1 người', page.text)
    assert re.search(r'Ngừng nhận tin trong 24 giờ sau khi nhận</th><td class="n">1 người', page.text)
    assert rows[0][-2:] == ["Nhắn lại trong 24 giờ", "Ngừng nhận tin trong 24 giờ"]
    assert sorted(row[-2:] for row in rows[1:]) == [["", ""], ["", "có"], ["có", ""]]


async def test_a_link_that_does_not_answer_is_said_and_holds_nothing_up(console: Console) -> None:
    people(console)
    lan = await console.official("lan", Role.DRAFTER)
    path = await drafted(lan, text=f"{TYPED['text']} Xem https://tin.example/gone.")
    await lan.opens(f"{path}/ready")

    page = await lan.opens(path)

    assert "Liên kết không mở được từ máy chủ này" in page.text
    assert "Trình duyệt" in page.text
