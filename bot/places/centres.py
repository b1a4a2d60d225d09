"""The directory of learning centres, and which of them are near a place."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

from bot.places.centre import Centre, CentresError, CentreType, Fault, Precision, Site
from bot.places.centre_files import CentreReader
from bot.places.coordinates import Point, distance
from bot.places.gazetteer import Gazetteer
from bot.places.index import index_of
from bot.places.nearby import FARTHEST_KM, Filter, NearestSites, Placed, SitesInMemory
from bot.places.opening import is_open
from bot.places.units import AdminUnit, Era, Level
from bot.places.wishes import Catalogue, Wish

__all__ = [
    "FARTHEST_KM", "Centre", "CentreType", "CentresError", "Directory", "Fault", "Finding", "Found", "Group",
    "Precision", "map_link", "map_search_link", "nearest",
]  # fmt: skip

MOST_OF_PROVINCE = 5
"""Centres of the province named after the near ones."""

_MAPS = "https://www.google.com/maps/search/?api=1&query="
NO_WISH = Wish()


class Group(StrEnum):
    """Why a centre was found, in the order of an answer."""

    OWN_COMMUNE = "own_commune"
    NEARBY = "nearby"
    COURSE = "course"
    PROVINCE = "province"


@dataclass(frozen=True, slots=True)
class Found:
    """A centre at one of its sites, and the rounded distance in km ("about"); None where it must not be told."""

    centre: Centre
    site: Site
    group: Group
    about_km: int | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What is near a place, in the order to tell it; *commune* and *province* are today's.

    *fulfilled* is whether any of *found* is all that was wished; without a wish it is true.
    """

    found: tuple[Found, ...]
    commune: AdminUnit | None
    province: AdminUnit | None
    fulfilled: bool = True


def is_gdtx(centre: Centre) -> bool:
    """Whether *centre* is the continuing-education centre of a district or province."""
    return centre.type in (CentreType.GDTX, CentreType.GDNN_GDTX)


