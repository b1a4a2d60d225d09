"""Calibration: what speaks for each candidate intent of a text, and the probability that it is right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from nlu.features import Floats, Ints

CANDIDATES: Final = 12
_FIT_FIRST: Final = 2.0
_OWN: Final = 15
TRAITS: Final = _OWN + 8
_PENALTY: Final = 0.05
_SURER: Final = np.exp(0.8)
_STEPS: Final = 40


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for each candidate: `classes`, and one row of `traits` each, the last for none of them."""

    classes: Ints
    traits: Floats


@dataclass(frozen=True, slots=True)
class Signals:
    """What the scorers say of one text, one value a candidate.

    `near`, `second` and `answer` are its likeness to the nearest wording, the next and the answer's text;
    `conflicts` counts the words the candidate spells otherwise; `contrast` tells how much likelier the words
    are for it than for the other candidates.
    """

    margins: Floats
    fits: Floats
    near: Floats
    second: Floats
    answer: Floats
    conflicts: Floats
    contrast: Floats
    talk: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Strangeness:
    """What speaks against all candidates: the out-of-scope class, and words training has not seen."""

    margin: float
    near: float
    known: float
    words: int


def candidates(margins: Floats, fits: Floats, barred: Sequence[int]) -> Ints:
    """Return the classes worth a closer look, without those `barred`."""
    first = margins + np.float32(_FIT_FIRST) * fits
    first[list(barred)] = -np.inf
    count = min(CANDIDATES, len(first))
    best = np.argpartition(-first, count - 1)[:count]
    return np.sort(best[np.isfinite(first[best])]).astype(np.int32)


def weigh(classes: Ints, signals: Signals, strangeness: Strangeness) -> Evidence:
    """Return the evidence for the candidates `classes` and, in the last row, for none of them."""
    traits = np.zeros((len(classes) + 1, TRAITS), np.float32)
    tops = np.zeros(3, np.float32)
    if len(classes):
        margins, near, fits = signals.margins, signals.near, signals.fits
        tops = np.array([margins.max(), near.max(), fits.max()], np.float32)
        talk = signals.talk.astype(np.float32)
        columns = (
            margins,
            near,
            signals.second,
            fits,
            signals.answer,
            signals.conflicts,
            signals.contrast,
            signals.contrast >= signals.contrast.max(),
            margins >= tops[0],
            near >= tops[1],
            fits >= tops[2],
            talk,
            talk * margins,
            talk * near,
            talk * fits,
        )
        traits[:-1, :_OWN] = np.stack(columns, axis=1)
    traits[-1, _OWN:] = (
        1.0,
        strangeness.margin,
        strangeness.near,
        strangeness.known,
        np.log1p(strangeness.words),
        *tops,
    )
    return Evidence(classes, traits)


def probabilities(evidence: Evidence, weights: Floats) -> Floats:
    """Return the probability of each candidate and, last, of none: they add up to 1."""
    scores = evidence.traits @ weights
    chances = np.exp(scores - scores.max())
    return np.asarray(chances / chances.sum(), np.float32)


def as_asked(probability: float) -> float:
    """Return the probability that an intent is right for a question as it is asked.

    An answer's wordings are written to differ from each other, so one of them, unseen, is harder than what
    people ask. The factor on the odds is measured on the questions that staff keep, content/questions.jsonl.
    """
    return float(_SURER * probability / (1 + (_SURER - 1) * probability))


def fit_weights(seen: Sequence[tuple[Evidence, int, float]]) -> Floats:
    """Return the weights under which what was right is likeliest (conditional logit, Newton's method).

    `seen` holds, of each text, its evidence, the right class (or one that is no candidate: none is right)
    and how much it counts. Without any the weights are a plain guess (McFadden, 1974).
    """
    guess = np.zeros(TRAITS)
    guess[[0, 1, 3]] = 3.0, 2.0, 6.0
    guess[_OWN + 1] = 4.0
    if not seen:
        return guess.astype(np.float32)
    depth = max(len(evidence.traits) for evidence, _, _ in seen)
    traits = np.zeros((len(seen), depth, TRAITS), np.float32)
    absent = np.full((len(seen), depth), -np.inf, np.float32)
    right = np.zeros((len(seen), depth), np.float32)
    counts = np.array([count for _, _, count in seen], np.float32)[:, None]
    for row, (evidence, label, _) in enumerate(seen):
        rows = len(evidence.traits)
        traits[row, :rows] = evidence.traits
        absent[row, :rows] = 0.0
        hits = np.flatnonzero(evidence.classes == label)
        right[row, hits[0] if len(hits) else rows - 1] = 1.0
    weights = guess.copy()
    for _ in range(_STEPS):
        scores = traits @ weights.astype(np.float32) + absent
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        slope = np.tensordot(counts * (chances - right), traits, axes=2) + _PENALTY * (weights - guess)
        mean = np.einsum("nc,ncf->nf", chances, traits) * np.sqrt(counts)
        spread = traits * np.sqrt(counts * chances)[:, :, None]
        curve = np.tensordot(spread, spread, axes=([0, 1], [0, 1])) - mean.T @ mean
        step = np.linalg.solve(curve + _PENALTY * np.eye(TRAITS), slope)
        weights -= step * min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-9))
        if np.abs(step).max() < 1e-4:
            break
    return weights.astype(np.float32)
