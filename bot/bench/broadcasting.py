"""Messages of a broadcast a second, beside loops that keep nothing: python-telegram-bot over our wire, and
python-telegram-bot as it comes."""

import asyncio
import math
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from telegram import Bot

from bot.bench.bot_api import TOKEN
from bot.bench.cluster import private_cluster
from bot.bench.crowd import TEXT, add_crowd, approve_broadcast
from bot.bench.nursery import Nursery, bend
from bot.bench.targets import Target, show
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_request import AiohttpRequest
from bot.db import Connection, Database, broadcasts, deliveries
from bot.dispatch import Dispatcher
from bot.outreach.broadcast import Status
from bot.outreach.delivery import DeliveryStatus
from bot.outreach.quiet_hours import ZONE

ROUNDS: Final = 3
AT_ONCE: Final = 256
STOCK_AT_ONCE: Final = 32
STOCK_SHARE: Final = 10

WARMING: Final = 4.0
BARE, STOCK = "bare PTB + aiohttp", "stock PTB"
LEAST_NEAR, LEAST_FAR, LEAST_SPREAD, LEAST_OF_STOCK = 0.85, 0.65, 0.80, 4.0

Contestant = Callable[[str, int], Awaitable[float]]
"""Sends so many messages to the Bot API at a URL; returns the seconds it took."""


async def bare(url: str, messages: int) -> float:
    """A loop over our request, which keeps nothing."""
    return await _loop(Bot(TOKEN, base_url=f"{url}/bot", request=AiohttpRequest()), messages, AT_ONCE)


async def stock(url: str, messages: int) -> float:
    """A loop as python-telegram-bot comes; a tenth of the messages is enough to know its rate."""
    few = max(messages // STOCK_SHARE, 100)
    return await _loop(Bot(TOKEN, base_url=f"{url}/bot"), few, STOCK_AT_ONCE) * messages / few


async def ours(url: str, messages: int) -> float:
    """A broadcast on SQLite, every intent and result on disk."""
    with tempfile.TemporaryDirectory(prefix="hoctap-bench-") as folder:
        database = Database.open(f"sqlite:///{Path(folder) / 'bench.db'}")
        channel = TelegramChannel(TOKEN, api_url=url)
        channel.abilities = replace(channel.abilities, per_second=math.inf)
        now = working_morning()

        def prepare(connection: Connection) -> int:
            add_crowd(connection, messages, "telegram", now)
            return approve_broadcast(connection, now, expected=1)

        number = await database.write(prepare)
        dispatcher = Dispatcher(database, {"telegram": channel}, lambda: now)
        await dispatcher.recover_at_start()
        begun = time.perf_counter()
        await dispatcher.tick(now)
        await dispatcher.run_ready(now)
        await dispatcher.settle()
        seconds = time.perf_counter() - begun
        sent = sum(database.read_now(lambda c: deliveries.count_by_status(c, number)).values())
        await channel.close()
        found = database.read_now(lambda c: broadcasts.find(c, number))
        database.close()
        if sent != messages or found.total != messages:
            raise SystemExit(f"{sent} of {messages} sent: no figure is worth anything")
        return seconds


async def spread(url: str, messages: int, workers: int) -> float:
    """A broadcast on a PostgreSQL cluster of its own, sent by *workers* processes."""
    with (
        tempfile.TemporaryDirectory(prefix="hoctap-bench-") as folder,
        private_cluster(Path(folder)) as cluster,
    ):
        now, clock = working_morning(), Path(folder) / "clock"
        await asyncio.to_thread(bend, clock, now.timestamp() - time.time())
        database = Database.open(cluster.url)
        await database.write(lambda c: add_crowd(c, messages, "telegram", now))
        nursery = Nursery(
            {
                "database": cluster.url,
                "api_url": url,
                "per_second": math.inf,
                "patience": 30.0,
                "lease": 30.0,
                "clock": str(clock),
                "engine": "procrastinate",
            }
        )
        await nursery.start()
        try:
            for _ in range(workers):
                await nursery.fork()
            await asyncio.sleep(WARMING)
            number = await database.write(lambda c: approve_broadcast(c, now, expected=1))
            begun = time.perf_counter()
            while await database.read(lambda c: broadcasts.find(c, number).status) != Status.COMPLETED:
                await asyncio.sleep(0.05)
            seconds = time.perf_counter() - begun
        finally:
            await nursery.close()
        counts = database.read_now(lambda c: deliveries.count_by_status(c, number))
        database.close()
        if counts != {(DeliveryStatus.SENT, ""): messages}:
            raise SystemExit(f"{counts}: no figure is worth anything")
        return seconds


def run(
    messages: int = 50_000,
    low: float = 0.0,
    high: float = 0.0,
    rounds: int = ROUNDS,
    workers: int = 0,
) -> bool:
    """Measure and print, each contestant in turn in each round; with *workers* on PostgreSQL. Returns whether
    the targets are met."""
    mine, send_mine, least = "hoctap, SQLite", ours, LEAST_NEAR if high == 0 else LEAST_FAR
    if workers:
        mine, least = f"hoctap, {workers} workers", LEAST_SPREAD

        async def send_mine(url: str, messages: int) -> float:
            return await spread(url, messages, workers)

    contestants: dict[str, Contestant] = {BARE: bare, mine: send_mine, STOCK: stock}
    rates: dict[str, list[float]] = {name: [] for name in contestants}

    async def compare() -> None:
        async with far_end(low, high) as url:
            for _ in range(rounds):
                for name, send in contestants.items():
                    rates[name].append(messages / await send(url, messages))

    asyncio.run(compare())
    print(f"{messages} messages, round trip {low:g}–{high:g} ms, medians of {rounds} rounds")
    middle = {name: sorted(each)[len(each) // 2] for name, each in rates.items()}
    for name, rate in middle.items():
        ratio, times = rate / middle[BARE], rate / middle[STOCK]
        print(f"{name:22}{rate:9.0f} messages/s   {ratio:5.2f} of bare   {times:5.1f} times stock")
    return show(
        Target(f"{mine} / bare", middle[mine] / middle[BARE], at_least=least),
        Target(f"{mine} / stock", middle[mine] / middle[STOCK], at_least=LEAST_OF_STOCK),
    )


async def _loop(bot: Bot, messages: int, at_once: int) -> float:
    left = iter(range(1, messages + 1))

    async def send() -> None:
        for chat in left:
            await bot.send_message(chat, TEXT, parse_mode="HTML")

    await bot.initialize()
    begun = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(at_once)))
    seconds = time.perf_counter() - begun
    await bot.shutdown()
    return seconds


@asynccontextmanager
async def far_end(low: float, high: float) -> AsyncIterator[str]:
    """A Bot API in a process of its own, whose answers take *low* to *high* milliseconds."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.bench.far_end", str(low), str(high), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    port = int(await process.stdout.readline())
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        await process.wait()


def working_morning() -> datetime:
    """Ten o'clock in Vietnam on a Wednesday."""
    return datetime(2026, 11, 25, 10, 0, tzinfo=ZONE).astimezone(UTC)
