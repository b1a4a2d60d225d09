"""The published directory of centres, the imports that wait for a person, and citizens' reports."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, true, update

from bot.db.centre_tables import (
    centre_courses,
    centre_imports,
    centre_reports,
    centre_sites,
    centres,
)
from bot.places.centre import Centre, Precision
from bot.places.centre_records import from_record, to_record

_COLUMNS = frozenset({"id", "name", "type", "province_code", "status", "sites"})
_INSERTED_AT_ONCE = 1000


class NotStaged(Exception):
    """The import is not there, was decided already, or was made against an older directory."""


@dataclass(frozen=True, slots=True)
class Import:
    """A file that was read without a fault and waits, or was decided. *summary* holds its figures."""

    id: int
    file: str
    status: str
    whole: bool
    summary: dict[str, Any]
    base_version: int
    created_by: str
    created_at: datetime
    decided_by: str | None
    decided_at: datetime | None


class Outcome(StrEnum):
    """What came of a report: the directory was put right by it, or it was not so."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Report:
    """What a citizen says is wrong about a centre; the last three once it is settled, and then no note."""

    id: int
    centre: str
    wrong: str
    note: str
    created_at: datetime
    outcome: Outcome | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None


def version(connection: Connection) -> int:
    """How many imports were published; 0 while ``content/centres`` is the directory."""
    count = select(func.count()).select_from(centre_imports).where(centre_imports.c.status == "published")
    return connection.scalar(count) or 0


def published(connection: Connection, id: str = "") -> list[Centre]:
    """Every published centre, by id; or only the one of *id*."""
    sites: dict[str, list[dict[str, Any]]] = {}
    of_site = centre_sites.c.centre_id == id if id else true()
    of_centre = centres.c.id == id if id else true()
    for row in connection.execute(select(centre_sites).where(of_site).order_by(centre_sites.c.id)):
        sites.setdefault(row.centre_id, []).append(
            {"id": row.id, "commune": row.commune, "latitude": row.latitude, "longitude": row.longitude}
            | row.details
        )
    return [
        from_record(
            {"id": row.id, "name": row.name, "type": row.type, "province_code": row.province, "status": row.status}
            | row.details
            | {"sites": sorted(sites.get(row.id, []), key=lambda site: int(site["id"].rpartition("/")[2]))}
        )
        for row in connection.execute(select(centres).where(of_centre).order_by(centres.c.id))
    ]


def stage(
    connection: Connection,
    file: str,
    incoming: Iterable[Centre],
    summary: dict[str, Any],
    *,
    whole: bool,
    by: str,
    now: datetime,
) -> int:
    """Keep an import until a person publishes or withdraws it. Returns its number."""
    added = connection.execute(
        insert(centre_imports)
        .values(
            file=file[:200],
            status="staged",
            whole=whole,
            centres=[to_record(centre) for centre in incoming],
            summary=summary,
            base_version=version(connection),
            created_by=by,
            created_at=now,
        )
        .returning(centre_imports.c.id)
    )
    return int(added.scalar_one())


def imports(connection: Connection) -> list[Import]:
    """All imports, the newest first."""
    columns = [column for column in centre_imports.c if column.name != "centres"]
    rows = connection.execute(select(*columns).order_by(centre_imports.c.id.desc()))
    return [Import(**row._mapping) for row in rows]


def staged(connection: Connection, number: int) -> tuple[Import, list[Centre]]:
    """The import *number* that waits, and its centres. Raises NotStaged."""
    row = connection.execute(select(centre_imports).where(centre_imports.c.id == number)).one_or_none()
    if row is None or row.status != "staged":
        raise NotStaged(number)
    values = {key: value for key, value in row._mapping.items() if key != "centres"}
    return Import(**values), [from_record(record) for record in row.centres]


def publish(connection: Connection, number: int, result: Sequence[Centre], *, by: str, now: datetime) -> None:
    """Make *result* the directory and mark the import published, in the caller's one transaction.

    Raises NotStaged when somebody was first, or published another import since this one was compared.
    """
    base = connection.scalar(select(centre_imports.c.base_version).where(centre_imports.c.id == number))
    if base != version(connection):
        raise NotStaged(number)
    _decide(connection, number, "published", by, now)
    replace_all(connection, result)


