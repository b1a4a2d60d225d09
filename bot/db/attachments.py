"""The files that go with messages, kept under the SHA-256 of their bytes, and what platforms call them.

A file stays as long as a broadcast or a schedule names it, whatever became of that: it is part of the proof
of what was said.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.db.channel_tables import attachments, uploads
from bot.db.tables import broadcasts, schedules

KEPT_UNUSED = timedelta(days=30)
"""How long a file stays that nothing names any more, from when it last went into a draft."""


def keep(connection: Connection, digest: str, body: bytes, now: datetime) -> None:
    """Keep the file; one that is there already stays as it is."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(
        dialect.insert(attachments).values(digest=digest, body=body, kept_at=now).on_conflict_do_nothing()
    )


def renew(connection: Connection, digest: str, now: datetime) -> bool:
    """Whether the file is kept; it then counts as kept *now*, and so outlasts ``delete_unused`` beside us."""
    row = update(attachments).where(attachments.c.digest == digest).values(kept_at=now)
    return connection.execute(row).rowcount == 1


def size(connection: Connection, digest: str) -> int:
    """How many bytes the file has; 0 when it is not there."""
    query = select(func.length(attachments.c.body)).where(attachments.c.digest == digest)
    return connection.scalar(query) or 0


def find(connection: Connection, digest: str) -> bytes | None:
    """The file, whole; None when it is not there or no longer what its digest says."""
    body = connection.scalar(select(attachments.c.body).where(attachments.c.digest == digest))
    return body if body is not None and hashlib.sha256(body).hexdigest() == digest else None


def are_whole(connection: Connection, content: Mapping[str, Any]) -> bool:
    """Whether the file of a frozen content, if it has one, is kept as it was approved."""
    media = content.get("media")
    return media is None or find(connection, media["digest"]) is not None


def handle(connection: Connection, account: str, digest: str) -> str:
    """What the platform of *account* calls the file it already holds; empty when it holds none."""
    query = select(uploads.c.handle).where(uploads.c.account == account, uploads.c.digest == digest)
    return connection.scalar(query) or ""


def keep_handle(connection: Connection, account: str, digest: str, handle: str, now: datetime) -> None:
    """Note what the platform of *account* calls the file; empty: it no longer knows it."""
    if not handle:
        connection.execute(delete(uploads).where(uploads.c.account == account, uploads.c.digest == digest))
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(
        dialect.insert(uploads)
        .values(account=account, digest=digest, handle=handle, at=now)
        .on_conflict_do_update(index_elements=["account", "digest"], set_={"handle": handle, "at": now})
    )


def delete_unused(connection: Connection, now: datetime) -> int:
    """Delete the files that nothing names any more and that nobody drafted with lately. Returns how many."""
    old = attachments.c.kept_at < now - KEPT_UNUSED
    unused = set(connection.scalars(select(attachments.c.digest).where(old)))
    if unused:
        named = broadcasts.c.content["media", "digest"].as_string()
        unused -= set(connection.scalars(select(named).where(named.in_(unused)).distinct()))
    if unused:
        unused -= {
            message["content"]["media"]["digest"]
            for plan in connection.scalars(select(schedules.c.plan))
            for message in plan["messages"]
            if "media" in message["content"]
        }
    connection.execute(delete(uploads).where(uploads.c.digest.in_(unused)))
    # Asked once more: somebody may have drafted with it this moment.
    return connection.execute(delete(attachments).where(attachments.c.digest.in_(unused), old)).rowcount
