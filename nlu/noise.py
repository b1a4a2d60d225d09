"""How people type: the same text without diacritics, in shorthand, with slips of the finger; seeded."""

import random
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Final

from nlu.vietnamese import SHORTHAND, TELEX_SHAPES, TELEX_TONES, fold

_SHARE: Final = 0.3
_NEIGHBOURS: Final = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wertyuioopsdfghjkllxcvbnmm", strict=True))


class Typing(StrEnum):
    """A way of typing."""

    CLEAN = "clean"
    NO_DIACRITICS = "nodia"
    SHORTHAND = "teencode"
    SLIPS = "typo"
    NO_DIACRITICS_SLIPS = "nodia+typo"


def retype(text: str, typing: Typing, seed: int = 0) -> str:
    """Return `text` as somebody types it who types so; the same for the same arguments.

    Three words in ten are touched by shorthand and slips.
    """
    chance = random.Random(f"{seed}/{typing}/{text}")
    match typing:
        case Typing.CLEAN:
            return text
        case Typing.NO_DIACRITICS:
            return fold(text)
        case Typing.SHORTHAND:
            return _shorten(text, chance)
        case Typing.SLIPS:
            return _touch(text, chance, _slip)
        case Typing.NO_DIACRITICS_SLIPS:
            return _touch(fold(text), chance, _slip)


def telex(word: str) -> str:
    """Return the keystrokes of a lower-case `word` in Telex: được → dduwowcj."""
    plain, tone = "", ""
    for sign in unicodedata.normalize("NFD", word):
        if sign in TELEX_TONES:
            tone = TELEX_TONES[sign]
        else:
            plain += sign
    shaped = unicodedata.normalize("NFC", plain)
    return "".join(TELEX_SHAPES.get(letter, letter) for letter in shaped) + tone


def _touch(text: str, chance: random.Random, change: Callable[[str, random.Random], str]) -> str:
    return " ".join(
        change(word, chance) if word.isalpha() and chance.random() < _SHARE else word for word in text.split()
    )


def _slip(word: str, chance: random.Random) -> str:
    at = chance.randrange(len(word))
    kinds = ["tone", "telex", "neighbour"] + (["swap", "drop", "double"] if len(word) > 2 else [])
    match chance.choice(kinds):
        case "tone":
            return fold(word)
        case "telex":
            return telex(word.lower())
        case "neighbour":
            return word[:at] + _NEIGHBOURS.get(fold(word[at]), word[at]) + word[at + 1 :]
        case "swap":
            at = min(at, len(word) - 2)
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        case "drop":
            return word[:at] + word[at + 1 :]
        case _:
            return word[:at] + word[at] + word[at:]


def _shorten(text: str, chance: random.Random) -> str:
    words = text.split()
    shortened: list[str] = []
    at = 0
    while at < len(words):
        for size in (4, 3, 2, 1):
            keys = _SHORT.get(fold(" ".join(words[at : at + size])))
            if keys and len(words[at : at + size]) == size and chance.random() < 2 * _SHARE:
                shortened.append(chance.choice(keys))
                at += size
                break
        else:
            shortened.append(words[at])
            at += 1
    return " ".join(shortened)


def _by_reading(table: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for key, readings in table.items():
        first = next(iter(readings))
        if first != fold(key, words=True):
            found[first].append(key)
    return dict(found)


_SHORT: Final = _by_reading(SHORTHAND)
