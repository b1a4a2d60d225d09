"""The directory of learning centres, and which of them are near a place."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

from bot.places.centre import Centre, CentresError, CentreType, Fault, Precision
from bot.places.centre_files import CentreReader
from bot.places.coordinates import KM_PER_DEGREE, Point, distance
from bot.places.gazetteer import Gazetteer
from bot.places.index import index_of
from bot.places.units import AdminUnit, Era, Level

__all__ = [
    "Centre", "CentreType", "CentresError", "Directory", "Fault", "Finding", "Found", "Group", "Precision",
    "map_link", "map_search_link", "nearest",
]  # fmt: skip

FARTHEST_KM = 60.0
"""Nobody is sent farther."""

MOST_OF_PROVINCE = 5
"""Centres of the province named after the near ones."""

_MAPS = "https://www.google.com/maps/search/?api=1&query="


class Group(StrEnum):
    """Why a centre was found, in the order of an answer."""

    OWN_COMMUNE = "own_commune"
    NEARBY = "nearby"
    PROVINCE = "province"


@dataclass(frozen=True, slots=True)
class Found:
    """A centre and its rounded distance in km ("about"); None where it must not be told."""

    centre: Centre
    group: Group
    about_km: int | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What is near a place, in the order to tell it; *commune* and *province* are today's."""

    found: tuple[Found, ...]
    commune: AdminUnit | None
    province: AdminUnit | None


def is_gdtx(centre: Centre) -> bool:
    """Whether *centre* is the continuing-education centre of a district or province."""
    return centre.type in (CentreType.GDTX, CentreType.GDNN_GDTX)


