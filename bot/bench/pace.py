"""How much of the permitted rate a broadcast uses, how many refusals it draws, and how soon a pause holds."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bot.bench.bot_api import BotApi, Delivered
from bot.bench.broadcasting import WARMING, working_morning
from bot.bench.cluster import private_cluster
from bot.bench.crowd import APPROVER, add_crowd, approve_broadcast
from bot.bench.nursery import Nursery, bend
from bot.bench.targets import Target, show
from bot.channels.telegram import OF_THE_LIMIT
from bot.db import Database, broadcasts
from bot.outreach.broadcast import Act, Status, pause, resume

PAUSES: Final = 5
QUIET: Final = 1.5
"""Seconds without a message after which nothing more is thought to come."""


def run(limit: float, seconds: float, workers: int) -> bool:
    """Measure and print, on SQLite, or with *workers* on PostgreSQL. Returns whether the targets are met."""
    with tempfile.TemporaryDirectory(prefix="hoctap-bench-") as folder:
        times, refused, late = asyncio.run(_measure(Path(folder), limit, seconds, workers))
    rate = (len(times) - 1) / (times[-1] - times[0])
    where = f"{workers} workers on PostgreSQL" if workers else "SQLite"
    print(
        f"{len(times)} messages where {limit:g} a second are permitted, {where}; {PAUSES} pauses; "
        f"at most {_busiest(times)} within a second"
    )
    return show(
        Target("share of the permitted rate", rate / limit, at_least=0.93),
        Target("refusals for speed (429)", refused, at_most=0),
        Target("last message after a pause, ms", max(late), at_most=300),
    )


async def _measure(
    folder: Path, limit: float, seconds: float, workers: int
) -> tuple[list[float], int, list[float]]:
    now, clock = working_morning(), folder / "clock"
    await asyncio.to_thread(bend, clock, now.timestamp() - time.time())
    times: list[float] = []

    def hear(_: Delivered) -> None:
        times.append(time.monotonic())

    async with (
        _database(folder, spread=bool(workers)) as url,
        BotApi(keeps_calls=False, overall_rate=limit, on_delivered=hear) as api,
    ):
        database = Database.open(url)
        people = int(limit * seconds)
        await database.write(lambda c: add_crowd(c, people, "telegram", now))
        nursery = Nursery(
            {
                "database": url,
                "api_url": api.url,
                "per_second": limit * OF_THE_LIMIT,
                "patience": 30.0,
                "lease": 30.0,
                "clock": str(clock),
                "engine": "procrastinate" if workers else "embedded",
            }
        )
        await nursery.start()
        try:
            for _ in range(max(workers, 1)):
                await nursery.fork()
            await asyncio.sleep(WARMING)
            number = await database.write(lambda c: approve_broadcast(c, now, expected=1))
            await _until_over(database, number)
            steady = list(times)
            number = await database.write(lambda c: approve_broadcast(c, now, expected=1, text="Xin chao ba con."))
            late = [await _pause(database, number, times) for _ in range(PAUSES)]
        finally:
            await nursery.close()
        database.close()
        return steady, api.refusals, late


async def _pause(database: Database, number: int, times: list[float]) -> float:
    """Pause in mid-course and resume; milliseconds from the commit to the last message."""
    seen = len(times)
    while len(times) < seen + 20:
        await asyncio.sleep(0.01)
    now = working_morning()
    await database.write(
        lambda c: broadcasts.change(c, number, lambda b: pause(b, "bench"), Act.PAUSE, by=APPROVER.login, now=now)
    )
    paused = time.monotonic()
    while time.monotonic() < max(times[-1], paused) + QUIET:
        await asyncio.sleep(0.05)
    late = max(0.0, times[-1] - paused) * 1000
    await database.write(
        lambda c: broadcasts.change(
            c, number, lambda b: resume(b, APPROVER, now), Act.RESUME, by=APPROVER.login, now=now
        )
    )
    return late


async def _until_over(database: Database, number: int) -> None:
    while await database.read(lambda c: broadcasts.find(c, number).status) != Status.COMPLETED:
        await asyncio.sleep(0.1)


@asynccontextmanager
async def _database(folder: Path, *, spread: bool) -> AsyncIterator[str]:
    if not spread:
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    with private_cluster(folder) as cluster:
        yield cluster.url


def _busiest(times: Sequence[float]) -> int:
    """The most messages within any second."""
    most = first = 0
    for last, at in enumerate(times):
        while at - times[first] >= 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most
