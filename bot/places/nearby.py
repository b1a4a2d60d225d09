"""The nearest sites to a point, behind one interface: in memory here, in PostGIS in `bot.db`."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import cos, radians
from typing import Protocol

from bot.places.coordinates import KM_PER_DEGREE, Point, distance

FARTHEST_KM = 60.0
"""Nobody is sent farther."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A site that a distance may be told of, and what it is filtered by; *id* is the site's."""

    id: str
    centre: str
    latitude: float
    longitude: float
    type: str
    courses: frozenset[str]
    opening_hours: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which sites count: any of *types* (all, when empty), any of *courses* (likewise), not of *without*.

    *keeps* is asked last, of the few that are near: whether a site is open cannot be asked of an index.
    """

    types: frozenset[str] = frozenset()
    courses: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    keeps: Callable[[Placed], bool] | None = field(default=None, compare=False)

    def passes(self, site: Placed) -> bool:
        """Whether *site* counts."""
        return (
            (not self.types or site.type in self.types)
            and (not self.courses or not self.courses.isdisjoint(site.courses))
            and site.centre not in self.without
            and (self.keeps is None or self.keeps(site))
        )


EVERY = Filter()


class NearestSites(Protocol):
    """Finds the sites nearest to a point."""

    def nearest(self, point: Point, k: int, only: Filter = EVERY) -> list[tuple[float, str]]:
        """The *k* nearest sites within 60 km: kilometres and id, one site a centre, ties by id."""
        ...


class SitesInMemory:
    """Sites sorted by latitude; walks outward from the point's latitude and stops when no nearer can come."""

    def __init__(self, sites: Iterable[Placed]) -> None:
        self._sites = sorted(sites, key=lambda site: (site.latitude, site.id))
        self._latitudes = [site.latitude for site in self._sites]

    def nearest(self, point: Point, k: int, only: Filter = EVERY) -> list[tuple[float, str]]:
        """As `NearestSites`."""
        sites, latitudes, total = self._sites, self._latitudes, len(self._sites)
        here_latitude, here_longitude = point
        best: dict[str, tuple[float, str]] = {}
        limit = FARTHEST_KM
        up = bisect_left(latitudes, here_latitude)
        down = up - 1
        # Degrees of longitude that are surely farther than the limit: at the latitude, in the box
        # of the limit, where a degree is shortest.
        across = degrees_across(here_latitude, limit)
        reach = limit / KM_PER_DEGREE
        while True:
            above = latitudes[up] - here_latitude if up < total else 999.0
            below = here_latitude - latitudes[down] if down >= 0 else 999.0
            if above <= below:
                if above > reach:
                    break
                site = sites[up]
                up += 1
            else:
                if below > reach:
                    break
                site = sites[down]
                down -= 1
            if not -across <= site.longitude - here_longitude <= across:
                continue
            away = distance(point, (site.latitude, site.longitude))
            if away > limit or not only.passes(site):
                continue
            known = best.get(site.centre)
            if known is not None and known <= (away, site.id):
                continue
            best[site.centre] = (away, site.id)
            if len(best) > k:
                del best[max(best, key=best.__getitem__)]
            if len(best) == k:
                limit = max(best.values())[0]
                across, reach = degrees_across(here_latitude, limit), limit / KM_PER_DEGREE
        return sorted(best.values())


def measure_all(sites: Sequence[Placed], point: Point, k: int, only: Filter = EVERY) -> list[tuple[float, str]]:
    """As `NearestSites`, by measuring every site: what the others are tested and timed against."""
    best: dict[str, tuple[float, str]] = {}
    for site in sites:
        if only.passes(site):
            away = distance(point, (site.latitude, site.longitude))
            if away <= FARTHEST_KM and (site.centre not in best or (away, site.id) < best[site.centre]):
                best[site.centre] = (away, site.id)
    return sorted(best.values())[:k]


def degrees_across(latitude: float, km: float) -> float:
    """Degrees of longitude that are surely farther than *km*: where a degree is shortest, with a hair's room."""
    shortest = cos(radians(min(89.0, abs(latitude) + km / KM_PER_DEGREE)))
    return km / (KM_PER_DEGREE * shortest) * 1.001
