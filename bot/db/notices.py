"""What was sent to citizens, looked up by its check code, and the list of it."""

from sqlalchemy import Connection, select

from bot.db import broadcasts, officials
from bot.db.tables import broadcasts as rows
from bot.outreach.broadcast import Broadcast, Status
from bot.outreach.notice import Notice


def find(connection: Connection, code: str) -> Notice | None:
    """What was sent under *code*; None for a code of which nothing was ever sent."""
    found = broadcasts.find_by_code(connection, code)
    return _notice(connection, found) if found else None


def newest(connection: Connection, limit: int = 20, before: int = 0) -> list[Notice]:
    """What was sent, newest first; *before*: only with smaller ids."""
    return [_notice(connection, each) for each in broadcasts.published(connection, limit, before)]


def _notice(connection: Connection, found: Broadcast) -> Notice:
    correction = connection.scalar(
        select(rows.c.code)
        .where(rows.c.corrects == found.id, rows.c.started_at.is_not(None))
        .order_by(rows.c.id.desc())
        .limit(1)
    )
    segment = found.segment
    if found.corrects is not None:
        segment = broadcasts.find(connection, found.corrects).segment
    return Notice(
        broadcast_id=found.id,
        code=str(found.content.get("code", "")),
        title=found.title,
        content=found.content,
        segment=segment,
        sent_at=found.started_at or found.due_at,
        drafted_by=officials.name_of(connection, found.created_by),
        approved_by=officials.name_of(connection, found.approved_by or ""),
        stopped=found.status is Status.STOPPED,
        correction=correction or "",
    )
