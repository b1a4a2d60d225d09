"""Teaching: from examples to a trained model, calibrated on what each example would get unseen."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from nlu.calibration import Evidence, fit_weights
from nlu.concepts import Concepts
from nlu.documents import Documents
from nlu.entities import EntityKind
from nlu.features import Clues, Floats, Ints, Rows, Vocabulary
from nlu.linear import Projection, fit
from nlu.model import Model, Stock, Text, exact_key, gather, spelled_key
from nlu.parse import FAQ_PREFIX
from nlu.repair import Repair
from nlu.spellings import Spellings
from nlu.training import Example, Kind, Synonym, read_lookups, read_synonyms, split_kinds
from nlu.vietnamese import fold, has_diacritics, tokens, without_courtesies

_ANSWER_IMPORTANCE: Final = 0.25
_BLOCK: Final = 8
_STRANGER_WEIGHT: Final = 0.3
_STRANGERS_EVERY: Final = 3
_CALIBRATED_MAX: Final = 2500


def train(
    examples: Sequence[Example],
    synonyms: Sequence[Synonym] | None = None,
    lookups: Sequence[Synonym] | None = None,
) -> Model:
    """Return a model of `examples`; `synonyms` and `lookups` are those of the package unless given.

    Raises ValueError when there is no wording among the examples.
    """
    return prepare(examples, synonyms, lookups)[1]


def prepare(
    examples: Sequence[Example],
    synonyms: Sequence[Synonym] | None = None,
    lookups: Sequence[Synonym] | None = None,
) -> tuple["Lesson", Model]:
    """Return the lesson and the model it gave, as `train` does."""
    wordings, answers = split_kinds(examples)
    # Sorted, as a Rasa server is taught the same intents file by file in another order.
    labels = tuple(sorted({example.intent for example in wordings}))
    if not labels:
        raise ValueError("there is no example to train on")
    number = {label: i for i, label in enumerate(labels)}
    kept = sorted(
        (example for example in [*wordings, *answers] if example.intent in number),
        key=lambda example: number[example.intent],
    )
    classes = np.array([number[example.intent] for example in kept], np.int32)
    named = read_lookups() if lookups is None else lookups
    places = [each for each in named if each.concept == EntityKind.PLACE]
    concepts = Concepts.of(read_synonyms() if synonyms is None else synonyms, places)
    repair = Repair.learn(example.text for example in kept)
    said = [_said(repair, example) for example in kept]
    clues = [Clues.of(words, concepts) for words in said]
    vocabulary = Vocabulary.learn(clues)
    vectors = [vocabulary.vector(each) for each in clues]
    stock = Stock(
        labels,
        Rows.of(vectors, len(vocabulary.names)),
        len(vocabulary.names),
        np.searchsorted(classes, np.arange(len(labels) + 1)).astype(np.int32),
        np.array([example.kind is Kind.ANSWER for example in kept]),
    )
    typed = [tokens(example.text) for example in kept]
    spellings = Spellings.learn(
        (
            (each, label)
            for each, label, answer in zip(typed, classes.tolist(), stock.answers, strict=True)
            if not answer
        ),
        len(labels),
    )
    documents = Documents.of(clues, classes, len(labels))
    blocks = _blocks(stock)
    importance = np.where(stock.answers, _ANSWER_IMPORTANCE, 1.0).astype(np.float32)
    projection = Projection.of(stock.width)
    taught = fit(stock.rows, projection, classes, len(labels), importance, blocks)
    texts = [
        Text(each, words, vector, documents.terms(clue))
        for each, words, vector, clue in zip(typed, said, vectors, clues, strict=True)
    ]
    lesson = Lesson(stock, spellings, documents, classes, texts, taught.unseen, blocks)
    model = Model(
        stock,
        repair,
        concepts,
        vocabulary,
        documents,
        spellings,
        projection,
        taught.weights,
        taught.bias,
        fit_weights(list(lesson.unseen(_CALIBRATED_MAX))),
        _exact(wordings),
        {fold(each.phrase, words=True): each.concept for each in named},
    )
    return lesson, model


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was taught, ready to be asked about each example as if it had not been."""

    stock: Stock
    spellings: Spellings
    documents: Documents
    classes: Ints
    texts: Sequence[Text]
    margins: Floats
    blocks: Sequence[Ints]

    def unseen(self, most: int, *, strangers: bool = True) -> Iterator[tuple[Evidence, int, float]]:
        """Yield the evidence of `most` wordings had they not been taught, with their class and how much it counts.

        They are taken evenly from all intents. With `strangers` some come once more as if their intent had not
        been taught either; their class is then -1.
        """
        together = {row: block for block in self.blocks for row in block.tolist()}
        wordings = np.flatnonzero(~self.stock.answers)
        for chosen, row in enumerate(wordings[:: max(1, -(-len(wordings) // most))].tolist()):
            label = int(self.classes[row])
            hidden = together.get(row, np.array([row], np.int32))
            for barred, right, weight in (([], label, 1.0), ([label], -1, _STRANGER_WEIGHT)):
                if barred and (not strangers or chosen % _STRANGERS_EVERY or label == self.stock.outside):
                    continue
                evidence = gather(
                    self.stock,
                    self.spellings,
                    self.documents,
                    self.texts[row],
                    self.margins[row],
                    own=label,
                    barred=barred,
                    hidden=hidden,
                )
                yield evidence, right, weight


def _said(repair: Repair, example: Example) -> list[str]:
    """Return the words of an example; of a question only what is asked, as it will be read."""
    words = repair.words(example.text)
    if not example.intent.startswith(FAQ_PREFIX):
        return words
    return without_courtesies(" ".join(words)).split() or words


def _blocks(stock: Stock) -> list[Ints]:
    """Return the out-of-scope examples in small blocks, as neighbours in their file are alike."""
    if stock.outside < 0:
        return []
    first, last = stock.firsts[stock.outside], stock.firsts[stock.outside + 1]
    return [np.arange(at, min(at + _BLOCK, last), dtype=np.int32) for at in range(first, last, _BLOCK)]


def _exact(wordings: Iterable[Example]) -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for example in wordings:
        if key := exact_key(example.text):
            found[key][example.intent] = None
            if has_diacritics(example.text):
                found[spelled_key(example.text)][example.intent] = None
    return {
        key: tuple(names)
        for key, names in found.items()
        if not key.startswith("=") or len(found[exact_key(key)]) > 1
    }
