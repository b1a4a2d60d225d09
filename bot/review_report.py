"""A review told to staff: each question whose answer changes, with what is said before and after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.dialogue.texts import Texts
from bot.inbox import Mind
from bot.knowledge.comparison import Change, Kind, Outcome, Sort
from bot.knowledge.entry import Answer
from bot.rehearsal import converse, said_in
from bot.review import Review

LISTED = (Kind.LOST, Kind.CHANGED, Kind.GAINED, Kind.NEAR)
"""What is told question by question, the worst first."""


@dataclass(frozen=True, slots=True)
class Row:
    """One question: what came of it in a few words (``…_is``) and what was said, word for word.

    *source* is the id of a frozen question, the code of a wording's answer, or ``recent`` for a citizen's.
    """

    asked: str
    source: str
    mandatory: bool
    expect: str
    before_is: str
    before_said: str
    after_is: str
    after_said: str


@dataclass(frozen=True, slots=True)
class Section:
    """The questions of one *kind*, of which the first are told; *count* is of all."""

    kind: str
    count: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Reworded:
    """An answer that says something else than before."""

    code: str
    question: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Named:
    """An answer by its code and question."""

    code: str
    question: str


@dataclass(frozen=True, slots=True)
class Report:
    """All that a review found. *blocking* are the ids of the mandatory questions a person must accept by name."""

    asked: int
    sections: tuple[Section, ...]
    reworded: tuple[Reworded, ...]
    added: tuple[Named, ...]
    removed: tuple[Named, ...]
    unexpected: Section
    right: int
    expected: int
    blocking: tuple[str, ...]


def tell(found: Review, texts: Texts, now: datetime, most: int | None = None) -> Report:
    """The report of a review; of each kind at most *most* questions are told, and those that block always."""
    comparison = found.comparison

    def section(kind: str, changes: Sequence[Change]) -> Section:
        told = [each for at, each in enumerate(changes) if most is None or at < most or each.mandatory]
        return Section(kind, len(changes), tuple(_row(each, found, texts, now) for each in told))

    # A mandatory question that is only worded anew blocks too, so it is told by itself.
    reworded = [each for each in comparison.blocking(()) if each.kind is Kind.REWORDED]
    groups = [*((str(kind), comparison.of(kind)) for kind in LISTED), ("reworded_mandatory", tuple(reworded))]
    published = found.published.house.library.by_code if found.published else {}
    edited = found.edited.house.library.by_code
    return Report(
        comparison.asked,
        tuple(section(kind, changes) for kind, changes in groups if changes),
        tuple(
            Reworded(code, edited[code].question, _says(published[code]), _says(edited[code]))
            for code in comparison.reworded
        ),
        tuple(Named(code, edited[code].question) for code in comparison.added),
        tuple(Named(code, published[code].question) for code in comparison.removed),
        section("unexpected", comparison.unexpected),
        comparison.right,
        comparison.expected,
        tuple(each.asked.source for each in comparison.blocking(())),
    )


def spell_asked(change: Change) -> str:
    """The turns of the question in one line."""
    return " → ".join(change.asked.turns)


def spell_outcome(outcome: Outcome, found: Review, texts: Texts) -> str:
    """What came of a question in a few words: the answer's title, the titles offered, or a refusal."""
    score = f"{outcome.score:.2f}".replace(".", ",")
    if outcome.sort is Sort.ANSWERED:
        return texts("compare.answered", title=_title(outcome.name, found), code=outcome.name, score=score)
    if outcome.sort is Sort.OFFERED:
        return texts("compare.offered", codes=", ".join(outcome.offered) or "–", score=score)
    return texts(f"compare.{outcome.sort}", name=outcome.name, score=score)


def _row(change: Change, found: Review, texts: Texts, now: datetime) -> Row:
    def said(mind: Mind | None, outcome: Outcome | None) -> tuple[str, str]:
        if mind is None or outcome is None:
            return "", ""
        return spell_outcome(outcome, found, texts), said_in(converse(mind, change.asked.turns, now)[0])

    before_is, before_said = said(found.published, change.before)
    after_is, after_said = said(found.edited, change.after)
    expect = change.asked.question.expect if change.asked.question else ""
    return Row(
        spell_asked(change),
        change.asked.source,
        change.mandatory,
        expect,
        before_is,
        before_said,
        after_is,
        after_said,
    )


def _says(answer: Answer) -> str:
    return "\n\n".join(filter(None, (answer.text, answer.detail)))


def _title(code: str, found: Review) -> str:
    minds = (found.edited, found.published)
    known = [m.house.library.by_code[code] for m in minds if m and code in m.house.library.by_code]
    return known[0].short_title if known else code
