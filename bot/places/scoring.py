"""How well each unit explains a text: its own name, what it lies in, and what it leaves unexplained."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.places.index import NameIndex, Origin
from bot.places.names import fold
from bot.places.reading import Match, Quality, Reading
from bot.places.units import AdminUnit, Era, Level

_QUALITY = {Quality.FUZZY: -0.8, Quality.CONFLICTING: -1.0, Quality.PLAIN: 0.0, Quality.EXACT: 0.5}
_PER_DISTANCE = 4.0
_TYPE_AGREES = 1.0
_FORMER_NAME = -0.3
_PROVINCE_ALONE = 0.7
_PARENT_TYPED = 0.5
_PARENT_BESIDE, _PARENT_APART = 0.3, -0.3
_OLD_PROVINCE = 0.7
_UNEXPLAINED_PROVINCE = -2.0
_UNEXPLAINED_TYPED = -1.0
_UNEXPLAINED_WORD = -0.3
_LANDMARK = -0.3
_SAME_HOME = {Level.PROVINCE: 0.8, Level.DISTRICT: 1.6, Level.COMMUNE: 1.6}

# What a type word costs or is worth before a unit of another type, by the level that it says and the
# level of the unit; anything else contradicts it. A "huyen" is a commune of its name today.
_LEVEL_SAID = {
    "xa": Level.COMMUNE,
    "phuong": Level.COMMUNE,
    "thi tran": Level.COMMUNE,
    "dac khu": Level.COMMUNE,
    "huyen": Level.DISTRICT,
    "quan": Level.DISTRICT,
    "thi xa": Level.DISTRICT,
    "thanh pho": Level.DISTRICT,
    "tinh": Level.PROVINCE,
}
_TYPE_DIFFERS = {
    (Level.COMMUNE, Level.COMMUNE): -0.2,
    (Level.DISTRICT, Level.DISTRICT): 0.3,
    (Level.DISTRICT, Level.COMMUNE): -0.6,
    (Level.PROVINCE, Level.PROVINCE): 0.5,
}
_CONTRADICTS = -1.5
_GREW = frozenset({"thanh pho", "thi xa"})


@dataclass(frozen=True, slots=True)
class Scored:
    """A unit, how well it explains the text, the match that names it and those that place it."""

    unit: AdminUnit
    score: float
    match: Match
    parents: tuple[Match, ...]


def score(
    index: NameIndex, reading: Reading, saved: AdminUnit | None = None, *, asked_old: bool = False
) -> list[Scored]:
    """Every unit that the text may mean, once, the best first.

    *asked_old* says that the text answers which province it was before 1/7/2025.
    """
    windows = _windows(reading.matches)
    home = _home(index, saved)
    best: dict[str, Scored] = {}
    for match in reading.matches:
        scored = _score(index, reading, match, windows, home=home, asked_old=asked_old)
        known = best.get(match.unit.token)
        if known is None or scored.score > known.score:
            best[match.unit.token] = scored
    return sorted(best.values(), key=lambda each: (-each.score, each.unit.token))


@dataclass(frozen=True, slots=True)
class _Window:
    """A stretch of words, type word included: what it may name, and what it costs to leave unexplained."""

    start: int
    end: int
    sure: dict[str, Match]
    cost: float

    def overlaps(self, match: Match) -> bool:
        return self.start < match.end and match.type_start < self.end


def _windows(matches: Iterable[Match]) -> list[_Window]:
    """The windows of *matches*, the longest name first."""
    found: dict[tuple[int, int], list[Match]] = {}
    for match in matches:
        found.setdefault((match.type_start, match.end), []).append(match)
    ordered = sorted(found.values(), key=lambda window: (window[0].start - window[0].end, -window[0].start))
    return [
        _Window(
            window[0].type_start,
            window[0].end,
            {match.unit.token: match for match in window if match.quality >= Quality.PLAIN},
            _unexplained(window),
        )
        for window in ordered
    ]


def _score(
    index: NameIndex,
    reading: Reading,
    match: Match,
    windows: list[_Window],
    *,
    home: dict[str, float],
    asked_old: bool,
) -> Scored:
    total = (match.end - match.start) + _QUALITY[match.quality] + _type_score(match)
    total -= _PER_DISTANCE * (1 - match.closeness)
    total += _FORMER_NAME if match.origin is Origin.FORMER else 0.0
    total += _LANDMARK if match.start in reading.beside and not match.type else 0.0
    lineage = index.lineage(match.unit)
    parents: list[Match] = []
    left: list[_Window] = []
    for window in windows:
        if any(window.overlaps(taken) for taken in (match, *parents)):
            continue
        parent = max(
            (
                window.sure[token]
                for token in lineage
                if token in window.sure and _type_score(window.sure[token]) > _CONTRADICTS
            ),
            key=lambda each: (_type_score(each), each.quality, each.unit.era is Era.OLD, each.unit.token),
            default=None,
        )
        if parent is None:
            left.append(window)
        else:
            total += _parent_score(match, parent, parents, asked_old)
            parents.append(parent)
    left = [window for window in left if not any(window.overlaps(parent) for parent in parents)]
    total += sum(window.cost for window in left)
    if match.unit.level is Level.PROVINCE and not match.type and not left and not parents:
        total += _PROVINCE_ALONE
    total += max((home.get(token, 0.0) for token in (match.unit.token, *lineage)), default=0.0)
    return Scored(match.unit, total, match, tuple(parents))


def _parent_score(match: Match, parent: Match, others: Iterable[Match], asked_old: bool) -> float:
    """What naming *parent* too says for the unit of *match*: less if it is what the unit became."""
    total = float(parent.end - parent.start)
    if parent.unit.level is match.unit.level:
        return total / 2
    total += _PARENT_TYPED if _type_score(parent) > 0 else 0.0
    beside = any(max(a.type_start, parent.type_start) - min(a.end, parent.end) <= 1 for a in (match, *others))
    total += _PARENT_BESIDE if beside else _PARENT_APART
    if asked_old and parent.unit.era is Era.OLD and parent.unit.level is Level.PROVINCE:
        total += _OLD_PROVINCE
    return total


def _type_score(match: Match) -> float:
    """What the type word before a name says for or against the unit."""
    said, kind, level = match.type, fold(match.unit.type), match.unit.level
    if not said:
        return _TYPE_AGREES if match.unit.name == match.unit.full_name else 0.0
    if said == kind:
        return _TYPE_AGREES
    if said in _GREW and kind == "phuong":
        return -0.1
    return _TYPE_DIFFERS.get((_LEVEL_SAID[said], level), _CONTRADICTS)


def _unexplained(window: list[Match]) -> float:
    sure = [each for each in window if each.quality >= Quality.PLAIN]
    if any(each.unit.level is Level.PROVINCE and each.origin is Origin.OFFICIAL for each in sure):
        return _UNEXPLAINED_PROVINCE
    if any(each.type for each in window):
        return _UNEXPLAINED_TYPED
    return _UNEXPLAINED_WORD * (window[0].end - window[0].start)


def _home(index: NameIndex, saved: AdminUnit | None) -> dict[str, float]:
    """What nearness to home is worth, by the token of a unit that a candidate is or lies in."""
    if saved is None:
        return {}
    worth: dict[str, float] = {}
    gazetteer = index.gazetteer
    for token in (saved.token, *index.lineage(saved)):
        unit = gazetteer.unit(token)
        if unit is not None and not (unit.era is Era.OLD and unit.level is Level.PROVINCE):
            worth[token] = _SAME_HOME[unit.level]
    return worth
