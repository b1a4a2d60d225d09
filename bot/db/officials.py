"""Officials' accounts: made, found, changed, taken out of use; what they did stands in the audit."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from bot.db.audit import BOT, record
from bot.db.tables import officials, sessions
from bot.outreach.official import Official, Role


def add(connection: Connection, official: Official, password_hash: str, by: str, now: datetime) -> bool:
    """Make the account. False when the login is taken."""
    if find(connection, official.login) is not None or official.login == BOT:
        return False
    connection.execute(
        insert(officials).values(
            login=official.login,
            name=official.name,
            role=official.role,
            password_hash=password_hash,
            scope=" ".join(sorted(official.scope)),
            active=True,
            created_at=now,
        )
    )
    record(connection, by, "official_add", now, detail=f"{official.login} {official.role}")
    return True


def find(connection: Connection, login: str) -> tuple[Official, str] | None:
    """The account of *login* and the hash of its password."""
    row = connection.execute(select(officials).where(officials.c.login == login)).one_or_none()
    if row is None:
        return None
    return official_from(row), row.password_hash


def all_officials(connection: Connection) -> list[Official]:
    """Every account, by login."""
    rows = connection.execute(select(officials).order_by(officials.c.login))
    return [official_from(row) for row in rows]


def name_of(connection: Connection, login: str) -> str:
    """The official's name as citizens may read it; the login where there is no account of it."""
    return connection.scalar(select(officials.c.name).where(officials.c.login == login)) or login


def disable(connection: Connection, login: str, by: str, now: datetime) -> bool:
    """Take the account out of use, at once; what it did stays on record. False when it is not in use."""
    changed = connection.execute(
        update(officials).where(officials.c.login == login, officials.c.active).values(active=False)
    )
    if changed.rowcount == 1:
        connection.execute(delete(sessions).where(sessions.c.login == login))
        record(connection, by, "official_disable", now, detail=login)
    return changed.rowcount == 1


def enable(connection: Connection, login: str, by: str, now: datetime) -> bool:
    """Put the account into use again. False when it is in use, or unknown."""
    changed = connection.execute(
        update(officials).where(officials.c.login == login, ~officials.c.active).values(active=True)
    )
    if changed.rowcount == 1:
        record(connection, by, "official_enable", now, detail=login)
    return changed.rowcount == 1


def assign(connection: Connection, official: Official, by: str, now: datetime) -> bool:
    """Give the account the name, role and scope of *official*; acts at its next request."""
    scope = " ".join(sorted(official.scope))
    changed = connection.execute(
        update(officials)
        .where(officials.c.login == official.login)
        .values(name=official.name, role=official.role, scope=scope)
    )
    if changed.rowcount == 1:
        record(connection, by, "official_assign", now, detail=f"{official.login} {official.role} {scope}")
    return changed.rowcount == 1


def official_from(row: Row[Any]) -> Official:
    """The account in a row of the table."""
    return Official(row.login, row.name, Role(row.role), row.active, frozenset(row.scope.split()))
