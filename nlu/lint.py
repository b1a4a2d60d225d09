"""What is weak in what the understanding is taught: thin entries, pairs too alike, entries not recognised."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from nlu.calibration import probabilities
from nlu.parse import FAQ_PREFIX
from nlu.teaching import Lesson, prepare
from nlu.training import Example

WORDINGS_MIN: Final = 8
ALIKE: Final = 0.7
_PAIRS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """An intent, the number of its wordings, the share recognised when left out, and what it is taken for."""

    name: str
    wordings: int
    recognised: float
    taken_for: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Alike:
    """Two wordings of two entries whose folded forms are nearly the same; `likeness` is their cosine."""

    first: str
    second: str
    texts: tuple[str, str]
    likeness: float


@dataclass(frozen=True, slots=True)
class Weaknesses:
    """Every entry, least recognised first, and the pairs of wordings that are too alike, most alike first."""

    entries: tuple[Entry, ...]
    alike: tuple[Alike, ...]

    @property
    def thin(self) -> tuple[Entry, ...]:
        """The entries with too few wordings."""
        return tuple(each for each in self.entries if each.wordings < WORDINGS_MIN)


def find_weaknesses(examples: Sequence[Example]) -> Weaknesses:
    """Return what is weak in `examples`. Takes about twice as long as training."""
    lesson, model = prepare(examples)
    return Weaknesses(tuple(_entries(lesson, model.calibration)), tuple(_alike(lesson)))


def _entries(lesson: Lesson, calibration: np.ndarray) -> list[Entry]:
    labels = lesson.stock.labels
    asked: Counter[str] = Counter()
    taken: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for evidence, label, _ in lesson.unseen(len(lesson.texts), strangers=False):
        chances = probabilities(evidence, calibration)
        best = int(np.argmax(chances))
        name = labels[evidence.classes[best]] if best < len(evidence.classes) else ""
        asked[labels[label]] += 1
        taken[labels[label]][name] += 1
    found = [
        Entry(
            name,
            times,
            taken[name][name] / times,
            tuple((other, n) for other, n in taken[name].most_common(4) if other != name),
        )
        for name, times in asked.items()
        if name.startswith(FAQ_PREFIX)
    ]
    return sorted(found, key=lambda each: (each.recognised, each.name))


def _alike(lesson: Lesson) -> list[Alike]:
    stock, rows = lesson.stock, lesson.stock.rows
    found: list[Alike] = []
    dense = np.zeros(stock.width, np.float32)
    questions = np.array([label.startswith(FAQ_PREFIX) for label in stock.labels])
    counted = ~stock.answers & questions[lesson.classes]
    for row in np.flatnonzero(counted[:-1]).tolist():
        vector = lesson.texts[row].vector
        dense[vector.ids] = vector.values
        likeness = rows.likeness([(row + 1, len(lesson.classes))], dense)
        dense[vector.ids] = 0.0
        for other in (np.flatnonzero(likeness >= ALIKE) + row + 1).tolist():
            if counted[other] and lesson.classes[other] != lesson.classes[row]:
                found.append(
                    Alike(
                        stock.labels[lesson.classes[row]],
                        stock.labels[lesson.classes[other]],
                        (" ".join(lesson.texts[row].typed), " ".join(lesson.texts[other].typed)),
                        float(likeness[other - row - 1]),
                    )
                )
    return sorted(found, key=lambda each: -each.likeness)[:_PAIRS_MAX]
