"""The linear classifier: least squares on projected features, with what each example would get unseen.

Features are projected onto a few hundred dimensions by fixed random signs (Achlioptas, 2003), where the
matrix to solve is small however many features and examples there are. Leave-one-out margins then need no
second training (Allen's PRESS; Cawley & Talbot, 2004, for the kernel form).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from nlu.features import Floats, Ints, Rows, Vector

_DIMENSIONS: Final = 1024
_SLOTS: Final = 4
_SEED: Final = 1373
_RIDGE: Final = 0.2
_LEVERAGE_MAX: Final = 0.95
_SCALE: Final = np.float32(1 / np.sqrt(_SLOTS))


@dataclass(frozen=True, slots=True)
class Projection:
    """Where each feature falls: the dimensions `slots` (features, slots) and the `signs` it has there."""

    slots: npt.NDArray[np.int16]
    signs: npt.NDArray[np.int8]

    @classmethod
    def of(cls, features: int) -> "Projection":
        """Return the projection of so many features; always the same."""
        chance = np.random.default_rng(_SEED)
        slots = chance.integers(0, _DIMENSIONS, (features, _SLOTS), dtype=np.int32)
        signs = chance.choice(np.array([-1, 1], np.int8), (features, _SLOTS))
        return cls(slots.astype(np.int16), signs)

    def apply(self, vector: Vector) -> Floats:
        """Return the dense image of a sparse vector: shape (dimensions,)."""
        scaled = vector.values * _SCALE
        return np.bincount(
            self.slots[vector.ids].ravel(),
            (self.signs[vector.ids] * scaled[:, None]).ravel(),
            minlength=_DIMENSIONS,
        ).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Fit:
    """What a training found.

    `weights` (dimensions, classes) and `bias` (classes,) give the margins of a projected text; `unseen`
    (examples, classes) holds those each example would get had it, and its block, not been taught.
    """

    weights: Floats
    bias: Floats
    unseen: Floats


def fit(
    rows: Rows,
    projection: Projection,
    classes: Ints,
    size: int,
    importance: Floats,
    blocks: Sequence[Ints] = (),
) -> Fit:
    """Return the classifier of `size` classes learnt from `rows`, `classes` naming the class of each.

    `importance` weighs each example. The examples of one of the `blocks` are unseen together.
    """
    count = len(classes)
    projected = np.ones((count, _DIMENSIONS + 1), np.float32)
    for row in range(count):
        span = slice(rows.starts[row], rows.starts[row + 1])
        projected[row, :-1] = projection.apply(Vector(rows.ids[span], rows.values[span], 1.0))
    target = np.full((count, size), -1.0, np.float32)
    target[np.arange(count), classes] = 1.0
    weighed = projected * importance[:, None]
    matrix = weighed.T @ projected
    matrix[np.diag_indices_from(matrix)] += np.float32(_RIDGE)
    inverse = np.linalg.inv(matrix)
    solution = inverse @ (weighed.T @ target)
    residual = target - projected @ solution
    spread = projected @ inverse
    leverage = np.einsum("ij,ij->i", spread, weighed)
    unseen = target - residual / (1 - np.minimum(leverage, _LEVERAGE_MAX))[:, None]
    for block in blocks:
        hat = spread[block] @ weighed[block].T
        unseen[block] = target[block] - np.linalg.solve(
            np.eye(len(block), dtype=np.float32) - hat, residual[block]
        )
    return Fit(np.ascontiguousarray(solution[:-1]), solution[-1], unseen)