def rebase(connection: Connection, number: int, summary: dict[str, Any]) -> None:
    """Note that the import *number* was compared anew with the directory as it stands."""
    connection.execute(
        update(centre_imports)
        .where(centre_imports.c.id == number, centre_imports.c.status == "staged")
        .values(base_version=version(connection), summary=summary)
    )


def withdraw(connection: Connection, number: int, *, by: str, now: datetime) -> None:
    """Drop an import that waits. Raises NotStaged."""
    _decide(connection, number, "withdrawn", by, now)


def _decide(connection: Connection, number: int, status: str, by: str, now: datetime) -> None:
    changed = connection.execute(
        update(centre_imports)
        .where(centre_imports.c.id == number, centre_imports.c.status == "staged")
        .values(status=status, decided_by=by, decided_at=now, centres=[])
    )
    if changed.rowcount != 1:
        raise NotStaged(number)


def replace_all(connection: Connection, result: Sequence[Centre]) -> None:
    """Put *result* in the place of all centres."""
    for table in (centre_courses, centre_sites, centres):
        connection.execute(delete(table))
    centre_rows: list[dict[str, Any]] = []
    site_rows: list[dict[str, Any]] = []
    course_rows: list[dict[str, Any]] = []
    for centre in result:
        record = to_record(centre)
        details = {key: value for key, value in record.items() if key not in _COLUMNS}
        centre_rows.append(
            {
                "id": centre.id,
                "name": centre.name,
                "type": str(centre.type),
                "province": centre.province_code,
                "status": str(centre.status),
                "details": details,
            }
        )
        for site in record["sites"]:
            columns = {key: site.pop(key) for key in ("id", "commune", "latitude", "longitude")}
            by_distance = Precision(site["precision"]).allows_distance
            site_rows.append(columns | {"centre_id": centre.id, "by_distance": by_distance, "details": site})
        course_rows += [{"centre_id": centre.id, "course": course} for course in sorted(centre.taught)]
    for table, rows in ((centres, centre_rows), (centre_sites, site_rows), (centre_courses, course_rows)):
        for start in range(0, len(rows), _INSERTED_AT_ONCE):
            connection.execute(insert(table), rows[start : start + _INSERTED_AT_ONCE])


def add_report(connection: Connection, contact_id: int, centre: str, wrong: str, note: str, now: datetime) -> None:
    """Keep a citizen's report; said again before staff saw it, it is the same one, with the newer note."""
    this = (
        (centre_reports.c.contact_id == contact_id)
        & (centre_reports.c.centre == centre)
        & (centre_reports.c.wrong == wrong)
        & (centre_reports.c.status == "open")
    )
    if connection.scalar(select(func.count()).select_from(centre_reports).where(this)):
        if note:
            connection.execute(update(centre_reports).where(this).values(note=note))
        return
    connection.execute(
        insert(centre_reports).values(
            contact_id=contact_id, centre=centre, wrong=wrong, note=note, status="open", created_at=now
        )
    )


def open_reports(connection: Connection) -> list[Report]:
    """The reports that wait for staff, by centre, the oldest first."""
    waiting = _reports().where(centre_reports.c.status == "open")
    rows = connection.execute(waiting.order_by(centre_reports.c.centre, centre_reports.c.created_at))
    return [_report(row) for row in rows]


def settled_reports(connection: Connection, limit: int) -> list[Report]:
    """What became of the reports settled last, the newest first."""
    settled = _reports().where(centre_reports.c.status == "closed")
    rows = connection.execute(settled.order_by(centre_reports.c.closed_at.desc()).limit(limit))
    return [_report(row) for row in rows]


def close_report(connection: Connection, number: int, outcome: Outcome, *, by: str, now: datetime) -> bool:
    """Settle a report; the citizen's words are deleted. False when it is not open."""
    changed = connection.execute(
        update(centre_reports)
        .where(centre_reports.c.id == number, centre_reports.c.status == "open")
        .values(status="closed", outcome=outcome, closed_by=by, closed_at=now, note="")
    )
    return changed.rowcount == 1


def _reports() -> Select[Any]:
    return select(*(column for column in centre_reports.c if column.name not in ("contact_id", "status")))


def _report(row: Row[Any]) -> Report:
    outcome = Outcome(row.outcome) if row.outcome else None
    return Report(**{**row._mapping, "outcome": outcome})
