"""Where things are: distance, Vietnam's box, and the repair of points that cannot be right."""

from collections.abc import Iterable, Mapping
from math import asin, cos, pi, radians, sin, sqrt
from statistics import median

Point = tuple[float, float]
"""(latitude, longitude), degrees, WGS 84."""

_DIAMETER_KM = 12742.0
KM_PER_DEGREE = _DIAMETER_KM * pi / 360 * (1 - 1e-9)
"""Of latitude; never more than `distance` measures, so that it bounds it from below."""

BOX = (6.0, 23.5, 102.0, 117.5)
"""South, north, west, east of Vietnam with its islands, Hoang Sa and Truong Sa among them."""

_GROSS_ERROR_KM = 50.0


def distance(one: Point, other: Point) -> float:
    """Kilometres on the great circle."""
    south, north = radians(one[0]), radians(other[0])
    across = radians(other[1] - one[1])
    half = sin((north - south) / 2) ** 2 + cos(south) * cos(north) * sin(across / 2) ** 2
    return _DIAMETER_KM * asin(min(1.0, sqrt(half)))


def in_vietnam(latitude: float, longitude: float) -> bool:
    """Whether a point lies in Vietnam's box (neighbouring countries reach into it)."""
    south, north, west, east = BOX
    return south <= latitude <= north and west <= longitude <= east


def middle(points: Iterable[Point]) -> Point:
    """The point of median latitude and median longitude; one stray point does not move it."""
    pairs = list(points)
    return median(p[0] for p in pairs), median(p[1] for p in pairs)


def repaired(
    points: Mapping[str, Point], neighbours: Mapping[str, frozenset[str]], witnesses: Mapping[str, Point]
) -> dict[str, Point]:
    """The points that were grossly wrong, put right.

    *neighbours* are, for each code, the codes that shared an old district with it; *witnesses* are
    where its predecessors are said to be. A point more than 50 km from both the middle of its
    neighbours and its witness is wrong: no old district was that large, but one may have had far
    islands. Two wrong ones that fit each other's neighbours were swapped; any other moves to the
    middle of its neighbours. A witness is never copied: its licence does not allow that.
    """
    middles = {
        code: middle(points[other] for other in around)
        for code, around in neighbours.items()
        if around and code in points and code in witnesses
    }
    wrong = {
        code
        for code, where in middles.items()
        if min(distance(points[code], where), distance(points[code], witnesses[code])) > _GROSS_ERROR_KM
    }
    found = {}
    for code in wrong:
        swapped = (
            points[other]
            for other in sorted(wrong - {code})
            if _fits(points[other], middles[code]) and _fits(points[code], middles[other])
        )
        found[code] = next(swapped, middles[code])
    return found


def _fits(point: Point, where: Point) -> bool:
    return distance(point, where) <= _GROSS_ERROR_KM / 2
