"""One row of the table of centres: what it says, checked, and every fault of it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from bot.places.centre import CentreStatus, CentreType, Precision
from bot.places.centre_fields import (
    day_of,
    has_contact,
    is_email,
    is_official_host,
    is_web,
    names_person,
    read_date,
    read_phone,
)
from bot.places.coordinates import distance, in_vietnam
from bot.places.gazetteer import Gazetteer
from bot.places.index import index_of
from bot.places.names import fold, name_key
from bot.places.opening import HoursUnreadable, read_hours
from bot.places.resolver import ResolutionKind, resolve
from bot.places.units import AdminUnit, Level
from bot.places.wishes import Catalogue

FARTHEST_KM = 50.0
FAR_KM = 15.0
STALE_AFTER = timedelta(days=366)

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_BY_WARD = (Precision.OLD_WARD, Precision.NEW_WARD)
_BY_POINT = (Precision.EXACT, Precision.STREET)
_NEEDS_COMMUNE = (CentreType.TTHTCD, CentreType.CULTURE_HOUSE)
_TICKED = frozenset({"x", "co", "1", "v", "true", "yes"})
_ISLANDS = "dac khu"


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A row read without a fault: what belongs to the centre, and what to its site."""

    line: int
    id: str
    name: str
    type: CentreType
    province: str
    status: CentreStatus
    successor: str
    phone: str
    email: str
    website: str
    courses: tuple[str, ...]
    course_codes: frozenset[str]
    source_url: str
    as_of: str
    label: str
    address: str
    commune: str | None
    district_old: str
    point: tuple[float, float] | None
    precision: Precision
    opening_hours: str
    hours_note: str


Report = Callable[..., None]
"""``report(key, column, warning=False, **arguments)``."""


