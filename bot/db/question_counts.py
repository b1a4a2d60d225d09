"""What people ask, counted by day, subject, outcome and place, and the answers given; no text, no person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from sqlalchemy import Compiled, Connection, Dialect, func, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.db.content_tables import answer_counts
from bot.db.tables import question_counts


@dataclass(frozen=True, slots=True)
class Asked:
    """How many questions there were, and how long their answers took in all."""

    count: int
    milliseconds: int


def add(connection: Connection, day: date, subject: str, outcome: str, place: str, milliseconds: int) -> None:
    """Count one question more."""
    row = {
        "day": day,
        "subject": subject[:48],
        "outcome": outcome,
        "place": place[:40],
        "asked": 1,
        "milliseconds": milliseconds,
    }
    connection.execute(_adding(connection.dialect), row)  # type: ignore[call-overload]


@cache
def _adding(dialect: Dialect) -> Compiled:
    """Compiled once: SQLAlchemy keeps no statement with a conflict clause, and would compile each anew."""
    words = postgresql if dialect.name == "postgresql" else sqlite
    row = words.insert(question_counts)
    adding = row.on_conflict_do_update(
        index_elements=["day", "subject", "outcome", "place"],
        set_={
            "asked": question_counts.c.asked + row.excluded.asked,
            "milliseconds": question_counts.c.milliseconds + row.excluded.milliseconds,
        },
    )
    columns = ["day", "subject", "outcome", "place", "asked", "milliseconds"]
    compiled: Compiled = adding.compile(dialect=dialect, column_keys=columns)
    return compiled


def sums(connection: Connection, by: str, first: date, last: date) -> Mapping[str, Asked]:
    """The questions from *first* to *last* by one of ``day``, ``subject``, ``outcome`` and ``place``."""
    column = question_counts.c[by]
    rows = connection.execute(
        select(column, func.sum(question_counts.c.asked), func.sum(question_counts.c.milliseconds))
        .where(question_counts.c.day.between(first, last))
        .group_by(column)
        .order_by(column)
    )
    return {str(value): Asked(int(count), int(spent)) for value, count, spent in rows}


def add_answer(connection: Connection, day: date, code: str) -> None:
    """Count that the answer of *code* was given once more in reply to a question."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = dialect.insert(answer_counts).values(day=day, code=code[:40], given=1)
    connection.execute(
        row.on_conflict_do_update(index_elements=["day", "code"], set_={"given": answer_counts.c.given + 1})
    )


def answers_given(connection: Connection, first: date, last: date) -> Mapping[str, int]:
    """How often each answer was given from *first* to *last*, by its code."""
    rows = connection.execute(
        select(answer_counts.c.code, func.sum(answer_counts.c.given))
        .where(answer_counts.c.day.between(first, last))
        .group_by(answer_counts.c.code)
    )
    return {str(code): int(count) for code, count in rows}
