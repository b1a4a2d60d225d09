"""Reading `content/centres/*.csv`: rows into centres, and every fault of every row."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from bot.places.centre import Centre, CentreType, Fault, Precision
from bot.places.coordinates import distance, in_vietnam
from bot.places.gazetteer import Gazetteer
from bot.places.index import index_of
from bot.places.names import fold, name_key
from bot.places.resolver import ResolutionKind, resolve
from bot.places.units import AdminUnit, Level

COLUMNS = (
    "ma", "ten", "loai", "dia chi", "xa/phuong", "huyen cu", "tinh", "dien thoai", "website",
    "gio mo cua", "lop hoc", "vi do", "kinh do", "do chinh xac", "nguon", "ngay thong tin",
)  # fmt: skip
"""The folded headers of a centre file, all required, in any order."""

FAULT_KEYS = (
    "not_utf8", "no_column", "no_id", "id_twice", "no_name", "unknown_type", "no_province",
    "unknown_province", "unknown_district", "unknown_commune", "which_commune", "commune_divided",
    "commune_elsewhere",
    "not_a_number", "half_a_point", "outside_vietnam", "swapped_point", "far_from_commune",
    "unknown_precision", "precision_needs_point", "precision_needs_commune", "bad_phone", "mobile_phone",
    "bad_website", "no_source", "bad_date", "formula", "contact_in_name",
)  # fmt: skip
"""Every fault a file can have, each with its sentence under `centre_fault` in texts.yml."""

_FARTHEST_KM = 50.0
_DATE = re.compile(r"\d{4}(-\d{2}){0,2}")
_MOBILE = re.compile(r"0[35789]\d{8}")
_PHONE = re.compile(r"0\d{9,10}|1[89]00\d{4,6}")
_CONTACT = re.compile(r"\d{7,}|\S+@\S+\.\S+")
_BY_WARD = (Precision.OLD_WARD, Precision.NEW_WARD)
_BY_POINT = (Precision.EXACT, Precision.STREET)


@dataclass(slots=True)
class CentreReader:
    """Collects centres and faults over files; ids must differ across all of them."""

    gazetteer: Gazetteer
    centres: list[Centre] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    _ids: dict[str, str] = field(default_factory=dict)

    def read(self, path: Path) -> None:
        """Add what *path* holds. Never raises for what the file says."""
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError:
            self.faults.append(Fault(path.name, 1, "not_utf8", {}))
            return
        rows = csv.reader(io.StringIO(text, newline=""))
        headers = [fold(header) for header in next(rows, [])]
        missing = [column for column in COLUMNS if column not in headers]
        self.faults += [Fault(path.name, 1, "no_column", {"column": column}) for column in missing]
        if missing:
            return
        for cells in rows:
            if any(map(str.strip, cells)):
                row = dict(zip(headers, map(str.strip, cells), strict=False))
                _Row(self, path.name, rows.line_num, {column: row.get(column, "") for column in COLUMNS}).read()

    def claim(self, id: str, place: str) -> str:
        """Where *id* stood before; empty the first time."""
        before = self._ids.get(id, "")
        self._ids.setdefault(id, place)
        return before


@dataclass(slots=True)
class _Row:
    reader: CentreReader
    file: str
    line: int
    cells: Mapping[str, str]

    def read(self) -> None:
        faults_before = len(self.reader.faults)
        cells = self.cells
        self._check_texts()
        province = self._province()
        district = self._district(province)
        commune = self._commune(province)
        point = self._point(commune)
        precision = self._precision(point, commune, district)
        kind = next((kind for kind in CentreType if kind == fold(cells["loai"])), None)
        if kind is None:
            self._fault("unknown_type", value=cells["loai"], allowed=", ".join(CentreType))
        if len(self.reader.faults) > faults_before or kind is None or province is None:
            return
        if precision in _BY_WARD and commune is not None and point is None:
            # An old commune stands at its successor's point here: that is how well we know it.
            precision, point = Precision.NEW_WARD, (commune.latitude, commune.longitude)
        latitude, longitude = point if point else (None, None)
        self.reader.centres.append(
            Centre(
                id=cells["ma"],
                name=cells["ten"],
                type=kind,
                address=cells["dia chi"],
                commune=commune.code if commune else None,
                province_code=province.code,
                district_old=district.full_name if district else "",
                phone=cells["dien thoai"],
                website=cells["website"],
                opening_hours=cells["gio mo cua"],
                courses=tuple(filter(None, map(str.strip, cells["lop hoc"].split(";")))),
                latitude=latitude,
                longitude=longitude,
                precision=precision,
                source_url=cells["nguon"],
                as_of=cells["ngay thong tin"],
            )
        )

    def _check_texts(self) -> None:
        cells = self.cells
        for column, value in cells.items():
            if value.startswith(("=", "@")) or (value.startswith("+") and column != "dien thoai"):
                self._fault("formula", column=column, value=value)
        if not cells["ma"]:
            self._fault("no_id")
        elif before := self.reader.claim(cells["ma"], f"{self.file}:{self.line}"):
            self._fault("id_twice", id=cells["ma"], before=before)
        if not cells["ten"]:
            self._fault("no_name")
        elif _CONTACT.search(cells["ten"]):
            self._fault("contact_in_name", value=cells["ten"])
        self._check_phone(cells["dien thoai"])
        if cells["website"] and not _is_web(cells["website"]):
            self._fault("bad_website", value=cells["website"])
        if not _is_web(cells["nguon"]):
            self._fault("no_source", value=cells["nguon"])
        if not _is_date(cells["ngay thong tin"]):
            self._fault("bad_date", value=cells["ngay thong tin"])

    def _check_phone(self, value: str) -> None:
        digits = re.sub(r"[\s().\-–]", "", value)
        digits = re.sub(r"^(\+84|0084)", "0", digits)
        if not value:
            return
        if _MOBILE.fullmatch(digits):
            self._fault("mobile_phone", value=value)
        elif not _PHONE.fullmatch(digits):
            self._fault("bad_phone", value=value)

    def _province(self) -> AdminUnit | None:
        said = self.cells["tinh"]
        if not said:
            self._fault("no_province")
            return None
        unit = resolve(self.reader.gazetteer, said).unit
        if unit is None or unit.level is not Level.PROVINCE:
            self._fault("unknown_province", value=said)
            return None
        return self.reader.gazetteer.province_of(unit)

    def _district(self, province: AdminUnit | None) -> AdminUnit | None:
        said = self.cells["huyen cu"]
        if not said or province is None:
            return None
        gazetteer = self.reader.gazetteer
        found = [u for u in _districts(gazetteer, province) if name_key(u.full_name) == name_key(said)]
        found = found or [u for u in _districts(gazetteer, province) if name_key(u.name) == name_key(said)]
        if len(found) != 1:
            self._fault("unknown_district", value=said, province=province.full_name)
            return None
        return found[0]

    def _commune(self, province: AdminUnit | None) -> AdminUnit | None:
        said = self.cells["xa/phuong"]
        gazetteer = self.reader.gazetteer
        if not said or province is None:
            return None
        if said.isdigit():
            unit = gazetteer.commune(said.zfill(5))
        else:
            where = ", ".join(filter(None, (said, self.cells["huyen cu"], self.cells["tinh"])))
            resolution = resolve(gazetteer, where)
            unit = resolution.unit
            if resolution.kind in (ResolutionKind.ASK, ResolutionKind.ASK_PROVINCE):
                choices = "; ".join(choice.label for choice in resolution.choices)
                self._fault("which_commune", value=where, choices=choices)
                return None
        if unit is None or unit.level is not Level.COMMUNE or not self._bears(unit, said):
            self._fault("unknown_commune", value=said, province=province.full_name)
            return None
        if gazetteer.province_of(unit) != province:
            self._fault("commune_elsewhere", value=said, province=province.full_name)
            return None
        became = gazetteer.successors(unit)
        if len(became) > 1:
            choices = "; ".join(each.full_name for each in became)
            self._fault("commune_divided", value=said, choices=choices)
            return None
        return became[0]

    def _bears(self, unit: AdminUnit, said: str) -> bool:
        """Whether *said* is a name of *unit* as written, not one that only resembles it."""
        return said.isdigit() or any(
            entry.unit == unit
            for text in (said, said.partition(" ")[2], said.split(" ", 2)[-1])
            for entry in index_of(self.reader.gazetteer).find(name_key(text))
        )

    def _point(self, commune: AdminUnit | None) -> tuple[float, float] | None:
        said = (self.cells["vi do"], self.cells["kinh do"])
        if not any(said):
            return None
        if not all(said):
            self._fault("half_a_point")
            return None
        try:
            latitude, longitude = (float(value.replace(",", ".")) for value in said)
        except ValueError:
            self._fault("not_a_number", value=" ".join(said))
            return None
        if not in_vietnam(latitude, longitude):
            key = "swapped_point" if in_vietnam(longitude, latitude) else "outside_vietnam"
            self._fault(key, latitude=said[0], longitude=said[1])
            return None
        if commune is not None:
            away = distance((latitude, longitude), (commune.latitude, commune.longitude))
            if away > _FARTHEST_KM:
                self._fault("far_from_commune", commune=commune.full_name, km=f"{away:.0f}")
        return latitude, longitude

    def _precision(
        self, point: tuple[float, float] | None, commune: AdminUnit | None, district: AdminUnit | None
    ) -> Precision:
        """As said; otherwise as good as what the row holds."""
        said = self.cells["do chinh xac"]
        if not said:
            if point:
                return Precision.EXACT
            return Precision.NEW_WARD if commune else Precision.DISTRICT if district else Precision.PROVINCE
        if said not in tuple(Precision):
            self._fault("unknown_precision", value=said, allowed=", ".join(Precision))
        elif said in _BY_POINT and point is None:
            self._fault("precision_needs_point", value=said)
        elif said in _BY_WARD and commune is None and point is None:
            self._fault("precision_needs_commune", value=said)
        else:
            return Precision(said)
        return Precision.PROVINCE

    def _fault(self, key: str, **arguments: str) -> None:
        self.reader.faults.append(Fault(self.file, self.line, key, arguments))


def _districts(gazetteer: Gazetteer, province: AdminUnit) -> Iterator[AdminUnit]:
    former = {old.code for old in gazetteer.predecessors(province)}
    return (u for u in gazetteer.districts if u.province_code in former)


def _is_web(value: str) -> bool:
    parts = urlsplit(value)
    return parts.scheme in {"http", "https"} and "." in parts.netloc and " " not in value


def _is_date(value: str) -> bool:
    if not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value + "-01" * (2 - value.count("-")))
    except ValueError:
        return False
    return True
