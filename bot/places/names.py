"""How place names are written and compared: folding, the words of a text, the types of units."""

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache

from nlu import vietnamese

TYPES = {
    "xa": "xa", "x": "xa", "phuong": "phuong", "p": "phuong", "f": "phuong", "ward": "phuong",
    "thi tran": "thi tran", "tt": "thi tran", "dac khu": "dac khu", "dk": "dac khu",
    "huyen": "huyen", "h": "huyen", "quan": "quan", "q": "quan", "district": "quan",
    "thi xa": "thi xa", "tx": "thi xa", "thanh pho": "thanh pho", "tp": "thanh pho",
    "tinh": "tinh",
}  # fmt: skip
"""What may stand before a name, folded, and the type of unit it says."""

LONGEST_NAME = 6
"""Words in the longest name of a unit."""

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_WORD = re.compile(r"[^\W_]+")
_NUMBERED = re.compile(r"^(q|p|f|quan|phuong|ward|district)0*(\d{1,2})$")
_BREAK = re.compile(r"[,;:()?!\n/|]|\.\s")
# A lone y is written i as well (my, mi): only where it is the whole vowel of the syllable.
_LONE_Y = re.compile(r"^([bcdghklmnpqrstvx]*|qu)y$")
_APOSTROPHES = dict.fromkeys(map(ord, "'`\u2018\u2019\u02bc"))


def fold(text: str) -> str:
    """*text* in lower case without diacritics, its spaces single."""
    return " ".join(vietnamese.fold(text).split())


def spell(word: str) -> str:
    """*word* with its tone mark moved to the end, so that the two ways to place it are one."""
    marks = unicodedata.normalize("NFD", word.lower())
    tones = "".join(mark for mark in marks if mark in _TONES)
    return "".join(mark for mark in marks if mark not in _TONES) + tones


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: *key* folded for look-up, *spelling* by `spell`, where it stands.

    *breaks* says that punctuation parts it from the word before.
    """

    key: str
    spelling: str
    capital: bool
    start: int
    end: int
    breaks: bool

    @property
    def accented(self) -> bool:
        """Whether it carries diacritics, so that they can be compared."""
        return not self.spelling.isascii()


def key_of(word: str) -> str:
    """The look-up key of one word: folded, a lone y as i, a number without leading zeros."""
    folded = fold(word)
    if folded.isdigit():
        return folded.lstrip("0") or "0"
    return _LONE_Y.sub(r"\1i", folded)


_SOUNDS = (
    (re.compile("^ngh?"), "ng"), (re.compile("^gh"), "g"), (re.compile("^tr"), "ch"), (re.compile("^ph"), "f"),
    (re.compile("^gi(?=[aeou])"), "d"), (re.compile("^qu"), "w"), (re.compile("^k(?!h)"), "c"),
    (re.compile("^s"), "x"), (re.compile("^[rvzj]"), "d"), (re.compile("^l"), "n"),
    (re.compile("(?<=[aeiouy])n[gh]$"), "n"), (re.compile("(?<=[aeiouy])(ch|t)$"), "c"),
    (re.compile("y"), "i"),
)  # fmt: skip


@lru_cache(maxsize=65536)
def sound_of(key: str) -> str:
    """*key* with the letters alike that one part of the country or another pronounces alike."""
    for pattern, letters in _SOUNDS:
        key = pattern.sub(letters, key)
    return key


@lru_cache(maxsize=65536)
def name_words(name: str) -> tuple[tuple[str, str], ...]:
    """The keys and spellings of the words of an official name."""
    return tuple((key_of(word), spell(word)) for word in _WORD.findall(clean(name)))


def name_key(name: str) -> str:
    """The look-up key of a whole name."""
    return "".join(key for key, _ in name_words(name))


def name_sound(name: str) -> str:
    """The key of a whole name as it sounds, by `sound_of`."""
    return "".join(sound_of(key) for key, _ in name_words(name))


def clean(text: str) -> str:
    """*text* in NFC without apostrophes, which no two people put alike in the names of the highlands."""
    return unicodedata.normalize("NFC", text).translate(_APOSTROPHES)


def split_words(text: str) -> list[Word]:
    """The words of a `clean` text in order; "q1" and "p.15" become two, the type and the number."""
    words: list[Word] = []
    last = 0
    for found in _WORD.finditer(text):
        start, end = found.span()
        raw = found.group()
        breaks = bool(_BREAK.search(text[last:start]))
        numbered = _NUMBERED.match(fold(raw))
        if numbered:
            kind, number = numbered.groups()
            words.append(Word(TYPES[kind], TYPES[kind], raw[0].isupper(), start, start + len(kind), breaks))
            words.append(Word(number, number, False, start + len(kind), end, False))
        else:
            if raw.isdigit() and words and not breaks and len(words[-1].key) == 1:
                words[-1] = replace(words[-1], key=TYPES.get(words[-1].key, words[-1].key))
            words.append(Word(key_of(raw), spell(raw), raw[0].isupper(), start, end, breaks))
        last = end
    return words
