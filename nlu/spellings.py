"""How each intent's wordings spell a word: diacritics break ties between words that fold to the same."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from nlu.features import Floats, Ints
from nlu.vietnamese import fold, has_diacritics


@dataclass(frozen=True, slots=True)
class Spellings:
    """How often words carrying diacritics stand in each intent's wordings: of `words[i]`, `counts[i]`.

    The shape of `counts` is (words, intents).
    """

    words: tuple[str, ...]
    counts: npt.NDArray[np.uint8]
    _index: dict[str, int] = field(init=False, repr=False)
    _alike: dict[str, list[int]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        alike: defaultdict[str, list[int]] = defaultdict(list)
        for i, word in enumerate(self.words):
            alike[fold(word)].append(i)
        object.__setattr__(self, "_index", {word: i for i, word in enumerate(self.words)})
        object.__setattr__(self, "_alike", {key: rows for key, rows in alike.items() if len(rows) > 1})

    @classmethod
    def learn(cls, texts: Iterable[tuple[Sequence[str], int]], size: int) -> "Spellings":
        """Return the spellings of `texts`, each the tokens of a wording and its intent."""
        found: defaultdict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for typed, label in texts:
            for word in typed:
                if has_diacritics(word):
                    found[word][label] += 1
        folded: defaultdict[str, int] = defaultdict(int)
        for word in found:
            folded[fold(word)] += 1
        words = tuple(sorted(word for word in found if folded[fold(word)] > 1))
        counts = np.zeros((len(words), size), np.uint8)
        for row, word in enumerate(words):
            for label, times in found[word].items():
                counts[row, label] = min(times, 255)
        return cls(words, counts)

    def conflicts(self, typed: Sequence[str], labels: Ints, own: int = -1) -> Floats:
        """Return for each of `labels` how many of the `typed` tokens it spells otherwise, and never so.

        `own` is the intent that `typed` itself was counted for, or -1.
        """
        clashes = np.zeros(len(labels), np.float32)
        for word in typed:
            others = self._alike.get(fold(word)) if has_diacritics(word) else None
            if others is None:
                continue
            spelled = self.counts[others][:, labels].astype(np.int32)
            row = self._index.get(word)
            same = (
                self.counts[row, labels].astype(np.int32) if row is not None else np.zeros(len(labels), np.int32)
            )
            clashes += (same - (labels == own) <= 0) & (spelled.sum(axis=0) - same > 0)
        return clashes
