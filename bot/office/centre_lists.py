"""Staff's lists of centres: read and compared, kept until published; and citizens' corrections, which are
lists of one centre."""

import csv
import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from bot.access import rights
from bot.access.rights import Right
from bot.db import Connection, audit
from bot.db import centres as centre_db
from bot.db.centres import Import, Outcome, Report
from bot.knowledge.fault import Fault as Told
from bot.knowledge.fault import Severity, describe
from bot.outreach.broadcast import Forbidden
from bot.outreach.official import Official
from bot.places.centre import Centre, Fault
from bot.places.centre_export import centre_rows
from bot.places.centre_files import CentreReader
from bot.places.centre_records import to_record
from bot.places.changes import Changes, compare
from bot.places.columns import CENTRE_COLUMNS
from bot.places.gazetteer import Gazetteer
from bot.places.wishes import Catalogue

OF_CENTRE = ("trang thai", "dien thoai", "so co quan", "lop hoc", "nguon", "ngay thong tin")
"""What a correction may change of a centre, and ``OF_SITE`` of each of its places: columns of a list."""

OF_SITE = ("dia chi", "gio mo cua", "ghi chu gio")


@dataclass(frozen=True, slots=True)
class Atlas:
    """What a list is read with: the places, the courses, the date, and the centres of the content folder,
    which stand while nothing was published."""

    gazetteer: Gazetteer
    catalogue: Catalogue
    today: date
    shipped: Callable[[], Sequence[Centre]]

    def standing(self, connection: Connection) -> Sequence[Centre]:
        """The centres citizens are told of."""
        return centre_db.published(connection) if centre_db.version(connection) else self.shipped()

    def standing_one(self, connection: Connection, id: str) -> Centre | None:
        """The centre of *id* as citizens are told of it."""
        if centre_db.version(connection):
            return next(iter(centre_db.published(connection, id)), None)
        return next((each for each in self.shipped() if each.id == id), None)


@dataclass(frozen=True, slots=True)
class ListRead:
    """What came of reading a list: its centres, what they change, and the faults, those that stop it first."""

    incoming: tuple[Centre, ...]
    changes: Changes
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> int:
        """How many faults keep the list from being taken."""
        return sum(not fault.warning for fault in self.faults)


def read_list(files: Sequence[Path], atlas: Atlas, standing: Sequence[Centre], *, whole: bool) -> ListRead:
    """Read *files* as one list and compare it with *standing*. Never raises for what they say."""
    reader = CentreReader(atlas.gazetteer, atlas.catalogue, atlas.today)
    for path in files:
        reader.read(path)
    incoming = reader.centres()
    changes = compare(standing, incoming, whole=whole)
    faults = [
        *reader.faults,
        *(replace(reader.warn(id, "no_successor", id=to), warning=False) for id, to in changes.orphans),
        *(reader.warn(id, "twin_published", other=other) for id, other in changes.twins),
    ]
    faults.sort(key=lambda fault: (fault.warning, fault.file, fault.sheet, fault.line))
    return ListRead(tuple(incoming), changes, tuple(faults))


def tell(fault: Fault, sentences: dict[str, str]) -> str:
    """What is wrong and how to mend it, without the place; *sentences* are those of ``faults.yml``."""
    told = describe(Told(fault.file, fault.line, fault.key, fault.arguments, Severity.ERROR), sentences)
    return told.partition(f":{fault.line}: ")[2]


def stage(
    connection: Connection,
    atlas: Atlas,
    official: Official,
    file: str,
    read: ListRead,
    now: datetime,
    *,
    whole: bool,
) -> int:
    """Keep a list without a fault until a person publishes it. Returns its number. Raises Forbidden."""
    rights.check(official, Right.EDIT_CENTRES)
    if not read.incoming:
        raise Forbidden("rule.centres_empty")
    check_scope(atlas.gazetteer, official, read.changes)
    number = centre_db.stage(
        connection, file, read.incoming, _summary(read.changes), whole=whole, by=official.login, now=now
    )
    audit.record(connection, official.login, "centres_import", now, detail=f"{number} {file}")
    return number


def find(connection: Connection, official: Official, number: int) -> Import:
    """The import *number*, when the official may see it; Forbidden, as for one that is not there, when not."""
    found = next((each for each in centre_db.imports(connection) if each.id == number), None)
    if found is None or not sees(official, found):
        raise Forbidden("rule.centres_not_staged", id=number)
    return found


def sees(official: Official, found: Import) -> bool:
    """Whether an import is of the official's own places, or by their own hand."""
    provinces = found.summary.get("provinces")
    by_place = provinces is not None and all(rights.covers(official, "", code) for code in provinces)
    return not official.scope or by_place or found.created_by == official.login


def difference(connection: Connection, atlas: Atlas, number: int) -> Changes:
    """What publishing the import *number* would change now. Raises Forbidden when it does not wait."""
    try:
        found, incoming = centre_db.staged(connection, number)
    except centre_db.NotStaged as error:
        raise Forbidden("rule.centres_not_staged", id=number) from error
    return compare(atlas.standing(connection), incoming, whole=found.whole)