class Directory:
    """All published centres. Those dissolved or paused can be looked up, but are sent to nobody."""

    def __init__(
        self, centres: Iterable[Centre], gazetteer: Gazetteer, catalogue: Catalogue | None = None, version: int = 0
    ) -> None:
        self.gazetteer = gazetteer
        self.catalogue = catalogue or Catalogue.load()
        self.version = version
        self.centres = tuple(sorted(centres, key=lambda centre: centre.id))
        self._by_id = {centre.id: centre for centre in self.centres}
        self._site = {site.id: (centre, site) for centre in self.centres for site in centre.sites}
        self.placed = placed_sites(self.centres)
        self.nearest_sites: NearestSites = SitesInMemory(self.placed)
        self._of_commune: dict[str, list[Centre]] = defaultdict(list)
        self._gdtx_of_province: dict[str, list[Centre]] = defaultdict(list)
        self.serving = tuple(centre for centre in self.centres if centre.is_open_to_learners)
        for centre in self.serving:
            for commune in dict.fromkeys(site.commune for site in centre.sites if site.commune):
                self._of_commune[commune].append(centre)
            if is_gdtx(centre):
                self._gdtx_of_province[centre.province_code].append(centre)
        self._closed: dict[str, list[Centre]] = defaultdict(list)
        for centre in self.centres:
            if not centre.is_open_to_learners:
                for commune in dict.fromkeys(site.commune for site in centre.sites if site.commune):
                    self._closed[commune].append(centre)
        self._lineages: dict[str, frozenset[str]] = {}
        self._districts = {
            (district.full_name, gazetteer.province_of(district).code): district
            for district in gazetteer.districts
        }

    @classmethod
    def load(cls, folder: Path, gazetteer: Gazetteer, today: date | None = None) -> "Directory":
        """The centres of ``folder/*.csv``, UTF-8 with or without BOM.

        *today* decides what is too old to be told as working; without it nothing is. The catalogue of
        courses is read beside the folder. Raises CentresError with every fault of every file.
        """
        catalogue = Catalogue.load(folder.parent)
        reader = CentreReader(gazetteer, catalogue, today)
        for path in sorted(folder.glob("*.csv")):
            reader.read(path)
        centres = reader.centres()
        if reader.errors:
            raise CentresError(tuple(reader.errors))
        return cls(centres, gazetteer, catalogue)

    def __len__(self) -> int:
        return len(self.centres)

    def centre(self, id: str) -> Centre | None:
        """The centre of *id*."""
        return self._by_id.get(id)

    def at(self, site_id: str) -> tuple[Centre, Site]:
        """The centre and the site of a site's id. Raises KeyError."""
        return self._site[site_id]

    def closed_in(self, code: str) -> list[Centre]:
        """The centres of a current commune that are paused or dissolved."""
        return self._closed.get(code, [])

    def in_commune(self, code: str) -> list[Centre]:
        """The centres of a current commune."""
        return self._of_commune.get(code, [])

    def gdtx_of(self, province_code: str) -> list[Centre]:
        """The continuing-education centres of a current province."""
        return self._gdtx_of_province.get(province_code, [])

    def district_of(self, centre: Centre) -> AdminUnit | None:
        """The old district *centre* lies in, where its row names one."""
        names = (site.district_old for site in centre.sites if site.district_old)
        return self._districts.get((next(names, ""), centre.province_code))

    def lies_in(self, centre: Centre) -> frozenset[str]:
        """Tokens of the units *centre* is known to lie in, old and current."""
        if centre.id in self._lineages:
            return self._lineages[centre.id]
        gazetteer = self.gazetteer
        known = {f"new:{centre.province_code}"}
        units = [gazetteer.commune(site.commune) for site in centre.sites if site.commune]
        for unit in (*units, self.district_of(centre)):
            if unit is not None:
                known |= {unit.token, *index_of(gazetteer).lineage(unit)}
        self._lineages[centre.id] = frozenset(known)
        return self._lineages[centre.id]

    def fulfils(self, wish: Wish, now: datetime | None) -> Callable[[Centre, Site], bool]:
        """Whether a centre at a site is all that *wish* wants; *now* is needed for "open now"."""
        courses = self.catalogue.fulfilling(wish.course) if wish.course else frozenset()

        def check(centre: Centre, site: Site) -> bool:
            return (
                (not wish.types or centre.type in wish.types)
                and (not courses or not courses.isdisjoint(centre.taught))
                and (not wish.open_now or (now is not None and is_open(site.opening_hours, now)))
            )

        return check

    def around(
        self, point: Point, k: int, without: frozenset[str] = frozenset(), wish: Wish = NO_WISH,
        now: datetime | None = None,
    ) -> list[tuple[float, Centre, Site]]:  # fmt: skip
        """The *k* nearest centres within 60 km that fulfil *wish*, each at its nearest site, with km."""
        check = self.fulfils(wish, now)
        keeps = (lambda placed: check(*self._site[placed.id])) if wish.open_now else None
        courses = self.catalogue.fulfilling(wish.course) if wish.course else frozenset()
        only = Filter(frozenset(map(str, wish.types)), courses, without, keeps)
        return [(away, *self._site[id]) for away, id in self.nearest_sites.nearest(point, k, only)]


def placed_sites(centres: Iterable[Centre]) -> list[Placed]:
    """The sites of the centres that one may be sent to, where a distance means anything."""
    return [
        Placed(site.id, centre.id, site.latitude, site.longitude, centre.type, centre.taught, site.opening_hours)
        for centre in centres
        if centre.is_open_to_learners
        for site in centre.sites
        if site.latitude is not None and site.longitude is not None and site.precision.allows_distance
    ]


def nearest(
    directory: Directory,
    where: AdminUnit | Point,
    k: int = 3,
    *,
    wish: Wish = NO_WISH,
    now: datetime | None = None,
) -> Finding:
    """The centres of the own commune, the nearest *k* within 60 km, those that offer the course, the GDTX.

    *where* is a unit or a (latitude, longitude) that the citizen shared. A province or district has
    no near: its own centres are found, without distances. Outside Vietnam nothing is found. A *wish*
    keeps what fulfils it; where nothing does, everything is found and `Finding.fulfilled` is false.
    """
    finding = _find(directory, where, k, wish, now)
    if wish and not finding.found:
        everything = _find(directory, where, k, NO_WISH, now)
        return Finding(everything.found, everything.commune, everything.province, fulfilled=False)
    return finding


