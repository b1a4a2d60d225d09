"""What understanding costs and gains, beside plain baselines in the same run: nearest example and BM25."""

import math
import resource
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Final

from nlu.embedded import EmbeddedParser, train
from nlu.evaluation import Question, ask, measure, percentile
from nlu.parse import Intent, Parse
from nlu.training import Example, split_kinds
from nlu.vietnamese import fold

_SATURATION: Final = 1.2
_LENGTH: Final = 0.75


def run(examples: Sequence[Example], questions: Sequence[Question]) -> None:
    """Train on *examples*, ask the *questions* of each engine, and print figures and ratios."""
    before = _megabytes()
    started = time.process_time()
    parser = EmbeddedParser(train(examples))
    training = time.process_time() - started
    wordings, _ = split_kinds(examples)
    print(f"examples    {len(examples)}, intents {len({each.intent for each in examples})}")
    print(f"training    {training:.1f} CPU s, peak memory +{_megabytes() - before:.0f} MB")
    print(f"{'engine':34}{'top-1':>8}{'top-3':>8}{'p50 ms':>9}{'p99 ms':>9}{'p50 ratio':>11}")
    engines: tuple[tuple[str, Callable[[str], Parse]], ...] = (
        ("embedded", parser.parse),
        ("BM25, folded words", Bm25(wordings, _words).parse),
        ("BM25, words as typed", Bm25(wordings, _typed).parse),
        ("nearest example, folded letters", Nearest(wordings).parse),
    )
    ours = math.nan
    for name, parse in engines:
        outcomes = ask(parse, questions)
        figures, half = measure(outcomes), percentile(outcomes, 0.5)
        ours = half if math.isnan(ours) else ours
        print(
            f"{name:34}{figures.accuracy:8.1%}{figures.top3:8.1%}{half:9.2f}"
            f"{percentile(outcomes, 0.99):9.2f}{half / ours:11.2f}"
        )


def _words(text: str) -> list[str]:
    return fold(text, words=True).split()


def _typed(text: str) -> list[str]:
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
