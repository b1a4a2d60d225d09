"""What the classifier sees of a text: words, pairs, document numbers, concepts and letter n-grams."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations, pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from nlu.concepts import Concepts
from nlu.entities import documents
from nlu.vietnamese import DIGIT_WORDS, FILLERS

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

_CHAR_SIZES: Final = (2, 3, 4)
_CONCEPTS_MAX: Final = 8
_SEEN_MIN: Final = 2
_SAID_SHARE: Final = np.float32(0.8)


@dataclass(frozen=True, slots=True)
class Clues:
    """The features of one text: `said` are words, pairs, documents and concepts, `spelled` letter n-grams.

    `beside` holds each concept beside each word that tells something. Single digits count as their number
    word, so "muc 2" and "muc hai" are the same; "thong tu (so) 24" gives "#tt24".
    """

    words: tuple[str, ...]
    said: tuple[str, ...]
    spelled: tuple[str, ...]
    beside: tuple[str, ...]

    @classmethod
    def of(cls, words: Sequence[str], concepts: Concepts) -> "Clues":
        """Return the clues of a text, given as its folded words."""
        plain = [DIGIT_WORDS.get(word, word) for word in words]
        named = concepts.find(words)[:_CONCEPTS_MAX]
        telling = sorted({word for word in plain if word not in FILLERS})
        return cls(
            tuple(words),
            (
                *plain,
                *(f"{first} {second}" for first, second in pairwise(plain)),
                *(f"#{kind}{number}" for kind, number, *_ in map(str.split, documents(" ".join(words)))),
                *named,
                *(f"{first}{second}" for first, second in combinations(named, 2)),
            ),
            tuple(gram for word in words for gram in _letter_grams(word)),
            tuple(f"{concept}&{word}" for concept in named for word in telling),
        )

    def terms(self) -> list[str]:
        """Return what is counted of this text in its intent's document, each once, in order."""
        return sorted({*self.said, *self.beside})


@lru_cache(maxsize=16384)
def _letter_grams(word: str) -> tuple[str, ...]:
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
class Rows:
    """Many vectors in one, kept small: row i holds `ids[starts[i]:starts[i+1]]` with their `values`."""

    starts: Ints
    ids: npt.NDArray[Any]
    values: Floats

    @classmethod
    def of(cls, vectors: Sequence[Vector], features: int) -> "Rows":
        """Return the rows of `vectors` over so many `features`, in order."""
        kind = np.uint16 if features < 1 << 16 else np.int32
        return cls(
            np.concatenate([[0], np.cumsum([len(vector.ids) for vector in vectors])]).astype(np.int32),
            np.concatenate([vector.ids for vector in vectors]).astype(kind),
            np.concatenate([vector.values for vector in vectors]),
        )

    def likeness(self, spans: Sequence[tuple[int, int]], dense: Floats) -> Floats:
        """Return the product of each row of `spans` (first to before last), in order, with a `dense` vector."""
        starts = self.starts
        products = np.concatenate(
            [
                dense.take(self.ids[starts[first] : starts[last]]) * self.values[starts[first] : starts[last]]
                for first, last in spans
            ]
        )
        lengths = np.concatenate([starts[first + 1 : last + 1] - starts[first:last] for first, last in spans])
        totals = np.zeros(len(lengths), np.float32)
        filled = np.flatnonzero(lengths)
        if len(filled):
            begins = np.cumsum(lengths[filled]) - lengths[filled]
            totals[filled] = np.add.reduceat(products, begins)
        return totals


@dataclass(frozen=True, slots=True)
class Postings:
    """Some vectors by feature: feature f stands in the rows `rows[starts[f]:starts[f+1]]` with its `values`."""

    size: int
    starts: Ints
    rows: Ints
    values: Floats

    @classmethod
    def of(cls, stored: Rows, first: int, last: int, features: int) -> "Postings":
        """Return the postings of the rows `first` to before `last` of `stored`, numbered from 0."""
        span = slice(stored.starts[first], stored.starts[last])
        ids = stored.ids[span]
        order = np.argsort(ids, kind="stable")
        rows = np.repeat(np.arange(last - first, dtype=np.int32), np.diff(stored.starts[first : last + 1]))
        starts = np.searchsorted(ids[order], np.arange(features + 1)).astype(np.int32)
        return cls(last - first, starts, rows[order], stored.values[span][order])

    def likeness(self, vector: Vector) -> Floats:
        """Return the product of each row with `vector`."""
        spans, lengths = gather_spans(self.starts, vector.ids)
        products = self.values[spans] * np.repeat(vector.values, lengths)
        return np.bincount(self.rows[spans], products, minlength=self.size).astype(np.float32)


def gather_spans(starts: Ints, ids: Ints) -> tuple[npt.NDArray[np.intp], Ints]:
    """Return the positions `starts[i]` to before `starts[i+1]` of each of `ids`, joined, and how many each has."""
    begins = starts[ids]
    lengths = starts[ids + 1] - begins
    ends = np.cumsum(lengths)
    return np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(begins - (ends - lengths), lengths), lengths


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The features seen more than once in training, each with its weight (inverse document frequency)."""

    names: tuple[str, ...]
    weights: Floats
    _index: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", {name: i for i, name in enumerate(self.names)})

    @classmethod
    def learn(cls, texts: Iterable[Clues]) -> "Vocabulary":
        """Return the vocabulary of `texts`."""
        seen: Counter[str] = Counter()
        total = 0
        for clues in texts:
            total += 1
            seen.update({*clues.said, *clues.spelled})
        names = tuple(sorted(name for name, count in seen.items() if count >= _SEEN_MIN))
        counts = np.fromiter((seen[name] for name in names), np.float32, len(names))
        return cls(names, (np.log((1 + total) / (1 + counts)) + 1).astype(np.float32))

    def vector(self, clues: Clues) -> Vector:
        """Return the vector of a text; it is empty when nothing is known."""
        index = self._index
        find = index.get
        known = sum(word in index for word in clues.said[: len(clues.words)])
        blocks = [
            _block(Counter(each for each in map(find, names) if each is not None), self.weights)
            for names in (clues.said, clues.spelled)
        ]
        ids = np.concatenate([ids for ids, _ in blocks])
        values = np.concatenate([blocks[0][1] * _SAID_SHARE, blocks[1][1]])
        norm = float(np.sqrt(values @ values)) or 1.0
        return Vector(ids, (values / norm).astype(np.float32), known / max(len(clues.words), 1))


def _block(counts: Counter[int], weights: Floats) -> tuple[Ints, Floats]:
    ids = np.fromiter(counts.keys(), np.int32, len(counts))
    values = np.sqrt(np.fromiter(counts.values(), np.float32, len(counts))) * weights[ids]
    norm = float(np.sqrt(values @ values)) or 1.0
    return ids, (values / norm).astype(np.float32)
