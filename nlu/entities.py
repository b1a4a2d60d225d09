"""What a text names: a place, a course, an age, a year, a document, a level of administration.

Nothing here is learnt: documents and years are patterns on folded words, places and courses are the lookups
of `data/places.yml` and `data/courses.yml`. Which place is meant is for the gazetteer to say.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from nlu.phrases import Phrases
from nlu.vietnamese import AGE_WORDS, DOCUMENT_KINDS, LEVELS, NUMBER_WORDS, PLACE_TYPES

_KINDS: Final = "|".join(sorted(DOCUMENT_KINDS, key=len, reverse=True))
_DOCUMENT: Final = re.compile(rf"\b({_KINDS})(?: so)? (\d[\d.]*)(?: ((?:19|20)\d\d))?\b")
_YEAR: Final = re.compile(r"\b(?:19[3-9]|20[0-6])\d\b")
_NUMBER: Final = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
_AGE: Final = re.compile(rf"\b(\d{{1,3}}|(?:{_NUMBER})(?: (?:{_NUMBER}))*) (?:{'|'.join(AGE_WORDS)})\b")
_LEVEL: Final = re.compile(rf"\b(?:{'|'.join(LEVELS)})\b")
_TYPED: Final = re.compile(rf"\b(?:{'|'.join(PLACE_TYPES)}) ((?:\d{{1,2}}\b)|(?:[a-z]+(?: [a-z]+){{0,2}}))")
_AGES: Final = range(1, 121)


class EntityKind(StrEnum):
    """What kind of thing is named."""

    PLACE = "place"
    COURSE = "course"
    AGE = "age"
    YEAR = "year"
    DOCUMENT = "document"
    LEVEL = "level"


@dataclass(frozen=True, slots=True)
class Entity:
    """One thing named: `value` is its folded words, "tt 24 2023" for a document, digits for an age or year."""

    kind: EntityKind
    value: str


@dataclass(frozen=True, slots=True)
class Extractor:
    """Finds the entities of a text; `lookups` maps folded phrases to their kind."""

    lookups: dict[str, str]
    _phrases: Phrases = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_phrases", Phrases(self.lookups))

    def find(self, words: Sequence[str]) -> tuple[Entity, ...]:
        """Return what the folded `words` name, each once, in the order of kinds."""
        said = " ".join(words)
        named = self._phrases.find(words)
        found = [
            *(Entity(EntityKind(kind), phrase) for phrase, kind in named),
            *(Entity(EntityKind.AGE, age) for age in _ages(said)),
            *(Entity(EntityKind.YEAR, year) for year in _YEAR.findall(said)),
            *(Entity(EntityKind.DOCUMENT, document) for document in documents(said)),
            *(Entity(EntityKind.LEVEL, level.split()[-1]) for level in _LEVEL.findall(said)),
        ]
        if not any(kind == EntityKind.PLACE for _, kind in named):
            found += [Entity(EntityKind.PLACE, place) for place in _TYPED.findall(said)]
        return tuple(dict.fromkeys(found))


def documents(said: str) -> Iterator[str]:
    """Yield the legal documents named in folded words: "thong tu so 24 2023" → "tt 24 2023"."""
    for kind, number, year in _DOCUMENT.findall(said):
        yield f"{DOCUMENT_KINDS[kind]} {number} {year}".strip()


def _ages(said: str) -> Iterable[str]:
    for written in _AGE.findall(said):
        age = int(written) if written.isdecimal() else _read_number(written)
        if age in _AGES:
            yield str(age)


def _read_number(written: str) -> int:
    """Return the number below a hundred that folded number words say: "bay muoi lam" → 75."""
    tens, units = 0, 0
    for word in written.split():
        value = NUMBER_WORDS[word]
        if value == 10:
            tens, units = (units or 1), 0
        else:
            units = value
    return 10 * tens + units
