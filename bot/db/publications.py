"""Versions of the content as kept: what was published, when, by whom, and what stands before citizens now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.db import audit
from bot.db.content_tables import content_versions, publications


class Act(StrEnum):
    """How a version came before citizens: by the bot at its start, by a person, or by going back."""

    START = "start"
    PUBLISH = "publish"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class Publication:
    """A version put before citizens. *number* counts publications and only grows; *note* is why one went back."""

    number: int
    digest: str
    act: Act
    official: str
    accepted: tuple[str, ...]
    at: datetime
    answers: int
    note: str = ""


def publish(
    connection: Connection,
    digest: str,
    archive: bytes,
    answers: int,
    act: Act,
    official: str,
    now: datetime,
    accepted: Sequence[str] = (),
) -> Publication:
    """Keep the version, if it is new, and put it before citizens."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(
        dialect.insert(content_versions)
        .values(digest=digest, archive=archive, answers=answers, created_at=now)
        .on_conflict_do_nothing(index_elements=["digest"])
    )
    return _put(connection, digest, answers, act, official, now, accepted)


def roll_back(
    connection: Connection, to: Publication, official: str, now: datetime, reason: str = ""
) -> Publication:
    """Put the version of an earlier publication before citizens again."""
    return _put(connection, to.digest, to.answers, Act.ROLLBACK, official, now, (), reason)


def current(connection: Connection) -> Publication | None:
    """What stands before citizens now; None before the first publication."""
    row = connection.execute(_all().order_by(publications.c.id.desc()).limit(1)).one_or_none()
    return _publication(row) if row else None


def all_publications(connection: Connection) -> list[Publication]:
    """Every publication, newest first."""
    return [_publication(row) for row in connection.execute(_all().order_by(publications.c.id.desc()))]


def archive_of(connection: Connection, digest: str) -> bytes:
    """The files of a version, as they were packed."""
    found = connection.scalar(select(content_versions.c.archive).where(content_versions.c.digest == digest))
    return bytes(found or b"")


def _put(
    connection: Connection,
    digest: str,
    answers: int,
    act: Act,
    official: str,
    now: datetime,
    accepted: Sequence[str],
    note: str = "",
) -> Publication:
    note = note[:300]
    added = connection.execute(
        insert(publications)
        .values(digest=digest, act=act, official=official, accepted=list(accepted), at=now, note=note)
        .returning(publications.c.id)
    )
    number = int(added.scalar_one())
    detail = " ".join(filter(None, (str(number), digest[:12], ", ".join(accepted), note)))
    audit.record(connection, official, f"content_{act}", now, detail=detail)
    return Publication(number, digest, act, official, tuple(accepted), now, answers, note)


def _all() -> Any:
    return select(publications, content_versions.c.answers).join(content_versions)


def _publication(row: Row[Any]) -> Publication:
    return Publication(
        row.id, row.digest, Act(row.act), row.official, tuple(row.accepted), row.at, row.answers, row.note
    )
