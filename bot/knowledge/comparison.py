"""What an edit changes for the people who ask: the same questions answered from two versions, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.knowledge.entry import Answer
from bot.knowledge.questions import OUT_OF_SCOPE, Question

NEAR = 0.05
"""How near the threshold a score must be for the answer to hang by a hair."""


class Sort(StrEnum):
    """What came of a question."""

    ANSWERED = "answered"
    OFFERED = "offered"
    DIALOGUE = "dialogue"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the bot said to a question.

    *name* is the code that was answered with, or the intent of a dialogue; *offered* the codes on the
    buttons. *digest* tells two wordings of what was said apart.
    """

    sort: Sort
    name: str
    offered: tuple[str, ...]
    score: float
    digest: str

    def meets(self, expect: str) -> bool:
        """Whether this is what *expect* asks for; an out-of-scope question may be refused or offered others."""
        if expect == OUT_OF_SCOPE:
            return self.sort in (Sort.REFUSED, Sort.OFFERED)
        return self.name == expect


class Kind(StrEnum):
    """How the answer to a question changes; the worst first."""

    LOST = "lost"
    CHANGED = "changed"
    GAINED = "gained"
    NEAR = "near"
    REWORDED = "reworded"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was put to both versions, and where it is from: a wording, the frozen set, a citizen."""

    turns: tuple[str, ...]
    source: str
    question: Question | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One question whose answer is not what it was."""

    kind: Kind
    asked: Asked
    before: Outcome | None
    after: Outcome

    @property
    def mandatory(self) -> bool:
        """Whether a person must accept it by name before it is published."""
        question = self.asked.question
        said_otherwise = self.before is not None and self.before.digest != self.after.digest
        return question is not None and question.must and said_otherwise


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that an edit changes.

    *unexpected* are questions of the frozen set that the edited version does not answer as they expect;
    *right* and *expected* count those it does, and all.
    """

    changes: tuple[Change, ...]
    unexpected: tuple[Change, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    reworded: tuple[str, ...]
    asked: int
    right: int
    expected: int

    def of(self, kind: Kind) -> tuple[Change, ...]:
        """The changes of one kind."""
        return tuple(change for change in self.changes if change.kind is kind)

    def blocking(self, accepted: Sequence[str]) -> tuple[Change, ...]:
        """The mandatory questions that change and are not among the *accepted* ids."""
        return tuple(
            change
            for change in self.changes
            if change.mandatory and change.asked.question and change.asked.question.id not in accepted
        )


def compare(
    asked: Sequence[Asked],
    before: Sequence[Outcome] | None,
    after: Sequence[Outcome],
    published: Mapping[str, Answer],
    edited: Mapping[str, Answer],
    threshold: float,
) -> Comparison:
    """The comparison of two versions by what came of *asked* in each; *before* is None at the first version."""
    changes, unexpected = [], []
    for index, each in enumerate(asked):
        then, now = before[index] if before else None, after[index]
        if each.question and not now.meets(each.question.expect):
            unexpected.append(Change(Kind.CHANGED, each, then, now))
        kind = _kind(then, now, threshold) if then else None
        if kind:
            changes.append(Change(kind, each, then, now))
    questions = [each.question for each in asked if each.question]
    both = published.keys() & edited.keys()
    order = list(Kind)
    return Comparison(
        tuple(sorted(changes, key=lambda change: (not change.mandatory, order.index(change.kind)))),
        tuple(unexpected),
        tuple(code for code in edited if code not in published),
        tuple(code for code in published if code not in edited),
        tuple(code for code in edited if code in both and _says(edited[code]) != _says(published[code])),
        len(asked),
        len(questions) - len(unexpected),
        len(questions),
    )


def _kind(then: Outcome, now: Outcome, threshold: float) -> Kind | None:
    helped, helps = (each.sort in (Sort.ANSWERED, Sort.DIALOGUE) for each in (then, now))
    if helped and not helps:
        return Kind.LOST
    if helps and not helped:
        return Kind.GAINED
    if helps and then.name != now.name:
        return Kind.CHANGED
    if abs(now.score - threshold) < NEAR <= abs(then.score - threshold):
        return Kind.NEAR
    return Kind.REWORDED if then.digest != now.digest else None


def _says(answer: Answer) -> tuple[object, ...]:
    return answer.text, answer.detail, answer.buttons, answer.sources, answer.validity
