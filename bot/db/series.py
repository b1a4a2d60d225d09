"""Who is on which learning path, and since when."""

from datetime import datetime

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.db.tables import series_members


def join(connection: Connection, series: str, contact_id: int, now: datetime) -> None:
    """The contact begins *series*; who left it begins anew, who is in it goes on."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(
        dialect.insert(series_members)
        .values(series=series, contact_id=contact_id, joined_at=now)
        .on_conflict_do_update(
            index_elements=["series", "contact_id"],
            set_={"joined_at": now, "left_at": None},
            where=series_members.c.left_at.is_not(None),
        )
    )


def leave(connection: Connection, series: str, contact_id: int, now: datetime) -> None:
    """No further step for the contact."""
    connection.execute(
        update(series_members)
        .where(series_members.c.series == series, series_members.c.contact_id == contact_id)
        .values(left_at=now)
    )


def count(connection: Connection, series: str) -> int:
    """How many are on the path."""
    query = select(func.count()).where(series_members.c.series == series, series_members.c.left_at.is_(None))
    return connection.scalar(query) or 0
