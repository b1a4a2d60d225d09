"""Each intent as one document of all its texts: how well a message fits each, and which words tell them apart."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from nlu.features import Clues, Floats, Ints, gather_spans

_SATURATION: Final = 1.2
_LENGTH: Final = 0.6
_GAIN: Final = _SATURATION + 1
_COUNT_MAX: Final = 255
_UNSEEN: Final = 0.3


@dataclass(frozen=True, slots=True)
class Holders:
    """Which intents hold some `terms`: intent `labels[i]` holds term number `rows[i]` in `counts[i]` texts."""

    terms: Ints
    rows: npt.NDArray[np.intp]
    labels: npt.NDArray[np.uint16]
    counts: Floats


@dataclass(frozen=True, slots=True)
class Documents:
    """How many texts of each intent hold each of the terms called `names`.

    Term i is held by the intents `labels[starts[i]:starts[i+1]]`, in as many texts as `counts` says there;
    `texts` is the number of texts of each intent.
    """

    names: tuple[str, ...]
    starts: Ints
    labels: npt.NDArray[np.uint16]
    counts: npt.NDArray[np.uint8]
    texts: Floats
    _index: dict[str, int] = field(init=False, repr=False)
    _worth: Floats = field(init=False, repr=False)
    _pull: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        holders = np.diff(self.starts)
        worth = np.log(1 + (len(self.texts) - holders + 0.5) / (holders + 0.5))
        length = np.bincount(self.labels, self.counts, minlength=len(self.texts))
        pull = _SATURATION * (1 - _LENGTH + _LENGTH * length / max(float(length.mean()), 1.0))
        object.__setattr__(self, "_index", {name: i for i, name in enumerate(self.names)})
        object.__setattr__(self, "_worth", worth.astype(np.float32))
        object.__setattr__(self, "_pull", pull.astype(np.float32))

    @classmethod
    def of(cls, texts: Sequence[Clues], classes: Ints, size: int) -> "Documents":
        """Return the documents of `texts`, `classes` naming the intent of each; terms seen once are left out."""
        held: defaultdict[str, Counter[int]] = defaultdict(Counter)
        for clues, label in zip(texts, classes.tolist(), strict=True):
            for name in clues.terms():
                held[name][label] += 1
        kept = tuple(sorted(name for name, found in held.items() if found.total() > 1))
        pairs = [sorted(held[name].items()) for name in kept]
        counts = [min(times, _COUNT_MAX) for found in pairs for _, times in found]
        return cls(
            kept,
            np.concatenate([[0], np.cumsum([len(found) for found in pairs])]).astype(np.int32),
            np.array([label for found in pairs for label, _ in found], np.uint16),
            np.array(counts, np.uint8),
            np.bincount(classes, minlength=size).astype(np.float32),
        )

    def terms(self, clues: Clues) -> Ints:
        """Return the known terms of a text."""
        index = self._index
        return np.array([index[name] for name in clues.terms() if name in index], np.int32)

    def holders(self, terms: Ints, own: int = -1) -> "Holders":
        """Return which intents hold these terms, the text itself taken out of the document of intent `own`."""
        at, lengths = gather_spans(self.starts, terms)
        labels, counts = self.labels[at], self.counts[at].astype(np.float32)
        if own >= 0:
            counts[labels == own] -= 1
        return Holders(terms, np.repeat(np.arange(len(terms)), lengths), labels, counts)

    def fits(self, held: "Holders") -> Floats:
        """Return how well a text of these terms fits each intent (BM25), 0 to 1: shape (intents,)."""
        worth = self._worth[held.terms]
        gains = worth[held.rows] * held.counts / (held.counts + self._pull[held.labels])
        total = np.bincount(held.labels, gains, minlength=len(self.texts))
        return np.asarray(total / (float(worth.sum()) or 1.0), np.float32)

    def contrast(self, held: "Holders", labels: Ints, own: int = -1) -> Floats:
        """Return how much likelier the terms are in each of `labels` than among all of them (naive Bayes).

        The figure is per square root of a term. `own` is the intent that `held` was taken for.
        """
        terms = held.terms
        if not len(terms) or not len(labels):
            return np.zeros(len(labels), np.float32)
        column = np.full(len(self.texts), -1)
        column[labels] = np.arange(len(labels))
        columns = column[held.labels]
        wanted = columns >= 0
        counts = np.zeros((len(terms), len(labels)), np.float32)
        counts[held.rows[wanted], columns[wanted]] = held.counts[wanted]
        texts = self.texts[labels] - (labels == own)
        share = (counts + _UNSEEN) / (texts + 2 * _UNSEEN)
        odds = np.log(share) - np.log(share.mean(axis=1, keepdims=True))
        return np.asarray(odds.sum(axis=0) / np.sqrt(len(terms)), np.float32)
