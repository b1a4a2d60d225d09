"""Each intent as one document of all its texts, and how well a message fits each (BM25)."""

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


@dataclass(frozen=True, slots=True)
class Documents:
    """The weight of each of the terms called `names` in each intent's document: shape (terms, intents).

    `worth` is the most a term can weigh.
    """

    names: tuple[str, ...]
    worth: Floats
    table: npt.NDArray[np.float16]
    _index: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", {name: i for i, name in enumerate(self.names)})

    def terms(self, clues: Clues) -> Ints:
        """Return the known terms of a text."""
        index = self._index
        found = [index[name] for name in clues.terms() if name in index]
        return np.array(found, np.int32)

    def fits(self, terms: Ints) -> Floats:
        """Return how well a text of these terms fits each intent, 0 to 1: shape (intents,)."""
        total = self.table[terms].sum(axis=0, dtype=np.float32)
        return np.asarray(total / self.ceiling(terms), np.float32)

    def ceiling(self, terms: Ints) -> np.float32:
        """Return what a document that says all of `terms` over and over would total."""
        return np.float32(float(self.worth[terms].sum()) * _GAIN or 1.0)


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each term occurs in each intent's document, from which `Documents` are weighed."""

    names: tuple[str, ...]
    counts: Floats
    pull: Floats
    worth: Floats

    @classmethod
    def of(cls, texts: Sequence[Clues], classes: Ints, size: int) -> "Counts":
        """Return the counts of `texts`, `classes` naming the intent of each; terms seen once are left out."""
        found = [clues.terms() for clues in texts]
        seen = Counter(name for names in found for name in names)
        kept = tuple(sorted(name for name, times in seen.items() if times > 1))
        index = {name: i for i, name in enumerate(kept)}
        counts = np.zeros((len(kept), size), np.float32)
        for names, label in zip(found, classes.tolist(), strict=True):
            counts[[index[name] for name in names if name in index], label] += 1
        holders = np.count_nonzero(counts, axis=1)
        worth = np.log(1 + (size - holders + 0.5) / (holders + 0.5)).astype(np.float32)
        length = counts.sum(axis=0)
        pull = _SATURATION * (1 - _LENGTH + _LENGTH * length / max(float(length.mean()), 1.0))
        return cls(kept, counts, pull.astype(np.float32), worth)

    def weigh(self) -> Documents:
        """Return the documents as messages are held against them."""
        table = self.counts * _GAIN / (self.counts + self.pull) * self.worth[:, None]
        return Documents(self.names, self.worth, table.astype(np.float16))

    def without(self, terms: Ints, label: int) -> float:
        """Return the total of `terms` in the document of intent `label` had one text of them not been in it."""
        left = np.maximum(self.counts[terms, label] - 1, 0)
        return float((left * _GAIN / (left + self.pull[label]) * self.worth[terms]).sum())
