"""What is said leaning on what went before: elliptical follow-ups ("thế còn cấp tỉnh?") and corrections."""

from collections.abc import Sequence
from typing import Final

from rapidfuzz import fuzz

from nlu.vietnamese import CORRECTION, LEANING_END, LEANING_START, fold, tokens

_SHORT_MAX: Final = 6
_WORDS_MAX: Final = 10
_ALIKE: Final = 78.0


def leans(text: str) -> bool:
    """Tell whether `text` may lean on what was just said: it is short, or begins or ends as such texts do."""
    words = [fold(word) for word in tokens(text)]
    return 0 < len(words) <= _SHORT_MAX or (len(words) <= _WORDS_MAX and is_marked(text))


def is_marked(text: str) -> bool:
    """Tell whether `text` begins or ends as something that leans on what was just said."""
    said = " ".join(fold(word) for word in tokens(text))
    return bool(LEANING_START.match(said) or LEANING_END.search(said))


def nearest_phrase(text: str, phrases: Sequence[str]) -> tuple[int, float]:
    """Return which of `phrases` the text says, and how surely from 0 to 100; (-1, 0) when none is near."""
    said = _core(text)
    best, score = -1, 0.0
    for i, phrase in enumerate(phrases):
        alike = fuzz.token_sort_ratio(said, _core(phrase))
        if alike > score:
            best, score = i, alike
    return (best, score) if score >= _ALIKE else (-1, 0.0)


def without_correction(text: str) -> str:
    """Return what a correction ("không, ý tôi là …") says instead, or `text` as it stands."""
    folded = fold(text)
    match = CORRECTION.match(folded)
    if match is None or len(folded) != len(text) or not text[match.end() :].strip():
        return text
    return text[match.end() :].strip()


def _core(text: str) -> str:
    said = " ".join(fold(word) for word in tokens(text))
    while (shorter := LEANING_END.sub("", LEANING_START.sub("", said)).strip()) and shorter != said:
        said = shorter
    return said
