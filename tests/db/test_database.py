"""The database: one writer, acts that stand or fall alone, and clear words when it cannot be used."""

import asyncio
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import IntegrityError

from bot.db import Database, DatabaseUnusable, migrations
from bot.db.tables import audit, metadata, officials
from tests.conftest import a_postgres_database

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def note(connection: Connection, act: str) -> None:
    connection.execute(insert(audit).values(at=NOW, official="an", act=act, detail=""))


async def test_many_acts_at_once_are_all_kept(database: Database) -> None:
    await asyncio.gather(*(database.write(lambda c, n=n: note(c, f"act {n}")) for n in range(300)))

    kept = await database.read(lambda c: c.scalars(select(audit.c.act)).all())
    assert sorted(kept) == sorted(f"act {n}" for n in range(300))


async def test_an_act_that_fails_takes_no_other_with_it(database: Database) -> None:
    def add(connection: Connection, login: str) -> None:
        values = {"name": "An", "role": "drafter", "password_hash": "x", "active": True, "created_at": NOW}
        connection.execute(insert(officials).values(login=login, **values))

    results = await asyncio.gather(
        *(database.write(lambda c, who=who: add(c, who)) for who in ("an", "binh", "an", "chi")),
        return_exceptions=True,
    )

    assert sum(isinstance(each, IntegrityError) for each in results) == 1
    assert await database.read(lambda c: len(c.execute(select(officials)).all())) == 3


async def test_who_is_cancelled_while_waiting_stops_nobody_else(database: Database) -> None:
    entered, leave = threading.Event(), threading.Event()

    def linger(connection: Connection) -> None:
        entered.set()
        leave.wait(10)
        note(connection, "lingered")

    under_way = asyncio.create_task(database.write(linger))
    await asyncio.to_thread(entered.wait, 10)
    waiting = asyncio.create_task(database.write(lambda c: note(c, "cancelled")))
    await asyncio.sleep(0)
    for each in (under_way, waiting):
        each.cancel()
    await asyncio.wait({under_way, waiting})
    leave.set()

    await asyncio.wait_for(database.write(lambda c: note(c, "after")), 10)

    kept = await database.read(lambda c: c.scalars(select(audit.c.act).order_by(audit.c.id)).all())
    assert kept == ["lingered", "after"]


async def test_a_moment_comes_back_as_aware_utc(database: Database) -> None:
    in_vietnam = NOW.astimezone(timezone(timedelta(hours=7)))
    await database.write(
        lambda c: c.execute(insert(audit).values(at=in_vietnam, official="an", act="x", detail=""))
    )

    (at,) = await database.read(lambda c: c.scalars(select(audit.c.at)).all())

    assert at == NOW
    assert at.tzinfo is UTC


async def test_a_naive_time_is_refused(sqlite: Database) -> None:
    with pytest.raises(Exception, match="time zone"):
        naive = insert(audit).values(at=datetime(2026, 1, 1), official="an", act="x", detail="")
        await sqlite.write(lambda c: c.execute(naive))


def test_opening_twice_migrates_once(sqlite_url: str) -> None:
    Database.open(sqlite_url).close()
    again = Database.open(sqlite_url)

    version = again.read_now(lambda c: c.execute(text("SELECT version_num FROM alembic_version")).scalar())
    scripts = Path(migrations.__file__).parent / "versions"
    assert version == max(each.stem[:4] for each in scripts.glob("0*.py"))
    again.close()


def test_the_tables_and_the_migrations_agree(database: Database) -> None:
    with database.engine.connect() as connection:
        difference = compare_metadata(MigrationContext.configure(connection), metadata)

    assert difference == []


def test_a_database_that_cannot_be_written_is_a_clear_error() -> None:
    with pytest.raises(DatabaseUnusable, match=r"hoctap\.db"):
        Database.open("sqlite:////proc/hoctap.db")


def test_a_server_that_is_not_there_is_a_clear_error_without_the_password() -> None:
    with pytest.raises(DatabaseUnusable) as caught:
        Database.open("postgresql+psycopg://hoctap:geheim@127.0.0.1:1/hoctap")

    assert "geheim" not in str(caught.value)


async def test_of_two_who_wait_for_each_other_the_one_undone_is_run_again(postgres_url: str) -> None:
    first, second = Database.open(postgres_url), Database.open(postgres_url)
    values = {"name": "", "role": "drafter", "password_hash": "x", "active": True, "created_at": NOW}
    await first.write(
        lambda c: c.execute(insert(officials), [{"login": login, **values} for login in ("an", "binh")])
    )
    both = threading.Barrier(2)

    def rename(connection: Connection, logins: tuple[str, str], name: str) -> None:
        for login in logins:
            change = officials.update().where(officials.c.login == login).values(name=officials.c.name + name)
            connection.execute(change)
            with suppress(threading.BrokenBarrierError):
                both.wait(1)

    # Each holds what the other wants; only the first time do they wait for each other in between.
    await asyncio.gather(
        first.write(lambda c: rename(c, ("an", "binh"), "x")),
        second.write(lambda c: rename(c, ("binh", "an"), "y")),
    )

    names = await first.read(lambda c: c.scalars(select(officials.c.name)).all())
    assert [sorted(name) for name in names] == [["x", "y"], ["x", "y"]]
    for each in (first, second):
        each.close()


async def test_processes_that_start_at_once_upgrade_the_schema_once(postgres_server: str) -> None:
    program = "import sys; from bot.db import Database; Database.open(sys.argv[1]).close()"
    with a_postgres_database(postgres_server) as url:
        starts = [await asyncio.create_subprocess_exec(sys.executable, "-c", program, url) for _ in range(3)]

        assert [await each.wait() for each in starts] == [0, 0, 0]
