"""Each intent as one document of all its texts: how well a message fits each, and which words tell them apart."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from nlu.features import Clues, Floats, Ints

_SATURATION: Final = 1.2
_LENGTH: Final = 0.6
_GAIN: Final = _SATURATION + 1
_COUNT_MAX: Final = 255
_UNSEEN: Final = 0.3


@dataclass(frozen=True, slots=True)
class Documents:
    """How many texts of each intent hold each of the terms called `names`: shape (terms, intents).

    `texts` is the number of texts of each intent.
    """

    names: tuple[str, ...]
    counts: npt.NDArray[np.uint8]
    texts: Floats
    _index: dict[str, int] = field(init=False, repr=False)
    _worth: Floats = field(init=False, repr=False)
    _pull: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        holders = np.count_nonzero(self.counts, axis=1)
        worth = np.log(1 + (self.counts.shape[1] - holders + 0.5) / (holders + 0.5))
        length = self.counts.sum(axis=0, dtype=np.float32)
        pull = _SATURATION * (1 - _LENGTH + _LENGTH * length / max(float(length.mean()), 1.0))
        object.__setattr__(self, "_index", {name: i for i, name in enumerate(self.names)})
        object.__setattr__(self, "_worth", worth.astype(np.float32))
        object.__setattr__(self, "_pull", pull.astype(np.float32))

    @classmethod
    def of(cls, texts: Sequence[Clues], classes: Ints, size: int) -> "Documents":
        """Return the documents of `texts`, `classes` naming the intent of each; terms seen once are left out."""
        found = [clues.terms() for clues in texts]
        seen = Counter(name for names in found for name in names)
        kept = tuple(sorted(name for name, times in seen.items() if times > 1))
        index = {name: i for i, name in enumerate(kept)}
        counts = np.zeros((len(kept), size), np.uint16)
        for names, label in zip(found, classes.tolist(), strict=True):
            counts[[index[name] for name in names if name in index], label] += 1
        texts_of = np.bincount(classes, minlength=size).astype(np.float32)
        return cls(kept, np.minimum(counts, _COUNT_MAX).astype(np.uint8), texts_of)

    def terms(self, clues: Clues) -> Ints:
        """Return the known terms of a text."""
        index = self._index
        return np.array([index[name] for name in clues.terms() if name in index], np.int32)

    def fits(self, terms: Ints, own: int = -1) -> Floats:
        """Return how well a text of these terms fits each intent (BM25), 0 to 1: shape (intents,).

        The text is taken out of the document of intent `own` first.
        """
        worth = self._worth[terms]
        counts = self.counts[terms].astype(np.float32)
        if own >= 0:
            counts[:, own] = np.maximum(counts[:, own] - 1, 0)
        total = worth @ (counts * _GAIN / (counts + self._pull))
        return np.asarray(total / np.float32(float(worth.sum()) * _GAIN or 1.0), np.float32)

    def contrast(self, terms: Ints, labels: Ints, own: int = -1) -> Floats:
        """Return how much likelier the terms are in each of `labels` than among all of them (naive Bayes).

        The text is taken out of the document of intent `own` first. The figure is per square root of a term.
        """
        if not len(terms) or not len(labels):
            return np.zeros(len(labels), np.float32)
        counts = self.counts[terms][:, labels].astype(np.float32)
        texts = self.texts[labels].copy()
        if own >= 0:
            counts[:, labels == own] = np.maximum(counts[:, labels == own] - 1, 0)
            texts[labels == own] -= 1
        share = (counts + _UNSEEN) / (texts + 2 * _UNSEEN)
        odds = np.log(share) - np.log(share.mean(axis=1, keepdims=True))
        return np.asarray(odds.sum(axis=0) / np.sqrt(len(terms)), np.float32)
