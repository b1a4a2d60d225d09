"""The linear classifier: one-vs-rest squared hinge, trained on the examples' likeness to each other."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from nlu.features import Floats, Ints

_STRENGTH: Final = 0.25
_ROUNDS: Final = 12
_SMALL: Final = 128

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Fit:
    """What a training run found: `votes` of every example for every class, and the `margins` it leaves.

    Both have the shape (examples, classes). Examples held out have no vote, and their margins are those of
    texts never seen.
    """

    votes: Floats
    margins: Floats


@dataclass(frozen=True, slots=True)
class Trainer:
    """Fits the same examples again and again, each time with others held out, from one matrix inverted once.

    Minimises λ|w|² + Σ max(0, 1 - yf)² by majorisation: at each round the hinge is touched from above by a
    least-squares problem whose matrix serves all classes, rounds and, by block elimination, held-out sets.
    """

    ridge: Floats
    inverse: Floats

    @classmethod
    def prepare(cls, gram: Floats, slack: Floats) -> "Trainer":
        """Return a trainer for examples with these similarities; `slack`: how freely each may be got wrong."""
        ridge = (_STRENGTH * slack).astype(np.float32)
        matrix = gram + np.float32(1.0)
        matrix[np.diag_indices_from(matrix)] += ridge
        return cls(ridge, _inverse(matrix))

    def fit(self, classes: Ints, size: int, held: Rows | None = None) -> Fit:
        """Return the fit for `size` classes, `classes` naming that of each example, without those `held`.

        The margins of a new text are `(its similarities to the examples + 1) @ votes`.
        """
        signs = np.full((len(classes), size), -1.0, np.float32)
        inside = np.flatnonzero(classes < size)
        signs[inside, classes[inside]] = 1.0
        columns, core = self._elimination(held)
        target = signs.copy()
        if held is not None:
            target[held] = 0.0
        before = np.zeros_like(signs)
        for turn in range(_ROUNDS + 1):
            votes = self.inverse @ target
            unseen = None
            if held is not None:
                unseen = core @ votes[held]
                votes -= columns @ unseen
            margins = target - self.ridge[:, None] * votes
            if unseen is not None:
                margins[held] = -unseen
            if turn == _ROUNDS:
                break
            ahead = margins + np.float32(turn / (turn + 3)) * (margins - before)
            before = margins
            target = signs * np.maximum(np.float32(1.0), signs * ahead)
            if held is not None:
                target[held] = 0.0
        return Fit(votes, margins)

    def _elimination(self, held: Rows | None) -> tuple[Floats, Floats]:
        if held is None or not len(held):
            empty = np.zeros((len(self.ridge), 0), np.float32)
            return empty, np.zeros((0, 0), np.float32)
        return self.inverse[:, held], _inverse(self.inverse[np.ix_(held, held)])


def _inverse(matrix: Floats) -> Floats:
    """Return the inverse of a symmetric positive definite `matrix`, which is overwritten.

    By halves and in place: a general solver takes four times as long and a Cholesky call thrice the room.
    """
    _invert_root(matrix)
    return matrix.T @ matrix


def _invert_root(matrix: Floats) -> None:
    """Overwrite `matrix` with the inverse of its lower Cholesky root."""
    half = len(matrix) // 2
    if half < _SMALL:
        matrix[:] = np.tril(np.linalg.inv(np.linalg.cholesky(matrix)))
        return
    first, corner, last = matrix[:half, :half], matrix[half:, :half], matrix[half:, half:]
    _invert_root(first)
    below = corner @ first.T
    last -= below @ below.T
    _invert_root(last)
    matrix[half:, :half] = -(last @ (below @ first))
    matrix[:half, half:] = 0.0
