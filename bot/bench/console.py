"""The console's pages at scale: 1,000,000 copies, 100,000 contacts; beside a page that asks nothing."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx

from bot.access.sign_in import Session, digest
from bot.app import App
from bot.bench.cluster import private_cluster
from bot.config import Config
from bot.contacts import Segment, Topic
from bot.db import Connection, Database, broadcasts, console_crowd, officials, sign_in
from bot.outreach.broadcast import Broadcast
from bot.outreach.official import Official, Role
from bot.publication import start

PEOPLE: Final = 100_000
BROADCASTS: Final = 11
ROUNDS: Final = 40
FIRSTS: Final = 20
DRAFT: Final = "/console/broadcasts/"
SECRET: Final = "a secret of nobody but this bench"
PAGES: Final = (
    "/console/broadcasts",
    "/console/broadcasts/1",
    f"/console/broadcasts/{BROADCASTS}",
    "/console/broadcasts/1/progress",
    "/console/broadcasts/new",
    "/console/calendar",
    "/console/conversations",
    "/console/questions",
    "/console/centres?q=trung",
    "/console/me",
)
SLOW_PAGES: Final = ("/console/broadcasts/1/results",)
BASELINE: Final = "/static/icon.svg"


def run(say: Callable[[str], None], people: int = PEOPLE, url: str = "") -> None:
    """Fill an empty database (*url*, else SQLite), ask for every page, print p50 and p95 in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        config = Config(data=Path(folder), content=Config.load().content, database_url=url)
        database = Database.open(config.database, config.keys)
        now = datetime.now(UTC)
        database.submit(lambda c: _fill(c, people, now)).result()
        say(f"{database.engine.dialect.name}, {people:,} contacts, {people * (BROADCASTS - 1):,} copies")
        app = App.open(config, database, start(config, database, now))
        asyncio.run(_measure(app, say))
        database.close()


async def run_on_postgresql(say: Callable[[str], None], people: int = PEOPLE) -> None:
    """The same on a PostgreSQL cluster of its own."""
    with tempfile.TemporaryDirectory() as folder, private_cluster(Path(folder)) as cluster:
        await asyncio.to_thread(run, say, people, cluster.url)


async def _measure(app: App, say: Callable[[str], None]) -> None:
    transport = httpx.ASGITransport(app=app.web())
    cookies = {"hoctap_console": SECRET}
    async with httpx.AsyncClient(transport=transport, base_url="http://bench", cookies=cookies) as client:
        base = await _time(client, BASELINE)
        say(f"{'page':40} {'p50 ms':>8} {'p95 ms':>8} {'x':>6}")

        def tell(name: str, took: list[float]) -> None:
            p50, p95 = statistics.median(took), sorted(took)[int(len(took) * 0.95) - 1]
            say(f"{name:40} {p50:8.1f} {p95:8.1f} {p50 / statistics.median(base):6.1f}")

        tell(BASELINE, base)
        # Each of these for the first time, when its people are not counted yet; then the counting itself.
        firsts = [BROADCASTS + 1 + number for number in range(2 * FIRSTS)]
        pages, counts = [], []
        for number in firsts[:FIRSTS]:
            pages.append(await _ask(client, f"{DRAFT}{number}"))
            await _ask(client, f"{DRAFT}{number}/ready", 204)
        for number in firsts[FIRSTS:]:
            counts.append(await _ask(client, f"{DRAFT}{number}/ready", 204))
        tell("a draft, not counted yet", pages)
        tell("counting its people, beside the page", counts)
        for path in (*PAGES, *SLOW_PAGES):
            tell(path, await _time(client, path))


async def _ask(client: httpx.AsyncClient, path: str, status: int = 200) -> float:
    began = time.perf_counter()
    answer = await client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return (time.perf_counter() - began) * 1000


async def _time(client: httpx.AsyncClient, path: str) -> list[float]:
    rounds = 3 + (ROUNDS if path not in SLOW_PAGES else 5)
    return [await _ask(client, path) for _ in range(rounds)][3:]


def _fill(connection: Connection, people: int, now: datetime) -> None:
    officials.add(connection, Official("bench", "Bench", Role.APPROVER), "", "operator", now)
    sign_in.open_session(connection, Session(digest(SECRET), "bench", "bench", now, now))
    console_crowd.add_people(connection, people, now)
    for number in range(1, BROADCASTS + 1 + 2 * FIRSTS):  # From the last one on they stay drafts.
        content = {
            "kind": "ordinary",
            "urgent_reason": "",
            "code": f"B{number}",
            "text": f"{number}",
            "buttons": [],
        }
        made = Broadcast(
            f"bench-{number}",
            f"Bench {number}",
            content,
            Segment(topics=frozenset({Topic.EVENTS})),
            now - timedelta(hours=number),
            now + timedelta(days=1),
            "bench",
            now,
        )
        kept = broadcasts.add(connection, made, now)
        if number < BROADCASTS:
            console_crowd.send_to_all(connection, kept.id, people, now)
