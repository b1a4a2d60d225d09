"""The only SQL: a Database of one writer and many readers, and one module a noun.

Acts are plain functions ``(connection, …) -> T`` that do nothing slow. ``Database.write`` runs them
on one writer thread and commits whatever waits together, so a hundred small acts cost one disk sync
and SQLite never meets a second writer in the process.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeVar

from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, Engine, create_engine, delete, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from bot.access.sealing import Keys, KeyUnusable
from bot.db import channel_tables as channel_tables
from bot.db import content_tables as content_tables
from bot.db import sealing
from bot.db.chain_lock import ChainBusy, let_chain_be_tried, wait_for_chain
from bot.db.tables import replies

T = TypeVar("T")
Act = Callable[[Connection], T]

GROUP_MAX = 256
TRIES = 3
UPGRADING = 7_316_002
"""The number of the advisory lock; that of the audit's chain is another."""

NOTICE_LOSS = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""By which a connection notices within half a minute that the server's machine is gone; else in hours."""


class DatabaseUnusable(Exception):
    """The database cannot be opened or written; the message says what to do."""


class Database:
    """One database, SQLite or PostgreSQL. Open it with ``Database.open(url)``, end with ``close``."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._acts: queue.SimpleQueue[tuple[Act[Any], Future[Any]] | None] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="db-read")
        self._writer = threading.Thread(target=self._write_groups, name="db-write", daemon=True)
        self._writer.start()

    @classmethod
    def open(cls, url: str, keys: Keys | None = None) -> Self:
        """The database at *url*, brought to the newest schema, its secrets sealed under *keys* (by default
        those of the file beside an SQLite database).

        Raises DatabaseUnusable when it cannot be reached or written, or the keys do not open it.
        """
        # A server that was restarted must not cost the next act its connection.
        several = not url.startswith("sqlite")
        if keys is None:
            keys = Keys(file=None if several else Path(str(make_url(url).database)).with_suffix(".key"))
        engine = create_engine(
            url,
            pool_pre_ping=several,
            connect_args=dict(NOTICE_LOSS) if several else {},
            execution_options={sealing.OPTION: keys},
        )
        if several:
            event.listen(engine, "connect", _prepare_postgresql)
        else:
            path = make_url(url).database
            if path and path != ":memory:":
                with suppress(OSError):
                    Path(path).parent.mkdir(parents=True, exist_ok=True)
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_immediate)
        try:
            upgrade(engine)
            with engine.connect() as connection:
                open_secrets = sealing.lies_open(connection)
            if open_secrets:
                with engine.begin() as connection:
                    sealing.seal_anew(connection)
        except KeyUnusable as error:
            engine.dispose()
            raise DatabaseUnusable(str(error)) from error
        except (OperationalError, DBAPIError) as error:
            engine.dispose()
            shown = make_url(url).render_as_string(hide_password=True)
            raise DatabaseUnusable(f"{shown}: {str(error.orig).strip()}") from error
        return cls(engine)

    async def write(self, act: Act[T]) -> T:
        """Run *act* in a transaction with whatever else waits, and return once it is on disk."""
        return await asyncio.wrap_future(self.submit(act))

    def submit(self, act: Act[T]) -> "Future[T]":
        """As ``write``, for callers without an event loop: the future ends after the commit."""
        future: Future[T] = Future()
        self._acts.put((act, future))
        return future

    async def read(self, act: Act[T]) -> T:
        """Run *act*, which only reads, on a connection of its own."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, act)

    def read_now(self, act: Act[T]) -> T:
        """As ``read``, for callers without an event loop."""
        return self._read(act)

    async def reserve(self, act: Act[T]) -> T:
        """Run *act*, whose loss in a power cut does no harm, so that nobody waits for the disk or for
        a row it holds."""
        if self.is_sqlite:
            return await self.write(act)
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._reserve, act)

    async def is_writable(self) -> bool:
        """Whether a transaction can be written now; the one it tries changes nothing."""
        try:
            await self.write(lambda connection: connection.execute(delete(replies).where(replies.c.id < 0)))
        except SQLAlchemyError:
            return False
        return True

    def close(self) -> None:
        """Finish what waits and give the connections back."""
        self._acts.put(None)
        self._writer.join(timeout=30)
        self._readers.shutdown()
        self.engine.dispose()

    def _read(self, act: Act[T]) -> T:
        with self.engine.connect().execution_options(hoctap_reads=True) as connection:
            return act(connection)

    def _reserve(self, act: Act[T]) -> T:
        with self.engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            return act(connection)

    def _write_groups(self) -> None:
        while (first := self._acts.get()) is not None:
            group = [first]
            ending = False
            while len(group) < GROUP_MAX:
                try:
                    more = self._acts.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    ending = True
                    break
                group.append(more)
            # Who was cancelled while waiting wants nothing any more; who is from now on is too late.
            wanted = [one for one in group if one[1].set_running_or_notify_cancel()]
            if wanted:
                self._commit(wanted)
            if ending:
                return

    def _commit(
        self, group: list[tuple[Act[Any], Future[Any]]], *, chain_first: bool = False, tries: int = TRIES
    ) -> None:
        """Commit the group as one transaction; when one act fails, each stands alone."""
        try:
            with self.engine.begin() as connection:
                (wait_for_chain if chain_first else let_chain_be_tried)(connection)
                results = [act(connection) for act, _ in group]
        except ChainBusy:
            self._commit(group, chain_first=True)
            return
        except Exception as error:
            if len(group) == 1:
                if tries > 1 and _is_undone(error):
                    self._commit(group, chain_first=chain_first, tries=tries - 1)
                else:
                    group[0][1].set_exception(error)
                return
            for one in group:
                self._commit([one])
            return
        for (_, future), result in zip(group, results, strict=True):
            future.set_result(result)


def _is_undone(error: Exception) -> bool:
    """Whether PostgreSQL undid the act for another's sake (a deadlock), and asks that it be run again."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == "40P01"


def upgrade(engine: Engine) -> None:
    """Bring the schema to its newest revision; of several processes that start at once, one does it."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADING})")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _prepare_sqlite(connection: Any, _: ConnectionPoolEntry) -> None:
    # The driver's own BEGIN is late and deferred; ours takes the write lock at once (_begin_immediate).
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "busy_timeout=10000",
        "journal_mode=WAL",
        # NORMAL may lose the last commits in a power cut: an unrecorded duplicate after it.
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        with suppress(Exception):
            cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _prepare_postgresql(connection: Any, _: ConnectionPoolEntry) -> None:
    # A machine that vanished in mid-transaction must not hold its rows for hours.
    connection.execute("SET idle_in_transaction_session_timeout = '60s'")
    # Compiling a statement takes a hundred times as long as any of ours.
    connection.execute("SET jit = off")
    connection.commit()


def _begin_immediate(connection: Connection) -> None:
    reads = connection.get_execution_options().get("hoctap_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


__all__ = ["NOTICE_LOSS", "Act", "Connection", "Database", "DatabaseUnusable", "SQLAlchemyError", "upgrade"]
