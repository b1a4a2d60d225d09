"""Updates a webhook takes a second, each on disk before its 200, with the answers worked off behind; beside a
webhook that keeps nothing."""

import asyncio
import itertools
import json
import socket
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from bot.bench.bot_api import BotApi, Delivered
from bot.bench.inbound import start_ours, stop_process, texts_of_citizens
from bot.bench.targets import Target, show
from bot.db import Database, crowds

ROUNDS: Final = 3
AT_ONCE: Final = 32
REPEATED: Final = 20
"""One update in so many is sent twice, as after an answer that was lost."""

SECRET: Final = "a-secret-of-this-bench"
FIRST_CITIZEN: Final = 5_000_000
PATIENCE: Final = 600.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """What came of one burst: updates a second, and milliseconds until the 200."""

    per_second: float
    p50: float
    p99: float


def run(updates: int = 5000) -> None:
    """Measure and print."""
    asyncio.run(_compare(updates))


async def _compare(updates: int) -> None:
    texts = texts_of_citizens(updates)
    numbers = itertools.count(1)
    ours: list[Accepted] = []
    plain: list[Accepted] = []
    answered: list[float] = []
    with tempfile.TemporaryDirectory(prefix="hoctap-bench-") as folder:
        async with BotApi(keeps_calls=False) as api, _plain() as bare, _hoctap(api, Path(folder)) as hook:
            heard: dict[int, float] = {}

            def hear(delivered: Delivered) -> None:
                heard.setdefault(delivered.chat, time.perf_counter())

            api.on_delivered = hear
            await _burst(hook, texts[:AT_ONCE], numbers)
            await _until(lambda: len(heard) >= min(AT_ONCE, updates))
            for _ in range(ROUNDS):
                plain.append(await _burst(bare, texts, numbers))
                heard.clear()
                began = time.perf_counter()
                ours.append(await _burst(hook, texts, numbers))
                await _until(lambda: len(heard) >= updates)
                answered.append(len(heard) / (max(heard.values(), default=began) - began))
        database = Database.open(f"sqlite:///{Path(folder) / 'hoctap.db'}")
        kept = database.read_now(crowds.count_heard) - min(AT_ONCE, updates)
        database.close()
    mine, base = _middle(ours), _middle(plain)
    print(f"{updates} updates from {AT_ONCE} connections, 1 in {REPEATED} twice; medians of {ROUNDS} rounds")
    print(f"{'':28}{'hoctap':>10}{'keeps none':>12}{'ratio':>8}")
    for name, one, other in (
        ("accepted a second", mine.per_second, base.per_second),
        ("until the 200, p50, ms", mine.p50, base.p50),
        ("until the 200, p99, ms", mine.p99, base.p99),
    ):
        print(f"{name:28}{one:10.1f}{other:12.1f}{one / other:8.2f}")
    print(f"{'answered a second':28}{statistics.median(answered):10.1f}")
    print(f"{'rows kept':28}{kept:10}   of {ROUNDS * updates} updates, each once")
    show(
        Target("accepted a second", mine.per_second, at_least=800),
        Target("p99, ms", mine.p99, at_most=150),
        Target("rows kept", kept, at_least=ROUNDS * updates, at_most=ROUNDS * updates),
    )


async def _burst(url: str, texts: Sequence[str], numbers: "itertools.count[int]") -> Accepted:
    """Give all *texts* to the webhook, each from a citizen of its own, as fast as it takes them."""
    bodies: list[bytes] = []
    for place, text in enumerate(texts):
        number = next(numbers)
        chat = FIRST_CITIZEN + number
        person = {"id": chat, "is_bot": False, "first_name": "Citizen", "language_code": "vi"}
        message = {
            "message_id": number,
            "date": int(time.time()),
            "chat": {"id": chat, "type": "private", "first_name": "Citizen"},
            "from": person,
            "text": text,
        }
        body = json.dumps({"update_id": number, "message": message}).encode()
        bodies += [body] * (2 if place % REPEATED == 0 else 1)
    left, took = iter(bodies), []
    headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": SECRET}
    connector = aiohttp.TCPConnector(limit=AT_ONCE)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def post() -> None:
            for body in left:
                began = time.perf_counter()
                async with session.post(f"{url}/hook/telegram", data=body) as answer:
                    await answer.read()
                    if answer.status != 200:
                        raise SystemExit(f"the webhook answered {answer.status}: no figure is worth anything")
                took.append((time.perf_counter() - began) * 1000)

        began = time.perf_counter()
        await asyncio.gather(*(post() for _ in range(AT_ONCE)))
        seconds = time.perf_counter() - began
    took.sort()
    return Accepted(len(bodies) / seconds, statistics.median(took), took[int(len(took) * 0.99)])


@asynccontextmanager
async def _hoctap(api: BotApi, folder: Path) -> AsyncIterator[str]:
    """``hoctap run`` with a webhook; where it listens is what it told the Bot API's server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    process = await start_ours(
        api.url,
        folder,
        HOCTAP_PORT=str(port),
        HOCTAP_PUBLIC_URL=url,
        HOCTAP_TELEGRAM_WEBHOOK_SECRET=SECRET,
    )
    try:
        await _until(lambda: bool(api.webhook) or process.returncode is not None)
        if not api.webhook:
            raise SystemExit("the bot did not start; run it by hand to see why")
        yield url
    finally:
        await stop_process(process)


@asynccontextmanager
async def _plain() -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bot.bench.plain_webhook", stdout=PIPE)
    assert process.stdout is not None
    port = int(await process.stdout.readline())
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await stop_process(process)


def _middle(bursts: Sequence[Accepted]) -> Accepted:
    return Accepted(
        statistics.median(each.per_second for each in bursts),
        statistics.median(each.p50 for each in bursts),
        statistics.median(each.p99 for each in bursts),
    )


async def _until(done: Callable[[], bool]) -> None:
    ends = time.perf_counter() + PATIENCE
    while not done():
        if time.perf_counter() > ends:
            raise SystemExit(f"not done within {PATIENCE:g} s: no figure is worth anything")
        await asyncio.sleep(0.05)
