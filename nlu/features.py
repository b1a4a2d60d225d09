"""What the classifier sees of a text: folded words, word pairs, document numbers and letter n-grams, weighted."""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from nlu.vietnamese import DIGIT_WORDS, DOCUMENT_KINDS

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

WORD_WEIGHT: Final = 0.6
_CHAR_SIZES: Final = (2, 3, 4, 5)
_KINDS: Final = re.compile(
    r"\b(" + "|".join(sorted(DOCUMENT_KINDS, key=len, reverse=True)) + r")(?: so)? (\d[\d.]*)\b"
)


def word_features(words: Sequence[str]) -> list[str]:
    """Return the word features of folded `words`: words, pairs, and "#tt24" for "thong tu (so) 24".

    Single digits count as their number word, so "muc 2" and "muc hai" are the same.
    """
    plain = [DIGIT_WORDS.get(word, word) for word in words]
    pairs = [f"{first} {second}" for first, second in itertools.pairwise(plain)]
    documents = [f"#{DOCUMENT_KINDS[kind]}{number}" for kind, number in _KINDS.findall(" ".join(words))]
    return [*plain, *pairs, *documents]


@lru_cache(maxsize=16384)
def char_features(word: str) -> tuple[str, ...]:
    """Return the letter n-grams of one word, its borders marked with "_"; they start with "~"."""
    padded = f"_{word}_"
    return tuple(
        f"~{padded[i : i + size]}"
        for size in _CHAR_SIZES
        if size <= len(padded)
        for i in range(len(padded) - size + 1)
    )


@dataclass(frozen=True, slots=True)
class Vector:
    """A unit vector over the known features, and the share of its words that are known."""

    ids: Ints
    values: Floats
    known: float


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The features seen in training, each with its weight (inverse document frequency)."""

    names: tuple[str, ...]
    weights: Floats
    _index: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", {name: i for i, name in enumerate(self.names)})

    @classmethod
    def learn(cls, texts: Iterable[Sequence[str]]) -> "Vocabulary":
        """Return the vocabulary of `texts`, each given as its folded words."""
        seen: Counter[str] = Counter()
        total = 0
        for words in texts:
            total += 1
            seen.update(set(word_features(words)))
            seen.update({gram for word in words for gram in char_features(word)})
        names = tuple(sorted(seen))
        counts = np.fromiter((seen[name] for name in names), np.float32, len(names))
        return cls(names, (np.log((1 + total) / (1 + counts)) + 1).astype(np.float32))

    def vector(self, words: Sequence[str]) -> Vector:
        """Return the vector of a text given as its folded words; it is empty when nothing is known."""
        index = self._index
        known = sum(DIGIT_WORDS.get(word, word) in index for word in words)
        counts = Counter(index[name] for name in word_features(words) if name in index)
        grams = Counter(index[gram] for word in words for gram in char_features(word) if gram in index)
        blocks = [(_block(counts, self.weights), WORD_WEIGHT), (_block(grams, self.weights), 1.0)]
        ids = np.concatenate([ids for (ids, _), _ in blocks])
        values = np.concatenate([values * weight for (_, values), weight in blocks])
        norm = float(np.sqrt(values @ values)) or 1.0
        return Vector(ids, (values / norm).astype(np.float32), known / len(words) if words else 0.0)


def _block(counts: Counter[int], weights: Floats) -> tuple[Ints, Floats]:
    ids = np.fromiter(counts.keys(), np.int32, len(counts))
    values = np.fromiter(counts.values(), np.float32, len(counts)) * weights[ids]
    norm = float(np.sqrt(values @ values)) or 1.0
    return ids, values / norm
