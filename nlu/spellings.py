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
    _groups: dict[str, int] = field(init=False, repr=False)
    _totals: npt.NDArray[np.uint16] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        groups: dict[str, int] = {}
        members = [groups.setdefault(fold(word), len(groups)) for word in self.words]
        totals = np.zeros((len(groups), self.counts.shape[1]), np.uint16)
        np.add.at(totals, members, self.counts)
        object.__setattr__(self, "_index", {word: i for i, word in enumerate(self.words)})
        object.__setattr__(self, "_groups", groups)
        object.__setattr__(self, "_totals", totals)

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
        found = [
            (group, self._index.get(word, -1))
            for word in typed
            if has_diacritics(word) and (group := self._groups.get(fold(word))) is not None
        ]
        if not found:
            return np.zeros(len(labels), np.float32)
        groups, rows = np.array(found).T
        same = self.counts[rows[:, None], labels].astype(np.int32)
        same[rows < 0] = 0
        others = self._totals[groups[:, None], labels] - same
        clashes = (same - (labels == own) <= 0) & (others > 0)
        return np.asarray(clashes.sum(axis=0), np.float32)
