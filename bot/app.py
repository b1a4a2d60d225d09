"""The wiring: Config in, a running bot out. The only module that knows all others."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import partial
from importlib.metadata import version
from typing import Any

import structlog
import uvicorn

from bot import course, publication
from bot.announcement import Announcer
from bot.attachments import KeptFiles
from bot.centre_directory import with_published_centres
from bot.channels.base import Call, Channel, Hearing
from bot.channels.plain_message import MenuWords
from bot.channels.telegram import TelegramChannel
from bot.channels.webchat import WebChannel
from bot.comparing import Comparer
from bot.config import Config
from bot.db import Database, retention, webchat
from bot.db.publications import Publication
from bot.db.vitals import Vitals, read_vitals
from bot.dialogue.texts import Texts, load_texts
from bot.dispatch import Dispatcher
from bot.distributed import JobEngine
from bot.inbox import ZONE, Inbox, Mind
from bot.knowledge import library
from bot.leadership import Leadership
from bot.office.office import Office
from bot.office.place_names import open_gazetteer
from bot.outbox import Outbox
from bot.outreach.pace import Caps
from bot.pacing import open_paces
from bot.publication import Newsstand, Start
from bot.scheduler import Scheduler, Tick
from bot.web.chat import ChatPages
from bot.web.console.console import Knowledge, open_console
from bot.web.console.front import Front
from bot.web.files import FilePages
from bot.web.location import LocationPages
from bot.web.notices import NoticePages
from bot.web.pages import build_app, open_templates
from bot.zalo import location_key, open_zalo_bot, open_zalo_oa
from nlu.rasa_server import RasaParser

log = structlog.get_logger()

ANSWERED_WITHIN = timedelta(minutes=2)
"""A message that waits longer for its answer means that something is wrong."""


class CannotStart(Exception):
    """The bot cannot start; the message is one sentence on what to do."""


def utc_now() -> datetime:
    """The clock of the running bot."""
    return datetime.now(UTC)


def load_mind(config: Config, today: date) -> Mind:
    """What the content folder holds, whether it is published or not. Raises as ``publication.load_mind``."""
    return publication.load_mind(config.content, config.data, today, publication.open_rasa(config))


def open_channels(config: Config, database: Database, texts: Texts) -> dict[str, Channel]:
    """The channels the configuration names; the web chat is always one of them."""

    async def post(peer: str, call: Call) -> str:
        now = utc_now()
        return str(await database.write(lambda c: webchat.add_line(c, peer, call, now, ours=True)))

    files = KeptFiles(database, config.public_url, utc_now)
    channels: dict[str, Channel] = {"web": WebChannel(post)}
    if config.telegram_token:
        channels["telegram"] = TelegramChannel(
            config.telegram_token,
            api_url=config.telegram_api_url,
            webhook_url=config.public_url if config.telegram_webhook_secret else "",
            webhook_secret=config.telegram_webhook_secret,
            commands=texts.named("commands"),
            paid_broadcast=config.telegram_paid_broadcast,
            files=files,
        )
    words = MenuWords.of(texts.named("menu"))
    if config.zalo_oa_app_id:
        channels["zalo_oa"] = open_zalo_oa(config, database, words, texts("cli.zalo_callback"), utc_now, files)
    if config.zalo_bot_token:
        channels["zalo_bot"] = open_zalo_bot(config, database, words, utc_now, files)
    return course.silenced(channels) if config.training else channels


def open_office(config: Config, database: Database, channels: Mapping[str, Channel] | None = None) -> Office:
    """What officials' acts need to know, read from the content folder when it is needed."""
    chat_texts = load_texts(config.content / "texts.yml")
    return Office(
        config.content,
        load_texts(config.content / "broadcast_texts.yml"),
        chat_texts,
        open_channels(config, database, chat_texts) if channels is None else channels,
        lambda: library.load(config.content / "faq", today_in_vietnam()).by_code,
        lambda: open_gazetteer(config.content),
        config.home_province,
    )


class Part(StrEnum):
    """What a process does: everything, or what ``hoctap web`` and ``hoctap worker`` do."""

    ALL = "all"
    WEB = "web"
    WORKER = "worker"


