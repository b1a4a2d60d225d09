"""Calibration: what is known of each candidate intent, and the probability that it is right."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from nlu.features import Floats, Ints

CANDIDATES: Final = 5
_NEAR: Final = 0.25
_TRAITS: Final = 8
_PENALTY: Final = 1.0
_STEPS: Final = 25


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for each of the best classes of a text: `classes` best first, `traits` one row each.

    `sure_of_none` tells that the out-of-scope class stood above them all.
    """

    classes: Ints
    traits: Floats
    sure_of_none: bool


def weigh(
    margins: Floats, similarities: Floats, holders: Ints, outside: int, known: float, words: int
) -> Evidence:
    """Return the evidence for the five best classes of one text.

    `margins` has one value a class (`-inf`: no candidate), `similarities` one an example, `holders` the class
    of each example or -1 for those never matched; class `outside` is out of scope (-1: there is none).
    `known` is the share of the text's `words` that training has seen.
    """
    near = np.full(len(margins) + 1, -1.0, np.float32)
    np.maximum.at(near, holders, similarities)
    near = near[:-1]
    scores = (1 - _NEAR) * margins + _NEAR * (2 * near - 1)
    none_score = float(scores[outside]) if outside >= 0 else -1.0
    if outside >= 0:
        scores[outside] = -np.inf
    order = np.argsort(-scores, kind="stable")[: CANDIDATES + 1]
    order = order[np.isfinite(scores[order])]
    best = order[:CANDIDATES]
    traits = np.ones((len(best), _TRAITS), np.float32)
    for row, candidate in enumerate(best):
        score = scores[candidate]
        rival = scores[order[0 if row else 1]] if len(order) > 1 else -1.0
        traits[row, 1:] = (
            score,
            score - rival,
            score - none_score,
            near[candidate],
            near[candidate] - near.max(),
            known,
            np.log1p(words),
        )
    sure = bool(len(best) == 0 or none_score > scores[best[0]])
    return Evidence(best.astype(np.int32), traits, sure)


def probabilities(traits: Floats, weights: Floats) -> Floats:
    """Return the probability that each candidate is right: shape (candidates,), each from 0 to 1."""
    return np.asarray(1 / (1 + np.exp(-np.clip(traits @ weights, -30, 30))), np.float32)


def fit_weights(traits: Floats, right: Floats, importance: Floats) -> Floats:
    """Return the logistic weights that make `probabilities` match how often candidates were `right`.

    Newton's method with a small quadratic penalty, on rows weighted by `importance`. Without rows or without
    both outcomes the weights simply follow the score.
    """
    if not len(right) or right.min() == right.max():
        return np.array([0, 4, 0, 0, 0, 0, 0, 0], np.float32)
    rows = traits.astype(np.float64)
    penalty = _PENALTY * np.eye(rows.shape[1])
    weights = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        slope = rows.T @ (importance * (chance - right)) + penalty @ weights
        curve = (rows * (importance * chance * (1 - chance))[:, None]).T @ rows + penalty
        step = np.linalg.solve(curve, slope)
        weights -= step
        if np.abs(step).max() < 1e-6:
            break
    return weights.astype(np.float32)
