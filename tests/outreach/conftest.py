"""Broadcasts are tried on both databases; one PostgreSQL database serves a whole run, emptied each time."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from bot.db import Database
from bot.db.tables import metadata
from tests.conftest import a_postgres_database


@pytest.fixture(scope="session")
def shared_postgres() -> Iterator[str]:
    """A PostgreSQL database for this process, dropped at the end."""
    with a_postgres_database() as url:
        yield url


@pytest.fixture
def postgres_url(shared_postgres: str) -> str:
    """The database of this process, empty."""
    database = Database.open(shared_postgres)
    names = ", ".join(metadata.tables)
    with database.engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    database.close()
    return shared_postgres
