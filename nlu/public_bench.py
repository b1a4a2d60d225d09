"""Public sets: the same training split taught to our engine and to stock Rasa, the same test split asked of both.

The sets are not ours to hand on: whoever measures brings the files. What is read is a JSON file
{"train": [[intent, text], …], "test": …, "oos": …}, or a folder like PhoATIS with `train/seq.in`, `train/label`
and the same below `test`.
"""

import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nlu.bench import Bm25, folded_words, typed_words
from nlu.comparison import Row, examine, held_megabytes, write_rows
from nlu.embedded import EmbeddedParser, train
from nlu.evaluation import Question, QuestionsError
from nlu.parse import OUT_OF_SCOPE
from nlu.rasa_pipelines import Pipeline, examine_pipeline, train_pipeline
from nlu.training import Example, read_examples


@dataclass(frozen=True, slots=True)
class PublicSet:
    """The two splits of a set; `asked` also holds its questions out of scope."""

    name: str
    taught: tuple[Example, ...]
    asked: tuple[Question, ...]


def read_set(path: Path) -> PublicSet:
    """Return the set at `path`. Raises QuestionsError."""
    try:
        if path.is_dir():
            pairs = {split: _read_lines(path / split) for split in ("train", "test")}
        else:
            pairs = json.loads(path.read_text("utf-8"))
        taught = tuple(Example(text, intent) for intent, text in pairs["train"])
        asked = [Question(text, frozenset((intent,))) for intent, text in pairs["test"]]
        asked += [_foreign(text, "near") for _, text in pairs.get("oos", ())]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise QuestionsError(
            f'{path.name}: needs "train" and "test", each a list of [intent, text], '
            f"or folders of these names with seq.in and label ({error})"
        ) from error
    return PublicSet("/".join(path.parts[-2:]), taught, tuple(asked))


def read_foreign(path: Path) -> list[Question]:
    """Return the questions out of scope of a JSON file {kind: [text, …]}. Raises QuestionsError."""
    try:
        kinds: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return [_foreign(str(text), kind) for kind, texts in kinds.items() for text in texts]
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise QuestionsError(f"{path.name}: needs lists of texts by their kind ({error})") from error


def run(sets: Sequence[PublicSet], foreign: Sequence[Question], models: Path, *, stock: bool) -> None:
    """Print, set by set, what each engine makes of the test split and of the questions out of scope.

    Rasa's models are kept in `models`; without `stock` its long training is left out.
    """
    for public in sets:
        questions = [*public.asked, *foreign]
        intents = {each.intent for each in public.taught}
        asked = sum(not each.foreign for each in questions)
        print(f"{public.name}: {len(public.taught)} examples of {len(intents)} intents, {asked} test questions")
        print(*write_rows(list(_examine(public.taught, questions, models, stock=stock))), sep="\n")


def _examine(
    taught: Sequence[Example], questions: Sequence[Question], models: Path, *, stock: bool
) -> Iterator[Row]:
    intents = sorted({each.intent for each in taught})
    yield _examine_embedded("embedded", taught, questions)
    if any(each.foreign for each in questions):
        shipped = [each for each in read_examples() if each.intent == OUT_OF_SCOPE]
        yield _examine_embedded("embedded, our out of scope added", [*taught, *shipped], questions)
    yield examine("BM25, words as typed", Bm25(taught, typed_words).parse, questions)
    yield examine("BM25, folded words", Bm25(taught, folded_words).parse, questions)
    for name, pipeline in (("Rasa, our components", Pipeline.OURS), ("Rasa, stock DIET", Pipeline.STOCK)):
        if stock or pipeline is Pipeline.OURS:
            yield examine_pipeline(name, train_pipeline(pipeline, taught, models), intents, questions)


def _examine_embedded(name: str, taught: Sequence[Example], questions: Sequence[Question]) -> Row:
    started = time.process_time()
    model = train(taught, [], [])
    taken = time.process_time() - started
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.npz"
        model.save(path)
        whole, _ = held_megabytes(path)
    return replace(examine(name, EmbeddedParser(model).parse, questions), megabytes=whole, training=taken)


def _foreign(text: str, kind: str) -> Question:
    return Question(text, frozenset((OUT_OF_SCOPE,)), kind=kind)


def _read_lines(folder: Path) -> list[tuple[str, str]]:
    """Return the (intent, text) pairs of a split that has a file of texts and one of labels."""
    texts, labels = ((folder / name).read_text("utf-8").splitlines() for name in ("seq.in", "label"))
    return [(label.strip(), text.strip()) for label, text in zip(labels, texts, strict=True)]