def publish(
    connection: Connection, atlas: Atlas, official: Official, number: int, now: datetime, *, removing: int = 0
) -> None:
    """Make a waiting import the directory citizens see. *removing* says how many centres are meant to go.

    Raises Forbidden when it does not wait, touches places outside the scope, or takes away more than was said.
    """
    rights.check(official, Right.EDIT_CENTRES)
    changes = difference(connection, atlas, number)
    check_scope(atlas.gazetteer, official, changes)
    if changes.removes_too_many and removing != changes.gone:
        raise Forbidden("rule.centres_blocked", gone=changes.gone, before=changes.before)
    centre_db.rebase(connection, number, _summary(changes))
    try:
        centre_db.publish(connection, number, changes.result, by=official.login, now=now)
    except centre_db.NotStaged as error:
        raise Forbidden("rule.centres_not_staged", id=number) from error
    audit.record(connection, official.login, "centres_publish", now, detail=str(number))


def withdraw(connection: Connection, official: Official, number: int, now: datetime) -> None:
    """Drop a waiting import. Raises Forbidden."""
    rights.check(official, Right.EDIT_CENTRES)
    find(connection, official, number)
    try:
        centre_db.withdraw(connection, number, by=official.login, now=now)
    except centre_db.NotStaged as error:
        raise Forbidden("rule.centres_not_staged", id=number) from error
    audit.record(connection, official.login, "centres_withdraw", now, detail=str(number))


def check_scope(gazetteer: Gazetteer, official: Official, changes: Changes) -> None:
    """Raises Forbidden where *changes* touch a province or commune the official does not answer for."""
    outside = {centre.province_code for centre in changes.touched if not covers(official, centre)}
    names = [unit.full_name for code in sorted(outside) if (unit := gazetteer.province(code))]
    if outside:
        raise Forbidden("rule.centres_scope", places=", ".join(names))


def covers(official: Official, centre: Centre) -> bool:
    """Whether every place of *centre* lies in the official's scope."""
    return all(
        rights.covers(official, f"new:{site.commune}" if site.commune else "", centre.province_code)
        for site in centre.sites
    )


def sheet_of(centre: Centre, gazetteer: Gazetteer) -> list[dict[str, str]]:
    """The rows of a list that say what *centre* is, by folded header: one for each of its places."""
    return list(centre_rows([centre], gazetteer))


def fingerprint(centre: Centre) -> str:
    """What tells a centre from the same one changed meanwhile."""
    return hashlib.sha256(json.dumps(to_record(centre), sort_keys=True).encode()).hexdigest()[:16]


def read_correction(
    atlas: Atlas, standing: Sequence[Centre], centre: Centre, rows: Sequence[Mapping[str, str]]
) -> ListRead:
    """*centre* as typed anew in *rows*, read and checked as a list of one; its classes stay."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{centre.id}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, CENTRE_COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        read = read_list([path], atlas, standing, whole=False)
    incoming = tuple(replace(each, classes=centre.classes) for each in read.incoming)
    return replace(read, incoming=incoming, changes=compare(standing, incoming, whole=False))


def correct(
    connection: Connection, atlas: Atlas, official: Official, seen: str, read: ListRead, now: datetime
) -> None:
    """Publish a correction that was read without a fault. *seen* is the fingerprint it was typed over.

    Raises Forbidden when the centre lies outside the scope or was changed meanwhile.
    """
    rights.check(official, Right.EDIT_CENTRES)
    (centre,) = read.incoming
    known = atlas.standing_one(connection, centre.id)
    if known is None or not covers(official, known):
        raise Forbidden("rule.centre_unknown", id=centre.id)
    if fingerprint(known) != seen:
        raise Forbidden("rule.centre_changed", name=known.name)
    changes = compare(atlas.standing(connection), read.incoming, whole=False)
    if not changes.touched:
        return
    whole_list = replace(read, changes=changes)
    number = stage(connection, atlas, official, f"{centre.id}: {centre.name}", whole_list, now, whole=False)
    publish(connection, atlas, official, number, now, removing=changes.gone)


def open_reports(connection: Connection, atlas: Atlas, official: Official) -> list[tuple[Report, Centre]]:
    """What citizens say is wrong about the centres in the official's scope, with each centre."""
    known = {each.id: each for each in atlas.standing(connection)}
    found = [(each, known.get(each.centre)) for each in centre_db.open_reports(connection)]
    return [(each, centre) for each, centre in found if centre is not None and covers(official, centre)]


def find_report(connection: Connection, atlas: Atlas, official: Official, number: int) -> tuple[Report, Centre]:
    """The open report *number* and its centre, when it lies in the official's scope. Raises Forbidden."""
    found = next((each for each in centre_db.open_reports(connection) if each.id == number), None)
    centre = atlas.standing_one(connection, found.centre) if found else None
    if found is None or centre is None or not covers(official, centre):
        raise Forbidden("rule.no_report", id=number)
    return found, centre


def settle_report(
    connection: Connection, atlas: Atlas, official: Official, number: int, outcome: Outcome, now: datetime
) -> None:
    """Say what came of a report; the citizen's words are deleted. Raises Forbidden."""
    rights.check(official, Right.EDIT_CENTRES)
    find_report(connection, atlas, official, number)
    if not centre_db.close_report(connection, number, outcome, by=official.login, now=now):
        raise Forbidden("rule.no_report", id=number)
    audit.record(connection, official.login, f"report_{outcome}", now, detail=str(number))


def _summary(changes: Changes) -> dict[str, object]:
    provinces = sorted({centre.province_code for centre in changes.touched})
    return {**changes.counts(), "provinces": provinces}
