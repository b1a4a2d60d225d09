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
from bot.config import Config
from bot.contacts import Segment, Topic
from bot.db import Connection, Database, broadcasts, console_crowd, officials, sign_in
from bot.outreach.broadcast import Broadcast
from bot.outreach.official import Official, Role
from bot.publication import start

PEOPLE: Final = 100_000
BROADCASTS: Final = 11
ROUNDS: Final = 40
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


def run(say: Callable[[str], None], people: int = PEOPLE) -> None:
    """Fill a database, ask for every page, and print p50 and p95 in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        config = Config(data=Path(folder), content=Config.load().content)
        database = Database.open(config.database)
        now = datetime.now(UTC)
        database.submit(lambda c: _fill(c, people, now)).result()
        app = App.open(config, database, start(config, database, now))
        asyncio.run(_measure(app, say))
        database.close()


async def _measure(app: App, say: Callable[[str], None]) -> None:
    transport = httpx.ASGITransport(app=app.web())
    cookies = {"hoctap_console": SECRET}
    async with httpx.AsyncClient(transport=transport, base_url="http://bench", cookies=cookies) as client:
        base = await _time(client, BASELINE)
        say(f"{'page':40} {'p50 ms':>8} {'p95 ms':>8} {'x':>6}")
        for path in (BASELINE, *PAGES, *SLOW_PAGES):
            took = base if path == BASELINE else await _time(client, path)
            p50, p95 = statistics.median(took), sorted(took)[int(len(took) * 0.95) - 1]
            say(f"{path:40} {p50:8.1f} {p95:8.1f} {p50 / statistics.median(base):6.1f}")


async def _time(client: httpx.AsyncClient, path: str) -> list[float]:
    took = []
    for _ in range(3 + (ROUNDS if path not in SLOW_PAGES else 5)):
        began = time.perf_counter()
        answer = await client.get(path)
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (path, answer.status_code)
    return took[3:]


def _fill(connection: Connection, people: int, now: datetime) -> None:
    officials.add(connection, Official("bench", "Bench", Role.APPROVER), "", "operator", now)
    sign_in.open_session(connection, Session(digest(SECRET), "bench", "bench", now, now))
    console_crowd.add_people(connection, people, now)
    for number in range(1, BROADCASTS + 1):  # The last one stays a draft, whose people are counted.
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
