"""All names of all units, from a folded key to the units that bear it."""

import re
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from bot.places.gazetteer import Gazetteer
from bot.places.names import TYPES, name_key
from bot.places.units import AdminUnit, Level

_NUMBERED = re.compile(r"(p|q|f|ward|district|phuong0|quan0)\d+")
_KINDS = tuple({kind.replace(" ", "") for kind in TYPES if len(kind) > 1})


class Origin(StrEnum):
    """Where a name comes from."""

    OFFICIAL = "official"
    NICKNAME = "nickname"
    FORMER = "former"


@dataclass(frozen=True, slots=True)
class Entry:
    """A unit under one of its names."""

    unit: AdminUnit
    origin: Origin


class NameIndex:
    """The dictionary that texts are searched with."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._entries: dict[str, list[Entry]] = defaultdict(list)
        self._lineages: dict[str, frozenset[str]] = {}
        self.gazetteer = gazetteer
        for unit in gazetteer:
            key = name_key(unit.name)
            self._entries[key].append(Entry(unit, Origin.OFFICIAL))
            if unit.level is Level.COMMUNE and " - " in unit.name:
                self._entries[name_key(unit.name.split(" - ")[0])].append(Entry(unit, Origin.NICKNAME))
            for name in gazetteer.former_names(unit):
                self._entries[name_key(name)].append(Entry(unit, Origin.NICKNAME))
            if unit.level is not Level.PROVINCE:
                for other in _plain(gazetteer.other_names(unit), key):
                    self._entries[other].append(Entry(unit, Origin.FORMER))
        for nickname in gazetteer.nicknames:
            unit_or_none = gazetteer.unit(nickname.token)
            if unit_or_none:
                self._entries[name_key(nickname.text)].append(Entry(unit_or_none, Origin.NICKNAME))

    def find(self, key: str) -> list[Entry]:
        """The units of a key; empty for no name."""
        return self._entries.get(key, [])

    def lineage(self, unit: AdminUnit) -> frozenset[str]:
        """Tokens of all that *unit* lies in, and of what it became or was made from.

        A current commune lies in the old districts and provinces of its predecessors too: people
        go on saying them.
        """
        found = self._lineages.get(unit.token)
        if found is None:
            found = self._lineages[unit.token] = frozenset(_ancestors(self.gazetteer, unit))
        return found


@lru_cache(maxsize=4)
def index_of(gazetteer: Gazetteer) -> NameIndex:
    """The index of *gazetteer*, built at the first call."""
    return NameIndex(gazetteer)


def _ancestors(gazetteer: Gazetteer, unit: AdminUnit) -> set[str]:
    found = {gazetteer.province_of(unit).token}
    relatives = {unit}
    if unit.level is not Level.DISTRICT:
        relatives |= {*gazetteer.successors(unit), *gazetteer.predecessors(unit)}
    if unit.level is Level.COMMUNE and unit.era == "new":
        relatives |= set(gazetteer.former_districts(unit))
    for relative in relatives:
        found.add(relative.token)
        above = gazetteer.parent(relative)
        while above is not None:
            found.add(above.token)
            above = gazetteer.parent(above)
    return found - {unit.token}


def _plain(others: tuple[str, ...], own: str) -> set[str]:
    """The other names without those that only put a type word before another; the package has both."""
    known = {own, *others}
    return {
        other
        for other in others
        if not _NUMBERED.match(other)
        and not any(other.startswith(kind) and other.removeprefix(kind) in known for kind in _KINDS)
    } - {own}
