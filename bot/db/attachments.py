"""The files that go with messages, kept under the SHA-256 of their bytes, and what platforms call them."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.db.channel_tables import attachments, uploads


def keep(connection: Connection, digest: str, body: bytes, now: datetime) -> None:
    """Keep the file; one that is there already stays as it is."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(
        dialect.insert(attachments).values(digest=digest, body=body, kept_at=now).on_conflict_do_nothing()
    )


def has(connection: Connection, digest: str) -> bool:
    """Whether the file is kept."""
    return bool(connection.scalar(select(exists().where(attachments.c.digest == digest))))


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
