"""The check code each broadcast carries: by it a citizen learns whether a message is ours."""

import re
import secrets
from collections.abc import Iterable
from typing import Final

from bot.markup import to_plain
from bot.outreach.placeholders import PlaceWords, pieces
from nlu.vietnamese import fold, normalise_unicode

# Without what looks like another letter or figure.
ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 5
PREFIX: Final = "HT-"
ASKING_MAX: Final = 60
"""What is this long without the code asks about it; what is longer is a message to compare."""

_CODE = re.compile(rf"(?<![A-Z0-9])H\s?T\s?[-–—.]?\s?([{ALPHABET}]{{{LENGTH}}})(?![A-Z0-9])")
_LINK = re.compile(r"https?://|www\.|\.(?:com|vn|net|org|xyz|top|cc)\b")


def new_code() -> str:
    """A code nobody can guess the next of."""
    return PREFIX + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def find_code(text: str) -> str | None:
    """The first check code in *text*, however it is spaced and cased."""
    found = _CODE.search(normalise_unicode(text).upper())
    return PREFIX + found[1] if found else None


def is_only_asking(text: str) -> bool:
    """Whether *text* names a code without giving a message to compare with ours."""
    rest = _CODE.sub("", normalise_unicode(text).upper())
    return len(rest.strip()) <= ASKING_MAX and not _LINK.search(rest.lower())


def is_same(heard: str, original: str, places: Iterable[PlaceWords] = ({},)) -> bool:
    """Whether *heard* is the *original* (light markup) word for word, spaces and signs aside.

    Anything added counts as a change: a false link behind a true text is what deceives. In its places for
    the person stand the words of one of the *places*.
    """
    said = _skeleton(heard)
    parts = [(_skeleton(words), name) for words, name in pieces(to_plain(original))]
    if not (said.startswith(parts[0][0]) and said.endswith(parts[-1][0])):
        return False
    return any(
        said == "".join(words + _skeleton(place.get(name, "")) for words, name in parts) for place in places
    )


def without_question(heard: str, questions: Iterable[str]) -> str:
    """The letters of *heard* without one of the *questions*, which a citizen put before or behind the message."""
    said = _skeleton(heard)
    for question in sorted(map(fold, map(_skeleton, questions)), key=len, reverse=True):
        if question and fold(said[: len(question)]) == question:
            return said[len(question) :]
        if question and fold(said[-len(question) :]) == question:
            return said[: -len(question)]
    return said


def _skeleton(text: str) -> str:
    return re.sub(r"[\W_]+", "", normalise_unicode(text).casefold())
