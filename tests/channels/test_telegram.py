"""The Telegram channel over real HTTP on loopback: sending, polling, the webhook, and what is logged."""

import asyncio
import logging
import re
import socket
import traceback
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any

import aiohttp
import pytest
import uvicorn
from starlette.applications import Starlette
from structlog.testing import capture_logs
from telegram.request import BaseRequest, RequestData

from bot.bench.bot_api import TOKEN, BotApi, Fault
from bot.channels.base import (
    Call,
    ContactGone,
    Misconfigured,
    Receive,
    Refused,
    Retryable,
    SendError,
    Unknown,
)
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_request import AiohttpRequest
from bot.messages import Choice, Heard, HeardKind, Reply
from tests.channels.zalo_house import eventually

REVOKED = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw2"
SECRET = "s3cret_s3cret-s3cret"
GROUP = {"id": -1001, "type": "supergroup", "title": "Thôn 3"}
WORDS = "Nguyễn Thị Hoa 0912345678"
AMBIGUOUS = [fault for fault in Fault if fault is not Fault.FLOOD]


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as server:
        yield server


@asynccontextmanager
async def opened(url: str, token: str = TOKEN, **options: Any) -> AsyncIterator[TelegramChannel]:
    options = {"request": AiohttpRequest(1.0, 0.15), "poll_seconds": 0, "pause": 0.02, **options}
    channel = TelegramChannel(token, api_url=url, **options)
    try:
        yield channel
    finally:
        await channel.close()


@asynccontextmanager
async def listening(channel: TelegramChannel, receive: Receive) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(channel.listen(receive))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@dataclass
class Store:
    """An inbox that keeps what it is given, or fails so often first."""

    failures: int = 0
    batches: list[list[Heard]] = field(default_factory=list)

    async def __call__(self, heard: Sequence[Heard]) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("INSERT failed [parameters: ('" + WORDS + "')]")
        self.batches.append(list(heard))

    @property
    def texts(self) -> list[str]:
        return [heard.text for batch in self.batches for heard in batch]


def asked_for(api: BotApi) -> list[int]:
    return [parameters["offset"] for method, parameters in api.calls if method == "getUpdates"]


TEXT = {"method": "sendMessage", "text": "Chào", "parse_mode": "HTML"}


# Sending


async def test_a_reply_reaches_the_citizen_as_rendered(api: BotApi) -> None:
    async with opened(api.url) as channel:
        calls = channel.render(Reply("**Chào** bà con", ((Choice("Tìm trung tâm", "centre/ask"),),)))
        number = await channel.send("7", calls[0])

    (delivered,) = api.delivered
    assert number.isdecimal()
    assert (delivered.chat, delivered.text) == (7, "Chào bà con")
    assert delivered.parameters["reply_markup"] == calls[0]["reply_markup"]
    assert channel.state() == "ok"


async def test_twenty_thousand_characters_arrive_whole(api: BotApi) -> None:
    text = "\n\n".join(f"**Điều {number}.** Ai cũng được học _suốt đời_ 😀." for number in range(600))

    async with opened(api.url) as channel:
        for call in channel.render(Reply(text)):
            await channel.send("7", call)

    plain = text.replace("**", "").replace("_", "")
    assert len(text) > 20_000
    assert "\n\n".join(each.text for each in api.delivered) == plain


async def test_markup_that_telegram_refuses_goes_once_more_as_words(api: BotApi) -> None:
    broken = {**TEXT, "text": '<b>Hạn <a href="https://x.vn/?a=1&amp;b=2">ở đây</a> &lt;3'}

    async with opened(api.url) as channel:
        await channel.send("7", broken)

    assert [each.text for each in api.delivered] == ["Hạn ở đây: https://x.vn/?a=1&b=2 <3"]
    assert len(api.calls) == 2


