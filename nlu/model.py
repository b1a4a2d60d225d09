"""The trained model: what it holds, how a message's evidence is gathered from it, its file."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from nlu.calibration import Evidence, Signals, Strangeness, candidates, weigh
from nlu.concepts import Concepts
from nlu.documents import Documents
from nlu.features import Clues, Floats, Ints, Postings, Rows, Vector, Vocabulary
from nlu.linear import Projection
from nlu.parse import FAQ_PREFIX, OUT_OF_SCOPE
from nlu.repair import Repair
from nlu.spellings import Spellings
from nlu.storage import Arrays, ModelError, pack, read, unpack, write
from nlu.vietnamese import fold, tokens


@dataclass(frozen=True, slots=True)
class Stock:
    """The stored examples, in order of their class, and what is known of the classes.

    Class i holds the examples `firsts[i]` to before `firsts[i+1]`; `answers` marks those that are answers'
    texts. There are `width` features. Class `outside` is out of scope (-1: there is none), `strangers` are
    its examples; `talk` marks dialogue intents.
    """

    labels: tuple[str, ...]
    rows: Rows
    width: int
    firsts: Ints
    answers: npt.NDArray[np.bool_]
    outside: int = field(init=False)
    strangers: Postings = field(init=False, repr=False)
    talk: npt.NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        labels = self.labels
        outside = labels.index(OUT_OF_SCOPE) if OUT_OF_SCOPE in labels else -1
        first, last = self.firsts[[outside, outside + 1]] if outside >= 0 else (0, 0)
        object.__setattr__(self, "outside", outside)
        object.__setattr__(self, "strangers", Postings.of(self.rows, first, last, self.width))
        object.__setattr__(self, "talk", np.array([not label.startswith(FAQ_PREFIX) for label in labels]))

    def strange(self, vector: Vector, hidden: Ints) -> float:
        """Return the likeness of a text to the nearest example out of scope; `hidden` ones do not count."""
        if self.outside < 0:
            return 0.0
        likeness = self.strangers.likeness(vector)
        own = hidden - self.firsts[self.outside]
        likeness[own[(own >= 0) & (own < len(likeness))]] = 0.0
        return float(likeness.max())

    def nearest(self, labels: Sequence[int], dense: Floats, hidden: Ints) -> Floats:
        """Return for each class the likeness of a text to its nearest wording, the next, and its answer's text.

        The shape is (labels, 3). `hidden` lists examples that do not count.
        """
        spans = [(int(self.firsts[label]), int(self.firsts[label + 1])) for label in labels]
        if not spans:
            return np.zeros((0, 3), np.float32)
        likeness = self.rows.likeness(spans, dense)
        found = np.zeros((len(spans), 3), np.float32)
        at = 0
        for row, (first, last) in enumerate(spans):
            said = likeness[at : at + last - first]
            at += last - first
            for each in hidden:
                if first <= each < last:
                    said[each - first] = 0.0
            answers = self.answers[first:last]
            wordings = said[~answers]
            if len(wordings) > 1:
                found[row, 1], found[row, 0] = np.partition(wordings, len(wordings) - 2)[-2:]
            elif len(wordings):
                found[row, 0] = wordings[0]
            if len(wordings) < len(said):
                found[row, 2] = said[answers].max()
        return found


@dataclass(frozen=True, slots=True)
class Text:
    """A text as the scorers take it: its tokens, folded words, vector and terms."""

    typed: Sequence[str]
    words: Sequence[str]
    vector: Vector
    terms: Ints


@dataclass(frozen=True, slots=True)
class Model:
    """A trained classifier.

    `projection`, `weights` and `bias` are the linear classifier's, `calibration` the final judge's. `exact`
    maps a folded wording to the intents it was written for and, where diacritics tell wordings apart ("dừng",
    "đúng"), the wording as spelled. `lookups` maps folded names of places and courses to their kind.
    """

    stock: Stock
    repair: Repair
    concepts: Concepts
    vocabulary: Vocabulary
    documents: Documents
    spellings: Spellings
    projection: Projection
    weights: Floats
    bias: Floats
    calibration: Floats
    exact: dict[str, tuple[str, ...]]
    lookups: dict[str, str]

    def read(self, words: Sequence[str], typed: Sequence[str]) -> Text:
        """Return the text of the repaired folded `words`, `typed` being its tokens with diacritics."""
        clues = Clues.of(words, self.concepts)
        return Text(typed, words, self.vocabulary.vector(clues), self.documents.terms(clues))

    def evidence(self, text: Text) -> Evidence:
        """Return what speaks for the likeliest intents of a text."""
        # Not `@`: on busy cores its threads wait for each other longer than one thread works.
        margins = np.einsum("i,ij->j", self.projection.apply(text.vector), self.weights) + self.bias
        return gather(self.stock, self.spellings, self.documents, text, margins)

    def named_exactly(self, text: str, *said: Sequence[str]) -> tuple[str, ...]:
        """Return the intents of the stored wording that `text`, or one of the word lists `said`, repeats."""
        for key in (spelled_key(text), exact_key(text), *map(" ".join, said)):
            if names := self.exact.get(key):
                return names
        return ()

    def save(self, path: Path) -> None:
        """Write the model to `path` in one step. Raises OSError."""
        pairs, stock = self.repair.pairs, self.stock
        arrays: Arrays = {
            "labels": pack(stock.labels),
            "starts": stock.rows.starts,
            "ids": stock.rows.ids,
            "values": stock.rows.values.astype(np.float16),
            "firsts": stock.firsts,
            "answers": stock.answers,
            "words": pack(self.repair.counts),
            "word_counts": np.fromiter(self.repair.counts.values(), np.int32),
            "pairs": pack(" ".join(pair) for pair in pairs),
            "pair_counts": np.fromiter(pairs.values(), np.int32),
            "phrases": pack(f"{phrase}\t{name}" for phrase, name in self.concepts.phrases.items()),
            "names": pack(self.vocabulary.names),
            "name_weights": self.vocabulary.weights,
            "terms": pack(self.documents.names),
            "term_starts": self.documents.starts,
            "term_labels": self.documents.labels,
            "term_counts": self.documents.counts,
            "texts": self.documents.texts,
            "spelled": pack(self.spellings.words),
            "spelled_counts": self.spellings.counts,
            "slots": self.projection.slots,
            "signs": self.projection.signs,
            "weights": self.weights.astype(np.float16),
            "bias": self.bias,
            "calibration": self.calibration,
            "lookups": pack(f"{phrase}\t{kind}" for phrase, kind in self.lookups.items()),
            "exact": pack(f"{key}\t{'|'.join(names)}" for key, names in self.exact.items()),
        }
        write(path, arrays)

    @classmethod
    def load(cls, path: Path) -> "Model":
        """Return the model saved at `path`.

        Raises ModelError when the file is missing, broken or of another engine.
        """
        arrays = read(path)
        try:
            return cls._from(arrays)
        except (KeyError, ValueError, IndexError) as error:
            raise ModelError(f"{path.name}: {type(error).__name__}") from error

    @classmethod
    def _from(cls, arrays: Arrays) -> "Model":
        counts = dict(zip(unpack(arrays["words"]), arrays["word_counts"].tolist(), strict=True))
        pairs = [pair.partition(" ") for pair in unpack(arrays["pairs"])]
        times = arrays["pair_counts"].tolist()
        return cls(
            Stock(
                tuple(unpack(arrays["labels"])),
                Rows(arrays["starts"], arrays["ids"], arrays["values"].astype(np.float32)),
                len(arrays["name_weights"]),
                arrays["firsts"],
                arrays["answers"],
            ),
            Repair(counts, {(first, word): n for (first, _, word), n in zip(pairs, times, strict=True)}),
            Concepts(_table(unpack(arrays["phrases"]))),
            Vocabulary(tuple(unpack(arrays["names"])), arrays["name_weights"]),
            Documents(
                tuple(unpack(arrays["terms"])),
                arrays["term_starts"],
                arrays["term_labels"],
                arrays["term_counts"],
                arrays["texts"],
            ),
            Spellings(tuple(unpack(arrays["spelled"])), arrays["spelled_counts"]),
            Projection(arrays["slots"], arrays["signs"]),
            arrays["weights"].astype(np.float32),
            arrays["bias"],
            arrays["calibration"],
            {key: tuple(names.split("|")) for key, names in _table(unpack(arrays["exact"])).items()},
            _table(unpack(arrays["lookups"])),
        )


_NONE: Final = np.zeros(0, np.int32)


def gather(
    stock: Stock,
    spellings: Spellings,
    documents: Documents,
    text: Text,
    margins: Floats,
    *,
    own: int = -1,
    barred: Sequence[int] = (),
    hidden: Ints = _NONE,
) -> Evidence:
    """Return what speaks for the likeliest classes of `text`, given its margins.

    In training `own` is the class that `text` was taught for, `barred` classes are no candidates and `hidden`
    examples are not compared with.
    """
    outside = stock.outside
    held = documents.holders(text.terms, own)
    fits = documents.fits(held)
    closer = candidates(margins, fits, [*barred, outside] if outside >= 0 else barred)
    dense = np.zeros(stock.width, np.float32)
    dense[text.vector.ids] = text.vector.values
    near = stock.nearest(closer.tolist(), dense, hidden)
    signals = Signals(
        margins[closer],
        fits[closer],
        near[:, 0],
        near[:, 1],
        near[:, 2],
        spellings.conflicts(text.typed, closer, own),
        documents.contrast(held, closer, own),
        stock.talk[closer],
    )
    strangeness = Strangeness(
        float(margins[outside]) if outside >= 0 else -1.0,
        stock.strange(text.vector, hidden),
        text.vector.known,
        len(text.words),
    )
    return weigh(closer, signals, strangeness)


def _table(lines: Sequence[str]) -> dict[str, str]:
    return {key: value for key, _, value in (line.partition("\t") for line in lines)}


def exact_key(text: str) -> str:
    """Return the form under which a stored wording is found again: its folded words."""
    return " ".join(map(fold, tokens(text)))


def spelled_key(text: str) -> str:
    """Return the form of a wording that keeps diacritics."""
    return "=" + " ".join(tokens(text))
