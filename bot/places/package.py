"""What the data files of the package vietnamadminunits say: units, other names, what became what.

Only its files are opened, never the package: its parser guesses, and its converter asks a geocoder
over the network.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bot.places.units import AdminUnit, Era, Level

PACKAGE = "vietnamadminunits"


class PackageMissing(Exception):
    """The package vietnamadminunits, or a file of it, is not installed."""


@dataclass(frozen=True, slots=True)
class Record:
    """A unit as the package has it, with its other names and its key.

    *key* is the folded path of names that the package's own tables refer to. *others* are older
    names and abbreviations, folded without spaces, some with their type word.
    """

    unit: AdminUnit
    key: str
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PackageFiles:
    """All records, and the keys of what each old commune and province became, the default first."""

    records: tuple[Record, ...]
    successors: dict[str, tuple[str, ...]]


def read_package() -> PackageFiles:
    """The content of the installed package. Raises PackageMissing."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise PackageMissing(f"{PACKAGE} is not installed")
    folder = Path(spec.origin).parent / "data"
    try:
        with closing(sqlite3.connect(f"{(folder / 'dataset.db').as_uri()}?mode=ro", uri=True)) as base:
            records = (*_current(base), *_former(base))
        converter = json.loads((folder / "converter_2025.json").read_bytes())
    except (OSError, sqlite3.Error) as error:
        raise PackageMissing(f"a file of {PACKAGE} cannot be read: {error}") from error
    return PackageFiles(records, dict(_succession(converter)))


_CURRENT = """
    SELECT provinceCode, province, provinceShort, provinceKey, provinceLat, provinceLon, provinceAlias,
           wardCode, ward, wardKey, wardType, wardLat, wardLon FROM admin_units ORDER BY wardCode
"""
_FORMER = """
    SELECT provinceCode, province, provinceShort, provinceKey, provinceLat, provinceLon, provinceAlias,
           districtCode, district, districtKey, districtType, districtLat, districtLon, districtAlias,
           wardCode, ward, wardKey, wardType, wardLat, wardLon, wardAlias
    FROM admin_units_legacy ORDER BY districtCode, wardCode
"""


def _current(base: sqlite3.Connection) -> Iterator[Record]:
    provinces: set[str] = set()
    kinds = [kind for (kind,) in base.execute("SELECT DISTINCT wardType FROM admin_units")]
    for row in base.execute(_CURRENT):
        (province, *about_province), (code, full, key, kind, lat, lon) = row[:7], row[7:]
        if province not in provinces:
            provinces.add(province)
            yield _province(Era.NEW, province, about_province)
        kind, name = _type_and_name(full, kind, kinds)
        unit = AdminUnit(code, Era.NEW, Level.COMMUNE, kind, name, province, province, lat, lon)
        yield Record(unit, f"new_{about_province[2]}_{key}", ())


def _former(base: sqlite3.Connection) -> Iterator[Record]:
    seen: set[str] = set()
    kinds = [
        kind for (kind,) in base.execute("SELECT DISTINCT wardType FROM admin_units_legacy WHERE wardType <> ''")
    ]
    for row in base.execute(_FORMER):
        (province, *about_province), district, commune = row[:7], row[7:14], row[14:]
        if province not in seen:
            seen.add(province)
            yield _province(Era.OLD, province, about_province)
        d_code, d_full, d_key, d_type, d_lat, d_lon, d_others = district
        path = f"{about_province[2]}_{d_key}"
        if d_code not in seen:
            seen.add(d_code)
            d_type, name = _type_and_name(d_full, d_type, (d_type,))
            unit = AdminUnit(d_code, Era.OLD, Level.DISTRICT, d_type, name, province, province, d_lat, d_lon)
            yield Record(unit, path, _list(d_others))
        code, full, key, kind, lat, lon, others = commune
        if code:
            kind, name = _type_and_name(full, kind, kinds)
            unit = AdminUnit(code, Era.OLD, Level.COMMUNE, kind, name, province, d_code, lat, lon)
            yield Record(unit, f"{path}_{key}", _list(others))


def _province(era: Era, code: str, about: Sequence[Any]) -> Record:
    full, short, key, latitude, longitude, others = about
    kind = full.removesuffix(short).strip()
    unit = AdminUnit(code, era, Level.PROVINCE, kind, short, code, "", latitude, longitude)
    return Record(unit, f"new_{key}" if era is Era.NEW else key, _list(others))


def _type_and_name(full: str, kind: str, kinds: Iterable[str]) -> tuple[str, str]:
    """The type and bare name of *full*. A number keeps its type: alone it names nothing.

    *kind* is what the package says, wrong for eight communes; the full names are right, some with
    the type in capitals.
    """
    kind = next(k for k in (kind, *kinds) if full.lower().startswith(f"{k.lower()} "))
    bare = full[len(kind) :].strip()
    return kind, f"{kind} {bare}" if bare.isdigit() else bare


def _list(others: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(json.loads(others))) if others else ()


def _succession(converter: dict[str, dict[str, dict[str, object]]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    provinces, whole, divided = converter.values()
    for new, old in provinces.items():
        for former in old:
            yield former, (f"new_{new}",)
    for province, communes in whole.items():
        for new, former_communes in communes.items():
            assert isinstance(former_communes, list)
            for former in former_communes:
                # An island district without communes is written as a commune with no name.
                yield former.rstrip("_"), (f"new_{province}_{new}",)
    for province, former_map in divided.items():
        for former, parts in former_map.items():
            assert isinstance(parts, list)
            ordered = sorted(parts, key=lambda part: not part["isDefaultNewWard"])
            yield former, tuple(f"new_{province}_{part['newWardKey']}" for part in ordered)
