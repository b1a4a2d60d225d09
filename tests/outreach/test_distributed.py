"""Jobs on PostgreSQL: work goes on when the server took the connections away, and no channel waits."""

import asyncio

from sqlalchemy import text

from bot.db import Connection, Database, broadcasts, waiting_shards
from bot.dispatch import Dispatcher
from bot.distributed import JobEngine
from tests.outreach.postroom import NOW, Clock, Recorder, add_people, schedule


async def test_a_worker_that_lost_its_connections_sends_the_next_broadcast(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    channel = Recorder()
    dispatcher = Dispatcher(database, {"fake": channel}, Clock())
    dispatcher.by_jobs = True
    engine = JobEngine(database, dispatcher)
    await engine.open()
    engine.start()

    async def send_one() -> None:
        number = await database.write(schedule)
        while database.read_now(lambda c: broadcasts.find(c, number)).status != "completed":
            await dispatcher.tick(NOW)
            await engine.offer_shards(NOW)
            await asyncio.sleep(0.05)

    await database.write(lambda c: add_people(c, 3))
    await asyncio.wait_for(send_one(), 20)
    await database.write(
        lambda c: c.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    )
    await asyncio.sleep(0.2)  # The workers notice.
    await asyncio.wait_for(send_one(), 20)

    assert len(channel.peers()) == 6
    await engine.close()
    database.close()


async def test_every_channel_has_its_next_shards_offered(database: Database) -> None:
    def prepare(connection: Connection) -> None:
        for name in ("fast", "slow"):
            add_people(connection, 12, channel=name, prefix=name)
        number = schedule(connection)
        broadcasts.start(connection, number, {"fast": 2, "slow": 3}, NOW)

    await database.write(prepare)
    ready = await database.read(lambda c: waiting_shards.ready(c, NOW, 3))

    assert [each.channel for each in ready].count("fast") == 3
    assert [each.channel for each in ready].count("slow") == 3
