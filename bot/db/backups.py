"""A backup of either kind of database: one SQLite file, consistent, checked, readable by its owner only."""

import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, func, select

from bot.db import Database
from bot.db.copying import copy_all
from bot.db.tables import metadata


class BackupBad(Exception):
    """The file that was written is not whole; the message is SQLite's."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A file that holds everything, and how much that is."""

    path: Path
    rows: int
    size: int


def back_up(database: Database, path: Path) -> Backup:
    """Write everything in *database* to the new file *path* while the bot goes on, and check the file.

    Raises FileExistsError, another OSError, or BackupBad; no file is left then.
    """
    path.touch(0o600, exist_ok=False)
    try:
        if database.is_sqlite:
            with closing(database.engine.raw_connection()) as connection:
                connection.cursor().execute("VACUUM INTO ?", (str(path),))
        else:
            target = Database.open(f"sqlite:///{path}")
            try:
                for _ in copy_all(database.engine, target.engine):
                    pass
            finally:
                target.close()
        rows = _check(path)
        with path.open("rb") as file:
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Backup(path, rows, path.stat().st_size)


def _check(path: Path) -> int:
    """How many rows the file holds. Raises BackupBad when it is not whole."""
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.connect() as connection:
            said = connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()
            if said != "ok":
                raise BackupBad(str(said))
            return sum(
                connection.scalar(select(func.count()).select_from(table)) or 0 for table in metadata.sorted_tables
            )
    finally:
        engine.dispose()
