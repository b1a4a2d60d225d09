"""Officials' accounts, and the audit: what every one of them did, and when."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from bot.db.tables import audit, officials
from bot.outreach.broadcast import Act
from bot.outreach.official import Official, Role

BOT = "hoctap"
"""Who stands in the audit for what the bot did by itself."""


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
    return _official(row), row.password_hash


def all_officials(connection: Connection) -> list[Official]:
    """Every account, by login."""
    rows = connection.execute(select(officials).order_by(officials.c.login))
    return [_official(row) for row in rows]


def name_of(connection: Connection, login: str) -> str:
    """The official's name as citizens may read it; the login where there is no account of it."""
    return connection.scalar(select(officials.c.name).where(officials.c.login == login)) or login


def disable(connection: Connection, login: str, by: str, now: datetime) -> bool:
    """Take the account out of use; what it did stays on record. False when it is not in use."""
    changed = connection.execute(
        update(officials).where(officials.c.login == login, officials.c.active).values(active=False)
    )
    if changed.rowcount == 1:
        record(connection, by, "official_disable", now, detail=login)
    return changed.rowcount == 1


def record(
    connection: Connection,
    login: str,
    act: str,
    now: datetime,
    *,
    broadcast_id: int | None = None,
    detail: str = "",
) -> None:
    """Add a line to the audit; nothing ever changes or removes one."""
    connection.execute(
        insert(audit).values(at=now, official=login, act=act, broadcast_id=broadcast_id, detail=detail[:300])
    )


def authors_of(connection: Connection, broadcast_id: int) -> frozenset[str]:
    """Everybody who had a hand in the broadcast as it stands: wrote, changed or submitted it."""
    hands = (Act.DRAFT, Act.EDIT, Act.SUBMIT)
    logins = connection.scalars(
        select(audit.c.official).where(audit.c.broadcast_id == broadcast_id, audit.c.act.in_(hands)).distinct()
    )
    return frozenset(logins)


def _official(row: Row[Any]) -> Official:
    return Official(row.login, row.name, Role(row.role), row.active, frozenset(row.scope.split()))
