"""What the checker is told by staff: what is no longer in force, known abbreviations, words of offices."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.knowledge.fault import Fault
from bot.knowledge.tables import read_csv
from nlu.vietnamese import fold, is_syllable, normalise

REPEALED = "repealed.csv"
ABBREVIATIONS = "abbreviations.csv"
JARGON = "jargon.csv"

_WORD = re.compile(r"[^\W_]+")

_PHRASE, _MEANING, _NOW = "cum tu", "la gi", "nay la"
_EXCUSE = "loi bao cu"
_ABBREVIATION, _FULL = "viet tat", "nghia"
_OFFICIAL, _PLAIN = "tu hanh chinh", "noi cho de hieu"


@dataclass(frozen=True, slots=True)
class Repealed:
    """A document or an office that is gone: the *words* (folded) it is met by, what it was, what is now."""

    words: str
    name: str
    now: str


@dataclass(frozen=True, slots=True)
class Jargon:
    """A phrase of offices, as written and as compared, and what a citizen would say."""

    phrase: str
    words: str
    plain: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What may only be named as past and the words that say so, the abbreviations all know, the jargon.

    The words that say so keep their diacritics, unlike the rest: without them half of the language would.
    """

    repealed: tuple[Repealed, ...] = ()
    excuses: frozenset[str] = frozenset()
    abbreviations: frozenset[str] = frozenset()
    jargon: tuple[Jargon, ...] = ()

    def jargon_in(self, sentence: str) -> Iterator[Jargon]:
        """The phrases of offices in *sentence*, the longest where one holds another."""
        spoken = _words(sentence)
        met = [each for each in self.jargon if each.words in spoken]
        for each in met:
            if not any(each.words != other.words and each.words in other.words for other in met):
                yield each

    def named_as_current(self, sentence: str) -> Iterator[Repealed]:
        """What *sentence* names as if it were still in force, the longest name of a thing only."""
        folded, spoken = f" {fold(sentence, words=True)} ", _words(sentence)
        if any(excuse in spoken for excuse in self.excuses):
            return
        met = [each for each in self.repealed if f" {each.words} " in folded]
        for each in met:
            if not any(each.words != other.words and each.words in other.words for other in met):
                yield each

    def unknown_abbreviations(self, text: str) -> list[str]:
        """The abbreviations of *text* nobody has explained, each once; one in brackets is explained there."""
        words = re.findall(r"[^\W\d_]+", text)
        explained = set(re.findall(r"\(([^\W\d_]+)\)", text))
        return [
            word
            for word in dict.fromkeys(words)
            if len(word) > 1 and _is_abbreviation(word) and word not in self.abbreviations | explained
        ]


NO_RULES = Rules()


def read_repealed(text: str, faults: list[Fault]) -> tuple[tuple[Repealed, ...], frozenset[str]]:
    """What the table *text* says is gone, and its words that tell so; what is wrong goes to *faults*."""
    repealed, excuses = [], set()
    for line, row in _rows(text, REPEALED, (_PHRASE, _MEANING, _NOW), faults):
        words = fold(row[_PHRASE], words=True)
        if fold(row[_MEANING], words=True) == _EXCUSE:
            excuses.add(_words(row[_PHRASE]))
        elif words and row[_MEANING] and row[_NOW]:
            repealed.append(Repealed(words, row[_MEANING], row[_NOW]))
        else:
            faults.append(Fault(REPEALED, line, "half_a_row"))
    return tuple(repealed), frozenset(excuses)


def read_abbreviations(text: str, faults: list[Fault]) -> frozenset[str]:
    """The abbreviations of the table *text*; what is wrong goes to *faults*."""
    found = set()
    for line, row in _rows(text, ABBREVIATIONS, (_ABBREVIATION, _FULL), faults):
        if row[_ABBREVIATION] and row[_FULL]:
            found.add(row[_ABBREVIATION])
        else:
            faults.append(Fault(ABBREVIATIONS, line, "half_a_row"))
    return frozenset(found)


def read_jargon(text: str, faults: list[Fault]) -> tuple[Jargon, ...]:
    """The phrases of offices in the table *text*; what is wrong goes to *faults*."""
    found = []
    for line, row in _rows(text, JARGON, (_OFFICIAL, _PLAIN), faults):
        if row[_OFFICIAL] and row[_PLAIN]:
            found.append(Jargon(row[_OFFICIAL], _words(row[_OFFICIAL]), row[_PLAIN]))
        else:
            faults.append(Fault(JARGON, line, "half_a_row"))
    return tuple(found)


def _rows(
    text: str, file: str, columns: tuple[str, ...], faults: list[Fault]
) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a table with a line each; a missing column goes to *faults*."""
    written, rows = read_csv(text)
    headers = [fold(each, words=True) for each in written]
    missing = [each for each in columns if each not in headers]
    faults += [Fault(file, 1, "no_column", {"column": each}) for each in missing]
    if missing:
        return
    for line, cells in rows:
        row = dict(zip(headers, cells, strict=False))
        yield line, {column: row.get(column, "") for column in columns}


def _words(text: str) -> str:
    return f" {' '.join(_WORD.findall(normalise(text).lower()))} "


def _is_abbreviation(word: str) -> bool:
    """Capitals that are neither a Roman number nor a whole word said aloud."""
    if not word.isupper() or re.fullmatch("[IVXLC]+", word):
        return False
    return not is_syllable(fold(word))
