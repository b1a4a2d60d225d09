"""How well a parser understands a set of questions: figures as a whole, by style, and what it confuses."""

import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nlu.parse import ANSWER_AT, FAQ_PREFIX, OUT_OF_SCOPE, Parse

_BINS: Final = 10
_RECALL: Final = 0.95


class QuestionsError(Exception):
    """A set of questions cannot be read; the message names the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class Question:
    """A text, the intents of which any is right, the style it is written in, and what kind of question it is.

    Of those out of scope the kind says how far: "far" is another matter altogether, "near" shares our words.
    """

    text: str
    accepted: frozenset[str]
    style: str = "clean"
    kind: str = ""

    @property
    def foreign(self) -> bool:
        """Whether the right thing is to know nothing of it."""
        return self.accepted == {OUT_OF_SCOPE}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a parser made of a question: intents best first, the score of the first, milliseconds taken."""

    question: Question
    ranking: tuple[str, ...]
    score: float
    refused: bool
    milliseconds: float

    @property
    def right(self) -> bool:
        """Whether the first intent is an accepted one."""
        return self.ranking[:1] != () and self.ranking[0] in self.question.accepted

    @property
    def answered(self) -> bool:
        """Whether the bot would answer outright."""
        return self.score >= ANSWER_AT and not self.refused


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares from 0 to 1 over `count` questions in scope."""

    count: int
    accuracy: float
    top3: float
    macro_f1: float
    answered: float
    wrong_of_answered: float
    calibration_error: float


@dataclass(frozen=True, slots=True)
class Foreign:
    """How questions out of scope are told apart: area under the ROC curve, and shares answered as if known.

    `at_recall` is the share answered at the threshold that 95 % of the questions in scope pass, `as_shipped`
    at the bot's own.
    """

    count: int
    auroc: float
    at_recall: float
    as_shipped: float


def read_questions(path: Path) -> list[Question]:
    """Return the questions of a JSON-lines file: {"text", "expect": code, intent or list, "style", "kind"}.

    Lines with "turns" are conversations and left out. Raises QuestionsError.
    """
    questions = []
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionsError(f"{path.name}: cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            asked: Any = json.loads(line)
            if asked.get("turns"):
                continue
            expected = asked["expect"]
            names = [expected] if isinstance(expected, str) else [str(each) for each in expected]
            style, kind = str(asked.get("style", "clean")), str(asked.get("kind", ""))
            questions.append(Question(str(asked["text"]), frozenset(map(_intent, names)), style, kind))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise QuestionsError(f'{path.name}, line {number}: needs "text" and "expect" ({error})') from error
    if not questions:
        raise QuestionsError(f"{path.name}: holds no question")
    return questions


def _intent(name: str) -> str:
    """Return the intent that a code ("xmc-01") or an intent's name stands for."""
    stem, _, number = name.rpartition("-")
    return f"{FAQ_PREFIX}{name}" if stem and number.isdecimal() and not name.startswith(FAQ_PREFIX) else name


def ask(read: Callable[[str], Parse], questions: Iterable[Question]) -> list[Outcome]:
    """Return what `read`, a parser's method, makes of each of `questions`."""
    outcomes = []
    for question in questions:
        started = time.perf_counter()
        parse = read(question.text)
        taken = 1000 * (time.perf_counter() - started)
        ranking = tuple(intent.name for intent in parse.ranking)
        refused = parse.intent.name in (OUT_OF_SCOPE, "")
        score = parse.ranking[0].score if parse.ranking else 0.0
        outcomes.append(Outcome(question, ranking, score, refused, taken))
    return outcomes


def measure(outcomes: Sequence[Outcome]) -> Figures:
    """Return the figures of the questions in scope among `outcomes`."""
    known = [each for each in outcomes if not each.question.foreign]
    answered = [each for each in known if each.answered]
    return Figures(
        len(known),
        _share(known, lambda each: each.right),
        _share(known, lambda each: not each.question.accepted.isdisjoint(each.ranking[:3])),
        _macro_f1(known),
        len(answered) / max(len(known), 1),
        _share(answered, lambda each: not each.right),
        _calibration_error(known),
    )


def measure_foreign(outcomes: Sequence[Outcome]) -> Foreign:
    """Return how the questions out of scope among `outcomes` are told from those in scope."""
    known = sorted(each.score for each in outcomes if not each.question.foreign)
    foreign = [each for each in outcomes if each.question.foreign]
    if not known or not foreign:
        return Foreign(len(foreign), math.nan, math.nan, _share(foreign, lambda each: each.answered))
    threshold = known[int((1 - _RECALL) * len(known))]
    pairs = sum((score > each.score) + 0.5 * (score == each.score) for score in known for each in foreign)
    return Foreign(
        len(foreign),
        pairs / (len(known) * len(foreign)),
        _share(foreign, lambda each: each.score >= threshold),
        _share(foreign, lambda each: each.answered),
    )


def measure_kinds(outcomes: Sequence[Outcome]) -> list[tuple[str, Foreign]]:
    """Return the figures of all questions out of scope, then of each kind of them, if there are several."""
    kinds = sorted({each.question.kind for each in outcomes if each.question.foreign})
    figures = [("", measure_foreign(outcomes))]
    for kind in kinds if len(kinds) > 1 else ():
        chosen = [each for each in outcomes if not each.question.foreign or each.question.kind == kind]
        figures.append((kind, measure_foreign(chosen)))
    return figures


def confusions(outcomes: Sequence[Outcome], most: int = 30) -> list[tuple[str, str, int]]:
    """Return (expected, taken for, times) for the commonest confusions, most first."""
    counted = Counter(
        (min(each.question.accepted), "" if each.refused else each.ranking[0])
        for each in outcomes
        if each.ranking and not (each.refused if each.question.foreign else each.right)
    )
    return [(expected, taken, times) for (expected, taken), times in counted.most_common(most)]


def percentile(outcomes: Sequence[Outcome], share: float) -> float:
    """Return the milliseconds that `share` of the parses took at most."""
    taken = sorted(each.milliseconds for each in outcomes)
    return taken[min(int(share * len(taken)), len(taken) - 1)] if taken else math.nan


def _share(outcomes: Sequence[Outcome], holds: Callable[[Outcome], bool]) -> float:
    return sum(map(holds, outcomes)) / len(outcomes) if outcomes else math.nan


def _macro_f1(outcomes: Sequence[Outcome]) -> float:
    """The mean over intents of F1; a question with several right intents counts for the one it got."""
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    given: Counter[str] = Counter()
    for each in outcomes:
        taken = each.ranking[0] if each.ranking else ""
        expected = taken if each.right else min(each.question.accepted)
        asked[expected] += 1
        given[taken] += 1
        right[expected] += each.right
    scores = [2 * right[name] / (asked[name] + given[name]) for name in asked]
    return sum(scores) / len(scores) if scores else math.nan


def _calibration_error(outcomes: Sequence[Outcome]) -> float:
    """The expected calibration error over ten bins (Naeini et al., 2015)."""
    bins: list[list[Outcome]] = [[] for _ in range(_BINS)]
    for each in outcomes:
        bins[min(int(each.score * _BINS), _BINS - 1)].append(each)
    gaps = (
        abs(sum(each.right for each in chosen) - sum(each.score for each in chosen)) for chosen in bins if chosen
    )
    return sum(gaps) / max(len(outcomes), 1)
