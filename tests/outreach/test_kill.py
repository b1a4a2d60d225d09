"""kill -9 in the middle, twice: what the guarantee of a broadcast is worth."""

import asyncio
import sys
import time
from collections import Counter
from pathlib import Path

from bot.db import Database
from bot.outreach.delivery import DeliveryStatus, OnAmbiguous
from bot.sending import WINDOW_MAX
from tests.outreach.postroom import add_people, counted, peers_with, schedule, status_of

PEOPLE = 300
KILL_AT = (80, 180)


async def broadcast_with_kills(database: Database, url: str, policy: OnAmbiguous) -> tuple[int, Counter[str]]:
    """Send to 300 people through a process that is killed twice. Returns what arrived, by peer."""
    arrived: Counter[str] = Counter()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = (await reader.readline()).decode().strip()
        if peer:
            arrived[peer] += 1
            await asyncio.sleep(0.03)
            writer.write(b"id\n")
        writer.close()

    def act(connection: object) -> int:
        add_people(connection, PEOPLE)  # type: ignore[arg-type]
        return schedule(connection, on_ambiguous=policy)  # type: ignore[arg-type]

    number = await database.write(act)
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sender = str(Path(__file__).with_name("sender.py"))
    epoch = time.time()
    for kill_at in (*KILL_AT, None):
        process = await asyncio.create_subprocess_exec(sys.executable, sender, url, str(port), str(epoch))
        if kill_at is None:
            assert await asyncio.wait_for(process.wait(), 30) == 0
            break
        while arrived.total() < kill_at:
            assert process.returncode is None
            await asyncio.sleep(0.002)
        process.kill()
        await process.wait()
    server.close()
    return number, arrived


async def check_hold(url: str) -> None:
    database = Database.open(url)
    try:
        number, arrived = await broadcast_with_kills(database, url, OnAmbiguous.HOLD)
        counts = counted(database, number)
        sent = peers_with(database, number, DeliveryStatus.SENT)
        uncertain = peers_with(database, number, DeliveryStatus.UNCERTAIN)
        print("hold", database.is_sqlite, counts, "delivered but uncertain", len(uncertain & set(arrived)))

        assert status_of(database, number) == "completed"
        assert set(counts) <= {"sent", "uncertain"}
        assert sum(counts.values()) == PEOPLE
        assert max(arrived.values()) == 1
        assert sent <= set(arrived) <= sent | uncertain
        assert 1 <= len(uncertain) <= WINDOW_MAX * len(KILL_AT)
    finally:
        database.close()


async def test_nobody_gets_it_twice_and_the_doubtful_are_known_on_sqlite(sqlite_url: str) -> None:
    await check_hold(sqlite_url)


async def test_nobody_gets_it_twice_and_the_doubtful_are_known_on_postgresql(postgres_url: str) -> None:
    await check_hold(postgres_url)


async def test_nobody_is_lost_when_the_doubtful_are_sent_again(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    try:
        number, arrived = await broadcast_with_kills(database, sqlite_url, OnAmbiguous.RESEND)
        twice = sum(times > 1 for times in arrived.values())
        print("resend", counted(database, number), "twice", twice)

        assert counted(database, number) == {"sent": PEOPLE}
        assert len(arrived) == PEOPLE
        assert twice <= WINDOW_MAX * len(KILL_AT)
    finally:
        database.close()
