"""Misspelt place names, looked for only where a name must stand."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from rapidfuzz import fuzz, process

from bot.places.gazetteer import Gazetteer
from bot.places.index import NameIndex, Origin
from bot.places.names import LONGEST_NAME, TYPES, Word, fold, name_key
from bot.places.reading import Match, Quality, Reading
from bot.places.units import AdminUnit, Era, Level
from bot.places.vocabulary import Vocabulary

_CUTOFF_DISTRICT, _CUTOFF_PROVINCE, _CUTOFF_TYPED = 72.0, 80.0, 84.0
_SHORTEST = 4
_MOST = 4


def guess_inside(index: NameIndex, vocabulary: Vocabulary, reading: Reading, parent: Match) -> list[Match]:
    """Communes of the district or province *parent* that the words around it nearly spell."""
    cutoff = _CUTOFF_DISTRICT if parent.unit.level is Level.DISTRICT else _CUTOFF_PROVINCE
    names = _names_inside(index.gazetteer, parent.unit.token)
    found: list[Match] = []

    def fills(word: Word) -> bool:
        return word.key in vocabulary.filler or word.key in TYPES

    for start, end in _spots(vocabulary, reading, parent):
        kind, _ = reading.typed_at.get(start, ("", start))
        if not kind and not reading.is_mostly(start, parent.end, fills):
            continue
        limit = cutoff if kind else _CUTOFF_PROVINCE
        found += _close(reading, (start, end), names, limit)
    return found


def guess_typed(index: NameIndex, vocabulary: Vocabulary, reading: Reading) -> list[Match]:
    """Units whose names the words after a type word nearly spell, where no name stands."""
    taken = {at for match in reading.found for at in range(match.start, match.end)}
    found: list[Match] = []
    for start, (kind, _) in reading.typed_at.items():
        if start in taken or reading.words[start].key in vocabulary.filler:
            continue
        names = _names_of_type(index.gazetteer, kind)
        for end in _ends(vocabulary, reading, start, taken):
            found += _close(reading, (start, end), names, _CUTOFF_TYPED)
    return found


def _spots(vocabulary: Vocabulary, reading: Reading, parent: Match) -> Iterator[tuple[int, int]]:
    """The windows that end right before *parent*, and those after a type word elsewhere."""
    end = parent.type_start
    for start in range(end - 1, max(-1, end - 5), -1):
        if reading.words[start].key in vocabulary.filler and start == end - 1:
            break
        if start in reading.typed_at or end - start >= 2:
            yield start, end
        if reading.words[start].breaks and start not in reading.typed_at:
            break
    for start in reading.typed_at:
        for stop in _ends(vocabulary, reading, start, set(range(parent.type_start, parent.end))):
            if stop != end:
                yield start, stop


def _ends(vocabulary: Vocabulary, reading: Reading, start: int, taken: set[int]) -> Iterator[int]:
    types = {type_start for _, type_start in reading.typed_at.values()}
    for end in range(start + 1, min(len(reading.words), start + LONGEST_NAME - 2) + 1):
        last = reading.words[end - 1]
        if end - 1 in taken or (end > start + 1 and (last.breaks or end - 1 in types)):
            return
        yield end


def _close(
    reading: Reading, span: tuple[int, int], names: dict[str, tuple[AdminUnit, ...]], cutoff: float
) -> Iterator[Match]:
    start, end = span
    kind, at = reading.typed_at.get(start, ("", start))
    key = "".join(word.key for word in reading.words[start:end])
    if len(key) < _SHORTEST or key.isdigit():
        return
    near = process.extract(key, names.keys(), scorer=fuzz.ratio, score_cutoff=cutoff, limit=_MOST)
    best = max((ratio for _, ratio, _ in near), default=0.0)
    for name, ratio, _ in near:
        if ratio >= best - 8 and not any(letter.isdigit() for letter in name):
            for unit in names[name]:
                yield Match(start, end, unit, Quality.FUZZY, Origin.OFFICIAL, kind, at, ratio / 100)


@lru_cache(maxsize=256)
def _names_inside(gazetteer: Gazetteer, token: str) -> dict[str, tuple[AdminUnit, ...]]:
    parent = gazetteer.unit(token)
    if parent is None:
        return {}
    inside: list[AdminUnit] = []
    if parent.level is Level.DISTRICT:
        inside = [u for u in _former_communes(gazetteer) if u.parent_code == parent.code]
    elif parent.era is Era.OLD:
        inside = [u for u in _former_communes(gazetteer) if u.province_code == parent.code]
    else:
        former = {old.code for old in gazetteer.predecessors(parent)}
        inside = [u for u in _former_communes(gazetteer) if u.province_code in former]
    now = {part.token: part for unit in inside for part in gazetteer.successors(unit)}
    return _by_name((*inside, *now.values()))


@lru_cache(maxsize=2)
def _former_communes(gazetteer: Gazetteer) -> tuple[AdminUnit, ...]:
    return tuple(u for u in gazetteer if u.era is Era.OLD and u.level is Level.COMMUNE)


@lru_cache(maxsize=32)
def _names_of_type(gazetteer: Gazetteer, kind: str) -> dict[str, tuple[AdminUnit, ...]]:
    return _by_name(unit for unit in gazetteer if fold(unit.type) == kind)


def _by_name(units: Iterable[AdminUnit]) -> dict[str, tuple[AdminUnit, ...]]:
    found: dict[str, list[AdminUnit]] = {}
    for unit in units:
        found.setdefault(name_key(unit.name), []).append(unit)
    return {key: tuple(units) for key, units in found.items()}
