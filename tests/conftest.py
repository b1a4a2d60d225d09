"""What tests share: the shipped content, databases of both kinds, and a Citizen on any channel."""

import fcntl
import html
import math
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import create_engine, text

from bot.access.sealing import Keys, new_key
from bot.app import load_mind
from bot.bench.cluster import private_cluster
from bot.channels import zalo_bot_event, zalo_oa_event
from bot.channels.base import Call, Channel, SendError
from bot.channels.plain_message import MenuWords
from bot.channels.telegram import TelegramChannel
from bot.channels.terminal import TerminalChannel
from bot.channels.webchat import WebChannel
from bot.channels.zalo_bot import BotSettings, ZaloBotChannel
from bot.channels.zalo_oa import OaSettings, ZaloOaChannel
from bot.config import Config
from bot.db import Database
from bot.inbox import ZONE, Inbox, Mind
from bot.messages import Address, Heard, HeardKind, Point
from bot.outbox import Outbox
from bot.pacing import ChannelPace
from tests.small_content import write_small_content

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
KEYS = Keys(new_key())
POSTGRES = os.environ.get("HOCTAP_TEST_POSTGRES", "")
CARELESS = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_wal_size=2GB", "autovacuum=off")
"""With these a power cut costs the database; the tests of crashes kill processes of ours, never the server."""

_memory = Path("/dev/shm")
_room = _memory.is_dir() and shutil.disk_usage(_memory).free > 2 * 1024**3
TEMPORARY = os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_memory) if _room else gettempdir())
"""Where all that tests write lies: in memory where there is room, so that no test waits for a disk."""


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than cores: some tests wait for a process, a page or a clock."""
    return len(os.sched_getaffinity(0)) + 1


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """In CI a test that is skipped for a missing part is a failure."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"


@pytest.fixture(scope="session")
def trained(pytestconfig: pytest.Config) -> Path:
    """A data folder with the model of the shipped content, trained once and kept from run to run."""
    return _train(pytestconfig.cache.mkdir("trained"), ROOT / "content")


