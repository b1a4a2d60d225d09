"""Work that one process does for all, and which process that is: a row it renews, or loses."""

from datetime import datetime

from sqlalchemy import Connection, delete, or_
from sqlalchemy.dialects import postgresql, sqlite

from bot.db.channel_tables import leases


def hold(connection: Connection, name: str, owner: str, now: datetime, until: datetime) -> bool:
    """Take or renew the lease *name* for *owner*. False while it is somebody else's."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    taken: str | None = connection.scalar(
        dialect.insert(leases)
        .values(name=name, owner=owner, until=until)
        .on_conflict_do_update(
            index_elements=["name"],
            set_={"owner": owner, "until": until},
            where=or_(leases.c.owner == owner, leases.c.until <= now),
        )
        .returning(leases.c.owner)
    )
    return taken == owner


def release(connection: Connection, name: str, owner: str) -> None:
    """Give the lease back, so that nobody waits for its end."""
    connection.execute(delete(leases).where(leases.c.name == name, leases.c.owner == owner))