def _find(directory: Directory, where: AdminUnit | Point, k: int, wish: Wish, now: datetime | None) -> Finding:
    gazetteer = directory.gazetteer
    if isinstance(where, AdminUnit):
        unit, point = where, (where.latitude, where.longitude)
    else:
        here = gazetteer.commune_at(*where)
        if here is None:
            return Finding((), None, None)
        unit, point = here, where
    province = gazetteer.province_of(unit)
    check = directory.fulfils(wish, now)
    if unit.level is not Level.COMMUNE:
        return Finding(_inside(directory, unit, check), None, province)
    communes = gazetteer.successors(unit)
    codes = {each.code for each in communes}
    own = [
        (centre, site)
        for each in communes
        for centre in directory.in_commune(each.code)
        for site in centre.sites
        if site.commune in codes and check(centre, site)
    ]
    own.sort(key=lambda each: (_local_first(each[0]), each[1].id))
    shared = not isinstance(where, AdminUnit)
    found = [Found(c, s, Group.OWN_COMMUNE, _about_from(point, s) if shared else None) for c, s in own]
    taken = frozenset(c.id for c, _ in own)
    near = directory.around(point, k, taken, wish, now)
    found += [Found(centre, site, Group.NEARBY, _about(away)) for away, centre, site in near]
    taken |= {centre.id for _, centre, _ in near}
    if wish.course:
        offering = _offering(directory, unit, province, check)
        found += [each for each in offering if each.centre.id not in taken][:MOST_OF_PROVINCE]
    else:
        others = _of_province(directory, unit, province, check)
        found += [each for each in others if each.centre.id not in taken][:MOST_OF_PROVINCE]
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


def _about_from(point: Point, site: Site) -> int | None:
    """The distance inside one's own commune, told only to a site whose street is known."""
    if not site.precision.allows_pin or site.latitude is None or site.longitude is None:
        return None
    return _about(distance(point, (site.latitude, site.longitude)))


def _local_first(centre: Centre) -> tuple[int, str]:
    return list(CentreType).index(centre.type), centre.id


Check = Callable[[Centre, Site], bool]


def _inside(directory: Directory, unit: AdminUnit, check: Check) -> tuple[Found, ...]:
    """The centres of a province or district: those that take in adults from all of it first."""
    inside = [(c, s) for c in directory.serving if unit.token in directory.lies_in(c) for s in c.sites[:1]]
    inside = [each for each in inside if check(*each)]
    if unit.level is Level.PROVINCE:
        inside = [each for each in inside if is_gdtx(each[0])] or inside
    inside.sort(key=lambda each: (not is_gdtx(each[0]), _local_first(each[0])))
    return tuple(Found(c, s, Group.PROVINCE, None) for c, s in inside[:MOST_OF_PROVINCE])


def _of_province(directory: Directory, unit: AdminUnit, province: AdminUnit, check: Check) -> list[Found]:
    """The province's GDTX centres: of the old district first, then of the old province, then by district."""
    kinship = _kinship(directory, unit)
    ordered = sorted(directory.gdtx_of(province.code), key=kinship)
    return [Found(c, c.sites[0], Group.PROVINCE, None) for c in ordered if check(c, c.sites[0])]


def _offering(directory: Directory, unit: AdminUnit, province: AdminUnit, check: Check) -> list[Found]:
    """Whoever in the province offers the course, the closest kin first."""
    inside = [c for c in directory.serving if c.province_code == province.code and check(c, c.sites[0])]
    return [
        Found(c, c.sites[0], Group.COURSE, None)
        for c in sorted(inside, key=_kinship(directory, unit))
    ]  # fmt: skip


def _kinship(directory: Directory, unit: AdminUnit) -> Callable[[Centre], tuple[int, float, str]]:
    """How closely a centre belongs to where *unit* lay before 1/7/2025.

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

    return kinship
