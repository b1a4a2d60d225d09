"""The linear classifier: least squares on projected features, with what each example would get unseen.

Features are projected onto a few hundred dimensions by fixed random signs (Achlioptas, 2003), where the
matrix to solve is small however many features and examples there are. Leave-one-out margins then need no
second training (Allen's PRESS; Cawley & Talbot, 2004, for the kernel form).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from nlu.features import Floats, Ints, Rows

_DIMENSIONS: Final = 1024
_SLOTS: Final = 4
_SEED: Final = 1373
_RIDGE: Final = 0.2
_LEVERAGE_MAX: Final = 0.95


@dataclass(frozen=True, slots=True)
class Fit:
    """What a training found.

    `weights` (features, classes) and `bias` (classes,) give the margins of a text; `unseen`
    (examples, classes) holds those each example would get had it, and its block, not been taught.
    """

    weights: Floats
    bias: Floats
    unseen: Floats


def fit(
    rows: Rows,
    features: int,
    classes: Ints,
    size: int,
    importance: Floats,
    blocks: Sequence[Ints] = (),
) -> Fit:
    """Return the classifier of `size` classes learnt from `rows`, `classes` naming the class of each.

    `importance` weighs each example. The examples of one of the `blocks` are unseen together.
    """
    count = len(classes)
    slots, signs = _signs(features)
    projected = np.ones((count, _DIMENSIONS + 1), np.float32)
    for row in range(count):
        span = slice(rows.starts[row], rows.starts[row + 1])
        ids, values = rows.ids[span], rows.values[span].astype(np.float32)
        projected[row, :-1] = np.bincount(
            slots[ids].ravel(), (signs[ids] * values[:, None]).ravel(), minlength=_DIMENSIONS
        )
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
    weights = np.zeros((features, size), np.float32)
    for slot in range(_SLOTS):
        weights += signs[:, slot, None] * solution[slots[:, slot]]
    return Fit(weights, solution[-1], unseen)


def _signs(features: int) -> tuple[Ints, Floats]:
    """Return for each feature the dimensions it falls on and the sign it has there."""
    chance = np.random.default_rng(_SEED)
    slots = chance.integers(0, _DIMENSIONS, (features, _SLOTS), dtype=np.int32)
    signs = chance.choice(np.array([-1, 1], np.float32), (features, _SLOTS)) / np.float32(np.sqrt(_SLOTS))
    return slots, signs.astype(np.float32)