@pytest.mark.parametrize(
    ("peer", "call", "error"),
    [
        pytest.param("403", TEXT, ContactGone, id="blocked"),
        pytest.param("404", TEXT, ContactGone, id="chat not found"),
        pytest.param("7", {**TEXT, "text": ""}, Refused, id="empty"),
        pytest.param("7", {**TEXT, "text": "a" * 5000}, Refused, id="too long"),
        pytest.param("7", {"method": "sendMassage", "text": "a"}, Misconfigured, id="no such method"),
    ],
)
async def test_a_refusal_says_what_to_do(api: BotApi, peer: str, call: Call, error: type[SendError]) -> None:
    api.blocked.add(403)
    api.missing.add(404)

    async with opened(api.url) as channel:
        with pytest.raises(error):
            await channel.send(peer, call)

    assert api.delivered == []


@pytest.mark.parametrize("fault", AMBIGUOUS)
async def test_what_nobody_can_tell_is_unknown(api: BotApi, fault: Fault) -> None:
    api.fail("sendMessage", fault)

    async with opened(api.url) as channel:
        with pytest.raises(Unknown):
            await channel.send("7", TEXT)

        assert await channel.send("7", TEXT)
        assert len(api.delivered) == 1 + (fault is Fault.CLOSE)


async def test_a_server_that_is_not_there_was_certainly_not_reached() -> None:
    async with opened(f"http://127.0.0.1:{unused_port()}") as channel:
        with pytest.raises(Retryable) as raised:
            await channel.send("7", TEXT)

    assert raised.value.whole_channel
    assert channel.state() == "unreachable"


@pytest.mark.parametrize("token", [REVOKED, "nonsense"])
async def test_a_refused_token_needs_an_operator(api: BotApi, token: str) -> None:
    async with opened(api.url, token) as channel:
        with pytest.raises(Misconfigured):
            await channel.send("7", TEXT)

    assert channel.state() == "misconfigured"


async def test_a_flooded_chat_waits_alone_and_a_flooded_bot_as_a_whole(api: BotApi) -> None:
    api.chat_rate, api.chat_burst = 0.2, 1

    async with opened(api.url) as channel:
        waits = []
        for peer in ("7", "8", "9"):
            await channel.send(peer, TEXT)
            with pytest.raises(Retryable) as raised:
                await channel.send(peer, TEXT)
            waits.append((raised.value.wait, raised.value.whole_channel))

    assert [wait >= 5 for wait, _ in waits] == [True] * 3
    assert [whole for _, whole in waits] == [False, False, True]


