"""The published answers: an immutable library, read and checked whole before anything is said from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType

from bot.knowledge import folder as files
from bot.knowledge.check import check
from bot.knowledge.entry import Answer, FollowUp
from bot.knowledge.fault import ContentError, Fault
from bot.knowledge.tables import fill_answers, find_typed
from nlu.training import Example, Kind
from nlu.vietnamese import fold

__all__ = ["ContentError", "Library", "Topic", "load"]


@dataclass(frozen=True, slots=True)
class Topic:
    """A file of answers: its ASCII name, its title, and the codes of its answers in order."""

    name: str
    title: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """Every answer by its code, the topics in the order of their files, and the warnings of the check."""

    by_code: Mapping[str, Answer]
    topics: tuple[Topic, ...]
    warnings: tuple[Fault, ...] = ()

    def answer(self, code: str, on: date) -> Answer | None:
        """The answer of *code*; None when there is none, or its text is not right *on* that day."""
        found = self.by_code.get(code)
        return found if found and found.validity.holds_on(on) else None

    def follow_ups(self, code: str) -> tuple[FollowUp, ...]:
        """What may be said right after the answer of *code*; nothing after one that is not there."""
        found = self.by_code.get(code)
        return found.follow_ups if found else ()

    def question(self, code: str) -> str:
        """The question of the answer with *code*, or ""."""
        found = self.by_code.get(code)
        return found.question if found else ""

    def examples(self) -> list[Example]:
        """What the understanding is trained with: each question and wording, and each answer's text."""
        return [
            Example(text, f"faq/{answer.code}", kind)
            for answer in self.by_code.values()
            for text, kind in (
                (answer.question, Kind.WORDING),
                *((wording, Kind.WORDING) for wording in answer.wordings),
                *((said, Kind.ANSWER) for said in (answer.text, answer.detail) if said),
            )
        ]

    def search_titles(self, text: str) -> list[Answer]:
        """The answers whose short title or question holds every word of *text*, however it is typed."""
        words = set(fold(text, words=True).split())
        return [
            answer
            for answer in self.by_code.values()
            if words and words <= set(fold(f"{answer.short_title} {answer.question}", words=True).split())
        ]


def load(folder: Path, today: date) -> Library:
    """The library of the files in *folder*, filled from the tables and checked by the lists beside it.

    Raises ContentError with every fault of every file, as of *today*, when any of them is an error.
    """
    faults: list[Fault] = []
    written = files.read_answers(folder, faults)
    tables = files.read_tables(folder.parent, faults)
    answers = fill_answers(written, tables, faults)
    if answers:
        faults += find_typed(written, tables)
        faults += check(answers, today, files.read_rules(folder.parent, faults))
    faults.sort(key=lambda each: (each.file, each.line))
    if any(not each.warning for each in faults):
        raise ContentError(faults)
    return Library(MappingProxyType({each.code: each for each in answers}), _topics(answers), tuple(faults))


def _topics(answers: Sequence[Answer]) -> tuple[Topic, ...]:
    codes: dict[tuple[str, str], list[str]] = {}
    for answer in answers:
        codes.setdefault((answer.topic, answer.topic_title), []).append(answer.code)
    return tuple(Topic(name, title, tuple(of_topic)) for (name, title), of_topic in codes.items())
