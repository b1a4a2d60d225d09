"""All rows of one database into another, empty one, and whether they all arrived."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, func, insert, select, text

from bot.db.tables import metadata

BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Copied:
    """A table, and how many rows it has here and there."""

    table: str
    here: int
    there: int


class NotEmpty(Exception):
    """The database to copy into holds rows already; the message names a table."""


def copy_all(source: Engine, target: Engine) -> Iterator[Copied]:
    """Copy every table in one transaction, and count. Raises NotEmpty; nothing is kept when the counts differ."""
    with (
        source.connect().execution_options(hoctap_reads=True, **_snapshot(source)) as here,
        target.begin() as there,
    ):
        for table in metadata.sorted_tables:
            if there.scalar(select(func.count()).select_from(table)):
                raise NotEmpty(table.name)
        for table in metadata.sorted_tables:
            rows = here.execution_options(yield_per=BATCH).execute(select(table))
            for part in rows.mappings().partitions(BATCH):
                there.execute(insert(table), [dict(row) for row in part])
            _set_sequence(there, table.name, [each.name for each in table.primary_key])
            counts = [each.scalar(select(func.count()).select_from(table)) or 0 for each in (here, there)]
            yield Copied(table.name, *counts)
            if counts[0] != counts[1]:
                raise RuntimeError(f"{table.name}: {counts[0]} rows here, {counts[1]} there")


def _snapshot(source: Engine) -> dict[str, str]:
    """What makes all tables be read as they stood at one moment; SQLite's transactions do so anyway."""
    return {"isolation_level": "REPEATABLE READ"} if source.dialect.name == "postgresql" else {}


def _set_sequence(connection: Connection, table: str, key: list[str]) -> None:
    """The next id of a table comes behind the highest that was copied."""
    if connection.dialect.name != "postgresql" or key != ["id"]:
        return
    name = connection.scalar(text("SELECT pg_get_serial_sequence(:table, 'id')"), {"table": table})
    if name:
        connection.execute(
            text(f"SELECT setval(:name, GREATEST((SELECT COALESCE(MAX(id), 0) FROM {table}), 1))"),
            {"name": name},
        )
