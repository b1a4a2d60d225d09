"""An Official Account over real HTTP: a citizen writes, taps, shares, is away; Zalo refuses and fails."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.attachments import KeptFiles
from bot.channels.base import (
    ContactGone,
    Misconfigured,
    Refused,
    Retryable,
    SendError,
    Unknown,
    WindowClosed,
)
from bot.channels.zalo_oa import ZaloOaChannel
from bot.contacts import ContactStatus
from bot.db import Database, contacts, quotas
from bot.inbox import Mind
from bot.messages import Address, Choice, Media, MediaKind, Reply, Template
from tests.channels.zalo_house import House, oa_of, opened
from tests.zalo_platform import APP_ID, OA_ID, Person, utc_now

WORDS = "Nguyễn Thị Hoa 0912345678"


@pytest.fixture
async def house(sqlite: Database, mind: Mind, tmp_path: Path) -> AsyncIterator[House]:
    async with opened(sqlite, mind, tmp_path) as house:
        yield house


def text_call(text: str = "Chào", **more: Any) -> dict[str, Any]:
    return {"method": "text", "text": text, **more}


def somebody(house: House, **how: Any) -> str:
    house.zalo.people["u1"] = Person(**{"last_act": utc_now(), **how})
    return "u1"


# A conversation


async def test_a_question_is_answered_with_buttons_and_a_tap_with_the_next_answer(house: House) -> None:
    assert await house.zalo.say("u1", "học xóa mù chữ ở đâu") == 200
    (answer,) = await house.said()
    await house.zalo.tap("u1", "Có ích")
    _, thanks = await house.said(2)

    assert "Nguồn:" in answer.text
    assert 1 <= len(answer.buttons) <= 5
    assert thanks.text.startswith("Cảm ơn")


async def test_a_new_follower_is_greeted_and_one_who_leaves_is_not_written_to(house: House) -> None:
    await house.zalo.follow("u1")
    (greeting,) = await house.said()
    await house.zalo.follow("u1", ends=True)
    await house.app.inbox.settle()

    found = await house.app.database.read(lambda c: contacts.find(c, Address("zalo_oa", "u1")))
    assert "Học Tập" in greeting.text
    assert found is not None
    assert found.status is ContactStatus.BLOCKED
    assert len(house.zalo.to("u1")) == 1


async def test_a_location_shared_by_hand_finds_the_commune_and_is_not_kept(house: House) -> None:
    place = {"coordinates": {"latitude": "21.0285", "longitude": "105.8542"}}
    event = house.zalo.event(
        "u1", "user_send_location", {"text": "Hồ Gươm", "attachments": [{"type": "location", "payload": place}]}
    )
    await house.zalo.post_oa(event)

    (answer,) = await house.said()
    assert "Hoàn Kiếm" in answer.text


async def test_the_location_button_opens_a_page_made_for_this_person(house: House) -> None:
    await house.zalo.say("u1", "/tim")
    (question,) = await house.said()
    url = question.buttons[0]["payload"]["url"]
    assert house.zalo._session
    form = {"k": url.partition("k=")[2], "location": "21.0285,105.8542"}
    async with house.zalo._session.post(url.partition("?")[0], data=form) as page:
        shown = await page.text()

    assert "Câu trả lời ở ngay cuộc trò chuyện" in shown
    assert "Hoàn Kiếm" in (await house.said(2))[1].text


async def test_name_phone_and_address_of_a_form_are_neither_kept_nor_logged(house: House) -> None:
    with capture_logs() as logs:
        await house.zalo.post_oa(
            {
                "app_id": APP_ID,
                "oa_id": OA_ID,
                "event_name": "user_submit_info",
                "sender": {"id": "u1"},
                "recipient": {"id": OA_ID},
                "info": {"name": WORDS, "phone": "84912345678", "address": "12 Hàng Bài"},
                "timestamp": house.zalo.stamp(),
            }
        )
        house.zalo.people["u1"] = Person(last_act=utc_now())
        (answer,) = await house.said()

    kept = await house.app.database.read(lambda c: c.exec_driver_sql("SELECT * FROM inbox").fetchall())
    assert "không lưu số điện thoại" in answer.text
    assert "Hoa" not in str(kept) + str(logs)


@pytest.mark.parametrize(
    ("event_name", "said"),
    [
        ("user_send_image", "chưa xem được ảnh"),
        ("user_send_gif", "chưa xem được ảnh"),
        ("user_send_audio", "tin nhắn thoại"),
        ("user_send_video", "chưa đọc được loại tin này"),
        ("user_send_sticker", "nhãn dán"),
        ("user_send_file", "chưa đọc được tệp"),
        ("user_send_business_card", "không lưu số điện thoại"),
        ("user_send_hologram", "chưa đọc được loại tin này"),
    ],
)
async def test_what_cannot_be_read_is_answered_kindly(house: House, event_name: str, said: str) -> None:
    await house.zalo.post_oa(house.zalo.event("u1", event_name, {"attachments": [{"type": "x", "payload": {}}]}))

    assert said in (await house.said())[0].text


@pytest.mark.parametrize(
    "event_name",
    [
        "oa_send_text",
        "oa_send_list",
        "add_user_to_tag",
        "anonymous_send_text",
        "user_send_group_text",
        "new_thing",
    ],
)
async def test_events_that_are_no_concern_of_ours_are_taken_and_left(house: House, event_name: str) -> None:
    assert await house.zalo.post_oa(house.zalo.event("u1", event_name, {"text": "x"})) == 200

    await house.app.inbox.settle()
    assert house.zalo.sent == []


# The webhook


@pytest.mark.parametrize("first", ["app", "oa"])
@pytest.mark.parametrize("prefix", ["mac=", ""])
async def test_both_known_signatures_are_taken(house: House, first: str, prefix: str) -> None:
    house.zalo.sign_first = first
    event = house.zalo.event("u1", "user_send_text", {"text": "chào"})
    body = json.dumps(event, ensure_ascii=False).encode()
    signature = house.zalo.sign(body, event["timestamp"]).replace("mac=", prefix)

    assert await house.zalo.post_raw("/hook/zalo-oa", body, {"X-ZEvent-Signature": signature}) == 200
    assert await house.said()


async def test_a_time_in_the_header_alone_is_taken_too(house: House) -> None:
    event = house.zalo.event("u1", "user_send_text", {"text": "chào"})
    stamp = event.pop("timestamp")
    body = json.dumps(event).encode()
    headers = {"X-ZEvent-Signature": house.zalo.sign(body, stamp), "X-ZEvent-Timestamp": stamp}

    assert await house.zalo.post_raw("/hook/zalo-oa", body, headers) == 200


@pytest.mark.parametrize("body", [b"", b"{}", b" {} \n"])
async def test_the_unsigned_probe_is_answered_and_nothing_is_stored(house: House, body: bytes) -> None:
    assert await house.zalo.post_raw("/hook/zalo-oa", body, {}) == 200

    assert await house.app.database.read(lambda c: c.exec_driver_sql("SELECT * FROM inbox").fetchall()) == []


@pytest.mark.parametrize(
    "break_it",
    [
        "no signature",
        "another body",
        "another key",
        "another time",
        "not hex",
        "beyond ASCII",
        "not JSON",
        "a list",
    ],
)
async def test_what_is_not_signed_by_zalo_is_refused_and_nothing_is_stored(house: House, break_it: str) -> None:
    zalo = house.zalo
    event = zalo.event("u1", "user_send_text", {"text": WORDS})
    body = json.dumps(event, ensure_ascii=False).encode()
    signature = zalo.sign(body, event["timestamp"])
    match break_it:
        case "no signature":
            signature = ""
        case "another body":
            body = body.replace(b"u1", b"u2")
        case "another key":
            signature = zalo.sign(body + b"x", event["timestamp"])
        case "another time":
            signature = zalo.sign(body, "1700000000000")
        case "not hex":
            signature = "mac=zzz"
        case "beyond ASCII":
            signature = "mac=ạ".encode().decode("latin-1")
        case "not JSON":
            body = b"{"
        case "a list":
            body = b"[]"

    with capture_logs() as logs:
        assert await zalo.post_raw("/hook/zalo-oa", body, {"X-ZEvent-Signature": signature}) == 403

    assert "Hoa" not in str(logs)
    assert await house.app.database.read(lambda c: c.exec_driver_sql("SELECT * FROM inbox").fetchall()) == []


@pytest.mark.parametrize(
    ("age", "status"),
    [
        (timedelta(minutes=112), 200),
        (timedelta(hours=4), 403),
        (timedelta(minutes=-5), 200),
        (timedelta(hours=-1), 403),
    ],
)
async def test_an_old_event_is_taken_as_long_as_zalo_repeats_it(house: House, age: timedelta, status: int) -> None:
    house.zalo.clock = lambda: utc_now() - age

    assert await house.zalo.say("u1", "chào") == status


async def test_an_event_that_comes_twice_is_answered_once(house: House) -> None:
    event = house.zalo.event("u1", "user_send_text", {"text": "chào bạn"})

    assert [await house.zalo.post_oa(event), await house.zalo.post_oa(event, num_retry="1")] == [200, 200]

    await house.said()
    await house.app.inbox.settle()
    assert len(house.zalo.to("u1")) == 1


async def test_an_event_that_cannot_be_stored_is_asked_for_again(house: House, monkeypatch: Any) -> None:
    async def fails(act: Any) -> Any:
        raise RuntimeError("INSERT failed [parameters: ('" + WORDS + "')]")

    with capture_logs() as logs:
        with monkeypatch.context() as broken:
            broken.setattr(house.app.database, "write", fails)
            assert await house.zalo.say("u1", "chào") == 503

    assert "Hoa" not in str(logs)


async def test_the_webhook_is_answered_before_the_answer_is_made(house: House) -> None:
    house.zalo.fail("/v3.0/oa/message/cs", "hang")

    assert await asyncio.wait_for(house.zalo.say("u1", "học xóa mù chữ ở đâu"), 30) == 200
    for task in house.app.inbox._answering.values():
        task.cancel()


async def test_a_body_without_end_is_refused(house: House) -> None:
    endless = BytesIO(b"{" + b" " * (1 << 20) + b"}")

    assert await house.zalo.post_raw("/hook/zalo-oa", endless, {}) == 413


# Sending


async def test_where_buttons_are_refused_the_choices_come_by_number_and_a_number_means_the_tap(
    house: House,
) -> None:
    house.zalo.buttons_allowed = False
    await house.zalo.say("u1", "chào bạn")
    (greeting,) = await house.said()
    await house.zalo.say("u1", "1")
    _, question = await house.said(2)

    assert greeting.text.endswith("4. Gặp cán bộ\nTrả lời bằng số hoặc gõ tên.")
    assert "xã, phường nào" in question.text


async def test_after_three_refusals_buttons_rest_and_come_back(house: House) -> None:
    house.zalo.buttons_allowed = False
    channel, peer = oa_of(house), somebody(house)
    call = channel.render(Reply("Chọn", ((Choice("Một", "welcome/help"),),)))[0]
    for _ in range(5):
        await channel.send(peer, call)

    tried = [body for path, body in house.zalo.calls if "attachment" in str(body)]
    assert len(tried) == 3
    house.zalo.buttons_allowed = True
    channel._buttons_rest_until = utc_now() - timedelta(seconds=1)
    await channel.send(peer, call)
    assert house.zalo.sent[-1].buttons


async def test_more_than_five_choices_become_a_menu(house: House) -> None:
    rows = tuple((Choice(f"Chủ đề {n}", f"faq/t{n}"),) for n in range(1, 13))
    call = oa_of(house).render(Reply("Chọn", rows))[0]

    assert "buttons" not in call
    assert call["text"].splitlines()[-3:] == [
        "9. Chủ đề 9",
        "0. Xem thêm",
        "Trả lời bằng số hoặc gõ tên.",
    ]


async def test_twenty_thousand_characters_arrive_whole_in_parts_of_two_thousand(house: House) -> None:
    text = "\n\n".join(f"**Điều {number}.** Ai cũng được học _suốt đời_ 😀." for number in range(600))
    channel, peer = oa_of(house), somebody(house)

    for call in channel.render(Reply(text, ((Choice("Có ích", "feedback/yes:x"),),))):
        await channel.send(peer, call)

    plain = text.replace("**", "").replace("_", "")
    assert "\n\n".join(each.text for each in house.zalo.sent) == plain
    assert [bool(each.buttons) for each in house.zalo.sent] == [False] * (len(house.zalo.sent) - 1) + [True]


PICTURE = Media(MediaKind.IMAGE, "a" * 64, "ap-phich.png", "Áp phích")


def with_files(house: House, address: str = "https://hoctap.example") -> ZaloOaChannel:
    channel = oa_of(house)
    channel._files = KeptFiles(house.app.database, address, utc_now)
    return channel


async def test_a_picture_and_its_words_are_one_message_and_a_file_is_a_link(house: House) -> None:
    channel, peer = with_files(house), somebody(house)
    document = Media(MediaKind.DOCUMENT, "b" * 64, "mau-don.pdf", "Mẫu đơn")
    choices = ((Choice("Gặp cán bộ", "handover/start"),),)

    (call,) = channel.render(Reply("Xem", choices, media=(PICTURE, document)))
    await channel.send(peer, call)

    (sent,) = house.zalo.sent
    address = "https://hoctap.example/tep/" + "a" * 64 + "/ap-phich.png"
    assert sent.body["attachment"]["payload"]["elements"] == [{"media_type": "image", "url": address}]
    assert sent.text.startswith("Xem\n\nMẫu đơn: https://hoctap.example/tep/" + "b" * 64 + "/mau-don.pdf")
    assert "1. Gặp cán bộ" in sent.text


async def test_words_whose_picture_zalo_does_not_take_go_alone(house: House) -> None:
    channel, peer = with_files(house, "http://hoctap.example"), somebody(house)
    await channel.send(peer, channel.render(Reply("Xem", media=(PICTURE,)))[0])

    (sent,) = house.zalo.sent
    assert sent.text == "Xem"
    assert "attachment" not in sent.body


@pytest.mark.parametrize(
    ("away", "outcome"),
    [(timedelta(hours=47), 0), (timedelta(hours=49), 55), (timedelta(days=7, hours=1), WindowClosed)],
)
async def test_the_windows_are_as_zalo_has_them(house: House, away: timedelta, outcome: Any) -> None:
    house.zalo.quota_total = 0
    peer = somebody(house, last_act=utc_now() - away)

    if isinstance(outcome, int):
        await oa_of(house).send(peer, text_call())
        assert house.zalo.sent[0].price == outcome
    else:
        with pytest.raises(outcome):
            await oa_of(house).send(peer, text_call())


async def test_where_the_window_is_closed_the_template_goes_instead(house: House) -> None:
    peer = somebody(house, last_act=utc_now() - timedelta(days=30))
    template = Template("7895417", {"lop": "Xóa mù chữ", "ngay": "01/12/2026"})
    channel = oa_of(house)

    number = await channel.send(peer, channel.render(Reply("Lớp mới mở", template=template))[0])

    assert [(each.kind, each.id) for each in house.zalo.sent] == [("template", number)]


async def test_a_reply_inside_the_window_does_not_cost_a_template(house: House) -> None:
    peer, channel = somebody(house), oa_of(house)
    await channel.send(peer, channel.render(Reply("Lớp mới mở", template=Template("7895417")))[0])

    assert [each.kind for each in house.zalo.sent] == ["cs"]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (-32, Retryable),
        (-100, Refused),
        (-133, Retryable),
        (-201, Refused),
        (-204, Misconfigured),
        (-205, Misconfigured),
        (-209, Misconfigured),
        (-210, Retryable),
        (-211, Retryable),
        (-212, Misconfigured),
        (-213, ContactGone),
        (-214, Retryable),
        (-217, Refused),
        (-218, Retryable),
        (-219, Misconfigured),
        (-221, Misconfigured),
        (-223, Misconfigured),
        (-224, Misconfigured),
        (-227, ContactGone),
        (-230, WindowClosed),
        (-232, WindowClosed),
        (-233, Refused),
        (-234, Retryable),
        (-235, Misconfigured),
        (-237, Refused),
        (-240, Refused),
        (-242, Misconfigured),
        (-244, ContactGone),
        (-248, Refused),
        (-249, Refused),
        (-320, Misconfigured),
        (-321, Misconfigured),
        (-99999, Refused),
    ],
)
async def test_every_error_number_says_what_to_do(house: House, code: int, error: type[SendError]) -> None:
    peer = somebody(house)
    house.zalo.fail("/v3.0/oa/message/cs", code)

    with pytest.raises(error):
        await oa_of(house).send(peer, text_call())

    assert house.zalo.sent == []


async def test_a_night_error_waits_for_six_in_the_morning(house: House) -> None:
    house.zalo.fail("/v3.0/oa/message/cs", -234)

    with pytest.raises(Retryable) as caught:
        await oa_of(house).send(somebody(house), text_call())

    morning = (utc_now() + timedelta(seconds=caught.value.wait) + timedelta(hours=7)).replace(tzinfo=None)
    assert (morning + timedelta(seconds=30)).strftime("%H:%M")[:4] in ("06:0", "05:5")


@pytest.mark.parametrize(("fault", "error"), [("gateway", Unknown), ("hang", Unknown), ("flood", Retryable)])
async def test_an_answer_that_is_not_zalos_leaves_the_message_in_doubt(
    house: House, fault: str, error: type[SendError]
) -> None:
    channel = oa_of(house, read_timeout=0.2)
    house.zalo.fail("/v3.0/oa/message/cs", fault)

    with pytest.raises(error):
        await channel.send(somebody(house), text_call())


async def test_a_platform_that_cannot_be_reached_got_nothing(house: House) -> None:
    channel = oa_of(house)
    channel._api = "http://127.0.0.1:1"

    with pytest.raises(Retryable) as caught:
        await channel.send("u1", text_call())

    assert caught.value.whole_channel
    assert channel.state() == "unreachable"


async def test_the_quota_that_zalo_tells_is_kept(house: House) -> None:
    peer = somebody(house, last_act=utc_now() - timedelta(days=3))
    await oa_of(house).send(peer, text_call())

    month = f"{utc_now() + timedelta(hours=7):%Y-%m}"
    (kept,) = await house.app.database.read(lambda c: quotas.of_period(c, month))
    assert (kept.channel, kept.name, kept.used, kept.most, kept.left) == ("zalo_oa", "reply", 1, 2000, 1999)


async def test_no_token_and_no_word_of_a_citizen_is_logged(
    sqlite: Database, mind: Mind, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"), capture_logs() as logs:
        async with opened(sqlite, mind, tmp_path, listens=True) as house:
            house.zalo.fail("/v3.0/oa/message/cs", -201, "gateway", -204)
            for text in (WORDS, "học phí", WORDS):
                await house.zalo.say("u1", text)
            await house.app.inbox.settle()
            secrets = [*house.zalo.access, *house.zalo.refresh]

    written = str(logs) + caplog.text
    assert "Hoa" not in written
    assert not any(secret in written for secret in [*secrets, "12345689:abc-xyz", "app-secret"])
