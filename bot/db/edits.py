"""Edits of the content that are on their way: kept as typed until they are published or dropped."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.db.content_tables import edits
from bot.knowledge.edit import Edit


def keep(connection: Connection, edit: Edit) -> None:
    """Keep the edit, in the place of an earlier one of the same answer."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    values = {
        "based_on": edit.based_on,
        "cells": dict(edit.cells),
        "official": edit.official,
        "at": edit.at,
    }
    row = dialect.insert(edits).values(key=edit.key, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["key"], set_=values))


def find(connection: Connection, key: str) -> Edit | None:
    """The edit of an answer, if there is one."""
    row = connection.execute(select(edits).where(edits.c.key == key)).one_or_none()
    return _edit(row) if row else None


def all_edits(connection: Connection) -> list[Edit]:
    """Every edit, the oldest first."""
    return [_edit(row) for row in connection.execute(select(edits).order_by(edits.c.at, edits.c.key))]


def drop(connection: Connection, keys: Collection[str]) -> int:
    """Drop edits; how many there were."""
    return connection.execute(delete(edits).where(edits.c.key.in_(keys))).rowcount


def _edit(row: Row[Any]) -> Edit:
    return Edit(row.key, row.cells, row.based_on, row.official, row.at)
