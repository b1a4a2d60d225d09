"""Every administrative unit of Vietnam, before and after 1 July 2025, and what became what."""

import bisect
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path

from bot.places.coordinates import KM_PER_DEGREE, Point, distance, in_vietnam, middle, repaired
from bot.places.overlay import Correction, Nickname, OverlayError, read_corrections, read_nicknames
from bot.places.package import Record, read_package
from bot.places.succession import without_namesakes
from bot.places.units import AdminUnit, BothForms, Era, Level

OVERLAY = Path(__file__).parents[2] / "content" / "places" / "overlay.csv"

# A point at sea or just over a border still belongs to the commune it is nearest to; further than
# this it is another country. The islands of an archipelago lie far from its one point.
_ASHORE_KM, _AT_SEA_KM, _OPEN_SEA_EAST = 60.0, 300.0, 110.5


class Gazetteer:
    """34 provinces and 3,321 communes of today; 63 provinces, 696 districts, 10,035 communes of before."""

    def __init__(
        self,
        records: Iterable[Record],
        succession: dict[str, tuple[str, ...]],
        corrections: Iterable[Correction] = (),
        nicknames: Iterable[Nickname] = (),
    ) -> None:
        records = tuple(records)
        self.nicknames = tuple(nicknames)
        self._others = {record.unit.token: record.others for record in records if record.others}
        token = {record.key: record.unit.token for record in records}
        self._became = {token[old]: tuple(token[new] for new in parts) for old, parts in succession.items()}
        self._came_from: dict[str, list[str]] = defaultdict(list)
        for old, parts in self._became.items():
            for new in parts:
                self._came_from[new].append(old)
        self._renumbered: dict[str, str] = {}
        self._formerly: dict[str, list[AdminUnit]] = defaultdict(list)
        current = {r.unit.token: r.unit for r in records if r.unit.era is Era.NEW}
        former = {r.unit.token: r.unit for r in records if r.unit.era is Era.OLD}
        self._add_districts(former)
        self._units = current | former
        self._repair(current)
        self._correct(corrections)
        self._place_former(former.values())

    @classmethod
    def load(cls, overlay: Path | None = None, on: date | None = None) -> "Gazetteer":
        """The gazetteer of the installed package, corrected by *overlay* (`content/places/overlay.csv`).

        `nicknames.csv` beside the overlay is read too. With *on*, corrections that take effect after
        that day are left out: names are those of that day. Built once a process for the same
        corrections. Raises PackageMissing, and OverlayError for a row that cannot be read or names
        no unit.
        """
        path = overlay or OVERLAY
        return _load(read_corrections(path, on), read_nicknames(path.with_name("nicknames.csv")))

    def __iter__(self) -> Iterator[AdminUnit]:
        return iter(self._units.values())

    def unit(self, token: str) -> AdminUnit | None:
        """The unit of ``new:26740`` or ``old:760``; None for anything else."""
        while token in self._renumbered:
            token = self._renumbered[token]
        return self._units.get(token)

    def commune(self, code: str) -> AdminUnit | None:
        """The current commune of *code*."""
        unit = self.unit(f"{Era.NEW}:{code}")
        return unit if unit and unit.level is Level.COMMUNE else None

    def province(self, code: str) -> AdminUnit | None:
        """The current province of *code*."""
        unit = self.unit(f"{Era.NEW}:{code}")
        return unit if unit and unit.level is Level.PROVINCE else None

    def provinces(self, era: Era = Era.NEW) -> tuple[AdminUnit, ...]:
        """The 34 provinces of today, or the 63 of before, in the order of their codes."""
        found = (u for u in self if u.level is Level.PROVINCE and u.era is era)
        return tuple(sorted(found, key=lambda unit: unit.code))

    def communes(self, province_code: str) -> tuple[AdminUnit, ...]:
        """The current communes of a current province, in the order of their codes."""
        found = (u for u in self.current_communes if u.province_code == province_code)
        return tuple(sorted(found, key=lambda unit: unit.code))

    @cached_property
    def current_communes(self) -> tuple[AdminUnit, ...]:
        """All 3,321, from south to north."""
        found = (u for u in self if u.era is Era.NEW and u.level is Level.COMMUNE)
        return tuple(sorted(found, key=lambda unit: unit.latitude))

    @cached_property
    def districts(self) -> tuple[AdminUnit, ...]:
        """The 696 districts of before, in the order of their codes."""
        return tuple(sorted((u for u in self if u.level is Level.DISTRICT), key=lambda unit: unit.code))

    def other_names(self, unit: AdminUnit) -> tuple[str, ...]:
        """Names *unit* had before, folded and without spaces, some with their type word."""
        return self._others.get(unit.token, ())

    def formerly(self, unit: AdminUnit) -> tuple[AdminUnit, ...]:
        """*unit* under each other name or type it had after 1/7/2025, and every commune merged into it."""
        return tuple(self._formerly.get(unit.token, ()))

    def former_names(self, unit: AdminUnit) -> tuple[str, ...]:
        """Names that *unit*, or a commune merged into it, bore after 1/7/2025 and bears no more."""
        return tuple(dict.fromkeys(each.name for each in self.formerly(unit) if each.name != unit.name))

    def parent(self, unit: AdminUnit) -> AdminUnit | None:
        """The unit of the same era that *unit* is directly part of."""
        return self._units.get(f"{unit.era}:{unit.parent_code}")

    def province_of(self, unit: AdminUnit) -> AdminUnit:
        """The current province *unit* lies in."""
        if unit.era is Era.OLD:
            unit = self._units[self._became[f"{Era.OLD}:{unit.province_code}"][0]]
        return self._units[f"{Era.NEW}:{unit.province_code}"]

    def successors(self, unit: AdminUnit) -> tuple[AdminUnit, ...]:
        """The current units an old one became, the largest part first; a current unit is its own.

        A province became a province, a district several communes, a commune one to five of them.
        """
        if unit.era is Era.NEW:
            return (unit,)
        return tuple(self._units[token] for token in self._became[unit.token])

    def predecessors(self, unit: AdminUnit) -> tuple[AdminUnit, ...]:
        """The old communes or provinces a current unit was made from, wholly or in part."""
        found = (self._units[token] for token in self._came_from.get(unit.token, ()))
        return tuple(u for u in found if u.level is unit.level or not u.parent_code)

    def former_districts(self, unit: AdminUnit) -> tuple[AdminUnit, ...]:
        """The old districts a current commune lies in, the one it has most communes of first."""
        found = (self._units[token] for token in self._came_from.get(unit.token, ()))
        count = Counter(
            u if u.level is Level.DISTRICT else self._units[f"{Era.OLD}:{u.parent_code}"]
            for u in found
            if u.level is not Level.PROVINCE
        )
        return tuple(district for district, _ in count.most_common())

    def commune_at(self, latitude: float, longitude: float) -> AdminUnit | None:
        """The current commune whose centre is nearest; None outside Vietnam's box or far from all."""
        if not in_vietnam(latitude, longitude):
            return None
        here = (latitude, longitude)
        best, best_km = None, _AT_SEA_KM if longitude > _OPEN_SEA_EAST else _ASHORE_KM
        communes = self.current_communes
        start = bisect.bisect_left(communes, latitude, key=lambda unit: unit.latitude)
        for side in (communes[start:], reversed(communes[:start])):
            for unit in side:
                if abs(unit.latitude - latitude) * KM_PER_DEGREE > best_km:
                    break
                away = distance(here, (unit.latitude, unit.longitude))
                if away < best_km:
                    best, best_km = unit, away
        return best

    def describe(self, unit: AdminUnit) -> BothForms:
        """*unit* in both forms, for a template to write."""
        province = self.province_of(unit)
        if unit.era is Era.NEW:
            commune = unit if unit.level is Level.COMMUNE else None
            return BothForms(None, None, None, commune, province, (commune,) if commune else ())
        old_province = self._units[f"{Era.OLD}:{unit.province_code}"]
        if unit.level is Level.PROVINCE:
            return BothForms(None, None, old_province, None, province)
        if unit.level is Level.DISTRICT:
            return BothForms(None, unit, old_province, None, province)
        became = self.successors(unit)
        return BothForms(unit, self.parent(unit), old_province, became[0], province, became)

    def _add_districts(self, former: dict[str, AdminUnit]) -> None:
        """A district became all that its communes became, what most of them became first."""
        became: dict[str, Counter[str]] = defaultdict(Counter)
        for token, unit in former.items():
            if unit.level is Level.COMMUNE:
                for part in self._became[token]:
                    became[f"{Era.OLD}:{unit.parent_code}"][part] += 1
        for district, parts in became.items():
            self._became[district] = tuple(part for part, _ in parts.most_common())

    def _repair(self, current: dict[str, AdminUnit]) -> None:
        points = {t: (u.latitude, u.longitude) for t, u in current.items() if u.level is Level.COMMUNE}
        around: dict[str, set[str]] = defaultdict(set)
        for token, parts in self._became.items():
            if self._units[token].level is Level.DISTRICT:
                for part in parts:
                    around[part].update(parts)
        neighbours = {token: frozenset(tokens - {token}) for token, tokens in around.items()}
        witnesses = {
            token: middle(_at(self._units[old]) for old in came) for token, came in self._came_from.items()
        }
        for token, (latitude, longitude) in repaired(points, neighbours, witnesses).items():
            self._units[token] = replace(self._units[token], latitude=latitude, longitude=longitude)

    def _correct(self, corrections: Iterable[Correction]) -> None:
        for correction in corrections:
            token = f"{Era.NEW}:{correction.code}"
            before = self._units.get(token)
            if before is None:
                raise OverlayError(f"{correction.code}: no current unit has this code")
            if correction.merged_into:
                self._merge(before, f"{Era.NEW}:{correction.merged_into}")
                continue
            unit = replace(
                before,
                code=correction.new_code or before.code,
                type=correction.type or before.type,
                name=correction.name or before.name,
                latitude=before.latitude if correction.latitude is None else correction.latitude,
                longitude=before.longitude if correction.longitude is None else correction.longitude,
            )
            if unit.full_name != before.full_name:
                self._formerly[token].append(before)
            self._units[token] = unit
            if unit.token != token:
                self._renumber(token, unit)

    def _merge(self, unit: AdminUnit, into: str) -> None:
        """*unit* is part of the commune *into* now; its name and its token lead there."""
        if into not in self._units or into == unit.token:
            raise OverlayError(
                f"{unit.code}: merged into {into.partition(':')[2]}, which is no other current commune"
            )
        del self._units[unit.token]
        self._renumbered[unit.token] = into
        self._formerly[into] += [unit, *self._formerly.pop(unit.token, [])]
        came = self._came_from.pop(unit.token, [])
        self._came_from[into] = list(dict.fromkeys([*self._came_from.get(into, []), *came]))
        for old, parts in self._became.items():
            if unit.token in parts:
                self._became[old] = tuple(dict.fromkeys(into if each == unit.token else each for each in parts))

    def _renumber(self, token: str, unit: AdminUnit) -> None:
        """*unit* moves from *token* to its own; the old token, saved somewhere, still finds it."""
        del self._units[token]
        self._units[unit.token] = unit
        self._renumbered[token] = unit.token
        self._came_from[unit.token] = self._came_from.pop(token)
        self._formerly[unit.token] = self._formerly.pop(token, [])
        for old, parts in self._became.items():
            if token in parts:
                self._became[old] = tuple(unit.token if part == token else part for part in parts)

    def _place_former(self, former: Iterable[AdminUnit]) -> None:
        """An old unit stands where its successor does.

        The package's own points of old units come from a geocoder whose terms forbid storing them.
        """
        for unit in former:
            parts = [self._units[part] for part in self._became[unit.token]]
            where = _at(parts[0]) if unit.level is Level.COMMUNE else middle(map(_at, parts))
            self._units[unit.token] = replace(unit, latitude=where[0], longitude=where[1])


def _at(unit: AdminUnit) -> Point:
    return unit.latitude, unit.longitude


@lru_cache(maxsize=4)
def _load(corrections: tuple[Correction, ...], nicknames: tuple[Nickname, ...]) -> Gazetteer:
    package = read_package()
    return Gazetteer(package.records, without_namesakes(package.successors), corrections, nicknames)
