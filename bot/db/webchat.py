"""The web chat's pages: what both sides said in a conversation, kept 30 days to show it again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from bot.db.tables import webchat_messages

KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Line:
    """One message on a chat page."""

    id: int
    ours: bool
    body: Mapping[str, Any]
    at: datetime


def add_line(connection: Connection, peer: str, body: Mapping[str, Any], now: datetime, *, ours: bool) -> int:
    """Keep one message of the conversation *peer*. Returns its id."""
    added = connection.execute(
        insert(webchat_messages)
        .values(peer=peer, ours=ours, body=dict(body), at=now)
        .returning(webchat_messages.c.id)
    )
    return int(added.scalar_one())


def lines_of(connection: Connection, peer: str, after: int = 0, limit: int = 100) -> list[Line]:
    """The newest messages of the conversation *peer* behind the id *after*, oldest first."""
    rows = connection.execute(
        select(webchat_messages)
        .where(webchat_messages.c.peer == peer, webchat_messages.c.id > after)
        .order_by(webchat_messages.c.id.desc())
        .limit(limit)
    ).all()
    return [Line(row.id, row.ours, row.body, row.at) for row in reversed(rows)]


def forget_old_lines(connection: Connection, now: datetime) -> None:
    """Drop what is older than 30 days."""
    connection.execute(delete(webchat_messages).where(webchat_messages.c.at < now - KEPT))
