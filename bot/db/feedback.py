"""What citizens said of the answers: votes counted by the version of the answer they were shown."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, func, select, true

from bot.db.content_tables import votes


@dataclass(frozen=True, slots=True)
class Votes:
    """The votes on one version of an answer."""

    code: str
    version: str
    useful: int
    not_useful: int


def count(connection: Connection, before: datetime | None = None) -> list[Votes]:
    """The votes (only those *before* a time, if given) on each version of each answer, the most complained
    of first."""
    useful = func.sum(case((votes.c.useful, 1), else_=0))
    bad = func.sum(case((votes.c.useful, 0), else_=1))
    rows = connection.execute(
        select(votes.c.code, votes.c.version, useful.label("useful"), bad.label("bad"))
        .where(votes.c.at < before if before else true())
        .group_by(votes.c.code, votes.c.version)
        .order_by(bad.desc(), useful, votes.c.code)
    )
    return [Votes(row.code, row.version, int(row.useful), int(row.bad)) for row in rows]