@dataclass(slots=True)
class RowReader:
    """Reads rows; remembers the places that many rows name."""

    gazetteer: Gazetteer
    catalogue: Catalogue
    today: date | None
    _provinces: dict[str, AdminUnit | None] = field(default_factory=dict)

    def read(self, line: int, cells: Mapping[str, str], numbers: frozenset[str], report: Report) -> SiteRow | None:
        """The row of *cells*; None when *report* was told a fault that is no warning."""
        faults = 0

        def tell(key: str, column: str, *, warning: bool = False, **arguments: str) -> None:
            nonlocal faults
            faults += not warning
            report(key, column, warning=warning, **arguments)

        self._check_names(cells, tell)
        kind = next((kind for kind in CentreType if kind == fold(cells["loai"])), None)
        if kind is None:
            tell("unknown_type", "loai", value=cells["loai"], allowed=", ".join(CentreType))
        phone = self._phone(cells, numbers, tell)
        as_of = self._as_of(cells["ngay thong tin"], tell)
        status = self._status(cells["trang thai"], as_of, tell)
        hours, note = self._hours(cells, tell)
        courses = tuple(filter(None, map(str.strip, cells["lop hoc"].split(";"))))
        province = self._province(cells["tinh"], tell)
        district = self._district(cells["huyen cu"], province, tell)
        commune = self._commune(cells, province, district, tell)
        point = self._point(cells, commune, tell)
        precision = self._precision(cells["do chinh xac"], point, commune, district, tell)
        if kind in _NEEDS_COMMUNE and not cells["xa/phuong"] and point is None and province is not None:
            tell("needs_commune", "xa/phuong", type=str(kind))
        if faults or kind is None or province is None or as_of is None or status is None:
            return None
        if precision in _BY_WARD and commune is not None and point is None:
            # An old commune stands at its successor's point here: that is how well we know it.
            precision, point = Precision.NEW_WARD, (commune.latitude, commune.longitude)
        return SiteRow(
            line, cells["ma"], cells["ten"], kind, province.code, status, cells["thay bang"], phone,
            cells["email"], cells["website"], courses, self._codes(courses, tell), cells["nguon"], as_of,
            cells["co so"],
            cells["dia chi"], commune.code if commune else None, district.full_name if district else "", point,
            precision, hours, note,
        )  # fmt: skip

    def _check_names(self, cells: Mapping[str, str], tell: Report) -> None:
        if not cells["ma"]:
            tell("no_id", "ma")
        elif not _ID.fullmatch(cells["ma"]):
            tell("bad_id", "ma", value=cells["ma"])
        if not cells["ten"]:
            tell("no_name", "ten")
        for column in ("ten", "co so", "dia chi"):
            if has_contact(cells[column]):
                tell("contact_in_name", column, value=cells[column])
            if names_person(cells[column]):
                tell("names_person", column, warning=True, value=cells[column])
        if cells["website"] and not is_web(cells["website"]):
            tell("bad_website", "website", value=cells["website"])
        if cells["email"] and not is_email(cells["email"]):
            tell("bad_email", "email", value=cells["email"])
        source = cells["nguon"]
        if not is_web(source):
            tell("no_source", "nguon", value=source)
        elif not is_official_host(source):
            tell("foreign_source", "nguon", warning=True, value=source)

    def _phone(self, cells: Mapping[str, str], numbers: frozenset[str], tell: Report) -> str:
        value = cells["dien thoai"]
        if not value:
            return ""
        if "dien thoai" in numbers and not value.startswith(("0", "1")):
            value = f"0{value}"
        try:
            phone, kind = read_phone(value)
        except ValueError:
            tell("bad_phone", "dien thoai", value=value)
            return ""
        if kind and fold(cells["so co quan"]) not in _TICKED:
            tell("older_landline" if kind == "older" else "mobile_phone", "dien thoai", value=value)
        return phone

    def _as_of(self, value: str, tell: Report) -> str | None:
        found = read_date(value)
        if found is None or (self.today is not None and day_of(found) > self.today):
            tell("bad_date", "ngay thong tin", text=value)
            return None
        return found

    def _status(self, value: str, as_of: str | None, tell: Report) -> CentreStatus | None:
        said = fold(value).replace(" ", "-")
        status = next((each for each in CentreStatus if each == said), None)
        if value and status is None:
            tell("unknown_status", "trang thai", value=value, allowed=", ".join(CentreStatus))
            return None
        stale = as_of is not None and self.today is not None and day_of(as_of) < self.today - STALE_AFTER
        if stale and status in (None, CentreStatus.ACTIVE):
            if status is CentreStatus.ACTIVE:
                tell("stale", "ngay thong tin", warning=True, text=as_of or "")
            return CentreStatus.UNVERIFIED
        return status or CentreStatus.ACTIVE

    def _hours(self, cells: Mapping[str, str], tell: Report) -> tuple[str, str]:
        said, note = cells["gio mo cua"], cells["ghi chu gio"]
        if not said:
            return "", note
        try:
            return read_hours(said), note
        except HoursUnreadable:
            if any(map(str.isdigit, said)):
                tell("bad_hours", "gio mo cua", value=said)
                return "", note
            tell("hours_noted", "gio mo cua", warning=True, value=said)
            return "", "; ".join(filter(None, (note, said.strip('"'))))

    def _codes(self, courses: tuple[str, ...], tell: Report) -> frozenset[str]:
        found = {name: self.catalogue.course_of(name) for name in courses}
        for name, course in found.items():
            if course is None:
                tell("unknown_course", "lop hoc", warning=True, value=name)
        return frozenset(course.code for course in found.values() if course is not None)

    def _province(self, said: str, tell: Report) -> AdminUnit | None:
        if not said:
            tell("no_province", "tinh")
            return None
        if said not in self._provinces:
            unit = resolve(self.gazetteer, said).unit
            is_one = unit is not None and unit.level is Level.PROVINCE
            self._provinces[said] = self.gazetteer.province_of(unit) if unit and is_one else None
        if self._provinces[said] is None:
            tell("unknown_province", "tinh", value=said)
        return self._provinces[said]

    def _district(self, said: str, province: AdminUnit | None, tell: Report) -> AdminUnit | None:
        if not said or province is None:
            return None
        former = {old.code for old in self.gazetteer.predecessors(province)}
        inside = [u for u in self.gazetteer.districts if u.province_code in former]
        found = [u for u in inside if name_key(u.full_name) == name_key(said)]
        found = found or [u for u in inside if name_key(u.name) == name_key(said)]
        if len(found) != 1:
            tell("unknown_district", "huyen cu", value=said, province=province.full_name)
            return None
        return found[0]

    def _commune(
        self, cells: Mapping[str, str], province: AdminUnit | None, district: AdminUnit | None, tell: Report
    ) -> AdminUnit | None:
        said, gazetteer = cells["xa/phuong"], self.gazetteer
        if not said or province is None:
            return None
        if said.isdigit():
            unit = gazetteer.commune(said.zfill(5))
        else:
            where = ", ".join(filter(None, (said, cells["huyen cu"], cells["tinh"])))
            resolution = resolve(gazetteer, where)
            unit = resolution.unit
            if resolution.kind in (ResolutionKind.ASK, ResolutionKind.ASK_PROVINCE):
                choices = "; ".join(choice.label for choice in resolution.choices)
                tell("which_commune", "xa/phuong", value=where, choices=choices)
                return None
        if unit is None or unit.level is not Level.COMMUNE or not self._bears(unit, said):
            tell("unknown_commune", "xa/phuong", value=said, province=province.full_name)
            return None
        if gazetteer.province_of(unit) != province:
            tell("commune_elsewhere", "xa/phuong", value=said, province=province.full_name)
            return None
        if district is not None and district.token not in index_of(gazetteer).lineage(unit):
            tell("district_disagrees", "huyen cu", value=district.full_name, commune=unit.full_name)
            return None
        became = gazetteer.successors(unit)
        if len(became) > 1:
            tell("commune_divided", "xa/phuong", value=said, choices="; ".join(each.full_name for each in became))
            return None
        return became[0]

    def _bears(self, unit: AdminUnit, said: str) -> bool:
        """Whether *said* is a name of *unit* as written, not one that only resembles it."""
        return said.isdigit() or any(
            entry.unit in (unit, *self.gazetteer.predecessors(unit))
            for text in (said, said.partition(" ")[2], said.split(" ", 2)[-1])
            for entry in index_of(self.gazetteer).find(name_key(text))
        )

    def _point(
        self, cells: Mapping[str, str], commune: AdminUnit | None, tell: Report
    ) -> tuple[float, float] | None:
        said = (cells["vi do"], cells["kinh do"])
        if not any(said):
            return None
        if not all(said):
            tell("half_a_point", "kinh do" if said[0] else "vi do")
            return None
        try:
            latitude, longitude = (float(value.replace(",", ".")) for value in said)
        except ValueError:
            tell("not_a_number", "vi do", value=" ".join(said))
            return None
        if not in_vietnam(latitude, longitude):
            key = "swapped_point" if in_vietnam(longitude, latitude) else "outside_vietnam"
            tell(key, "vi do", latitude=said[0], longitude=said[1])
            return None
        if commune is not None and fold(commune.type) != _ISLANDS:
            away = distance((latitude, longitude), (commune.latitude, commune.longitude))
            if away > FAR_KM:
                key = "far_from_commune" if away > FARTHEST_KM else "rather_far"
                tell(key, "vi do", warning=away <= FARTHEST_KM, commune=commune.full_name, km=f"{away:.0f}")
        return latitude, longitude

    def _precision(
        self,
        said: str,
        point: tuple[float, float] | None,
        commune: AdminUnit | None,
        district: AdminUnit | None,
        tell: Report,
    ) -> Precision:
        """As said; otherwise as good as what the row holds."""
        if not said:
            if point:
                return Precision.EXACT
            return Precision.NEW_WARD if commune else Precision.DISTRICT if district else Precision.PROVINCE
        if said not in tuple(Precision):
            tell("unknown_precision", "do chinh xac", value=said, allowed=", ".join(Precision))
        elif said in _BY_POINT and point is None:
            tell("precision_needs_point", "do chinh xac", value=said)
        elif said in _BY_WARD and commune is None and point is None:
            tell("precision_needs_commune", "do chinh xac", value=said)
        else:
            return Precision(said)
        return Precision.PROVINCE
