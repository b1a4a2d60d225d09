"""Two questions in one message: where it may be cut, and when the pieces are really different questions."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from nlu.parse import ANSWER_AT, FAQ_PREFIX, Parse
from nlu.vietnamese import JOINING_WORDS

_SURE: Final = 0.999
_PIECES_MAX: Final = 4
_WORDS_MIN: Final = 3
_STRONG: Final = re.compile(r"[?!;\n]+|\.(?=\s|$)|…")
_WEAK: Final = re.compile(r",|\b(?:" + "|".join(JOINING_WORDS) + r")\b", re.IGNORECASE)

Read = Callable[[str], Parse]


def separate(whole: Parse, read: Read) -> tuple[Parse, ...]:
    """Return one Parse for each FAQ question of `whole` when it asks two or more different ones, else ().

    Full stops and question marks are tried first, then commas and joining words one at a time.
    """
    if whole.intent.score >= _SURE or len(whole.text.split()) < 2 * _WORDS_MIN:
        return ()
    for pieces in _cuts(whole.text):
        parts = [read(piece) for piece in pieces]
        asked = _different(part for part in parts if _is_answered_question(part))
        if len(asked) > 1:
            return asked
    return ()


def _cuts(text: str) -> Iterator[list[str]]:
    sentences = [piece.strip() for piece in _STRONG.split(text) if len(piece.split()) >= _WORDS_MIN]
    if 1 < len(sentences) <= _PIECES_MAX:
        yield sentences
    for match in list(_WEAK.finditer(text))[:_PIECES_MAX]:
        halves = [text[: match.start()].strip(), text[match.end() :].strip()]
        if all(len(half.split()) >= _WORDS_MIN for half in halves):
            yield halves


def _is_answered_question(part: Parse) -> bool:
    return part.intent.name.startswith(FAQ_PREFIX) and part.intent.score >= ANSWER_AT


def _different(parts: Iterator[Parse]) -> tuple[Parse, ...]:
    return tuple({part.intent.name: part for part in parts}.values())
