"""A process that has imported everything and forks a worker for each line it reads: to be killed at once.

``python -m bot.bench.nursery``; a line is JSON: how a worker is to run. It answers with the worker's pid.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from procrastinate.exceptions import ConnectorException

from bot import pacing
from bot.bench.bot_api import TOKEN
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_request import AiohttpRequest
from bot.db import Database, DatabaseUnusable, SQLAlchemyError
from bot.dispatch import Dispatcher
from bot.distributed import JobEngine
from bot.log import set_up


def bend(file: Path, seconds: float) -> None:
    """Move the clocks that look at *file* by *seconds*; nobody reads half of it."""
    fresh = file.with_suffix(".new")
    fresh.write_text(str(seconds))
    fresh.replace(file)


class Nursery:
    """Forks workers from a process that is ready."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.order = order
        self.alive: dict[int, float] = {}
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the process that forks."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot.bench.nursery",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )

    async def fork(self) -> int:
        """A new worker; its pid."""
        assert self._process and self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(self.order).encode() + b"\n")
        pid = int(await self._process.stdout.readline())
        self.alive[pid] = time.monotonic()
        return pid

    def kill(self, pid: int) -> None:
        """SIGKILL: no last word."""
        self.alive.pop(pid, None)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    async def close(self) -> None:
        """End everything."""
        for pid in list(self.alive):
            self.kill(pid)
        if self._process and self._process.stdin:
            self._process.stdin.close()
            await self._process.wait()


class BentTime:
    """The machine's clock, moved by as many seconds as a file says; see ``bend``."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._looked = time.monotonic()
        self._moved = float(file.read_text())

    def time(self) -> float:
        """Seconds since 1970."""
        if time.monotonic() - self._looked > 0.05:
            self._looked = time.monotonic()
            self._moved = float(self._file.read_text())
        return time.time() + self._moved

    def monotonic(self) -> float:
        """Seconds that nobody can move."""
        return time.monotonic()

    def now(self) -> datetime:
        """The moment."""
        return datetime.fromtimestamp(self.time(), UTC)


def open_telegram(api_url: str, per_second: float, patience: float) -> TelegramChannel:
    """A channel at a pace of its own that waits *patience* seconds for an answer."""
    channel = TelegramChannel(
        TOKEN, api_url=api_url, request=AiohttpRequest(read_timeout=patience), paid_broadcast=True, pause=0.2
    )
    channel.abilities = replace(channel.abilities, per_second=per_second)
    return channel


async def work(order: dict[str, Any]) -> None:
    """Send until killed, as ``hoctap run`` does, but looking for work four times a second."""
    bent, dispatcher = _open(order)
    await _tend(dispatcher, bent, dispatcher.run_ready)


async def work_by_jobs(order: dict[str, Any]) -> None:
    """Send until killed, as ``hoctap worker`` does."""
    bent, dispatcher = _open(order)
    dispatcher.by_jobs = True
    while True:
        engine = JobEngine(dispatcher.database, dispatcher)
        try:
            await engine.open()
            break
        except (SQLAlchemyError, ConnectorException):
            await engine.close()
            await asyncio.sleep(0.3)
    engine.start()
    await _tend(dispatcher, bent, engine.offer_shards)


def _open(order: dict[str, Any]) -> tuple[BentTime, Dispatcher]:
    bent = BentTime(Path(order["clock"]))
    vars(pacing)["time"] = bent
    while True:
        try:
            database = Database.open(order["database"])
            break
        except (DatabaseUnusable, SQLAlchemyError):
            time.sleep(0.3)
    channels = {"telegram": open_telegram(order["api_url"], order["per_second"], order["patience"])}
    return bent, Dispatcher(database, channels, bent.now, lease=timedelta(seconds=order["lease"]))


async def _tend(dispatcher: Dispatcher, bent: BentTime, send: Callable[[datetime], Awaitable[None]]) -> None:
    recovered = False
    while True:
        try:
            if not recovered:
                await dispatcher.recover_at_start()
                recovered = True
            await dispatcher.tick(bent.now())
            await send(bent.now())
        except (SQLAlchemyError, ConnectorException, OSError) as error:
            print(type(error).__name__, str(error)[:100], file=sys.stderr)
        await asyncio.sleep(0.25)


def main() -> None:
    """Fork a worker a line; reap those that were killed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(0)
            set_up(os.environ.get("HOCTAP_TEST_LOG", "error"))
            try:
                asyncio.run(ENGINES[order["engine"]](order))
            finally:
                os._exit(1)
        print(pid, flush=True)


ENGINES = {"embedded": work, "procrastinate": work_by_jobs}

if __name__ == "__main__":
    main()
