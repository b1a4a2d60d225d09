"""Broadcasts on the console: composed, approved by a second person, watched; every route to cheat is closed."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from openpyxl import load_workbook
from sqlalchemy import Connection, insert, update

from bot.access import totp
from bot.channels.base import Channel
from bot.contacts import Segment, Topic
from bot.db import broadcasts
from bot.db.tables import broadcasts as broadcast_rows
from bot.db.tables import contact_topics, contacts
from bot.outreach.audience_rule import segment_as_json
from bot.outreach.broadcast import Status
from bot.outreach.official import Role
from tests.conftest import NOW, Wire, open_channel
from tests.web.conftest import Console, Desk

TYPED = {
    "code": "tin-thu",
    "title": "Ngày hội đọc sách",
    "topic": "events",
    "kind": "thuong",
    "text": "Mời bà con đến ngày hội đọc sách ở nhà văn hóa xã.",
    "buttons": "Gặp cán bộ",
    "sources": "Quyết định 1373/QĐ-TTg ngày 30/7/2021",
    "dates": "24/11/2026 – 30/11/2026",
    "at": "25/11/2026 08:30",
}


def people(console: Console, count: int = 3, province: str = "79", prefix: str = "p") -> None:
    """Citizens who consented to notices about events."""

    def act(connection: Connection) -> None:
        for number in range(count):
            added = connection.execute(
                insert(contacts)
                .values(
                    channel="web",
                    peer=f"{prefix}{number}",
                    status="active",
                    home="",
                    home_province=province,
                    notices=True,
                    created_at=NOW,
                    last_heard_at=NOW,
                )
                .returning(contacts.c.id)
            ).scalar_one()
            connection.execute(insert(contact_topics).values(contact_id=added, topic=Topic.EVENTS))

    console.database.submit(act).result()


async def drafted(desk: Desk, **changed: Any) -> str:
    """The path of a new draft."""
    await desk.opens("/console/broadcasts/new")
    page = await desk.sends("/console/broadcasts/save", **{**TYPED, **changed})
    assert page.status_code == 200, re.findall(r'class="why"[^>]*>([^<]+)', page.text)
    return page.url.path


async def approved(desk: Desk, path: str, total: str = "3", **changed: Any) -> Any:
    """What comes of approving what the page at *path* shows."""
    page = await desk.opens(path)
    digest = re.search(r'name="digest" value="([^"]+)"', page.text)
    typed = {"digest": digest[1] if digest else "", "total": total, "code": desk.code(), **changed}
    return await desk.sends(f"{path}/approve", **typed)


def status_of(console: Console, number: int = 1) -> Status:
    return console.database.read_now(lambda c: broadcasts.find(c, number)).status


async def test_two_persons_send_a_broadcast_and_watch_it(console: Console) -> None:
    people(console)
    lan, minh = await console.official("lan", Role.DRAFTER), await console.official("minh", Role.APPROVER)
    path = await drafted(lan)
    assert "Tin này sẽ đến 3 người" in lan.page.text
    assert "Mời bà con đến ngày hội" in lan.page.text
    await lan.sends(f"{path}/submit")
    assert "Đã trình" in lan.page.text

    page = await approved(minh, path)
    assert "Đã duyệt" in page.text
    console.clock.now = datetime(2026, 11, 25, 1, 31, tzinfo=UTC)
    for _ in range(3):
        await console.app.dispatcher.tick(console.clock.now)
        await console.app.dispatcher.run_ready(console.clock.now)
        await console.app.dispatcher.settle()
        console.clock.pass_by(minutes=1)

    await minh.signs_in()
    page = await minh.opens(path)
    assert 'Tổng</th><td class="n">3' in page.text
    results = await minh.opens(f"{path}/results")
    assert "Thành phố Hồ Chí Minh" in results.text
    sheet = load_workbook(io.BytesIO((await minh.opens(f"{path}/results.xlsx")).content)).active
    assert sheet is not None
    assert sheet.max_row == 4
    assert (await minh.opens(f"{path}/results.csv")).text.startswith("\ufeffLượt,Kênh")


async def test_what_was_typed_stays_when_something_is_wrong(console: Console) -> None:
    lan = await console.official("lan", Role.DRAFTER)
    await lan.opens("/console/broadcasts/new")

    page = await lan.sends("/console/broadcasts/save", **{**TYPED, "at": "25/11/2026 23:30", "sources": ""})
    assert page.status_code == 400
    assert 'href="#sources"' in page.text
    assert "Mời bà con đến ngày hội" in page.text
    page = await lan.sends("/console/broadcasts/save", **{**TYPED, "at": "25/11/2026 23:30"})
    assert "giờ yên tĩnh" in page.text
    page = await lan.sends("/console/broadcasts/save", **{**TYPED, "provinces": "Atlantis"})
    assert "Không tìm thấy" in page.text
    assert "Atlantis</textarea>" in page.text


async def test_the_preview_counts_and_shows_what_to_look_at(console: Console) -> None:
    people(console)
    lan = await console.official("lan", Role.DRAFTER)
    await lan.opens("/console/broadcasts/new")
    long = "Kính mời " + "bà con " * 20 + "đến dự. Xem http://example.vn/tin."

    page = await lan.sends("/console/broadcasts/preview", **{**TYPED, "text": long})
    counted = await lan.sends("/console/broadcasts/count", **{**TYPED, "provinces": "Hà Nội"})

    assert "Tin này sẽ đến 3 người" in page.text
    assert "tách thành câu ngắn" in page.text
    assert "không có https" in page.text
    assert "Tin này sẽ đến 0 người" in counted.text


PLACED = {**TYPED, "text": "Mời bà con ở {xã}, {tỉnh} đến ngày hội.", "communes": "xã Văn Lăng, Thái Nguyên"}


async def test_who_writes_and_who_approves_see_the_copies_of_two_people(console: Console) -> None:
    people(console, province="19")
    console.database.submit(lambda c: c.execute(update(contacts).values(home="new:05665"))).result()
    lan, minh = await console.official("lan", Role.DRAFTER), await console.official("minh", Role.APPROVER)
    await lan.opens("/console/broadcasts/new")
    previewed = await lan.sends("/console/broadcasts/preview", **PLACED)
    path = await drafted(lan, **PLACED)
    await lan.sends(f"{path}/submit")

    for page in (previewed, await minh.opens(path)):
        assert "Ví dụ người ở Xã Văn Lăng, Tỉnh Thái Nguyên" in page.text
        assert "<p>Mời bà con ở xã Văn Lăng, tỉnh Thái Nguyên đến ngày hội.</p>" in page.text
        assert "Người chưa cho biết nơi ở" in page.text
        nowhere = "xã, phường mình, tỉnh, thành phố mình"
        assert f"<p>Mời bà con ở {nowhere} đến ngày hội.</p>" in page.text
        assert len(re.findall('<div class="bubble">', page.text)) == 2
    assert "{xã}, {tỉnh} đến ngày hội" in (await lan.opens(f"{path}/edit")).text


async def test_a_place_for_the_person_outside_the_text_is_told_at_its_field(console: Console) -> None:
    lan = await console.official("lan", Role.DRAFTER)
    await lan.opens("/console/broadcasts/new")

    page = await lan.sends("/console/broadcasts/save", **{**TYPED, "buttons": "Lớp ở {xã} = https://example.vn"})

    assert page.status_code == 400
    assert "chỗ điền “{xã}” không dùng được ở mục này" in page.text
    assert 'href="#buttons"' in page.text


async def test_editing_a_draft_for_a_composed_segment_keeps_all_it_asks_for(console: Console) -> None:
    people(console)
    lan = await console.official("lan", Role.DRAFTER)
    path = await drafted(lan, to="hoc-chu-hai-thanh-pho")
    kept = console.database.read_now(lambda c: broadcasts.find(c, 1)).segment
    assert kept.none_of

    page = await lan.opens(f"{path}/edit")
    assert '<option value="hoc-chu-hai-thanh-pho" selected>' in page.text
    assert "một trong: (tỉnh, thành phố: Thành phố Hà Nội) hoặc" in (await lan.opens(path)).text

    other = replace(kept, active_days=7)
    console.database.submit(
        lambda c: c.execute(update(broadcast_rows).values(segment=segment_as_json(other)))
    ).result()
    assert "segments.yml đã đổi" in (await lan.opens(f"{path}/edit")).text


@pytest.mark.parametrize(
    "more",
    [
        {"quiz": {"options": ["a", "b"], "right": 0, "why": "", "sources": ""}},
        {"texts": {"zalo": "Lời riêng"}},
        {"template": {"id": "1", "data": {}}},
        {"buttons": [{"label": "Tôi đã rõ", "token": "ack", "kind": "reply", "target": ""}]},
    ],
)
async def test_the_form_does_not_drop_what_it_cannot_hold_and_says_what_to_do(
    console: Console, more: dict[str, Any]
) -> None:
    people(console)
    lan = await console.official("lan", Role.DRAFTER)
    path = await drafted(lan)
    content = {**console.database.read_now(lambda c: broadcasts.find(c, 1)).content, **more}
    console.database.submit(lambda c: c.execute(update(broadcast_rows).values(content=content))).result()

    refused = await lan.sends("/console/broadcasts/save", **{**TYPED, "number": "1"})

    assert "sửa tệp ấy rồi lập đợt gửi mới" in refused.text
    assert "sửa tệp ấy rồi lập đợt gửi mới" in (await lan.opens(f"{path}/edit")).text
    assert console.database.read_now(lambda c: broadcasts.find(c, 1)).content == content


async def test_a_campaigns_file_with_more_than_the_form_holds_does_not_fill_it(console: Console) -> None:
    lan = await console.official("lan", Role.DRAFTER)

    assert "nút xác nhận" in (await lan.opens("/console/broadcasts/new?from=nhac-bao-cao-20-12")).text
    assert (await lan.opens("/console/broadcasts/new?from=ngay-sach-21-4")).status_code == 200


async def test_one_own_draft_cannot_be_approved_by_any_route(console: Console) -> None:
    people(console)
    minh, hoa = await console.official("minh", Role.APPROVER), await console.official("hoa", Role.APPROVER)
    path = await drafted(minh)
    await hoa.opens(path)
    await hoa.sends(f"{path}/submit")

    # Drafted by one, submitted by the other: neither may.
    assert (await approved(minh, path)).status_code == 409
    assert (await approved(hoa, path)).status_code == 409
    # Edited by a third, who then may not either.
    an = await console.official("an", Role.APPROVER)
    await an.opens(f"{path}/edit")
    await an.sends("/console/broadcasts/save", **{**TYPED, "number": "1"})
    await hoa.opens(path)
    await hoa.sends(f"{path}/submit")
    assert (await approved(an, path)).status_code == 409
    assert status_of(console) is Status.SUBMITTED


async def test_an_approval_needs_a_fresh_code_the_number_and_what_was_seen(console: Console) -> None:
    people(console)
    lan, minh = await console.official("lan", Role.DRAFTER), await console.official("minh", Role.APPROVER)
    path = await drafted(lan)
    await lan.sends(f"{path}/submit")
    used = totp.code_at(minh.secret, console.clock.now)

    assert "không đúng hoặc đã dùng" in (await approved(minh, path, code=used[::-1])).text
    assert "Số vừa gõ" in (await approved(minh, path, total="4")).text
    assert (await approved(minh, path, digest="0" * 64)).status_code == 409
    first = minh.code()
    await minh.opens("/console/me")
    await minh.sends("/console/me/recovery", code=first)
    assert "không đúng hoặc đã dùng" in (await approved(minh, path, code=first)).text
    assert status_of(console) is Status.SUBMITTED


async def test_the_approver_sees_what_changed_since_the_last_version(console: Console) -> None:
    people(console)
    lan, minh = await console.official("lan", Role.DRAFTER), await console.official("minh", Role.APPROVER)
    path = await drafted(lan)
    await lan.sends(f"{path}/submit")
    await minh.opens(path)
    await minh.sends(f"{path}/return", reason="Ghi rõ giờ")
    await lan.opens(f"{path}/edit")
    await lan.sends("/console/broadcasts/save", **{**TYPED, "number": "1", "text": TYPED["text"] + " Lúc 8 giờ."})
    await lan.sends(f"{path}/submit")

    page = await minh.opens(path)

    assert re.search(r"<ins>[^<]*Lúc 8 giờ", page.text)
    assert "Ghi rõ giờ" in page.text


async def test_another_province_does_not_see_it_by_its_number(console: Console) -> None:
    people(console)
    lan = await console.official("lan", Role.APPROVER, frozenset({"79"}))
    other = await console.official("ha", Role.APPROVER, frozenset({"01"}))
    path = await drafted(lan, provinces="TP.HCM")
    await lan.sends(f"{path}/submit")

    for page in ("", "/edit", "/results", "/results.csv", "/progress", "/events"):
        assert (await other.opens(path + page)).status_code == 404, page
    await other.opens("/console/broadcasts")
    assert "Ngày hội" not in other.page.text
    for act in ("approve", "return", "reject", "stop", "pause", "withdraw", "test", "submit"):
        await other.opens("/console/me")
        page = await other.sends(f"{path}/{act}", reason="x", code=other.code())
        assert page.status_code in (404, 409), act
    await other.opens("/console/me")
    assert (
        await other.sends("/console/broadcasts/save", **{**TYPED, "number": "1", "provinces": "Hà Nội"})
    ).status_code == 400
    assert status_of(console) is Status.SUBMITTED


async def test_a_correction_is_seen_where_what_it_corrects_is(console: Console) -> None:
    lan = await console.official("lan", Role.APPROVER, frozenset({"79"}))
    other = await console.official("ha", Role.VIEWER, frozenset({"01"}))
    await drafted(lan, provinces="TP.HCM")

    def correct(connection: Connection) -> None:
        wrong = broadcasts.find(connection, 1)
        content = {**wrong.content, "code": "HT-2345A"}
        segment = Segment(reached=1)
        made = replace(wrong, corrects=1, content=content, segment=segment, title="Đính chính ngày hội")
        broadcasts.add(connection, made, NOW)

    console.database.submit(correct).result()

    for page in ("", "/2"):
        assert "Đính chính" in (await lan.opens(f"/console/broadcasts{page}")).text
        assert "Đính chính" not in (await other.opens(f"/console/broadcasts{page}")).text
    assert "Đính chính" in (await lan.opens("/console/calendar?month=2026-11")).text
    assert "Đính chính" not in (await other.opens("/console/calendar?month=2026-11")).text


async def test_an_official_of_a_province_writes_to_nobody_else(console: Console) -> None:
    people(console)
    lan = await console.official("lan", Role.DRAFTER, frozenset({"79"}))
    await lan.opens("/console/broadcasts/new")

    for provinces in ("", "Hà Nội", "TP.HCM\nHà Nội"):
        page = await lan.sends("/console/broadcasts/save", **{**TYPED, "provinces": provinces})
        assert "ngoài địa bàn" in page.text


async def test_who_gets_only_the_words_for_a_picture_is_to_be_looked_at(console: Console) -> None:
    people(console, 1)
    await console.database.write(lambda c: c.execute(update(contacts).values(channel="zalo_bot")))
    cast(dict[str, Channel], console.app.channels)["zalo_bot"] = open_channel("zalo_bot", Wire())
    lan = await console.official("lan", Role.DRAFTER)
    path = await drafted(lan)
    media = {"kind": "image", "digest": "0" * 64, "name": "ap-phich.png", "alt": "Áp phích"}
    found = console.database.read_now(lambda c: broadcasts.find(c, 1))
    row = update(broadcast_rows).values(content={**found.content, "media": media})
    await console.database.write(lambda c: c.execute(row))

    page = await lan.opens(path)
    assert "Xem lại: Kênh Zalo Bot: bà con chỉ nhận được lời tả" in page.text
    assert page.text.count("HOCTAP_PUBLIC_URL") == 2


async def test_who_approves_a_quiz_sees_its_answer(console: Console) -> None:
    lan = await console.official("lan", Role.DRAFTER)
    path = await drafted(lan)
    quiz = {"options": ["Hai", "<b>Ba"], "right": 1, "why": "Vì thế.", "sources": "x"}
    found = console.database.read_now(lambda c: broadcasts.find(c, 1))
    row = update(broadcast_rows).values(content={**found.content, "quiz": quiz})
    await console.database.write(lambda c: c.execute(row))

    assert "Đáp án đúng: &lt;b&gt;Ba. Ai trả lời thì máy nói: Vì thế." in (await lan.opens(path)).text


async def test_an_invitation_to_a_path_that_does_not_run_is_to_be_looked_at(console: Console) -> None:
    people(console, 1)
    lan = await console.official("lan", Role.DRAFTER)

    await drafted(lan, buttons="Tham gia = lo-trinh:hoc-chu")

    assert "Xem lại: Nút mời vào lộ trình “hoc-chu”" in lan.page.text


async def test_a_missed_broadcast_says_how_it_goes_on(console: Console) -> None:
    lan = await console.official("lan", Role.DRAFTER)
    path = await drafted(lan)
    row = update(broadcast_rows).values(status=Status.MISSED)
    await console.database.write(lambda c: c.execute(row))

    page = await lan.opens(path)
    assert "Máy không chạy khi đến giờ nên chưa gửi." in page.text
    assert f'href="{path}/edit"' in page.text


async def test_html_in_a_title_or_message_is_shown_as_text(console: Console) -> None:
    people(console)
    lan = await console.official("lan", Role.DRAFTER)
    harm = "<script>alert(1)</script>"

    path = await drafted(lan, title=harm, text=f"Mời bà con {harm} [x](javascript:alert(1))")

    for page in (path, f"{path}/edit", "/console/broadcasts", "/console/calendar?month=2026-11"):
        text = (await lan.opens(page)).text
        assert "<script>alert" not in text
        assert 'href="javascript' not in text


async def test_a_correction_goes_to_those_reached_and_a_test_to_oneself(console: Console) -> None:
    people(console)
    lan, minh = await console.official("lan", Role.DRAFTER), await console.official("minh", Role.APPROVER)
    path = await drafted(lan)
    assert "Chưa có nơi nhận tin thử" in (await lan.sends(f"{path}/test")).text
    await lan.client.get("/chat")
    await lan.opens(path)
    assert "Đã gửi thử" in (await lan.sends(f"{path}/test")).text
    assert "GỬI THỬ" in (await lan.client.get("/chat")).text
    await lan.opens(path)
    await lan.sends(f"{path}/submit")
    await approved(minh, path)
    assert (await lan.opens(f"{path}/correct")).status_code == 409


async def test_a_stop_holds_for_good_and_everything_is_on_record(console: Console) -> None:
    people(console)
    lan, minh = await console.official("lan", Role.DRAFTER), await console.official("minh", Role.APPROVER)
    path = await drafted(lan)
    await lan.sends(f"{path}/submit")
    await approved(minh, path)
    await lan.opens(path)
    assert (await lan.sends(f"{path}/stop", reason="")).status_code == 409
    await lan.opens(path)
    page = await lan.sends(f"{path}/stop", reason="Hoãn ngày hội")

    assert status_of(console) is Status.STOPPED
    for said in ("soạn", "trình", "duyệt", "dừng hẳn", "Hoãn ngày hội"):
        assert said in page.text


async def test_the_calendar_has_it_and_gives_it_away(console: Console) -> None:
    lan = await console.official("lan", Role.DRAFTER)
    await drafted(lan, title="Tên dài, có dấu phẩy; và rất nhiều chữ tiếng Việt để phải gấp dòng lại cho đúng")

    page = await lan.opens("/console/calendar?month=2026-11")
    ics = await lan.opens("/console/calendar.ics")

    assert "08:30" in page.text
    assert "DTSTART:20261125T013000Z" in ics.text
    assert "\\, có dấu phẩy\\;" in ics.text.replace("\r\n ", "")
    assert all(len(line.encode()) <= 75 for line in ics.text.split("\r\n"))


@pytest.mark.parametrize("number", ["999", "0", "abc", "-1", "99999999999999", "1%2F..%2F"])
async def test_a_number_that_is_none_is_a_page_not_a_crash(console: Console, number: str) -> None:
    lan = await console.official("lan", Role.DRAFTER)

    assert (await lan.opens(f"/console/broadcasts/{number}")).status_code == 404


async def test_progress_comes_as_it_happens_and_ends(console: Console) -> None:
    people(console)
    lan, minh = await console.official("lan", Role.DRAFTER), await console.official("minh", Role.APPROVER)
    path = await drafted(lan)
    await lan.sends(f"{path}/submit")
    await minh.opens(path)
    await minh.sends(f"{path}/reject", reason="Không cần")

    page = await lan.opens(f"{path}/events")

    assert page.headers["content-type"].startswith("text/event-stream")
    assert "bị từ chối" in page.text
    assert page.text.endswith("event: done\ndata: -\n\n")
