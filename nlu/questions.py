"""Long messages: the question inside a story, and two questions in one message."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Final

from nlu.parse import FAQ_PREFIX, OUT_OF_SCOPE, Intent, Parse
from nlu.vietnamese import JOINING_WORDS

COURTESIES: Final = frozenset(("greet", "goodbye", "thanks"))
CHATTER: Final = COURTESIES | {
    "abuse",
    "affirm",
    "bot_challenge",
    "deny",
    "feedback",
    "help",
    "other_language",
    "privacy",
    "set_place",
}
"""Intents that often only wrap a question: a clause that asks something outweighs them."""

_CLEAR: Final = 0.95
_LONG: Final = 7
_JOINED_MAX: Final = 30
_CLAUSES_MAX: Final = 6
_CUTS_MAX: Final = 3
_WORDS_MIN: Final = 3
_DISCOUNT: Final = 0.95
_CLAUSE_AT: Final = 0.49
_PART_AT: Final = 0.69
_ENDS: Final = re.compile(r"[?!;\n]+|\.(?=\s|$)|…")
_PAUSES: Final = re.compile(r"[?!;:\n,]+|\.(?=\s|$)|…|\s[-–]\s")
_JOINTS: Final = re.compile(r",|\b(?:" + "|".join(JOINING_WORDS) + r")\b", re.IGNORECASE)

Read = Callable[[str], Parse]


def find_questions(text: str, read: Read) -> Parse:
    """Return the reading of `text`, by its clauses where it is long, with `parts` where it asks twice."""
    read = cache(read)
    whole = read(text)
    words = len(text.split())
    if whole.intent.score >= 1.0 or not whole.intent.name or words < 2 * _WORDS_MIN:
        return whole
    sentences = [read(piece) for piece in _pieces(_ENDS, text)]
    if len(parts := _asked(sentences)) > 1:
        return Parse(whole.text, whole.intent, whole.ranking, parts)
    if asks(whole.intent) and whole.intent.score >= _CLEAR:
        return whole
    if words <= _JOINED_MAX:
        for halves in _halves(text):
            if len(parts := _asked(map(read, halves))) > 1:
                return Parse(whole.text, whole.intent, whole.ranking, parts)
    return _clearest(whole, read) if words >= _LONG else whole


def asks(intent: Intent) -> bool:
    """Tell whether an intent asks for something, rather than wraps a question or lies out of scope."""
    return intent.name not in CHATTER and intent.name not in (OUT_OF_SCOPE, "")


def _clearest(whole: Parse, read: Read) -> Parse:
    """Return `whole`, or the reading of the clause in it that asks something more clearly."""
    clauses = _pieces(_PAUSES, whole.text)
    if len(clauses) < 2:
        return whole
    best = whole if asks(whole.intent) else Parse(whole.text, Intent("", 0.0), ())
    for reading in map(read, clauses):
        score = reading.intent.score * _DISCOUNT
        if asks(reading.intent) and score > best.intent.score:
            ranking = tuple(Intent(each.name, each.score * _DISCOUNT) for each in reading.ranking)
            best = Parse(whole.text, Intent(reading.intent.name, score), ranking)
    # "…, thông tư 24 nói gì? Em cảm ơn": a question mark is never just thanks.
    floor = 0.0 if "?" in whole.text and whole.intent.name in COURTESIES else _CLAUSE_AT
    return best if best.ranking and best.intent.score >= floor else whole


def _asked(readings: Iterable[Parse]) -> tuple[Parse, ...]:
    """Return the first reading of each different FAQ question that is clear."""
    found: dict[str, Parse] = {}
    for reading in readings:
        if reading.intent.name.startswith(FAQ_PREFIX) and reading.intent.score >= _PART_AT:
            found.setdefault(reading.intent.name, reading)
    return tuple(found.values())


def _halves(text: str) -> Iterator[list[str]]:
    cuts = 0
    for match in _JOINTS.finditer(text):
        halves = [text[: match.start()].strip(), text[match.end() :].strip()]
        if cuts < _CUTS_MAX and all(len(half.split()) >= _WORDS_MIN for half in halves):
            cuts += 1
            yield halves


def _pieces(at: re.Pattern[str], text: str) -> list[str]:
    """Return the pieces of `text`, only the first and last ones of many; none if it is one piece."""
    pieces = [piece.strip() for piece in at.split(text) if len(piece.split()) >= _WORDS_MIN]
    half = _CLAUSES_MAX // 2
    if len(pieces) > _CLAUSES_MAX:
        pieces = pieces[:half] + pieces[-half:]
    return pieces if len(pieces) > 1 else []
