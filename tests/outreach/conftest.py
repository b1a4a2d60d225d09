"""Broadcasts are tried on both databases; one PostgreSQL database serves a whole run, emptied each time."""

import secrets
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text

from bot.db import Database
from bot.db.tables import metadata
from tests.conftest import POSTGRES


@pytest.fixture(scope="session")
def shared_postgres() -> Iterator[str]:
    """A PostgreSQL database for this process, dropped at the end."""
    admin = create_engine(POSTGRES, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3})
    name = f"hoctap_outreach_{secrets.token_hex(4)}"
    try:
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
    except Exception as error:
        pytest.skip(f"no PostgreSQL at HOCTAP_TEST_POSTGRES: {type(error).__name__}")
    yield POSTGRES.rpartition("/")[0] + f"/{name}"
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def postgres_url(shared_postgres: str) -> str:
    """The database of this process, empty."""
    database = Database.open(shared_postgres)
    names = ", ".join(metadata.tables)
    with database.engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    database.close()
    return shared_postgres
