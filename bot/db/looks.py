"""Who asked about check codes lately, over all processes: a digest and a time, for ten minutes."""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.db.channel_tables import looks
from bot.messages import Address

MOST: Final = 10
WITHIN: Final = timedelta(minutes=10)


def allow(connection: Connection, address: Address, now: datetime) -> bool:
    """Whether *address* may look once more; if so it is counted. What is older than that is forgotten."""
    connection.execute(delete(looks).where(looks.c.at <= now - WITHIN))
    who = hashlib.sha256(str(address).encode()).hexdigest()
    asked, last = connection.execute(
        select(func.count(), func.coalesce(func.max(looks.c.number), 0)).where(looks.c.who == who)
    ).one()
    if asked >= MOST:
        return False
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(looks).values(who=who, number=last + 1, at=now).on_conflict_do_nothing())
    return True
