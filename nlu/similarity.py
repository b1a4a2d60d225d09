"""How like a text is to each stored example: an inverted index of the examples' vectors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlu.features import Floats, Ints, Vector


@dataclass(frozen=True, slots=True)
class Postings:
    """The examples that hold each feature: of feature f, `rows[starts[f]:starts[f+1]]` with their `values`."""

    starts: Ints
    rows: Ints
    values: Floats
    size: int

    @classmethod
    def build(cls, vectors: Sequence[Vector], features: int) -> "Postings":
        """Return the index of `vectors` over a vocabulary of so many `features`."""
        ids = np.concatenate([vector.ids for vector in vectors])
        rows = np.repeat(np.arange(len(vectors), dtype=np.int32), [len(vector.ids) for vector in vectors])
        values = np.concatenate([vector.values for vector in vectors])
        order = np.argsort(ids, kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(ids, minlength=features))]).astype(np.int32)
        return cls(starts, rows[order], values[order], len(vectors))

    def similarities(self, vector: Vector) -> Floats:
        """Return the cosine between `vector` and every example, in their order: shape (size,)."""
        first, last = self.starts[vector.ids], self.starts[vector.ids + 1]
        lengths = last - first
        total = int(lengths.sum())
        if not total:
            return np.zeros(self.size, np.float32)
        skip = np.repeat(first - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
        spots = np.arange(total) + skip
        weights = self.values[spots] * np.repeat(vector.values, lengths)
        return np.bincount(self.rows[spots], weights, minlength=self.size).astype(np.float32)
