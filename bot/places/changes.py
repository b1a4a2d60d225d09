"""What an import would change in the published directory, and whether that may be published."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from rapidfuzz import fuzz

from bot.places.centre import Centre, CentreStatus, Precision, Site
from bot.places.names import fold

ALIKE = 90.0
"""From this likeness of their names on, of 100, two centres of one type and commune seem to be one."""

MOST_REMOVED = 0.10
"""More than this share of the centres of its provinces is not removed without a person's explicit word."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The ids added, changed, left as they are and removed, and the whole directory that would result.

    *kept_points* are the sites whose exact point an import without one would have lost. *gone* counts
    those removed and those dissolved: nobody is sent there any more. *before* is how many centres of
    the same provinces were published. *twins* are ids added beside one published for what seems the same
    centre, *orphans* dissolved centres whose successor is in no list, with its id. *touched*
    are the centres added, changed or removed.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    same: tuple[str, ...]
    removed: tuple[str, ...]
    dissolved: tuple[str, ...]
    kept_points: tuple[str, ...]
    orphans: tuple[tuple[str, str], ...]
    twins: tuple[tuple[str, str], ...]
    before: int
    result: tuple[Centre, ...]
    touched: tuple[Centre, ...]

    @property
    def gone(self) -> int:
        """How many centres nobody would be sent to any more."""
        return len(self.removed) + len(self.dissolved)

    @property
    def removes_too_many(self) -> bool:
        """Whether a person must say so before this many centres go."""
        return self.gone > MOST_REMOVED * self.before and self.gone > 1

    def counts(self) -> dict[str, int]:
        """The figures for a report."""
        return {
            "added": len(self.added),
            "changed": len(self.changed),
            "same": len(self.same),
            "removed": len(self.removed),
            "dissolved": len(self.dissolved),
            "kept_points": len(self.kept_points),
            "before": self.before,
            "after": len(self.result),
        }


def compare(published: Iterable[Centre], incoming: Iterable[Centre], *, whole: bool) -> Changes:
    """What *incoming* changes in *published*.

    With *whole*, the file lists all centres of the provinces it names: those missing are removed.
    Otherwise nothing is removed. An exact point is never overwritten by a commune's centre.
    """
    before = {centre.id: centre for centre in published}
    arriving: dict[str, Centre] = {}
    kept: list[str] = []
    for centre in incoming:
        known = before.get(centre.id)
        arriving[centre.id] = _with_points(centre, known, kept) if known else centre
    provinces = {centre.province_code for centre in arriving.values()}
    beside = {id for id, centre in before.items() if centre.province_code in provinces}
    removed = sorted(id for id in beside if id not in arriving) if whole else []
    result = {id: centre for id, centre in before.items() if id not in removed} | arriving
    dissolved = [
        id
        for id, centre in arriving.items()
        if centre.status is CentreStatus.DISSOLVED
        and id in before
        and before[id].status is not CentreStatus.DISSOLVED
    ]
    return Changes(
        tuple(id for id in arriving if id not in before),
        tuple(id for id, centre in arriving.items() if id in before and before[id] != centre),
        tuple(id for id, centre in arriving.items() if before.get(id) == centre),
        tuple(removed),
        tuple(dissolved),
        tuple(kept),
        _orphans(arriving.values(), result),
        tuple(_twins(arriving, before)),
        len(beside),
        tuple(sorted(result.values(), key=lambda centre: centre.id)),
        (*(c for id, c in arriving.items() if before.get(id) != c), *(before[id] for id in removed)),
    )


def _with_points(centre: Centre, known: Centre, kept: list[str]) -> Centre:
    exact = {fold(site.label): site for site in known.sites if site.precision is Precision.EXACT}
    sites = tuple(_with_point(site, exact.get(fold(site.label)), kept) for site in centre.sites)
    return replace(centre, sites=sites)


def _with_point(site: Site, known: Site | None, kept: list[str]) -> Site:
    if known is None or site.precision.allows_pin or (site.commune and site.commune != known.commune):
        return site
    kept.append(site.id)
    return replace(site, latitude=known.latitude, longitude=known.longitude, precision=known.precision)


def _twins(arriving: Mapping[str, Centre], before: Mapping[str, Centre]) -> Iterator[tuple[str, str]]:
    standing: dict[tuple[str | None, str], list[Centre]] = {}
    for centre in before.values():
        for site in centre.sites:
            if site.commune and centre.id not in arriving:
                standing.setdefault((site.commune, centre.type), []).append(centre)
    for id, centre in arriving.items():
        if id not in before:
            for other in {
                o.id: o for s in centre.sites for o in standing.get((s.commune, centre.type), [])
            }.values():
                if fuzz.ratio(fold(centre.name), fold(other.name)) >= ALIKE:
                    yield id, other.id


def _orphans(arriving: Iterable[Centre], result: Mapping[str, Centre]) -> tuple[tuple[str, str], ...]:
    """The centres whose successor is in no list, with the successor's id."""
    return tuple((c.id, c.successor) for c in arriving if c.successor and c.successor not in result)