class Flooding(BaseRequest):
    """Another request than ours, of which PTB itself makes a RetryAfter."""

    read_timeout = 1.0

    async def initialize(self) -> None:
        pass

    async def shutdown(self) -> None:
        pass

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        return 429, b'{"ok":false,"error_code":429,"description":"x","parameters":{"retry_after":9}}'


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("as_timedelta", ["", "1"])
async def test_another_request_may_tell_the_wait_in_either_way(
    monkeypatch: pytest.MonkeyPatch, as_timedelta: str
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", as_timedelta)

    async with opened("http://127.0.0.1:1", request=Flooding()) as channel:
        with pytest.raises(Retryable) as raised:
            await channel.send("7", TEXT)

    assert raised.value.wait == timedelta(seconds=9).total_seconds()


async def test_the_spinner_of_a_tap_is_stopped_and_an_old_one_left(api: BotApi) -> None:
    api.tap(7, "faq/x")
    query = api.updates[0]["callback_query"]["id"]

    async with opened(api.url) as channel:
        acknowledgement = channel.render(Reply("", acknowledges=query))[0]
        for _ in range(2):
            assert await channel.send("7", acknowledgement) == ""
        api.fail("answerCallbackQuery", Fault.CLOSE)
        assert await channel.send("7", acknowledgement) == ""

    assert api.answered == [query]


# Polling


async def test_updates_arrive_in_their_order_and_what_is_not_for_us_is_passed(api: BotApi) -> None:
    api.say(7, "một")
    api.push({"message": {"message_id": 1, "date": 1, "chat": GROUP, "text": "chào nhóm"}})
    api.push({"poll": {"id": "1"}})
    api.tap(8, "menu2019:không-còn")
    store = Store()

    async with opened(api.url) as channel, listening(channel, store):
        await eventually(lambda: not api.updates)

    assert [(heard.address.peer, heard.kind) for heard in store.batches[0]] == [
        ("7", HeardKind.TEXT),
        ("8", HeardKind.CHOICE),
    ]
    assert store.batches[0][1].token == "menu2019:không-còn"


async def test_an_update_is_confirmed_only_after_it_was_stored(api: BotApi) -> None:
    numbers = [api.say(7, "một"), api.say(7, "hai")]
    entered, never = asyncio.Event(), asyncio.Event()

    async def slow(heard: Sequence[Heard]) -> None:
        entered.set()
        await never.wait()

    async with opened(api.url) as channel, listening(channel, slow):
        await entered.wait()
        await asyncio.sleep(0.05)
    assert [each["update_id"] for each in api.updates] == numbers
    assert asked_for(api) == [0]

    # The process died there; the next one gets the same updates under the same numbers.
    store = Store()
    async with opened(api.url) as channel, listening(channel, store):
        await eventually(lambda: not api.updates)
    assert [heard.event_id for batch in store.batches for heard in batch] == [str(each) for each in numbers]
    assert asked_for(api)[-1] == numbers[-1] + 1


async def test_what_could_not_be_stored_is_asked_for_again(api: BotApi) -> None:
    api.say(7, "một")
    store = Store(failures=2)

    async with opened(api.url) as channel, listening(channel, store):
        await eventually(lambda: not api.updates)

    assert store.texts == ["một"]


async def test_a_hundred_and_fifty_updates_come_in_batches(api: BotApi) -> None:
    for number in range(150):
        api.say(number + 1, str(number))
    store = Store()

    async with opened(api.url) as channel, listening(channel, store):
        await eventually(lambda: not api.updates)

    assert [len(batch) for batch in store.batches] == [100, 50]
    assert store.texts == [str(number) for number in range(150)]


async def test_polling_first_sets_the_menu_and_removes_a_webhook(api: BotApi) -> None:
    api.webhook = {"url": "https://old.vn/hook"}
    store = Store()

    async with (
        opened(api.url, commands={"tim": "Tìm trung tâm", "dung": "Ngừng nhận"}) as channel,
        listening(channel, store),
    ):
        assert channel.state() == "starting"
        await eventually(lambda: asked_for(api))

    assert [method for method, _ in api.calls[:3]] == ["setMyCommands", "deleteWebhook", "getUpdates"]
    assert [each["command"] for each in api.commands] == ["tim", "dung"]
    assert api.calls[2][1]["allowed_updates"] == [
        "message",
        "edited_message",
        "callback_query",
        "my_chat_member",
    ]


async def test_a_menu_that_telegram_refuses_does_not_silence_the_bot(api: BotApi) -> None:
    api.say(7, "chào")
    store = Store()

    async with opened(api.url, commands={"Tìm": "x"}) as channel, listening(channel, store):
        await eventually(lambda: store.texts)

    assert channel.state() == "ok"


@pytest.mark.parametrize("fault", AMBIGUOUS)
async def test_polling_outlives_every_failure(api: BotApi, fault: Fault) -> None:
    api.fail("deleteWebhook", fault)
    api.fail("getUpdates", fault, fault)
    api.say(7, "chào")
    store = Store()
    states = set()

    def arrived() -> bool:
        states.add(channel.state())
        return not api.updates

    async with opened(api.url) as channel, listening(channel, store):
        await eventually(arrived)

    assert store.texts == ["chào"]
    assert "unreachable" in states
    assert channel.state() == "ok"


async def test_polling_begins_before_the_server_does() -> None:
    port, store = unused_port(), Store()

    async with opened(f"http://127.0.0.1:{port}") as channel, listening(channel, store) as task:
        await eventually(lambda: channel.state() == "unreachable")
        assert not task.done()


@pytest.mark.parametrize("token", [REVOKED, "nonsense"])
async def test_a_refused_token_ends_polling_with_one_line(api: BotApi, token: str) -> None:
    with capture_logs() as lines:
        async with opened(api.url, token) as channel:
            await asyncio.wait_for(channel.listen(Store()), 30)

    assert channel.state() == "misconfigured"
    assert [line["event"] for line in lines] == ["telegram_token_refused"]


async def test_a_second_poller_is_named_and_waited_for(api: BotApi) -> None:
    store = Store()

    with capture_logs() as lines:
        async with opened(api.url, poll_seconds=5) as channel, listening(channel, store):
            await eventually(lambda: asked_for(api))
            async with opened(api.url, poll_seconds=5) as other, listening(other, Store()):
                await eventually(lambda: any(line["event"] == "telegram_conflict" for line in lines))
            api.say(7, "chào")
            await eventually(lambda: store.texts)

    assert store.texts == ["chào"]


# The webhook


@asynccontextmanager
async def served(channel: TelegramChannel, receive: Receive) -> AsyncIterator[str]:
    """The channel's routes on a real server."""
    app = Starlette(routes=list(channel.routes(receive)))
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await eventually(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_a_webhook_is_set_and_its_updates_are_answered_after_they_are_stored(
    api: BotApi, session: aiohttp.ClientSession
) -> None:
    store = Store(failures=1)
    api.say(7, "chào")

    async with opened(api.url, webhook_secret=SECRET) as channel, served(channel, store) as url:
        channel._webhook_url = url
        await channel.listen(store)
        statuses = [await api.call_webhook(session) for _ in range(2)]

    assert api.webhook["secret_token"] == SECRET
    assert api.webhook["url"] == f"{url}/hook/telegram"
    assert statuses == [503, 200]
    assert store.texts == ["chào"]
    assert channel.state() == "ok"


async def test_a_webhook_that_telegram_refuses_needs_an_operator(api: BotApi) -> None:
    api.plain_http = False

    with capture_logs() as lines:
        async with opened(api.url, webhook_url="http://x.vn", webhook_secret=SECRET) as channel:
            await channel.listen(Store())

    assert channel.state() == "misconfigured"
    assert [line["event"] for line in lines] == ["telegram_webhook_refused"]


UPDATE = b'{"update_id":1,"message":{"message_id":1,"date":1,"chat":{"id":7,"type":"private"},"text":"a"}}'


@pytest.mark.parametrize(
    ("body", "secret", "status", "stored"),
    [
        pytest.param(UPDATE, SECRET, 200, 1, id="good"),
        pytest.param(UPDATE, "wrong", 403, 0, id="wrong secret"),
        pytest.param(UPDATE, "bí mật", 403, 0, id="secret with other letters"),
        pytest.param(UPDATE, None, 403, 0, id="no secret"),
        pytest.param(UPDATE + b" " * (1 << 20), SECRET, 413, 0, id="over a megabyte"),
        pytest.param(b"{", SECRET, 400, 0, id="no JSON"),
        pytest.param(b"\xff\xfe", SECRET, 400, 0, id="no UTF-8"),
        pytest.param(b"[" * 100_000, SECRET, 400, 0, id="too deep"),
        pytest.param(b"[]", SECRET, 400, 0, id="no object"),
        pytest.param(b'{"message":{}}', SECRET, 400, 0, id="no number"),
        pytest.param(b'{"update_id":"1"}', SECRET, 400, 0, id="number that is none"),
        pytest.param(b'{"update_id":true}', SECRET, 400, 0, id="number that is a truth"),
        pytest.param(b"", SECRET, 400, 0, id="nothing"),
        pytest.param(b'{"update_id":1,"poll":{}}', SECRET, 200, 0, id="not for us"),
        pytest.param(b'{"update_id":1,"message":{"chat":[]}}', SECRET, 200, 0, id="odd message"),
    ],
)
async def test_the_webhook_takes_updates_and_nothing_else(
    session: aiohttp.ClientSession, body: bytes, secret: str | None, status: int, stored: int
) -> None:
    store = Store()
    headers = {} if secret is None else {"X-Telegram-Bot-Api-Secret-Token": secret}

    async with (
        opened("http://127.0.0.1:1", webhook_secret=SECRET) as channel,
        served(channel, store) as url,
        session.post(f"{url}/hook/telegram", data=BytesIO(body), headers=headers) as answer,
    ):
        assert answer.status == status

    assert len(store.batches) == stored


async def test_the_webhook_asks_telegram_to_come_again_when_it_cannot_store(
    session: aiohttp.ClientSession,
) -> None:
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}

    async with (
        opened("http://127.0.0.1:1", webhook_secret=SECRET) as channel,
        served(channel, Store(failures=1)) as url,
        session.post(f"{url}/hook/telegram", data=UPDATE, headers=headers) as answer,
    ):
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


async def test_an_update_delivered_twice_bears_the_same_number(session: aiohttp.ClientSession) -> None:
    store = Store()
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}

    async with opened("http://127.0.0.1:1", webhook_secret=SECRET) as channel, served(channel, store) as url:
        for _ in range(2):
            await session.post(f"{url}/hook/telegram", data=UPDATE, headers=headers)

    assert [heard.event_id for batch in store.batches for heard in batch] == ["1", "1"]


