"""The trained model: what it holds, how it is trained, saved and loaded; arrays only, never pickle."""

import io
import os
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from nlu.calibration import Evidence, fit_weights, weigh
from nlu.features import Floats, Ints, Vector, Vocabulary
from nlu.linear import Trainer
from nlu.parse import OUT_OF_SCOPE
from nlu.repair import Repair
from nlu.similarity import Postings
from nlu.training import Example, Kind, split_kinds
from nlu.vietnamese import fold, tokens

ENGINE: Final = "1"
"""Changes whenever a model trained before would no longer fit this code."""

_FOLDS: Final = 5
_FOLDS_TRIED: Final = 3
_BLOCK: Final = 8
_ANSWER_SLACK: Final = 4.0
_STRANGER_WEIGHT: Final = 0.3
_LATER_WEIGHT: Final = 0.3


class ModelError(Exception):
    """A model file cannot be used; the message says why."""


@dataclass(frozen=True)
class Model:
    """A trained classifier: `labels` its intents, `holders` the intent of each stored example.

    `holders` is -1 for answers' texts, which vote but are never matched as questions. `exact` maps a folded
    wording to the intents it was written for.
    """

    labels: tuple[str, ...]
    vocabulary: Vocabulary
    repair: Repair
    postings: Postings
    holders: Ints
    votes: Floats
    weights: Floats
    exact: dict[str, tuple[str, ...]]

    @cached_property
    def bias(self) -> Floats:
        """What every class has before a word is said: shape (classes,)."""
        total: Floats = self.votes.sum(axis=0)
        return total

    def evidence(self, words: Sequence[str]) -> Evidence:
        """Return what speaks for the best intents of a text, given as its folded words."""
        vector = self.vocabulary.vector(words)
        similarities = self.postings.similarities(vector)
        # Not `@`: for a product this small the BLAS's threads cost ten times what they save.
        margins = np.einsum("i,ij->j", similarities, self.votes) + self.bias
        outside = self.labels.index(OUT_OF_SCOPE) if OUT_OF_SCOPE in self.labels else -1
        return weigh(margins, similarities, self.holders, outside, vector.known, len(words))

    def save(self, path: Path) -> None:
        """Write the model to `path` in one step: a reader sees the old file or the whole new one."""
        pairs = list(self.repair.pairs.items())
        exact = [f"{key}\t{'|'.join(names)}" for key, names in self.exact.items()]
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            engine=_packed([ENGINE]),
            labels=_packed(self.labels),
            names=_packed(self.vocabulary.names),
            idf=self.vocabulary.weights,
            words=_packed(self.repair.counts),
            counts=np.fromiter(self.repair.counts.values(), np.int32),
            pairs=_packed(" ".join(pair) for pair, _ in pairs),
            pair_counts=np.fromiter((n for _, n in pairs), np.int32),
            starts=self.postings.starts,
            rows=self.postings.rows,
            values=self.postings.values.astype(np.float16),
            holders=self.holders,
            votes=self.votes,
            weights=self.weights,
            exact=_packed(exact),
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(buffer.getbuffer())
            Path(temporary).replace(path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise

    @classmethod
    def load(cls, path: Path) -> "Model":
        """Return the model saved at `path`. Raises ModelError when it is missing, broken or of another engine."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return cls._from(arrays)
        except (OSError, KeyError, ValueError, EOFError, IndexError, zipfile.BadZipFile) as error:
            raise ModelError(f"{path.name}: {type(error).__name__}") from error

    @classmethod
    def _from(cls, arrays: Any) -> "Model":
        if _unpacked(arrays["engine"]) != [ENGINE]:
            raise ValueError("of another engine")
        holders = arrays["holders"]
        pairs = [pair.partition(" ") for pair in _unpacked(arrays["pairs"])]
        exact = [line.partition("\t") for line in _unpacked(arrays["exact"])]
        return cls(
            tuple(_unpacked(arrays["labels"])),
            Vocabulary(tuple(_unpacked(arrays["names"])), arrays["idf"]),
            Repair(
                dict(zip(_unpacked(arrays["words"]), arrays["counts"].tolist(), strict=True)),
                {
                    (first, second): n
                    for (first, _, second), n in zip(pairs, arrays["pair_counts"].tolist(), strict=True)
                },
            ),
            Postings(arrays["starts"], arrays["rows"], arrays["values"].astype(np.float32), len(holders)),
            holders,
            arrays["votes"],
            arrays["weights"],
            {key: tuple(names.split("|")) for key, _, names in exact},
        )


def exact_key(text: str) -> str:
    """Return the form under which a stored wording is found again: its folded words."""
    return " ".join(map(fold, tokens(text)))


def train(examples: Sequence[Example]) -> Model:
    """Return a model of `examples`. Raises ValueError when there is no wording among them."""
    wordings, answers = split_kinds(examples)
    labels = tuple(dict.fromkeys(example.intent for example in wordings))
    if not labels:
        raise ValueError("there is no example to train on")
    kept = sorted(
        (example for example in [*wordings, *answers] if example.intent in labels),
        key=lambda example: labels.index(example.intent),
    )
    repair = Repair.learn(example.text for example in kept)
    said = [repair.words(example.text) for example in kept]
    vocabulary = Vocabulary.learn(said)
    vectors = [vocabulary.vector(words) for words in said]
    postings = Postings.build(vectors, len(vocabulary.names))
    gram = np.empty((len(vectors), len(vectors)), np.float32)
    for row, vector in enumerate(vectors):
        gram[row] = postings.similarities(vector)
    lesson = _Lesson(
        gram,
        np.array([labels.index(example.intent) for example in kept], np.int32),
        np.array([example.kind is Kind.ANSWER for example in kept]),
        labels.index(OUT_OF_SCOPE) if OUT_OF_SCOPE in labels else -1,
        len(labels),
    )
    slack = np.where(lesson.answers, _ANSWER_SLACK, 1.0).astype(np.float32)
    trainer = Trainer.prepare(gram, slack)
    weights = _calibrate(lesson, trainer, vectors, [len(words) for words in said])
    return Model(
        labels,
        vocabulary,
        repair,
        postings,
        np.where(lesson.answers, -1, lesson.classes).astype(np.int32),
        trainer.fit(lesson.classes, lesson.size).votes,
        weights,
        _exact(wordings),
    )


@dataclass(frozen=True, slots=True)
class _Lesson:
    gram: Floats
    classes: Ints
    answers: npt.NDArray[np.bool_]
    outside: int
    size: int


def _calibrate(lesson: _Lesson, trainer: Trainer, vectors: Sequence[Vector], lengths: Sequence[int]) -> Floats:
    """Return the logistic weights learnt on wordings, intents and backgrounds each held out once."""
    traits: list[Floats] = []
    right: list[float] = []
    importance: list[float] = []
    place = _places(lesson)
    for number in range(_FOLDS_TRIED):
        strangers = (lesson.classes % _FOLDS == number) & (lesson.classes != lesson.outside)
        held = strangers | ((place % _FOLDS == number) & ~lesson.answers)
        taught = np.flatnonzero(~held)
        if not len(taught):
            continue
        margins = trainer.fit(lesson.classes, lesson.size, np.flatnonzero(held)).margins
        margins[:, np.setdiff1d(np.arange(lesson.size), lesson.classes[taught])] = -np.inf
        holders = np.where(lesson.answers | held, -1, lesson.classes).astype(np.int32)
        for row in np.flatnonzero(held & ~lesson.answers).tolist():
            known = vectors[row].known
            found = weigh(margins[row], lesson.gram[row], holders, lesson.outside, known, lengths[row])
            weight = _STRANGER_WEIGHT if strangers[row] else 1.0
            for i, candidate in enumerate(found.classes):
                traits.append(found.traits[i])
                right.append(float(candidate == lesson.classes[row]))
                importance.append(weight * (_LATER_WEIGHT if i else 1.0))
    return fit_weights(np.array(traits), np.array(right), np.array(importance))


def _places(lesson: _Lesson) -> Ints:
    """Number the examples within their intent; out-of-scope ones by blocks, for their neighbours are alike."""
    counted: defaultdict[int, int] = defaultdict(int)
    place = np.zeros(len(lesson.classes), np.int32)
    for row, label in enumerate(lesson.classes.tolist()):
        place[row] = counted[label] // _BLOCK if label == lesson.outside else counted[label] + label
        counted[label] += 1
    return place


def _exact(wordings: Iterable[Example]) -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for example in wordings:
        if key := exact_key(example.text):
            found[key][example.intent] = None
    return {key: tuple(names) for key, names in found.items()}


def _packed(lines: Iterable[str]) -> npt.NDArray[np.uint8]:
    return np.frombuffer("\n".join(lines).encode(), np.uint8)


def _unpacked(array: npt.NDArray[np.uint8]) -> list[str]:
    text = array.tobytes().decode()
    return text.split("\n") if text else []
