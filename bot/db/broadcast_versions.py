"""Every version of a broadcast that was submitted: so that who approves sees what changed since the last."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from bot.db.tables import broadcast_versions
from bot.outreach.audience_rule import segment_as_json
from bot.outreach.broadcast import Broadcast


@dataclass(frozen=True, slots=True)
class Version:
    """What was submitted: the words, the people, the time."""

    number: int
    frozen: dict[str, Any]
    by: str
    at: datetime


def keep(connection: Connection, broadcast: Broadcast, by: str, now: datetime) -> None:
    """Keep the broadcast as it was just submitted."""
    last = connection.scalar(
        select(func.max(broadcast_versions.c.number)).where(broadcast_versions.c.broadcast_id == broadcast.id)
    )
    media = broadcast.content.get("media")
    frozen = {
        "title": broadcast.title,
        "text": broadcast.content["text"],
        "buttons": [f"{each['label']} {each['target']}".strip() for each in broadcast.content["buttons"]],
        "file": f"{media['name']}: {media['alt']} ({media['digest'][:12]})" if media else "",
        "segment": segment_as_json(broadcast.segment),
        "due_at": broadcast.due_at.isoformat(),
        "not_after": broadcast.not_after.isoformat(),
    }
    connection.execute(
        insert(broadcast_versions).values(
            broadcast_id=broadcast.id, number=(last or 0) + 1, frozen=frozen, official=by, at=now
        )
    )


def versions_of(connection: Connection, broadcast_id: int) -> list[Version]:
    """The submitted versions, the newest first."""
    rows = connection.execute(
        select(broadcast_versions)
        .where(broadcast_versions.c.broadcast_id == broadcast_id)
        .order_by(broadcast_versions.c.number.desc())
    )
    return [Version(row.number, row.frozen, row.official, row.at) for row in rows]
