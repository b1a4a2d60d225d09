"""What understanding costs and gains, beside plain baselines and Rasa servers in the same run."""

import math
import resource
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from nlu.comparison import Row, examine, held_megabytes, write_rows
from nlu.embedded import EmbeddedParser, train
from nlu.evaluation import Question
from nlu.parse import Intent, Parse
from nlu.rasa_bench import examine_ours
from nlu.rasa_pipelines import Pipeline, examine_pipeline, train_pipeline
from nlu.training import Example, split_kinds
from nlu.vietnamese import fold

_SATURATION: Final = 1.2
_LENGTH: Final = 0.75


@dataclass(frozen=True, slots=True)
class Beside:
    """Which Rasa servers are measured too: with our components, with the stock pipeline and so many epochs.

    0 epochs are those of config.diet.yml. Models are kept in `models`.
    """

    models: Path
    ours: bool = False
    stock: bool = False
    epochs: int = 0


def run(examples: Sequence[Example], questions: Sequence[Question], beside: Beside) -> None:
    """Train on *examples*, ask the *questions* of each engine, and print figures and ratios.

    Raises RasaFailed and Away.
    """
    before = _megabytes()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        model = train(examples)
        training = time.process_time() - started
        model.save(Path(folder) / "model.npz")
        whole, added = held_megabytes(Path(folder) / "model.npz")
    parser = EmbeddedParser(model)
    wordings, _ = split_kinds(examples)
    print(f"examples    {len(examples)}, intents {len({each.intent for each in examples})}")
    print(f"training    {training:.1f} CPU s, peak memory +{_megabytes() - before:.0f} MB")
    print(f"memory      {whole:.0f} MB a process with the embedded engine alone, of it {added:.0f} the engine")
    rows.append(replace(examine("embedded", parser.parse, questions), megabytes=whole, training=training))
    rows.append(examine("BM25, folded words", Bm25(wordings, folded_words).parse, questions))
    rows.append(examine("BM25, words as typed", Bm25(wordings, typed_words).parse, questions))
    rows.append(examine("nearest example, folded letters", Nearest(wordings).parse, questions))
    if beside.ours:
        row, parity = examine_ours(examples, parser, questions)
        rows.append(row)
        print(f"parity      {parity.share:.2%} of {parity.texts} unseen texts have the same top intent")
    if beside.stock:
        trained = train_pipeline(Pipeline.STOCK, examples, beside.models, beside.epochs)
        name = "Rasa, stock DIET" + (f", {beside.epochs} epochs only" if beside.epochs else "")
        rows.append(examine_pipeline(name, trained, sorted({each.intent for each in examples}), questions))
    print(*write_rows(rows), sep="\n")


def folded_words(text: str) -> list[str]:
    """Return the words of a text, lower case, without diacritics."""
    return fold(text, words=True).split()


def typed_words(text: str) -> list[str]:
    """Return the words of a text, lower case, with their diacritics."""
    return text.lower().split()


def _letters(text: str) -> list[str]:
    said = f" {fold(text, words=True)} "
    return [said[at : at + size] for size in (3, 4) for at in range(len(said) - size + 1)]


class Bm25:
    """The stored wording that says most of a text's words (Robertson et al., 1994)."""

    def __init__(self, stored: Sequence[Example], split: Callable[[str], list[str]]) -> None:
        self._split = split
        self._intents = [example.intent for example in stored]
        texts = [split(example.text) for example in stored]
        mean = sum(map(len, texts)) / max(len(texts), 1)
        self._holders: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        held = Counter(word for words in texts for word in set(words))
        for row, words in enumerate(texts):
            pull = _SATURATION * (1 - _LENGTH + _LENGTH * len(words) / mean)
            for word, times in Counter(words).items():
                worth = math.log(1 + (len(texts) - held[word] + 0.5) / (held[word] + 0.5))
                self._holders[word].append((row, worth * times * (_SATURATION + 1) / (times + pull)))

    def parse(self, text: str) -> Parse:
        """Return the intents of the wordings that fit best, scores summing to one."""
        totals: defaultdict[int, float] = defaultdict(float)
        for word in self._split(text):
            for row, weight in self._holders.get(word, ()):
                totals[row] += weight
        return _ranked(text, totals, self._intents)


class Nearest:
    """The stored wording whose letter n-grams are most alike (cosine, inverse document frequency)."""

    def __init__(self, stored: Sequence[Example]) -> None:
        self._intents = [example.intent for example in stored]
        texts = [Counter(_letters(example.text)) for example in stored]
        held = Counter(gram for grams in texts for gram in grams)
        self._worth = {gram: math.log(len(texts) / times) + 1 for gram, times in held.items()}
        self._holders: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for row, grams in enumerate(texts):
            weights = {gram: times * self._worth[gram] for gram, times in grams.items()}
            norm = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
            for gram, weight in weights.items():
                self._holders[gram].append((row, weight / norm))

    def parse(self, text: str) -> Parse:
        """Return the intents of the most alike wordings."""
        totals: defaultdict[int, float] = defaultdict(float)
        for gram, times in Counter(_letters(text)).items():
            weight = times * self._worth.get(gram, 0.0)
            for row, value in self._holders.get(gram, ()) if weight else ():
                totals[row] += weight * value
        return _ranked(text, totals, self._intents)


def _ranked(text: str, totals: dict[int, float], intents: Sequence[str]) -> Parse:
    best: dict[str, float] = {}
    for row, total in sorted(totals.items(), key=lambda each: -each[1])[:100]:
        best.setdefault(intents[row], total)
    whole = sum(list(best.values())[:5]) or 1.0
    ranking = tuple(Intent(name, total / whole) for name, total in list(best.items())[:5])
    return Parse(text, ranking[0] if ranking else Intent("", 0.0), ranking)


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
