"""Reading centre files, CSV or Excel: rows into centres with their sites and classes, and every fault."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from rapidfuzz import fuzz

from bot.places.centre import Centre, Class, ClassStatus, Fault, Site
from bot.places.centre_fields import day_of, is_web, names_person, read_date
from bot.places.centre_row import RowReader, SiteRow
from bot.places.changes import ALIKE
from bot.places.columns import (
    CENTRE_COLUMNS,
    CLASS_COLUMNS,
    REQUIRED_CENTRE_COLUMNS,
    REQUIRED_CLASS_COLUMNS,
    is_of_classes,
    standard,
)
from bot.places.gazetteer import Gazetteer
from bot.places.names import fold
from bot.places.opening import HoursUnreadable, read_hours
from bot.places.sheets import Row, Sheet, read_sheets
from bot.places.wishes import Catalogue

_SHARED = ("name", "type", "province", "status")


@dataclass(slots=True)
class CentreReader:
    """Collects what files say; ids must differ across all of them. Ask for `centres` when all are read."""

    gazetteer: Gazetteer
    catalogue: Catalogue
    today: date | None
    faults: list[Fault] = field(default_factory=list)
    _rows: dict[str, list[tuple[SiteRow, Fault]]] = field(default_factory=dict)
    _classes: dict[str, list[Class]] = field(default_factory=dict)
    _class_places: list[tuple[str, Fault]] = field(default_factory=list)
    _reader: RowReader = field(init=False)

    def __post_init__(self) -> None:
        self._reader = RowReader(self.gazetteer, self.catalogue, self.today)

    @property
    def errors(self) -> list[Fault]:
        """The faults that are no mere warnings."""
        return [fault for fault in self.faults if not fault.warning]

    def read(self, path: Path) -> None:
        """Add what *path* holds. Never raises for what the file says."""
        sheets, faults = read_sheets(path)
        self.faults += faults
        known = [sheet for sheet in sheets if sheet.columns]
        tables = [
            sheet for sheet in known if is_of_classes(sheet.columns) or len(known) == 1 or "ma" in _standard(sheet)
        ]
        if not faults and not tables:
            self.faults.append(Fault(path.name, 1, "no_table", {}))
        for sheet in tables:
            if is_of_classes(sheet.columns):
                self._read_table(sheet, REQUIRED_CLASS_COLUMNS, CLASS_COLUMNS, self._read_class)
            else:
                self._read_table(sheet, REQUIRED_CENTRE_COLUMNS, CENTRE_COLUMNS, self._read_site)

    def centres(self) -> list[Centre]:
        """The centres of all files, by id; what lies across rows is checked now."""
        found = [self._assemble(rows) for rows in self._rows.values() if rows]
        for id, at in self._class_places:
            if id not in self._rows:
                self.faults.append(replace(at, key="class_of_no_centre", arguments={"id": id}))
        self._check_twins(found)
        return sorted(found, key=lambda centre: centre.id)

    def warn(self, centre: str, key: str, **arguments: str) -> Fault:
        """A warning about the centre of that id, where it stands in the files."""
        return replace(self._rows[centre][0][1], key=key, arguments=arguments, warning=True)

    def _read_table(self, sheet: Sheet, required: Iterable[str], columns: Iterable[str], read: object) -> None:
        self.faults += sheet.faults
        known = _standard(sheet)
        missing = [column for column in required if column not in known]
        self.faults += [Fault(sheet.file, 1, "no_column", {"column": each}, sheet=sheet.name) for each in missing]
        if missing:
            return
        for row in sheet.rows:
            cells = standard({head: row.cells.get(head, "") for head in sheet.columns})
            full = {column: cells.get(column, "") for column in columns}
            assert callable(read)
            read(sheet, row, full)

    def _fault(
        self, sheet: Sheet, line: int, key: str, column: str, *, warning: bool = False, **args: str
    ) -> Fault:
        letter = _standard(sheet).get(column, "")
        cell = f"{letter}{line}" if letter else ""
        fault = Fault(sheet.file, line, key, args, warning=warning, sheet=sheet.name, cell=cell)
        self.faults.append(fault)
        return fault

    def _read_site(self, sheet: Sheet, row: Row, cells: dict[str, str]) -> None:
        def report(key: str, column: str, *, warning: bool = False, **arguments: str) -> None:
            self._fault(sheet, row.line, key, column, warning=warning, **arguments)

        read = self._reader.read(row.line, cells, row.numbers, report)
        if cells["ma"]:
            self._claim(
                cells["ma"], cells["co so"], read, report, Fault(sheet.file, row.line, "", {}, sheet=sheet.name)
            )

    def _claim(self, id: str, label: str, read: SiteRow | None, report: object, at: Fault) -> None:
        assert callable(report)
        before = self._rows.setdefault(id, [])
        twin = next((place for row, place in before if fold(row.label) == fold(label)), None)
        if twin is not None:
            report("id_twice", "ma", id=id, before=twin.place)
        elif before and read and any(getattr(before[0][0], each) != getattr(read, each) for each in _SHARED):
            report("centre_differs", "ten", id=id, before=before[0][1].place)
        elif read is not None:
            before.append((read, at))

    def _read_class(self, sheet: Sheet, row: Row, cells: dict[str, str]) -> None:
        faults = len(self.errors)

        def tell(key: str, column: str, *, warning: bool = False, **arguments: str) -> None:
            self._fault(sheet, row.line, key, column, warning=warning, **arguments)

        def day(column: str) -> date | None:
            said = cells[column]
            found = read_date(said) if said else None
            if said and (found is None or found.count("-") < 2):
                tell("bad_date", column, text=said)
                return None
            return day_of(found) if found else None

        def number(column: str) -> int | None:
            said = cells[column].replace(".", "").replace(",", "").replace(" ", "")
            if said and fold(said) in ("mienphi", "khong"):
                return 0
            if said and not said.isdecimal():
                tell("not_a_count", column, value=cells[column])
                return None
            return int(said) if said else None

        course = self.catalogue.course_of(cells["lop"])
        if not cells["lop"]:
            tell("no_class_name", "lop")
        if not cells["ma trung tam"]:
            tell("no_id", "ma trung tam")
        if not is_web(cells["nguon"]):
            tell("no_source", "nguon", value=cells["nguon"])
        as_of = read_date(cells["ngay thong tin"])
        if as_of is None or (self.today is not None and day_of(as_of) > self.today):
            tell("bad_date", "ngay thong tin", text=cells["ngay thong tin"])
        if names_person(cells["lien he"]):
            tell("names_person", "lien he", warning=True, value=cells["lien he"])
        status = next((s for s in ClassStatus if s == fold(cells["trang thai"]).replace(" ", "-")), None)
        if cells["trang thai"] and status is None:
            tell("unknown_status", "trang thai", value=cells["trang thai"], allowed=", ".join(ClassStatus))
        schedule = cells["lich hoc"]
        try:
            schedule = read_hours(schedule) if schedule else ""
        except HoursUnreadable:
            tell("schedule_noted", "lich hoc", warning=True, value=schedule)
        starts, ends = day("khai giang"), day("be giang")
        if starts and ends and ends < starts:
            tell("ends_before_it_starts", "be giang", text=f"{cells['khai giang']} – {cells['be giang']}")
        fee, seats = number("hoc phi"), number("con cho")
        self._class_places.append((cells["ma trung tam"], Fault(sheet.file, row.line, "", {}, sheet=sheet.name)))
        if len(self.errors) > faults:
            return
        found = Class(
            cells["lop"], course.code if course else "", cells["co so"], starts, ends, schedule, fee, seats,
            cells["doi tuong"], cells["lien he"], status or ClassStatus.ENROLLING, cells["nguon"], as_of or "",
        )  # fmt: skip
        self._classes.setdefault(cells["ma trung tam"], []).append(found)

    def _assemble(self, rows: list[tuple[SiteRow, Fault]]) -> Centre:
        first = rows[0][0]
        sites = tuple(
            Site(
                f"{row.id}/{number}",
                row.label,
                row.address,
                row.commune,
                row.district_old,
                row.point[0] if row.point else None,
                row.point[1] if row.point else None,
                row.precision,
                row.opening_hours,
                row.hours_note,
            )
            for number, (row, _) in enumerate(rows, 1)
        )
        courses = tuple(dict.fromkeys(name for row, _ in rows for name in row.courses))
        return Centre(
            first.id,
            first.name,
            first.type,
            first.province,
            sites,
            first.status,
            next((row.successor for row, _ in rows if row.successor), ""),
            next((row.phone for row, _ in rows if row.phone), ""),
            next((row.email for row, _ in rows if row.email), ""),
            next((row.website for row, _ in rows if row.website), ""),
            courses,
            frozenset(code for row, _ in rows for code in row.course_codes),
            tuple(self._classes.get(first.id, ())),
            first.source_url,
            first.as_of,
        )

    def _check_twins(self, centres: list[Centre]) -> None:
        """The same centre under two ids: the same type and nearly the same name in one commune."""
        by_place: dict[tuple[str, str], list[Centre]] = {}
        by_phone: dict[str, list[Centre]] = {}
        for centre in centres:
            for commune in {site.commune for site in centre.sites if site.commune}:
                by_place.setdefault((commune, centre.type), []).append(centre)
            if centre.phone:
                by_phone.setdefault(centre.phone, []).append(centre)
        for group in by_place.values():
            for number, centre in enumerate(group):
                for other in group[:number]:
                    if fuzz.ratio(fold(centre.name), fold(other.name)) >= ALIKE:
                        self._twin("twin_centre", centre, other)
        for group in by_phone.values():
            for centre in group[1:]:
                self._twin("same_phone", centre, group[0], warning=True)

    def _twin(self, key: str, centre: Centre, other: Centre, *, warning: bool = False) -> None:
        at, before = self._rows[centre.id][0][1], self._rows[other.id][0][1]
        arguments = {"name": centre.name, "other": other.name, "before": before.place}
        self.faults.append(replace(at, key=key, arguments=arguments, warning=warning))


def _standard(sheet: Sheet) -> dict[str, str]:
    return standard(sheet.columns)
