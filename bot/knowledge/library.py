"""The published answers: an immutable library, read and checked whole before anything is said from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType

from bot.knowledge import legacy_text
from bot.knowledge.check import check
from bot.knowledge.entry import Answer, FollowUp
from bot.knowledge.fault import ContentError, Fault, Severity
from bot.knowledge.hoi_dap import read
from bot.knowledge.rules import ABBREVIATIONS, REPEALED, Rules, read_abbreviations, read_repealed
from nlu.training import Example, Kind
from nlu.vietnamese import fold

__all__ = ["ContentError", "Library", "Topic", "load"]

_SUFFIXES = (".md", ".txt")


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
    """The library of the files in *folder*, checked by the lists beside it, as of *today*.

    Raises ContentError with every fault of every file when any of them is an error.
    """
    faults: list[Fault] = []
    answers: list[Answer] = []
    topics: list[Topic] = []
    for path in _files(folder, faults):
        text = _read(path, f"{folder.name}/{path.name}", faults)
        if text is None:
            continue
        reading = read(text, f"{folder.name}/{path.name}")
        answers += reading.answers
        faults += reading.faults
        if reading.answers:
            first = reading.answers[0]
            codes = tuple(each.code for each in reading.answers)
            topics.append(Topic(first.topic, first.topic_title, codes))
    if answers:
        faults += check(answers, today, _rules(folder.parent, faults))
    faults.sort(key=lambda each: (each.file, each.line))
    if any(not each.warning for each in faults):
        raise ContentError(faults)
    return Library(MappingProxyType({each.code: each for each in answers}), tuple(topics), warnings=tuple(faults))


def _files(folder: Path, faults: list[Fault]) -> list[Path]:
    """The files to read; what else lies there is told of, or an editor would wonder why nothing changes."""
    try:
        found = sorted(each for each in folder.iterdir() if not each.name.startswith((".", "~")))
    except OSError as error:
        key = "no_folder" if isinstance(error, FileNotFoundError) else "unreadable"
        faults.append(Fault(folder.name, 1, key, {"folder": str(folder)}))
        return []
    files = [each for each in found if each.suffix.lower() in _SUFFIXES]
    for each in found:
        if each not in files:
            faults.append(Fault(f"{folder.name}/{each.name}", 1, "not_read", {}, Severity.WARNING))
    if not files:
        faults.append(Fault(folder.name, 1, "no_files", {"folder": str(folder)}))
    return files


def _read(path: Path, file: str, faults: list[Fault]) -> str | None:
    try:
        decoded = legacy_text.decode(path.read_bytes())
    except OSError as error:
        key = "no_list" if isinstance(error, FileNotFoundError) else "unreadable"
        faults.append(Fault(file, 1, key))
        return None
    except legacy_text.UnreadableText as error:
        faults.append(Fault(file, error.line, error.key))
        return None
    faults += [
        Fault(file, notice.line, notice.key, notice.arguments, Severity.WARNING) for notice in decoded.notices
    ]
    return decoded.text


def _rules(content: Path, faults: list[Fault]) -> Rules:
    repealed = _read(content / REPEALED, REPEALED, faults)
    abbreviations = _read(content / ABBREVIATIONS, ABBREVIATIONS, faults)
    gone, excuses = read_repealed(repealed, faults) if repealed is not None else ((), frozenset())
    known = read_abbreviations(abbreviations, faults) if abbreviations is not None else frozenset()
    return Rules(gone, excuses, known)