class Directory:
    """All published centres."""

    def __init__(self, centres: Iterable[Centre], gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        self.centres = tuple(sorted(centres, key=lambda centre: centre.id))
        self._by_id = {centre.id: centre for centre in self.centres}
        placed = [
            (centre.latitude, centre.longitude, centre)
            for centre in self.centres
            if centre.latitude is not None and centre.longitude is not None and centre.precision.allows_distance
        ]
        self._placed = sorted(placed, key=lambda each: each[0])
        self._latitudes = [latitude for latitude, _, _ in self._placed]
        self._of_commune: dict[str, list[Centre]] = defaultdict(list)
        self._gdtx_of_province: dict[str, list[Centre]] = defaultdict(list)
        for centre in self.centres:
            if centre.commune:
                self._of_commune[centre.commune].append(centre)
            if is_gdtx(centre):
                self._gdtx_of_province[centre.province_code].append(centre)
        self._lineages: dict[str, frozenset[str]] = {}
        self._districts = {
            (district.full_name, gazetteer.province_of(district).code): district
            for district in gazetteer.districts
        }

    @classmethod
    def load(cls, folder: Path, gazetteer: Gazetteer) -> "Directory":
        """The centres of ``folder/*.csv``, UTF-8 with or without BOM.

        Raises CentresError with every fault of every file.
        """
        reader = CentreReader(gazetteer)
        for path in sorted(folder.glob("*.csv")):
            reader.read(path)
        if reader.faults:
            raise CentresError(tuple(reader.faults))
        return cls(reader.centres, gazetteer)

    def __len__(self) -> int:
        return len(self.centres)

    def centre(self, id: str) -> Centre | None:
        """The centre of *id*."""
        return self._by_id.get(id)

    def in_commune(self, code: str) -> list[Centre]:
        """The centres of a current commune."""
        return self._of_commune.get(code, [])

    def gdtx_of(self, province_code: str) -> list[Centre]:
        """The continuing-education centres of a current province."""
        return self._gdtx_of_province.get(province_code, [])

    def district_of(self, centre: Centre) -> AdminUnit | None:
        """The old district *centre* lies in, where its row names one."""
        return self._districts.get((centre.district_old, centre.province_code))

    def lies_in(self, centre: Centre) -> frozenset[str]:
        """Tokens of the units *centre* is known to lie in, old and current."""
        if centre.id in self._lineages:
            return self._lineages[centre.id]
        gazetteer = self.gazetteer
        known = {f"new:{centre.province_code}"}
        units = (
            gazetteer.commune(centre.commune) if centre.commune else None,
            self.district_of(centre),
        )
        for unit in units:
            if unit is not None:
                known |= {unit.token, *index_of(gazetteer).lineage(unit)}
        self._lineages[centre.id] = frozenset(known)
        return self._lineages[centre.id]

    def around(self, point: Point, k: int, without: frozenset[str] = frozenset()) -> list[tuple[float, Centre]]:
        """The *k* nearest centres within 60 km and their distances, except those of ids *without*.

        Walks outward from the latitude of *point*, on the nearer side first, and stops where the
        difference of latitude alone is more than the farthest kept.
        """
        best: list[tuple[float, str, Centre]] = []
        limit = FARTHEST_KM
        up = bisect_left(self._latitudes, point[0])
        down = up - 1
        while down >= 0 or up < len(self._placed):
            above = self._latitudes[up] - point[0] if up < len(self._placed) else float("inf")
            below = point[0] - self._latitudes[down] if down >= 0 else float("inf")
            if min(above, below) * KM_PER_DEGREE > limit:
                break
            if above <= below:
                latitude, longitude, centre = self._placed[up]
                up += 1
            else:
                latitude, longitude, centre = self._placed[down]
                down -= 1
            away = distance(point, (latitude, longitude))
            if away <= limit and centre.id not in without:
                best = sorted([*best, (away, centre.id, centre)])[:k]
                limit = best[-1][0] if len(best) == k else limit
        return [(away, centre) for away, _, centre in best]


def nearest(directory: Directory, where: AdminUnit | Point, k: int = 3) -> Finding:
    """The centres of the own commune, then the nearest *k* within 60 km, then the province's GDTX.

    *where* is a unit or a (latitude, longitude) that the citizen shared. A province or district has
    no near: its own centres are found, without distances. Outside Vietnam nothing is found.
    """
    gazetteer = directory.gazetteer
    if isinstance(where, AdminUnit):
        unit, point = where, (where.latitude, where.longitude)
    else:
        here = gazetteer.commune_at(*where)
        if here is None:
            return Finding((), None, None)
        unit, point = here, where
    province = gazetteer.province_of(unit)
    if unit.level is not Level.COMMUNE:
        return Finding(_inside(directory, unit), None, province)
    communes = gazetteer.successors(unit)
    own = sorted((c for each in communes for c in directory.in_commune(each.code)), key=_local_first)
    shared = not isinstance(where, AdminUnit)
    found = [Found(c, Group.OWN_COMMUNE, _about_from(point, c) if shared else None) for c in own]
    taken = frozenset(c.id for c in own)
    near = directory.around(point, k, taken)
    found += [Found(centre, Group.NEARBY, _about(away)) for away, centre in near]
    taken |= {centre.id for _, centre in near}
    others = [each for each in _of_province(directory, unit, province) if each.centre.id not in taken]
    found += others[:MOST_OF_PROVINCE]
    return Finding(tuple(found), communes[0], province)


def map_link(latitude: float, longitude: float) -> str:
    """A Google Maps address of a point, for the citizen's phone to open."""
    return f"{_MAPS}{latitude:.6f},{longitude:.6f}"


def map_search_link(text: str) -> str:
    """A Google Maps search for an address, for the citizen's phone to open."""
    return f"{_MAPS}{quote(text, safe='')}"


def _about(away: float) -> int:
    """Kilometres as they are told: whole ones, from ten on in fives, as the points are no better."""
    return max(1, round(away)) if away < 10 else 5 * round(away / 5)


def _about_from(point: Point, centre: Centre) -> int | None:
    """The distance inside one's own commune, told only to a centre whose street is known."""
    if centre.precision not in (Precision.EXACT, Precision.STREET):
        return None
    if centre.latitude is None or centre.longitude is None:
        return None
    return _about(distance(point, (centre.latitude, centre.longitude)))


def _local_first(centre: Centre) -> tuple[int, str]:
    return list(CentreType).index(centre.type), centre.id


def _inside(directory: Directory, unit: AdminUnit) -> tuple[Found, ...]:
    """The centres of a province or district: those that take in adults from all of it first."""
    lineage = unit.token
    inside = [c for c in directory.centres if lineage in directory.lies_in(c)]
    if unit.level is Level.PROVINCE:
        inside = [c for c in inside if is_gdtx(c)] or inside
    inside.sort(key=lambda c: (not is_gdtx(c), _local_first(c)))
    return tuple(Found(c, Group.PROVINCE, None) for c in inside[:MOST_OF_PROVINCE])


def _of_province(directory: Directory, unit: AdminUnit, province: AdminUnit) -> list[Found]:
    """The province's GDTX centres: of the old district first, then of the old province, then by district.

    The middle of a district is too far from its centres to tell a distance, but good for an order.
    """
    near = index_of(directory.gazetteer).lineage(unit)

    def kinship(centre: Centre) -> tuple[int, float, str]:
        shared = [directory.gazetteer.unit(token) for token in directory.lies_in(centre) & near]
        levels = {unit.level for unit in shared if unit is not None and unit.era is Era.OLD}
        rank = 0 if Level.DISTRICT in levels else 1 if Level.PROVINCE in levels else 2
        district = directory.district_of(centre)
        if district is None:
            return rank, float("inf"), centre.id
        here, there = (unit.latitude, unit.longitude), (district.latitude, district.longitude)
        return rank, distance(here, there), centre.id

    ordered = sorted(directory.gdtx_of(province.code), key=kinship)
    return [Found(centre, Group.PROVINCE, None) for centre in ordered]
