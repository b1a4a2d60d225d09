"""A broadcast to millions: when its first message leaves, what a look at its progress costs, and the memory it
takes; beside one to ten thousand."""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from bot.bench.bot_api import TOKEN
from bot.bench.broadcasting import far_end, working_morning
from bot.bench.crowd import APPROVER, add_crowd, approve_broadcast
from bot.bench.targets import Target, show
from bot.channels.telegram import TelegramChannel
from bot.db import Connection, Database, broadcasts, deliveries
from bot.dispatch import Dispatcher
from bot.outreach.broadcast import Act, stop

FEW: Final = 10_000
LOOK_EVERY: Final = 0.5
MEGABYTE: Final = 1 << 20


@dataclass(slots=True)
class Figures:
    """What was measured: seconds, milliseconds and megabytes."""

    first: float = 0.0
    frozen: float = 0.0
    closed: float = 0.0
    sent: int = 0
    memory: float = 0.0
    looks: list[float] = field(default_factory=list)
    last_looks: list[float] = field(default_factory=list)


class Watched(TelegramChannel):
    """Telegram without a limit, which remembers when the first message arrived."""

    first_at = 0.0

    async def send(self, peer: str, call: Mapping[str, Any]) -> str:
        """Send it."""
        taken = await super().send(peer, call)
        self.first_at = self.first_at or time.perf_counter()
        return taken


def run(people: int = 10_000_000, folder: Path | None = None) -> None:
    """Measure and print; the database, about 400 bytes a person, lies in *folder*."""
    few, many = asyncio.run(_both(people, folder))
    print(f"{people} recipients beside {FEW}, SQLite")
    print(f"{'':34}{people:>12}{FEW:>12}")
    for name, one, other in (
        ("first message after, s", many.first, few.first),
        ("all recipients frozen after, s", many.frozen, few.frozen),
        ("sent meanwhile", many.sent, few.sent),
        ("progress query p50, ms", statistics.median(many.looks), statistics.median(few.looks)),
        ("longest while under way, ms", max(many.looks), max(few.looks)),
        ("stopped and closed after, s", many.closed, few.closed),
        ("progress of all done, ms", statistics.median(many.last_looks), statistics.median(few.last_looks)),
        ("memory above the start, MB", many.memory, few.memory),
    ):
        print(f"{name:34}{one:12.1f}{other:12.1f}")
    show(
        Target("first message, s", many.first, at_most=5),
        Target("progress query p50, ms", statistics.median(many.looks), at_most=50),
        Target("progress of all done, ms", statistics.median(many.last_looks), at_most=50),
        Target("memory beyond that of few, MB", many.memory - few.memory, at_most=64),
    )


async def _both(people: int, parent: Path | None) -> tuple[Figures, Figures]:
    async with far_end(0.0, 0.0) as url:
        return await _measure(url, FEW, parent), await _measure(url, people, parent)


async def _measure(url: str, people: int, parent: Path | None) -> Figures:
    found = Figures()
    with tempfile.TemporaryDirectory(prefix="hoctap-bench-", dir=parent) as folder:
        database = Database.open(f"sqlite:///{Path(folder) / 'bench.db'}")
        channel = Watched(TOKEN, api_url=url)
        channel.abilities = replace(channel.abilities, per_second=float("inf"))
        now = working_morning()

        def prepare(connection: Connection) -> int:
            add_crowd(connection, people, "telegram", now)
            return approve_broadcast(connection, now, expected=people)

        number = await database.write(prepare)
        dispatcher = Dispatcher(database, {"telegram": channel}, lambda: now)
        await dispatcher.recover_at_start()
        before = _resident()
        begun = time.perf_counter()
        await dispatcher.tick(now)
        await dispatcher.run_ready(now)
        while not (channel.first_at and dispatcher.is_frozen):
            await _look(database, number, found.looks)
            found.memory = max(found.memory, _resident() - before)
            await asyncio.sleep(LOOK_EVERY)
        found.first = channel.first_at - begun
        found.frozen = time.perf_counter() - begun
        for _ in range(9):
            await _look(database, number, found.looks)
        counts = await database.read(lambda c: deliveries.count_by_status(c, number))
        found.sent = sum(copies for (status, _), copies in counts.items() if status == "sent")
        begun = time.perf_counter()
        await database.write(
            lambda c: broadcasts.change(
                c, number, lambda b: stop(b, "bench", now), Act.STOP, by=APPROVER.login, now=now
            )
        )
        await dispatcher.settle()
        while await database.read(lambda c: broadcasts.find(c, number).total) != await _settled(database, number):
            await dispatcher.tick(now)
            found.memory = max(found.memory, _resident() - before)
        found.closed = time.perf_counter() - begun
        for _ in range(9):
            await _look(database, number, found.last_looks)
        await channel.close()
        database.close()
    return found


async def _look(database: Database, number: int, looks: list[float]) -> None:
    """As the console does, on a connection that only reads."""

    def look(connection: Connection) -> float:
        begun = time.perf_counter()
        deliveries.count_by_status(connection, number)
        return (time.perf_counter() - begun) * 1000

    looks.append(await database.read(look))


async def _settled(database: Database, number: int) -> int:
    counts = await database.read(lambda c: deliveries.count_by_status(c, number))
    return sum(copies for (status, _), copies in counts.items() if status not in ("queued", "sending"))


def _resident() -> float:
    """The memory of this process in megabytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE
