"""What the platforms' plans still hold: as a platform last said it, or as we count it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.contacts import Quota
from bot.db.channel_tables import quotas

MESSAGES = "messages"
"""The quota we count ourselves: messages in both directions in a month."""

_KEY = ("channel", "name", "period")


def keep(connection: Connection, quota: Quota, now: datetime) -> None:
    """Keep what a platform said about a quota."""
    values = {"used": quota.used, "most": quota.most, "at": now}
    _upsert(connection, quota, values, values)


def count(connection: Connection, channel: str, period: str, more: int, most: int, now: datetime) -> int:
    """Add *more* messages to those of *channel* in *period*. Returns how many there are."""
    quota = Quota(channel, MESSAGES, period, more, most)
    added = {"used": quotas.c.used + more, "most": most, "at": now}
    _upsert(connection, quota, {"used": more, "most": most, "at": now}, added)
    found = connection.scalar(
        select(quotas.c.used).where(
            quotas.c.channel == channel, quotas.c.name == MESSAGES, quotas.c.period == period
        )
    )
    return int(found or 0)


def of_period(connection: Connection, period: str) -> list[Quota]:
    """Every quota known in *period*."""
    rows = connection.execute(
        select(quotas).where(quotas.c.period == period).order_by(quotas.c.channel, quotas.c.name)
    )
    return [Quota(row.channel, row.name, row.period, row.used, row.most) for row in rows]


def _upsert(connection: Connection, quota: Quota, fresh: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    key = {"channel": quota.channel, "name": quota.name, "period": quota.period}
    connection.execute(
        dialect.insert(quotas)
        .values(**key, **fresh)
        .on_conflict_do_update(index_elements=list(_KEY), set_=dict(known))
    )
