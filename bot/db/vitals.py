"""How the house is, as the database knows it: what waits and since when, the last backup, tokens and quotas."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import Connection, func, or_, select

from bot.contacts import Quota
from bot.db import house_marks
from bot.db.channel_tables import quotas, zalo_tokens
from bot.db.tables import broadcasts, inbox, replies, shards

QUOTAS_KEPT = timedelta(days=32)
_BACKUP = "backup"


@dataclass(frozen=True, slots=True)
class Vitals:
    """Since when the oldest of each kind waits (None: none does); the rest by channel.

    *inbound* is a message not answered, *reply* one to be sent by now, *shard* a part of a broadcast that may
    be sent by now. *heard_at* is when a channel last brought something, *token_until* how long Zalo OA's holds.
    """

    inbound: datetime | None
    reply: datetime | None
    shard: datetime | None
    backup: datetime | None
    heard_at: Mapping[str, datetime]
    quotas: tuple[Quota, ...]
    token_until: datetime | None

    @classmethod
    def unknown(cls) -> Self:
        """What is known while the database does not answer."""
        return cls(None, None, None, None, {}, (), None)


def read_vitals(connection: Connection, now: datetime) -> Vitals:
    """Everything at once."""
    ask = connection.scalar
    since = func.coalesce(shards.c.not_before, broadcasts.c.started_at, broadcasts.c.due_at)
    due = (
        select(func.min(since))
        .join(broadcasts, broadcasts.c.id == shards.c.broadcast_id)
        .where(
            shards.c.status == "ready",
            broadcasts.c.status == "sending",
            shards.c.wave <= broadcasts.c.wave,
            or_(shards.c.not_before.is_(None), shards.c.not_before <= now),
        )
    )
    heard = select(inbox.c.channel, func.max(inbox.c.received_at)).group_by(inbox.c.channel)
    kept = select(quotas).where(quotas.c.at > now - QUOTAS_KEPT).order_by(quotas.c.channel, quotas.c.at.desc())
    newest: dict[tuple[str, str], Quota] = {}
    for row in connection.execute(kept):
        found = Quota(row.channel, row.name, row.period, row.used, row.most)
        newest.setdefault((row.channel, row.name), found)
    return Vitals(
        ask(select(func.min(inbox.c.received_at)).where(inbox.c.status == "waiting")),
        ask(select(func.min(replies.c.not_before)).where(replies.c.not_before <= now)),
        ask(due),
        last_backup(connection),
        dict(connection.execute(heard).tuples().all()),
        tuple(newest.values()),
        ask(select(func.max(zalo_tokens.c.expires_at))),
    )


def note_backup(connection: Connection, now: datetime) -> None:
    """Remember that a backup was made and checked."""
    house_marks.put(connection, _BACKUP, now.isoformat())


def last_backup(connection: Connection) -> datetime | None:
    """When the last backup was made; None before the first."""
    kept = house_marks.find(connection, _BACKUP)
    return datetime.fromisoformat(kept) if kept else None
