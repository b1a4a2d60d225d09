"""Misspelt place names, looked for only where a name must stand."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

from bot.places.gazetteer import Gazetteer
from bot.places.index import NameIndex, Origin
from bot.places.names import LONGEST_NAME, TYPES, Word, fold, name_key, name_sound, sound_of
from bot.places.reading import Match, Quality, Reading
from bot.places.units import AdminUnit, Era, Level
from bot.places.vocabulary import Vocabulary

_CUTOFF_DISTRICT, _CUTOFF_PROVINCE, _CUTOFF_TYPED = 72.0, 80.0, 84.0
_CUTOFF_ALONE = 90.0
_SOUNDS_ALIKE = 94.0
_SHORTEST, _SHORTEST_ALONE = 4, 6
_MOST = 4


@dataclass(frozen=True, slots=True)
class _Names:
    """Units by the key of their name, and those keys by how the names sound."""

    by_key: dict[str, tuple[AdminUnit, ...]]
    by_sound: dict[str, tuple[str, ...]]


def guess_inside(index: NameIndex, vocabulary: Vocabulary, reading: Reading, parent: Match) -> list[Match]:
    """Communes of the district or province *parent* that the words around it nearly spell."""
    cutoff = _CUTOFF_DISTRICT if parent.unit.level is Level.DISTRICT else _CUTOFF_PROVINCE
    names = _names_inside(index.gazetteer, parent.unit.token)
    found: list[Match] = []

    def fills(word: Word) -> bool:
        return vocabulary.fills(word) or word.key in TYPES

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
        if start in taken or vocabulary.fills(reading.words[start]):
            continue
        names = _names_of_type(index.gazetteer, kind)
        for end in _ends(vocabulary, reading, start, taken):
            found += _close(reading, (start, end), names, _CUTOFF_TYPED)
    return found


def guess_province(index: NameIndex, vocabulary: Vocabulary, reading: Reading) -> list[Match]:
    """Provinces that two words nearly spell which are the whole text, or stand after a type word or a cue."""
    names = _names_of_provinces(index.gazetteer)
    found: list[Match] = []
    for start in range(len(reading.words) - 1):
        end = start + 2
        pair = reading.words[start:end]
        if pair[1].breaks or any(map(vocabulary.fills, pair)):
            continue
        typed = reading.typed_at.get(start, ("", start))[0]
        cued = start > 0 and reading.words[start - 1].key in vocabulary.cues
        alone = reading.is_mostly(start, end, lambda word: vocabulary.fills(word) or word.key in TYPES)
        meant = typed in ("tinh", "thanh pho") if typed else cued or alone
        if meant and sum(len(word.key) for word in pair) >= _SHORTEST_ALONE:
            found += _close(reading, (start, end), names, _CUTOFF_ALONE)
    return found


def _spots(vocabulary: Vocabulary, reading: Reading, parent: Match) -> Iterator[tuple[int, int]]:
    """The windows that end right before *parent*, and those after a type word elsewhere."""
    end = parent.type_start
    filler = end > 0 and vocabulary.fills(reading.words[end - 1])
    for start in range(end - 1, max(-1, end - 5), -1):
        if start in reading.typed_at or (end - start >= 2 and not filler):
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


def _close(reading: Reading, span: tuple[int, int], names: _Names, cutoff: float) -> Iterator[Match]:
    start, end = span
    kind, at = reading.typed_at.get(start, ("", start))
    key = "".join(word.key for word in reading.words[start:end])
    if len(key) < _SHORTEST or key.isdigit():
        return
    near = {
        name: ratio
        for name, ratio, _ in process.extract(
            key, names.by_key.keys(), scorer=fuzz.ratio, score_cutoff=cutoff, limit=_MOST
        )
    }
    sound = "".join(sound_of(word.key) for word in reading.words[start:end])
    for name in names.by_sound.get(sound, ()):
        near[name] = max(near.get(name, 0.0), _SOUNDS_ALIKE)
    best = max(near.values(), default=0.0)
    for name, ratio in near.items():
        if ratio >= best - 8 and not any(letter.isdigit() for letter in name):
            for unit in names.by_key[name]:
                yield Match(start, end, unit, Quality.FUZZY, Origin.OFFICIAL, kind, at, ratio / 100)


@lru_cache(maxsize=1024)
def _names_inside(gazetteer: Gazetteer, token: str) -> _Names:
    parent = gazetteer.unit(token)
    if parent is None:
        return _by_name(())
    inside = _former_communes(gazetteer)
    if parent.level is Level.DISTRICT:
        found = inside[parent.code]
    elif parent.era is Era.OLD:
        found = inside[f"province {parent.code}"]
    else:
        found = [u for old in gazetteer.predecessors(parent) for u in inside[f"province {old.code}"]]
    now = {part.token: part for unit in found for part in gazetteer.successors(unit)}
    return _by_name((*found, *now.values()))


@lru_cache(maxsize=2)
def _former_communes(gazetteer: Gazetteer) -> dict[str, list[AdminUnit]]:
    """The old communes by the code of their district, and by "province" and its code."""
    found: dict[str, list[AdminUnit]] = defaultdict(list)
    for unit in gazetteer:
        if unit.era is Era.OLD and unit.level is Level.COMMUNE:
            found[unit.parent_code].append(unit)
            found[f"province {unit.province_code}"].append(unit)
    return found


@lru_cache(maxsize=32)
def _names_of_type(gazetteer: Gazetteer, kind: str) -> _Names:
    return _by_name(unit for unit in gazetteer if fold(unit.type) == kind)


@lru_cache(maxsize=2)
def _names_of_provinces(gazetteer: Gazetteer) -> _Names:
    return _by_name(unit for unit in gazetteer if unit.level is Level.PROVINCE)


def _by_name(units: Iterable[AdminUnit]) -> _Names:
    found: dict[str, list[AdminUnit]] = {}
    sounds: dict[str, set[str]] = {}
    for unit in units:
        key = name_key(unit.name)
        found.setdefault(key, []).append(unit)
        sounds.setdefault(name_sound(unit.name), set()).add(key)
    return _Names(
        {key: tuple(units) for key, units in found.items()},
        {sound: tuple(sorted(keys)) for sound, keys in sounds.items()},
    )
