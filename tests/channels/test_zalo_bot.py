"""The Bot Platform over real HTTP: both envelopes, polling and webhook, errors inside 200, the month's count."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.attachments import KeptFiles
from bot.channels.base import Misconfigured, Refused, Retryable, SendError, Unknown
from bot.channels.plain_message import MenuWords
from bot.channels.zalo_bot import BotSettings, ZaloBotChannel
from bot.channels.zalo_bot_event import read_event
from bot.channels.zalo_request import ZaloRequest
from bot.db import Database, quotas
from bot.inbox import Mind
from bot.messages import Choice, ChoiceKind, Heard, HeardKind, Media, MediaKind, Point, Reply, Venue
from tests.channels.zalo_house import eventually, opened
from tests.zalo_platform import BOT_TOKEN, Zalo, utc_now

WORDS = MenuWords("Trả lời bằng số hoặc gõ tên.", "Xem thêm", "Bản đồ: {url}")
SECRET = "s3cret-s3cret"

# As the documentation shows it, and as it was seen in production.
WRAPPED = {
    "ok": True,
    "result": {
        "message": {
            "from": {"id": "6ede9afa66b88fe6d6a9", "display_name": "Ted", "is_bot": False},
            "chat": {"id": "6ede9afa66b88fe6d6a9", "chat_type": "PRIVATE"},
            "text": "Xin chào",
            "message_id": "2d758cb5e222177a4e35",
            "date": 1750316131602,
        },
        "event_name": "message.text.received",
    },
}
FLAT = {
    "event_name": "message.image.received",
    "message": {
        "date": 1750316131602,
        "chat": {"chat_type": "PRIVATE", "id": "6ede9afa66b88fe6d6a9"},
        "caption": "lớp này ở đâu",
        "message_id": "2d758cb5e222177a4e35",
        "message_type": "CHAT_PHOTO",
        "from": {"id": "6ede9afa66b88fe6d6a9", "is_bot": False, "display_name": "Ted"},
        "photo_url": "https://photo-stal.zdn.vn/x.jpg",
    },
}


def changed(event: dict[str, Any], **message: Any) -> dict[str, Any]:
    return {"event_name": event["event_name"], "message": {**event["message"], **message}}


def test_both_envelopes_are_read() -> None:
    wrapped, flat = read_event(WRAPPED), read_event(FLAT)

    assert wrapped == read_event(WRAPPED["result"])  # type: ignore[arg-type]
    assert wrapped is not None
    assert (str(wrapped.address), wrapped.text, wrapped.event_id) == (
        "zalo_bot:6ede9afa66b88fe6d6a9",
        "Xin chào",
        "2d758cb5e222177a4e35",
    )
    assert wrapped.at.isoformat() == "2025-06-19T06:55:31.602000+00:00"
    assert flat is not None
    assert (flat.kind, flat.text) == (HeardKind.PHOTO, "lớp này ở đâu")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("message.text.received", HeardKind.TEXT),
        ("message.image.received", HeardKind.PHOTO),
        ("message.sticker.received", HeardKind.STICKER),
        ("message.voice.received", HeardKind.VOICE),
        ("message.unsupported.received", HeardKind.UNSUPPORTED),
        ("message.hologram.received", HeardKind.UNSUPPORTED),
    ],
)
def test_every_event_has_its_kind(name: str, kind: HeardKind) -> None:
    heard = read_event({**FLAT, "event_name": name})

    assert heard is not None
    assert heard.kind is kind


@pytest.mark.parametrize("picture", ["photo", "photo_url"])
def test_a_picture_is_known_by_either_name(picture: str) -> None:
    message = {**FLAT["message"], picture: "https://x.vn/a.jpg"}  # type: ignore[dict-item]

    heard = read_event({**FLAT, "message": message})

    assert heard is not None
    assert heard.kind is HeardKind.PHOTO


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"ok": True},
        {"ok": True, "result": []},
        {"event_name": "message.text.received"},
        changed(FLAT, chat={"id": "1", "chat_type": "GROUP"}),
        changed(FLAT, **{"from": {"id": "1", "is_bot": True}}),
        changed(FLAT, message_id=None),
        changed(FLAT, chat={}),
    ],
)
def test_groups_bots_and_what_nobody_said_are_left(event: dict[str, Any]) -> None:
    assert read_event(event) is None


# Rendering


NO_DATABASE: Any = None
"""An address needs none."""


async def count_nothing(channel: str, period: str, more: int) -> int:
    return 0


@asynccontextmanager
async def channel_on(zalo: Zalo, token: str = BOT_TOKEN, **settings: Any) -> AsyncIterator[ZaloBotChannel]:
    given = {"poll_seconds": 1, "pause": 0.02, **settings}
    count = given.pop("count", count_nothing)
    channel = ZaloBotChannel(
        BotSettings(token, zalo.url, **given),
        ZaloRequest(1.0, 0.3),
        WORDS,
        utc_now,
        count=count,
        location_link=lambda address: f"https://hoctap.example/vi-tri?k={address.peer}",
        files=KeptFiles(NO_DATABASE, "https://hoctap.example", utc_now),
    )
    try:
        yield channel
    finally:
        await channel.close()


@pytest.fixture
async def zalo() -> AsyncIterator[Zalo]:
    async with Zalo() as zalo:
        zalo.bot_people.add("u1")
        yield zalo


async def test_choices_are_numbers_and_the_rest_is_lines(zalo: Zalo) -> None:
    reply = Reply(
        "**Chào** bà con & gia đình",
        (
            (
                Choice("Học nghề & việc làm", "faq/x"),
                Choice("Đọc", kind=ChoiceKind.URL, target="https://x.vn/a?b=1&c=2"),
            ),
            (Choice("Gọi", kind=ChoiceKind.PHONE, target="1900 1234"),),
            (Choice("Gửi vị trí", kind=ChoiceKind.SHARE_LOCATION), Choice("Gặp cán bộ", "handover/start")),
        ),
        Venue(Point(21.0285, 105.8542), "Trung tâm", "12 Hàng Bài"),
        media=(Media(MediaKind.DOCUMENT, "b" * 64, "mau-don.pdf", "Mẫu đơn"),),
    )
    async with channel_on(zalo) as channel:
        for call in channel.render(reply):
            await channel.send("u1", call)
        zalo.bot_html = False
        await channel.send("u1", channel.render(reply)[0])

    text, plain = zalo.sent
    assert text.body["parse_mode"] == "html"
    assert text.text.startswith(
        "<b>Chào</b> bà con &amp; gia đình\n\nTrung tâm\n12 Hàng Bài\nBản đồ: https://maps.google.com/?q=21.028500,105.854200"
    )
    assert "Học nghề &amp; việc làm" in text.text
    assert plain.text.split("\n\n")[0] == "Chào bà con & gia đình"
    assert plain.text.splitlines()[-3:] == [
        "1. Học nghề & việc làm",
        "2. Gặp cán bộ",
        "Trả lời bằng số hoặc gõ tên.",
    ]
    form = "Mẫu đơn: https://hoctap.example/tep/" + "b" * 64 + "/mau-don.pdf"
    for line in ("☎ Gọi: 1900 1234", "Đọc: https://x.vn/a?b=1&c=2", form):
        assert line in plain.text
    assert "Gửi vị trí: https://hoctap.example/vi-tri?k=u1" in plain.text


async def test_a_picture_and_its_words_are_one_message(zalo: Zalo) -> None:
    picture = Media(MediaKind.IMAGE, "a" * 64, "ap-phich.png", "Áp phích")
    reply = Reply("**Ngày hội** đọc sách", ((Choice("Gặp cán bộ", "handover/start"),),), media=(picture,))
    async with channel_on(zalo) as channel:
        (call,) = channel.render(reply)
        await channel.send("u1", call)

    (sent,) = zalo.sent
    assert sent.body["photo"] == f"https://hoctap.example/tep/{'a' * 64}/ap-phich.png"
    assert sent.body["caption"] == "Ngày hội đọc sách\n\n1. Gặp cán bộ\nTrả lời bằng số hoặc gõ tên."


async def test_a_long_answer_arrives_whole(zalo: Zalo) -> None:
    text = "\n\n".join(f"**Điều {number}.** Ai cũng được học & _suốt đời_ 😀." for number in range(600))
    async with channel_on(zalo) as channel:
        for call in channel.render(Reply(text, ((Choice("Có ích", "feedback/yes:x"),),))):
            await channel.send("u1", call)

    arrived = "\n\n".join(each.text for each in zalo.sent)
    bare = (
        arrived.replace("<b>", "").replace("</b>", "").replace("<i>", "").replace("</i>", "").replace("&amp;", "&")
    )
    assert bare.removesuffix("\n\n1. Có ích\nTrả lời bằng số hoặc gõ tên.") == text.replace("**", "").replace(
        "_", ""
    )


# Sending


@pytest.mark.parametrize("in_status", [False, True], ids=["errors in 200", "errors in the status"])
@pytest.mark.parametrize(
    ("code", "error"),
    [
        (400, Refused),
        (401, Misconfigured),
        (403, Refused),
        (404, Refused),
        (408, Unknown),
        (429, Retryable),
    ],
)
async def test_an_error_is_an_error_wherever_it_stands(
    zalo: Zalo, code: int, error: type[SendError], in_status: bool
) -> None:
    zalo.codes_in_status = in_status
    zalo.fail("sendMessage", code)
    async with channel_on(zalo) as channel:
        with pytest.raises(error):
            await channel.send("u1", {"method": "sendMessage", "text": "Chào"})

    assert zalo.sent == []


@pytest.mark.parametrize(("fault", "error"), [("gateway", Unknown), ("hang", Unknown), ("flood", Retryable)])
async def test_a_page_of_a_gateway_is_no_answer(zalo: Zalo, fault: str, error: type[SendError]) -> None:
    zalo.fail("sendMessage", fault)
    async with channel_on(zalo) as channel:
        with pytest.raises(error):
            await channel.send("u1", {"method": "sendMessage", "text": "Chào"})


async def test_a_spent_month_waits_an_hour_and_a_busy_minute_waits_a_minute(zalo: Zalo) -> None:
    used = 2999

    async def count(channel: str, period: str, more: int) -> int:
        nonlocal used
        used += more
        return used

    zalo.bot_monthly = 1
    async with channel_on(zalo, count=count) as channel:
        await channel.send("u1", {"method": "sendMessage", "text": "Chào"})
        with pytest.raises(Retryable) as spent:
            await channel.send("u1", {"method": "sendMessage", "text": "Chào"})
        used = 5
        with pytest.raises(Retryable) as busy:
            await channel.send("u1", {"method": "sendMessage", "text": "Chào"})

    assert (spent.value.wait, busy.value.wait) == (3600, 60)


# Hearing


class Store(list[Heard]):
    """An inbox that fails so often first."""

    failures = 0

    async def __call__(self, heard: Sequence[Heard]) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("disk full")
        self.extend(heard)


@asynccontextmanager
async def listening(channel: ZaloBotChannel, store: Store) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(channel.listen(store))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_polling_takes_nothing_new_as_nothing_new_and_keeps_what_the_database_did_not_take(
    zalo: Zalo,
) -> None:
    store = Store()
    store.failures = 2
    zalo.bot_webhook = {"url": "https://old.example", "secret_token": SECRET}
    async with channel_on(zalo, poll_seconds=1) as channel, listening(channel, store):
        await eventually(lambda: channel.state() == "ok" and not zalo.bot_webhook)
        await asyncio.sleep(1.2)
        assert channel.state() == "ok"
        await zalo.say_to_bot("u1", "một")
        await zalo.say_to_bot("u1", "hai")
        await eventually(lambda: len(store) == 2)

    assert [each.text for each in store] == ["một", "hai"]
    polls = [method for method, _ in zalo.calls if method == "getUpdates"]
    assert 2 <= len(polls) <= 12


async def test_polling_goes_on_after_a_failure(zalo: Zalo) -> None:
    store = Store()
    zalo.fail("getUpdates", "gateway", 403, "flood")
    async with channel_on(zalo) as channel, listening(channel, store):
        await zalo.say_to_bot("u1", "chào")
        await eventually(lambda: store)


async def test_a_refused_token_stops_and_says_so(zalo: Zalo) -> None:
    async with channel_on(zalo, token="1:wrong") as channel, listening(channel, Store()) as task:
        await asyncio.wait_for(task, 30)

    assert channel.state() == "misconfigured"


async def test_a_webhook_is_set_known_by_its_secret_and_answers_in_both_envelopes(
    sqlite: Database, mind: Mind, tmp_path: Path
) -> None:
    async with opened(sqlite, mind, tmp_path, listens=True, zalo_bot_webhook_secret=SECRET) as house:
        zalo = house.zalo
        await eventually(lambda: zalo.bot_webhook)
        assert await zalo.say_to_bot("u1", "chào bạn") == 200
        zalo.bot_envelope = "flat"
        assert await zalo.say_to_bot("u1", "4") == 200
        _, second = await house.said(2)

        wrong = {"X-Bot-Api-Secret-Token": SECRET + "x"}
        assert await zalo.post_raw("/hook/zalo-bot", b'{"event_name":"x"}', wrong) == 403
        assert await zalo.post_raw("/hook/zalo-bot", b'{"event_name":"x"}', {}) == 403
        assert await zalo.post_raw("/hook/zalo-bot", b"", {}) == 200
        assert await zalo.post_raw("/hook/zalo-bot", b"{}", {}) == 200

    assert zalo.bot_webhook["url"].endswith("/hook/zalo-bot")
    assert "một tin" in second.text


async def test_the_month_is_counted_in_both_directions(sqlite: Database, mind: Mind, tmp_path: Path) -> None:
    async with opened(sqlite, mind, tmp_path, listens=True) as house:
        await house.zalo.say_to_bot("u1", "chào bạn")
        await house.said()
        await eventually(lambda: _used(sqlite) == 2)


def _used(database: Database) -> int:
    month = f"{utc_now() + timedelta(hours=7):%Y-%m}"
    found = database.read_now(lambda c: quotas.of_period(c, month))
    return sum(each.used for each in found if each.channel == "zalo_bot")
