"""A stored update → its answer on the wire, beside a bare python-telegram-bot echo bot in the same run."""

import asyncio
import itertools
import os
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.bench.bot_api import TOKEN, BotApi, Delivered
from bot.config import PREFIX, Config
from nlu.training import read_examples

ROUNDS: Final = 3
WARMING: Final = 40
CITIZENS_AT_ONCE: Final = 8
START_MAX: Final = 180.0
SECONDS_A_MESSAGE_MAX: Final = 0.2

Start = Callable[[str, Path], Awaitable[Process]]
"""Starts a bot that polls the Bot API at a URL with ``TOKEN`` and keeps what it keeps in a folder."""


async def start_ours(api_url: str, folder: Path, **variables: str) -> Process:
    """``hoctap run`` as an operator starts it, on SQLite in *folder*, with *variables* of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment |= {
        "HOCTAP_DATA": str(folder),
        "HOCTAP_CONTENT": str(Config.load().content.absolute()),
        "HOCTAP_PORT": "0",
        "HOCTAP_TELEGRAM_TOKEN": TOKEN,
        "HOCTAP_TELEGRAM_API_URL": api_url,
        # Or the 30 a second that Telegram permits would be all there is to measure.
        "HOCTAP_TELEGRAM_PAID_BROADCAST": "1",
        "HOCTAP_LOG_LEVEL": "error",
        **variables,
    }
    return await _start(["-m", "bot", "run"], environment)


async def start_echo(api_url: str, folder: Path) -> Process:
    """The baseline, which keeps nothing."""
    return await _start(["-m", "bot.bench.echo_bot", api_url, TOKEN], dict(os.environ))


@dataclass(frozen=True, slots=True)
class Figures:
    """What a round measured; times in milliseconds."""

    asked: int
    answered: int
    per_second: float
    p50: float
    p99: float
    cpu: float


@dataclass(slots=True)
class Contestant:
    """A bot that runs, its Bot API server, and the questions that wait for an answer."""

    api: BotApi
    process: Process
    waiting: dict[int, float] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    _citizens: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1000))

    def ask(self, text: str) -> None:
        """A citizen nobody knows yet writes *text*."""
        citizen = next(self._citizens)
        self.waiting[citizen] = time.perf_counter()
        self.api.say(citizen, text)

    def hear(self, delivered: Delivered) -> None:
        """The first message to a citizen is the answer; what follows it belongs to it."""
        asked = self.waiting.pop(delivered.chat, None)
        if asked is not None:
            self.took.append((time.perf_counter() - asked) * 1000)
            self.answered.set()

    async def answer(self, texts: Sequence[str], at_once: int, within: float) -> None:
        """Ask *texts*, so many *at_once*, until all are answered or the time is over."""
        self.took.clear()
        self.waiting.clear()
        left = iter(texts)
        for text in itertools.islice(left, at_once):
            self.ask(text)
        ends = time.perf_counter() + within
        while self.waiting and (patience := ends - time.perf_counter()) > 0:
            self.answered.clear()
            try:
                await asyncio.wait_for(self.answered.wait(), patience)
            except TimeoutError:
                return
            for text in itertools.islice(left, at_once - len(self.waiting)):
                self.ask(text)

    async def compete(self, texts: Sequence[str]) -> Figures:
        """All *texts* waiting at once, for the rate; then a quarter one after the other, for the latency."""
        within = max(30.0, len(texts) * SECONDS_A_MESSAGE_MAX)
        cpu, began = self._cpu_seconds(), time.perf_counter()
        await self.answer(texts, len(texts), within)
        answered, seconds = len(self.took), time.perf_counter() - began
        cpu = self._cpu_seconds() - cpu
        calm = texts[: max(len(texts) // 4, 1)]
        await self.answer(calm, CITIZENS_AT_ONCE, within)
        took = sorted(self.took) or [float("inf")]
        return Figures(
            asked=len(texts) + len(calm),
            answered=answered + len(self.took),
            per_second=answered / seconds,
            p50=statistics.median(took),
            p99=took[min(len(took) - 1, int(len(took) * 0.99))],
            cpu=cpu * 1000 / max(answered, 1),
        )

    def _cpu_seconds(self) -> float:
        try:
            ticks = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0  # No such file but on Linux.
        return (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")


def run(messages: int = 2000, ours: Start = start_ours) -> None:
    """Measure and print: ours, the baseline, and their ratio. *ours* starts the bot to be measured."""
    texts = texts_of_citizens(messages)
    mine, bare = asyncio.run(_compare(texts, ours))
    print(f"{messages} messages waiting, then {max(messages // 4, 1)} from {CITIZENS_AT_ONCE} at once; ", end="")
    print(f"medians of {ROUNDS} rounds")
    print(f"{'':32}{'hoctap':>12}{'bare PTB':>12}{'ratio':>8}")
    _print_row("messages a second", mine.per_second, bare.per_second)
    _print_row("latency p50, ms", mine.p50, bare.p50)
    _print_row("latency p99, ms", mine.p99, bare.p99)
    _print_row("CPU a message, ms", mine.cpu, bare.cpu)
    print(f"{'answered':32}{f'{mine.answered}/{mine.asked}':>12}{f'{bare.answered}/{bare.asked}':>12}")


async def _compare(texts: Sequence[str], ours: Start) -> tuple[Figures, Figures]:
    """Both bots are up all the time and take turns, so that what disturbs the one disturbs the other."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hoctap-bench-")))
        contestants = [await _enter(stack, start, folder) for start in (ours, start_echo)]
        rounds: list[list[Figures]] = [[], []]
        for _ in range(ROUNDS):
            for contestant, figures in zip(contestants, rounds, strict=True):
                figures.append(await contestant.compete(texts))
        mine, bare = (_median(figures) for figures in rounds)
        return mine, bare


async def _enter(stack: AsyncExitStack, start: Start, folder: Path) -> Contestant:
    api = await stack.enter_async_context(BotApi())
    process = await start(api.url, folder)
    stack.push_async_callback(stop_process, process)
    contestant = Contestant(api, process)
    api.on_delivered = contestant.hear
    ends = time.perf_counter() + START_MAX
    while not any(method == "getUpdates" for method, _ in api.calls):
        if process.returncode is not None or time.perf_counter() > ends:
            raise SystemExit("a bot did not start; run it by hand to see why")
        await asyncio.sleep(0.1)
    await contestant.answer(texts_of_citizens(WARMING), WARMING, 60)
    return contestant


async def _start(arguments: Sequence[str], environment: dict[str, str]) -> Process:
    silent = asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env=environment, stdout=silent, stderr=silent
    )


async def stop_process(process: Process) -> None:
    """End it, if need be without a last word."""
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 20)
        except TimeoutError:
            process.kill()
            await process.wait()


def texts_of_citizens(count: int) -> list[str]:
    """What citizens write: the phrases the understanding is trained on, one after the other."""
    phrases = sorted({example.text for example in read_examples()})
    return list(itertools.islice(itertools.cycle(phrases), count))


def _median(figures: Sequence[Figures]) -> Figures:
    return Figures(
        asked=sum(each.asked for each in figures),
        answered=sum(each.answered for each in figures),
        per_second=statistics.median(each.per_second for each in figures),
        p50=statistics.median(each.p50 for each in figures),
        p99=statistics.median(each.p99 for each in figures),
        cpu=statistics.median(each.cpu for each in figures),
    )


def _print_row(name: str, mine: float, bare: float) -> None:
    print(f"{name:32}{mine:12.1f}{bare:12.1f}{mine / bare if bare else 0:8.2f}")
