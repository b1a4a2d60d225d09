"""Repair of typed words from the bot's own vocabulary: shorthand, keystrokes, one slip, lost spaces."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from rapidfuzz.distance import OSA

from nlu.vietnamese import SHORTHAND, fold, is_syllable, keystrokes, tokens

_BEAM: Final = 6
_CANDIDATES: Final = 8
_LATER_READING: Final = 1.0
_KEYSTROKES: Final = 1.0
_SLIP: Final = 3.0
_SLIP_OF_SYLLABLE: Final = 5.5
_SPLIT: Final = 3.0
_UNKNOWN_SYLLABLE: Final = 9.0
_UNKNOWN_WORD: Final = 13.0
_START: Final = ""

Option = tuple[tuple[str, ...], float]


def expand(typed: Sequence[str]) -> list[str]:
    """Return the folded words of `typed` tokens, each shorthand in its likeliest reading."""
    return [word for token in typed for word in _readings(token)[0].split()]


def _readings(token: str) -> tuple[str, ...]:
    return SHORTHAND.get(token) or (fold(token),)


@dataclass(frozen=True, slots=True)
class Repair:
    """Turns a typed text into folded words, the likeliest among what the bot's own texts say.

    `counts` holds the known words, `pairs` how often one followed another ("" starts a text).
    """

    counts: dict[str, int]
    pairs: dict[tuple[str, str], int]
    _near: dict[str, list[str]] = field(init=False, repr=False)
    _total: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        near: defaultdict[str, list[str]] = defaultdict(list)
        for word in self.counts:
            for short in _with_one_left_out(word):
                near[short].append(word)
        object.__setattr__(self, "_near", dict(near))
        object.__setattr__(self, "_total", sum(self.counts.values()) or 1)

    @classmethod
    def learn(cls, texts: Iterable[str]) -> "Repair":
        """Return the repair that knows the words of `texts`; a word seen once must look Vietnamese."""
        sequences = [expand(tokens(text)) for text in texts]
        seen = Counter(word for words in sequences for word in words)
        known = {word: n for word, n in seen.items() if n > 1 or is_syllable(word)}
        pairs: Counter[tuple[str, str]] = Counter()
        for words in sequences:
            pairs.update(zip([_START, *words], words, strict=False))
        return cls(known, {pair: n for pair, n in pairs.items() if pair[1] in known})

    def words(self, text: str) -> list[str]:
        """Return the folded words of `text`, repaired; the same words come back when nothing is wrong."""
        return [word for reading in self.readings(tokens(text)) for word in reading]

    def readings(self, typed: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """Return the folded words that each of the `typed` tokens stands for, repaired."""
        paths: list[tuple[float, str, tuple[tuple[str, ...], ...]]] = [(0.0, _START, ())]
        for token in typed:
            options = self._options(token)
            best: dict[str, tuple[float, str, tuple[tuple[str, ...], ...]]] = {}
            for cost, last, said in paths:
                for reading, price in options:
                    total = cost + price + self._surprise(last, reading)
                    end = reading[-1]
                    if end not in best or total < best[end][0]:
                        best[end] = (total, end, (*said, reading))
            paths = sorted(best.values())[:_BEAM] if len(best) > 1 else list(best.values())
        return paths[0][2]

    def _surprise(self, last: str, reading: tuple[str, ...]) -> float:
        cost = 0.0
        for word in reading:
            count = self.counts.get(word, 0)
            if not count:
                cost += _UNKNOWN_SYLLABLE if is_syllable(word) or word.isdecimal() else _UNKNOWN_WORD
            else:
                after = self.pairs.get((last, word), 0) / (self.counts.get(last, 20) + 1)
                cost -= math.log(0.8 * after + 0.2 * count / self._total)
            last = word
        return cost

    def _options(self, token: str) -> list[Option]:
        if token in SHORTHAND:
            return [(tuple(reading.split()), i * _LATER_READING) for i, reading in enumerate(SHORTHAND[token])]
        word = fold(token)
        options: list[Option] = [((word,), 0.0)]
        if word in self.counts or not word.isascii() or word[0].isdigit():
            return options
        if typed := keystrokes(word):
            options.append(((typed,), _KEYSTROKES if typed in self.counts else _SLIP))
        if len(word) > 2:
            price = _SLIP_OF_SYLLABLE if is_syllable(word) else _SLIP
            options += [((near,), price) for near in self._slips(word)]
        options += [
            ((word[:i], word[i:]), _SPLIT)
            for i in range(2, len(word) - 1)
            if word[:i] in self.counts and word[i:] in self.counts
        ]
        return options

    def _slips(self, word: str) -> list[str]:
        near = {word_ for short in _with_one_left_out(word) for word_ in self._near.get(short, ())}
        close = [other for other in near if OSA.distance(word, other, score_cutoff=1) <= 1]
        return sorted(close, key=lambda other: (-self.counts[other], other))[:_CANDIDATES]


def _with_one_left_out(word: str) -> set[str]:
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}
