"""Edits compared with what stands: which edits, how far the comparison is, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from bot.db.content_tables import comparisons

SILENT = timedelta(minutes=5)
"""A comparison that says nothing for so long has died with its process. Training alone may take minutes."""

_KEPT = 10


class Status(StrEnum):
    """How far a comparison is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison. *marks* tell which edits are in it, *standing* with which publication it compares.

    *report* is what ``bot.comparing`` left (a ``review_report.Report``); of a failed one ``faults``, ``broken``
    or ``unchanged``. *digest* names what may be published.
    """

    number: int
    standing: int
    marks: Mapping[str, str]
    status: Status
    done: int
    total: int
    digest: str
    answers: int
    report: Mapping[str, Any]
    official: str
    at: datetime
    touched_at: datetime

    def is_alive(self, now: datetime) -> bool:
        """Whether it is under way, as far as one can know."""
        return self.status is Status.RUNNING and now - self.touched_at < SILENT


def begin(
    connection: Connection, standing: int, marks: Mapping[str, str], official: str, now: datetime
) -> Comparison | None:
    """A new comparison; None while another is under way."""
    last = newest(connection)
    if last and last.is_alive(now):
        return None
    values = {"standing": standing, "marks": dict(marks), "official": official, "at": now, "touched_at": now}
    number = connection.execute(
        insert(comparisons)
        .values(status=Status.RUNNING, done=0, total=0, digest="", answers=0, **values)
        .returning(comparisons.c.id)
    ).scalar_one()
    # Each holds a version of some hundred kilobytes; old ones can no longer be published anyway.
    connection.execute(delete(comparisons).where(comparisons.c.id <= number - _KEPT))
    return find(connection, number)


def count(connection: Connection, number: int, done: int, total: int, now: datetime) -> None:
    """Say how many questions are asked, and of how many."""
    connection.execute(
        update(comparisons)
        .where(comparisons.c.id == number, comparisons.c.status == Status.RUNNING)
        .values(done=done, total=total, touched_at=now)
    )


def finish(
    connection: Connection,
    number: int,
    report: Mapping[str, Any],
    now: datetime,
    *,
    digest: str = "",
    archive: bytes | None = None,
    answers: int = 0,
) -> None:
    """Keep what came of it: with an *archive*, something that may be published; else a failure."""
    status = Status.DONE if archive else Status.FAILED
    connection.execute(
        update(comparisons)
        .where(comparisons.c.id == number, comparisons.c.status == Status.RUNNING)
        .values(
            status=status,
            report=dict(report),
            digest=digest,
            archive=archive,
            answers=answers,
            touched_at=now,
        )
    )


def find(connection: Connection, number: int) -> Comparison | None:
    """The comparison *number*."""
    row = connection.execute(_all().where(comparisons.c.id == number)).one_or_none()
    return _comparison(row) if row else None


def newest(connection: Connection) -> Comparison | None:
    """The comparison that was begun last."""
    row = connection.execute(_all().order_by(comparisons.c.id.desc()).limit(1)).one_or_none()
    return _comparison(row) if row else None


def take(connection: Connection, number: int) -> bytes | None:
    """The archive of a finished comparison, to be published: once."""
    archive = connection.scalar(
        select(comparisons.c.archive).where(comparisons.c.id == number, comparisons.c.status == Status.DONE)
    )
    connection.execute(
        update(comparisons).where(comparisons.c.id == number).values(status=Status.PUBLISHED, archive=None)
    )
    return bytes(archive) if archive else None


def _all() -> Any:
    return select(*(column for column in comparisons.c if column.name != "archive"))


def _comparison(row: Row[Any]) -> Comparison:
    return Comparison(
        row.id,
        row.standing,
        row.marks,
        Status(row.status),
        row.done,
        row.total,
        row.digest,
        row.answers,
        row.report or {},
        row.official,
        row.at,
        row.touched_at,
    )