@pytest.fixture(scope="session")
def trained_small(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of the small content, and of what tests make of it."""
    return _train(pytestconfig.cache.mkdir("trained_small"), write_small_content(tmp_path_factory.mktemp("small")))


@pytest.fixture(scope="session")
def mind(trained: Path) -> Mind:
    """The shipped content and a parser trained on it, as on the day the tests are dated."""
    return _load_mind(trained, ROOT / "content")


def _train(data: Path, content: Path) -> Path:
    with (data / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _load_mind(data, content)
    return data


def _load_mind(data: Path, content: Path) -> Mind:
    return load_mind(Config(data=data, content=content), NOW.astimezone(ZONE).date())


@pytest.fixture
def small(tmp_path: Path, trained_small: Path) -> Config:
    """A bot of the small content, to be edited; what it trains on is known already."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "nlu").symlink_to(trained_small / "nlu")
    return Config(data=data, content=write_small_content(tmp_path))


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password is dear to try on purpose; here the price would only be waiting."""
    monkeypatch.setattr("bot.outreach.official._hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file of the newest schema, with nothing in it, to be copied."""
    file = tmp_path_factory.mktemp("schema") / "empty.db"
    Database.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def sqlite_url(tmp_path: Path, empty_sqlite: Path) -> str:
    """A fresh SQLite file."""
    return f"sqlite:///{shutil.copy(empty_sqlite, tmp_path / 'test.db')}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server of this process that does not wait for the disk, or of the one named.

    On a server that waits, half of a run goes by in dropping databases.
    """
    if POSTGRES:
        yield POSTGRES
        return
    try:
        # The folders of tests are root's alone, and PostgreSQL does not run as root.
        with TemporaryDirectory(dir=TEMPORARY) as folder, private_cluster(Path(folder), *CARELESS) as cluster:
            yield cluster.url
    except SystemExit as error:
        pytest.skip(str(error))


@contextmanager
def a_postgres_database(server: str, template: str = "template1") -> Iterator[str]:
    """The URL of a fresh PostgreSQL database on *server*, dropped afterwards."""
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    name = f"hoctap_{secrets.token_hex(6)}"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield server.rpartition("/")[0] + f"/{name}"
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(scope="session")
def empty_postgres(postgres_server: str) -> Iterator[str]:
    """The name of a PostgreSQL database of the newest schema, with nothing in it, to be copied."""
    with a_postgres_database(postgres_server) as url:
        Database.open(url).close()
        yield url.rpartition("/")[2]


@pytest.fixture
def postgres_url(postgres_server: str, empty_postgres: str) -> Iterator[str]:
    """A fresh PostgreSQL database."""
    with a_postgres_database(postgres_server, empty_postgres) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A fresh database of each kind."""
    url = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    opened = Database.open(url, KEYS)
    yield opened
    opened.close()


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    """A fresh SQLite database, where the kind does not matter."""
    opened = Database.open(sqlite_url)
    yield opened
    opened.close()


WORDS = MenuWords(hint="Trả lời bằng số hoặc gõ tên.", more="Xem thêm", map="Bản đồ: {url}")
LOCATION_PAGE = "https://hoctap.example/vi-tri?k=x"


@dataclass
class Wire:
    """The far end of a channel: keeps what was sent, and refuses what it is told to refuse."""

    sent: list[tuple[str, Call]] = field(default_factory=list)
    failures: list[SendError] = field(default_factory=list)

    async def send(self, peer: str, call: Call) -> str:
        """Take a call, or raise the next failure."""
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((peer, call))
        return str(len(self.sent))


def open_channel(name: str, wire: Wire) -> Channel:
    """A real channel whose last step, the network, is *wire*."""
    channel: Any
    unused: Any = None
    match name:
        case "zalo_oa":
            channel = ZaloOaChannel(
                OaSettings("1", "key"),
                unused,
                unused,
                WORDS,
                lambda: NOW,
                keep_quota=unused,
                location_link=lambda _: LOCATION_PAGE,
            )
        case "zalo_bot":
            channel = ZaloBotChannel(
                BotSettings("1:test"),
                unused,
                WORDS,
                lambda: NOW,
                count=unused,
                location_link=lambda _: LOCATION_PAGE,
            )
        case "telegram":
            channel = TelegramChannel("1:test")
        case "web":
            channel = WebChannel(wire.send)
        case _:
            channel = TerminalChannel(lambda _: None)
    channel.send = wire.send
    opened: Channel = channel
    return opened


@dataclass
class Citizen:
    """Somebody who talks to the bot on a channel and reads what is shown there."""

    channel: str
    inbox: Inbox
    wire: Wire
    peer: str = "7"
    read: int = 0

    @property
    def address(self) -> Address:
        """Where the citizen is."""
        return Address(self.channel, self.peer)

    async def hears(self, kind: HeardKind, **what: Any) -> list[str]:
        """Something happens on the channel; what the bot then shows."""
        heard = Heard(self.address, secrets.token_hex(8), NOW, kind, **what)
        await self.inbox.receive(zalo_hears(heard))
        await self.inbox.settle()
        return self.shown()

    async def says(self, text: str) -> list[str]:
        """Type *text*."""
        return await self.hears(HeardKind.TEXT, text=text)

    async def taps(self, label: str) -> list[str]:
        """Tap the button *label* of the newest message that has buttons (without buttons: its number)."""
        assert await self.is_offered(label), f"no button {label!r} among {self.buttons()}"
        for number, (shown, token) in enumerate(self.buttons(), 1):
            if shown == label:
                if not token:
                    return await self.says(str(number))
                if self.channel == "zalo_oa":
                    return await self.says(token)
                return await self.hears(HeardKind.CHOICE, token=token)
        raise AssertionError("unreachable")

    async def hears_tap(self, token: str) -> list[str]:
        """Tap a button that stands under an older message."""
        return await self.hears(HeardKind.CHOICE, token=token)

    async def is_offered(self, label: str) -> bool:
        """Whether *label* is among the buttons; a menu by numbers is leafed through with 0."""
        for _ in range(5):
            if label in [shown for shown, _ in self.buttons()]:
                return True
            if not any("\n0. " in str(call.get("text", "")) for _, call in self.wire.sent[-1:]):
                return False
            await self.says("0")
        return False

    async def shares(self, latitude: float, longitude: float) -> list[str]:
        """Share a location."""
        return await self.hears(HeardKind.LOCATION, point=Point(latitude, longitude))

    def shown(self) -> list[str]:
        """What came since the last look, as plain text."""
        calls = [call for peer, call in self.wire.sent[self.read :] if peer == self.peer]
        self.read = len(self.wire.sent)
        return [plain for call in calls if (plain := _plain(call))]

    def buttons(self) -> list[tuple[str, str]]:
        """Label and token of each button of the newest message that has any."""
        for peer, call in reversed(self.wire.sent):
            if peer == self.peer and (found := _buttons(call)):
                return found
        return []


def _plain(call: Call) -> str:
    text = str(call.get("text", ""))
    if str(call.get("parse_mode", "")).upper() == "HTML":
        text = html.unescape(re.sub(r"<[^>]+>", "", text))
    return re.sub(r"\*\*|(?<!\w)_|_(?!\w)|\[([^\]]*)\]\([^)]*\)", r"\1", text)


def _buttons(call: Call) -> list[tuple[str, str]]:
    if "choices" in call:
        return [
            (each["label"], each["token"]) for row in call["choices"] for each in row if each["kind"] == "reply"
        ]
    markup = call.get("reply_markup") or {}
    if "inline_keyboard" in markup:
        return [
            (each["text"], each["callback_data"])
            for row in markup["inline_keyboard"]
            for each in row
            if "callback_data" in each
        ]
    if "buttons" in call:
        return [(each["title"], each["payload"]) for each in call["buttons"] if each["type"] == "oa.query.hide"]
    if "method" not in call:
        return re.findall(r"^  \d+\. (.+)()$", str(call.get("text", "")), re.M)
    body, _, hint = _plain(call).rpartition("\n")
    if hint != WORDS.hint:
        return []
    return re.findall(r"^[1-9]\. (.+)()$", body.rpartition("\n\n")[2], re.M)


def zalo_hears(heard: Heard) -> list[Heard]:
    """*heard* as the event of Zalo's that tells of it, read again; on other channels as it is.

    The Bot Platform has no location: there it comes from our own page.
    """
    peer, text = heard.address.peer, heard.text
    stamp = str(int(heard.at.timestamp() * 1000))
    if heard.address.channel == "zalo_bot" and heard.kind in ZALO_BOT_EVENTS:
        message: dict[str, Any] = {
            "from": {"id": peer, "display_name": "Ted", "is_bot": False},
            "chat": {"id": peer, "chat_type": "PRIVATE"},
            "message_id": heard.event_id,
            "date": int(stamp),
            "text": text,
        }
        event: dict[str, Any] = {"event_name": ZALO_BOT_EVENTS[heard.kind], "message": message}
        read = zalo_bot_event.read_event({"ok": True, "result": event})
        return [read] if read else []
    if heard.address.channel == "zalo_oa" and heard.kind in ZALO_OA_EVENTS:
        name = ZALO_OA_EVENTS[heard.kind]
        event = {"app_id": "1", "oa_id": "2", "event_name": name, "timestamp": stamp}
        if name in ("follow", "unfollow"):
            return zalo_oa_event.read_event({**event, "follower": {"id": peer}, "source": "oa_profile"})
        message = {"msg_id": heard.event_id, "text": text}
        if heard.point:
            degrees = {"latitude": str(heard.point.latitude), "longitude": str(heard.point.longitude)}
            message["attachments"] = [{"type": "location", "payload": {"coordinates": degrees}}]
        return zalo_oa_event.read_event(
            {**event, "sender": {"id": peer}, "recipient": {"id": "2"}, "message": message}
        )
    return [heard]


ZALO_BOT_EVENTS = {
    HeardKind.TEXT: "message.text.received",
    HeardKind.PHOTO: "message.image.received",
    HeardKind.STICKER: "message.sticker.received",
    HeardKind.VOICE: "message.voice.received",
    HeardKind.UNSUPPORTED: "message.unsupported.received",
}
ZALO_OA_EVENTS = {
    HeardKind.TEXT: "user_send_text",
    HeardKind.LOCATION: "user_send_location",
    HeardKind.PHOTO: "user_send_image",
    HeardKind.STICKER: "user_send_sticker",
    HeardKind.VOICE: "user_send_audio",
    HeardKind.FILE: "user_send_file",
    HeardKind.CONTACT: "user_send_business_card",
    HeardKind.UNSUPPORTED: "user_send_video",
    HeardKind.START: "follow",
    HeardKind.LEFT: "unfollow",
}


@pytest.fixture
def meet(mind: Mind, sqlite: Database) -> Callable[..., Citizen]:
    """A citizen on a channel (``meet("telegram")``), with a bot and a database of their own."""

    def make(channel: str = "web", database: Database = sqlite, now: datetime = NOW, peer: str = "7") -> Citizen:
        wire = Wire()
        channels = {channel: open_channel(channel, wire)}
        # A citizen of a test reads as fast as the bot writes; what waits for a chat's turn is tested with paces.
        outbox = Outbox(database, channels, lambda: now, {channel: ChannelPace(database, channel, math.inf)})
        return Citizen(channel, Inbox(database, channels, outbox, mind, lambda: now), wire, peer)

    return make