def test_without_a_secret_there_is_no_webhook() -> None:
    assert TelegramChannel(TOKEN).routes(Store()) == ()


# What is logged


class Everything(logging.Handler):
    """Every line of the standard library's loggers, formatted."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


async def test_neither_token_nor_words_are_in_any_log_or_exception(
    api: BotApi, session: aiohttp.ClientSession
) -> None:
    everything, root = Everything(), logging.getLogger()
    level = root.level
    root.addHandler(everything)
    root.setLevel(logging.DEBUG)
    said: list[str] = []
    call = {**TEXT, "text": f"<{WORDS}>"}
    api.blocked.add(403)
    api.say(7, WORDS)

    async def send(channel: TelegramChannel, peer: str = "7") -> None:
        try:
            await channel.send(peer, call)
        except SendError as error:
            said.extend([repr(error), *traceback.format_exception(error)])
            assert error.__cause__ is None

    try:
        with capture_logs() as lines:
            async with opened(api.url) as channel, listening(channel, Store(failures=1)):
                for fault in AMBIGUOUS:
                    api.fail("sendMessage", fault)
                    api.fail("getUpdates", fault)
                    await send(channel)
                await send(channel)
                await send(channel, "403")
                await eventually(lambda: not api.updates)
            for token in (REVOKED, TOKEN):
                async with opened(api.url, token) as channel:
                    await send(channel)
            for url in (f"http://127.0.0.1:{unused_port()}", "http://[", "http://10.255.255.1:81"):
                async with opened(url, request=AiohttpRequest(0.05, 0.05)) as channel:
                    await send(channel)
            async with (
                opened(api.url, webhook_secret=SECRET) as channel,
                served(channel, Store(failures=1)) as url,
            ):
                headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
                body = UPDATE.replace(b'"a"', f'"{WORDS}"'.encode())
                await session.post(f"{url}/hook/telegram", data=body, headers=headers)
    finally:
        root.removeHandler(everything)
        root.setLevel(level)

    told = "\n".join([*said, *everything.lines, *(repr(line) for line in lines)])
    assert len(said) > 10
    for secret in (TOKEN, REVOKED, TOKEN.partition(":")[2], SECRET, "Nguyễn", "0912345678"):
        assert not re.search(re.escape(secret), told)


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