@dataclass(slots=True)
class App:
    """A wired bot: the database, the channels, and what runs between them."""

    config: Config
    database: Database
    channels: Mapping[str, Channel]
    inbox: Inbox
    outbox: Outbox
    dispatcher: Dispatcher
    scheduler: Scheduler
    newsstand: Newsstand
    comparer: Comparer
    engine: JobEngine | None = None

    @classmethod
    def open(cls, config: Config, database: Database, began: Start, part: Part = Part.ALL) -> "App":
        """Wire everything, or the *part* of it that one process of several does; nothing runs yet."""
        mind = with_published_centres(config, database, began.mind, today_in_vietnam())
        if config.home_province and mind.house.gazetteer.province(config.home_province) is None:
            raise CannotStart(
                f"HOCTAP_HOME_PROVINCE: {config.home_province} is no province; see hoctap centres map"
            )
        channels = open_channels(config, database, mind.house.texts)
        if fault := course.fault_of(config, database, sorted(channels), mind.house.gazetteer, utc_now()):
            raise CannotStart(fault)
        paces = open_paces(database, channels)
        outbox = Outbox(database, channels, utc_now, paces)
        front = JobEngine(database) if part is Part.WEB else None
        inbox = Inbox(database, channels, outbox, mind, utc_now, front.hand_over if front else None)
        newsstand = Newsstand(config, database, inbox, began, utc_now)
        caps = Caps(config.notices_a_day, config.notices_a_week)
        sending = course.recorded(channels) if config.training else channels
        dispatcher = Dispatcher(database, sending, utc_now, words_at=inbox.words_at, paces=paces, caps=caps)

        engine = JobEngine(database, dispatcher, inbox) if part is Part.WORKER else front
        dispatcher.by_jobs = engine is not None

        async def tend_broadcasts() -> None:
            now = utc_now()
            await dispatcher.tick(now)
            if engine is None:
                await dispatcher.run_ready(now)
            else:
                await engine.offer_shards(now)

        async def look_for_centres() -> None:
            renew = partial(with_published_centres, config, database, inbox.mind, today_in_vietnam())
            mind, inbox.mind = inbox.mind, await asyncio.to_thread(renew)
            if inbox.mind is not mind:
                publication.spare_collector()

        async def look_for_news() -> None:
            if await newsstand.look():
                await look_for_centres()

        announcer = Announcer(database, channels, inbox, outbox, utc_now)

        async def tell_answers() -> None:
            await announcer.tell()

        async def forget() -> None:
            await database.write(lambda c: retention.delete_old(c, utc_now()))

        async def look_at_rasa() -> None:
            if isinstance(parser := inbox.mind.parser, RasaParser):
                await asyncio.to_thread(parser.check)

        async def reconcile() -> None:
            await dispatcher.reconcile()

        answering = [
            Tick("replies", 1, outbox.retry_due),
            Tick("broadcasts", 2, tend_broadcasts),
            Tick("answers", 60, tell_answers),
            Tick("forget", 3600, forget),
            # Beside the sending: with millions of copies it reads for a minute.
            Tick("reconcile", 24 * 3600, reconcile, at_once=True),
        ]
        scheduler = Scheduler(
            [
                *(answering if part is not Part.WEB else []),
                Tick("content", 0.5, look_for_news),
                Tick("rasa", 10, look_at_rasa),
                Tick("centres", 10, look_for_centres),
            ]
        )
        comparer = Comparer(config, database)
        return cls(config, database, channels, inbox, outbox, dispatcher, scheduler, newsstand, comparer, engine)

    async def health(self) -> dict[str, Any]:
        """What an operator or a monitor asks: is everything well, and if not, what."""
        channels = {name: channel.state() for name, channel in self.channels.items()}
        understanding = self.inbox.mind.parser.state()
        writable = await self.database.is_writable()
        library_size = len(self.inbox.mind.house.library.by_code)
        now = utc_now()
        vitals = await self.vitals() if writable else Vitals.unknown()
        well = (
            writable
            and (vitals.inbound is None or now - vitals.inbound < ANSWERED_WITHIN)
            and not self.newsstand.trouble
            and all(state in ("ok", "starting") for state in (understanding, *channels.values()))
        )
        return {
            "status": "ok" if well else "degraded" if writable else "down",
            "version": version("hoctap"),
            "database": "ok" if writable else "not writable",
            "channels": channels,
            "understanding": {"engine": self.config.nlu, "state": understanding},
            "answers": library_size,
            "content": {
                "version": self.newsstand.publication.number,
                "published_at": self.newsstand.publication.at.isoformat(),
                "trouble": self.newsstand.trouble,
            },
            "waiting": self.inbox.depth(),
            "oldest_seconds": {
                name: round((now - since).total_seconds()) if since else 0
                for name, since in (("inbound", vitals.inbound), ("reply", vitals.reply), ("shard", vitals.shard))
            },
            "backup_at": vitals.backup.isoformat() if vitals.backup else None,
        }

    async def vitals(self) -> Vitals:
        """What the database knows of it."""
        now = utc_now()
        return await self.database.read(lambda c: read_vitals(c, now))

    def web(self) -> Any:
        """The ASGI application."""
        templates = open_templates()
        house, content = self.inbox.mind.house, self.config.content
        secure = self.config.public_url.startswith("https://")
        embedded = bool(self.config.frame_ancestors)
        chat = ChatPages(
            self.database, self.inbox, templates, house.texts, utc_now, secure=secure, embedded=embedded
        )
        location = LocationPages(
            self.inbox,
            templates,
            house.texts,
            utc_now,
            location_key(self.config),
            {"zalo_oa", "zalo_bot"} & set(self.channels),
        )
        notices = NoticePages(self.database, self.inbox, templates, house.texts)
        office = Office(
            content,
            load_texts(content / "broadcast_texts.yml"),
            house.texts,
            course.recorded(self.channels) if self.config.training else self.channels,
            lambda: self.inbox.mind.house.library.by_code,
            lambda: house.gazetteer,
            self.config.home_province,
        )
        front = Front(
            self.database,
            office,
            templates,
            load_texts(content / "console_texts.yml"),
            utc_now,
            secure=secure,
            training=self.config.training,
        )

        def read(version: Publication) -> object:
            return publication.read_version(self.config, self.database, version, today_in_vietnam())

        knowledge = Knowledge(self.config.data, self.comparer, read, lambda: self.inbox.mind)
        pages = [
            *chat.routes(),
            *notices.routes(),
            *FilePages(self.database).routes(),
            *location.routes(),
            *open_console(
                front, lambda: self.inbox.mind.house, knowledge, self.health, self.vitals, self.config.public_url
            ),
        ]
        webhooks = [route for channel in self.channels.values() for route in channel.routes(self.inbox.receive)]
        return build_app(pages, webhooks, self.health, self.config.frame_ancestors, secure=secure)

    async def run(self, listening: socket.socket) -> None:
        """Serve until SIGINT or SIGTERM; then finish what is under way and close."""
        server = _Server(
            uvicorn.Config(
                self.web(), log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=5
            )
        )
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, server.stop)
        if self.engine is None:
            await self.dispatcher.recover_at_start()
            await self.inbox.start()
        else:
            await self.engine.open()
        publication.spare_collector()
        self.scheduler.start()
        listeners = [asyncio.create_task(self._listen(channel)) for channel in self.channels.values()]
        try:
            await server.serve(sockets=[listening])
        finally:
            self.scheduler.stop()
            for task in listeners:
                task.cancel()
            await asyncio.gather(*listeners, return_exceptions=True)
            await self.dispatcher.drain()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.inbox.settle(), 10)
            await self._close()

    async def _listen(self, channel: Channel) -> None:
        """Hear by *channel*; of several processes one polls, since a platform gives an update only once."""
        if channel.hearing() is not Hearing.POLLING:
            await channel.listen(self.inbox.receive)
            return
        leadership = Leadership(self.database, utc_now)
        await leadership.do_alone(f"poll {channel.name}", lambda: channel.listen(self.inbox.receive))

    async def work(self) -> None:
        """Send broadcasts and answer citizens until SIGINT or SIGTERM; then finish what is under way."""
        assert self.engine is not None
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, ended.set)
        await self.engine.open()
        await self.dispatcher.recover_at_start()
        publication.spare_collector()
        self.engine.start()
        self.scheduler.start()
        log.info("working")
        await ended.wait()
        self.scheduler.stop()
        await self.dispatcher.drain()
        await self._close()

    async def _close(self) -> None:
        self.comparer.close()
        if self.engine is not None:
            await self.engine.close()
        for channel in self.channels.values():
            await channel.close()
        self.database.close()
        log.info("stopped")


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: ours also end the channels and the dispatcher."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        self.should_exit = True


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises CannotStart when the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(512)
    except OSError as error:
        listening.close()
        raise CannotStart(
            f"{host}:{port}: {error.strerror}; stop what uses it or set HOCTAP_PORT to another port"
        ) from error
    return listening


def today_in_vietnam() -> date:
    """The date in Vietnam now."""
    return utc_now().astimezone(ZONE).date()
