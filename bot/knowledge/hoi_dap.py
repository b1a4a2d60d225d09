"""The Hỏi – Đáp format: reads a topic's text file into answers and faults, and writes answers back."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import PurePath

from rapidfuzz.distance import OSA

from bot.knowledge import fields
from bot.knowledge.entry import Answer, Audience, Validity
from bot.knowledge.fault import Fault
from nlu.vietnamese import fold, normalise_unicode


class Label(StrEnum):
    """The labels of an entry, folded: case, diacritics and the space before the colon do not matter."""

    CODE = "ma"
    SHORT_TITLE = "ten ngan"
    AUDIENCES = "danh cho"
    WORDINGS = "hoi cach khac"
    TEXT = "tra loi"
    DETAIL = "chi tiet"
    BUTTONS = "nut bam"
    FOLLOW_UPS = "hoi tiep"
    VALIDITY = "hieu luc"
    SOURCES = "nguon"
    CHECKED_ON = "kiem tra ngay"
    REVIEW_BY = "kiem tra lai truoc"


_REQUIRED = (Label.CODE, Label.SHORT_TITLE, Label.TEXT, Label.SOURCES, Label.CHECKED_ON)
_LISTS = (Label.WORDINGS, Label.FOLLOW_UPS, Label.SOURCES)
_TEXTS = (Label.TEXT, Label.DETAIL)
_MANY_LINES = (*_LISTS, *_TEXTS, Label.BUTTONS)

_HEADING = re.compile(r"(#{2,}|#(?=\s))\s*(.*)")
_LABELLED = re.compile(
    r"(\*\*)?\s*([^\W\d_][^:\uff1a*_|/]{0,29}?)\s*(?:\*\*)?\s*[:\uff1a]\s*(?(1)(?:\*\*)?)\s*(.*)"
)
_BULLET = re.compile(r"[-*+\u2013\u2022\u00b7\uf0b7](?:\s+|$)")
_RULER = re.compile(r"[-=_*]{3,}")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds. An answer with a fault is there too, with what could be read of it."""

    answers: tuple[Answer, ...]
    faults: tuple[Fault, ...]


def read(text: str, file: str) -> Reading:
    """The answers written in *text*, the content of *file*, whose name is the topic. Never raises."""
    reader = _Reader(file)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        reader.take(number, _tidy(line))
    return reader.finish()


def write(answers: Sequence[Answer], sentences: Mapping[str, str]) -> str:
    """The file of *answers*, which share a topic. Reading it gives the same answers again."""
    if not answers:
        return ""
    entries = "\n".join(_write_entry(each, sentences) for each in answers)
    return f"# {answers[0].topic_title}\n\n{entries}"


def write_cells(answer: Answer, sentences: Mapping[str, str]) -> dict[Label, str]:
    """The values of the labels that *answer* has, each as the lines that stand below its label."""
    cells = {
        Label.CODE: answer.code,
        Label.SHORT_TITLE: answer.short_title,
        Label.AUDIENCES: fields.write_audiences(answer.audiences, sentences),
        Label.WORDINGS: "\n".join(f"- {each}" for each in answer.wordings),
        Label.TEXT: answer.text,
        Label.DETAIL: answer.detail,
        Label.BUTTONS: fields.write_buttons(answer.buttons, sentences),
        Label.FOLLOW_UPS: "\n".join(f"- {fields.write_follow_up(each)}" for each in answer.follow_ups),
        Label.VALIDITY: fields.write_validity(answer.validity, sentences),
        Label.SOURCES: "\n".join(f"- {fields.write_source(each)}" for each in answer.sources),
        Label.CHECKED_ON: fields.write_date(answer.checked_on),
        Label.REVIEW_BY: fields.write_date(answer.review_by) if answer.review_by else "",
    }
    return {label: value for label, value in cells.items() if value}


def read_cells(
    topic: str, title: str, question: str, at: int, cells: Mapping[Label, tuple[int, str]], file: str
) -> tuple[Answer, tuple[Fault, ...]]:
    """The answer whose *question* stands in line *at* of *file*, and its values in cells with a line each.

    A line of a text that would be a label or a question in a file of its own is a fault.
    """
    reader = _Reader(file)
    reader.topic, reader.title = topic, title
    draft = _Draft(at, " ".join(question.split()))
    reader.drafts.append(draft)
    if not question:
        reader.fault(at, "no_question")
    for label, (line, value) in cells.items():
        if not value:
            continue
        draft.label_lines[label], reader.label = line, label
        for written in value.split("\n"):
            row = _tidy(written)
            match = _LABELLED.fullmatch(row) if label in _TEXTS else None
            if _HEADING.fullmatch(row) or (match and fold(match[2], words=True) in set(Label)):
                reader.fault(line, "label_in_cell", text=row[:40])
            reader.lost = False
            reader._take_value(line, row)
            reader.label = label
    answer = reader._build(draft)
    return answer, tuple(reader.faults)


def _write_entry(answer: Answer, sentences: Mapping[str, str]) -> str:
    lines = [f"## {answer.question}"]
    for label, value in write_cells(answer, sentences).items():
        name = f"{sentences[f'label.{label}']}:"
        below = label in (*_LISTS, *_TEXTS)
        lines.append(f"{name}\n{value}" if below else f"{name} {value}")
    return "\n".join(lines) + "\n"


@dataclass(slots=True)
class _Draft:
    """An entry while its lines come in: the values of each label, each with its line."""

    line: int
    question: str
    label_lines: dict[Label, int] = field(default_factory=dict)
    values: dict[Label, list[tuple[int, str]]] = field(default_factory=dict)
    doubtful: list[tuple[int, str, Label]] = field(default_factory=list)

    def one(self, label: Label) -> tuple[int, str]:
        """The value of a label that holds one, with its line."""
        written = [each for each in self.values.get(label, ()) if each[1]]
        line = written[0][0] if written else self.label_lines.get(label, self.line)
        return line, " | ".join(value for _, value in written)

    def trim_texts(self) -> None:
        """Drop the empty lines around what the answer says."""
        for label in _TEXTS:
            rows = self.values.get(label, [])
            while rows and not rows[0][1]:
                del rows[0]
            while rows and not rows[-1][1]:
                del rows[-1]

    def text(self, label: Label) -> str:
        """The lines of a label that holds a text."""
        return "\n".join(value for _, value in self.values.get(label, ()))


class _Reader:
    """Takes a file line by line."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.topic = fold(PurePath(file).stem, words=True).replace(" ", "-")
        self.title = ""
        self.drafts: list[_Draft] = []
        self.faults: list[Fault] = []
        self.label: Label | None = None
        self.lost = False

    def fault(self, line: int, key: str, **arguments: object) -> None:
        self.faults.append(Fault(self.file, line, key, arguments))

    def take(self, number: int, line: str) -> None:
        heading = _HEADING.fullmatch(line)
        if heading is None and line.startswith("#") and not self.title and not self.drafts:
            heading = re.fullmatch("(#)(.*)", line)
        if heading:
            self._take_heading(number, len(heading[1]), heading[2].strip(" #"))
        elif not self.drafts:
            if line and not self.lost:
                self.fault(number, "before_question", text=line[:40])
                self.lost = True
        elif not self._take_label(number, line):
            self._take_value(number, line)

    def _take_heading(self, number: int, level: int, title: str) -> None:
        if level == 1 and not self.title:
            self.title = title
            return
        if level > 2:
            self.fault(number, "heading_level", text=title)
            return
        if level == 1:
            self.fault(number, "second_title", text=title)
        if not title:
            self.fault(number, "no_question")
        self.drafts.append(_Draft(number, title))
        self.label, self.lost = None, False

    def _take_label(self, number: int, line: str) -> bool:
        """Begin a label if *line* is one, or looks like one where only labels may stand."""
        match = _LABELLED.fullmatch(line)
        if match is None:
            return False
        draft, written, name = self.drafts[-1], match[2], fold(match[2], words=True)
        label = next((each for each in Label if each == name), None)
        if label is None:
            label = _nearest(name)
            if self.label in _TEXTS:
                if label:
                    draft.doubtful.append((number, written, label))
                return False
            if label is None or label in draft.label_lines:
                self.fault(number, "strange_label", label=written)
                self.label, self.lost = None, True
                return True
            self._suggest(number, written, label)
        elif label in draft.label_lines:
            self.fault(number, "label_twice", label=written, first=draft.label_lines[label])
            self.label, self.lost = None, True
            return True
        draft.label_lines.setdefault(label, number)
        self.label, self.lost = label, False
        if match[3]:
            self._take_value(number, match[3])
        return True

    def _take_value(self, number: int, line: str) -> None:
        if self.label is None or (self.label not in _TEXTS and _RULER.fullmatch(line)):
            if line and not self.lost and not _RULER.fullmatch(line):
                self.fault(number, "no_label", text=line[:40])
                self.lost = True
            return
        values = self.drafts[-1].values.setdefault(self.label, [])
        bullet = _BULLET.match(line)
        if self.label in _LISTS:
            line = " ".join(line[bullet.end() if bullet else 0 :].split())
        elif self.label in _TEXTS:
            line = f"- {line[bullet.end() :]}".rstrip() if bullet else line
        else:
            line = " ".join(line.split())
        if not line and self.label not in _TEXTS:
            return
        if values and self.label not in _MANY_LINES:
            self.fault(number, "no_label", text=line[:40])
            self.lost, self.label = True, None
            return
        values.append((number, line))

    def _suggest(self, line: int, written: str, label: Label) -> None:
        self.fault(line, "unknown_label", label=written, near=label)

    def finish(self) -> Reading:
        if not self.title:
            self.fault(1, "no_title")
        answers = tuple(self._build(draft) for draft in self.drafts)
        if not answers and not self.lost:
            self.fault(1, "no_questions")
        return Reading(answers, tuple(sorted(self.faults, key=lambda each: each.line)))

    def _build(self, draft: _Draft) -> Answer:
        draft.trim_texts()
        suggested = set()
        for line, written, label in draft.doubtful:
            if label not in draft.label_lines:
                self._suggest(line, written, label)
                suggested.add(label)
        for label in _REQUIRED:
            if label not in suggested and not any(value for _, value in draft.values.get(label, ())):
                self.fault(draft.label_lines.get(label, draft.line), f"missing_{label.name.lower()}")
        code_line, code = draft.one(Label.CODE)
        known = fields.read_code(code)
        if code and known is None:
            self.fault(code_line, "bad_code", code=code)
        line, validity = draft.one(Label.VALIDITY)
        buttons_line, buttons = draft.one(Label.BUTTONS)
        audiences_line, audiences = draft.one(Label.AUDIENCES)
        return Answer(
            code=known or "",
            topic=self.topic,
            topic_title=self.title,
            short_title=draft.one(Label.SHORT_TITLE)[1],
            question=draft.question,
            wordings=tuple(value for _, value in draft.values.get(Label.WORDINGS, ())),
            text=draft.text(Label.TEXT),
            buttons=tuple(fields.read_buttons(buttons, self._at(buttons_line))),
            audiences=tuple(fields.read_audiences(audiences, self._at(audiences_line))) or (Audience.CITIZEN,),
            validity=fields.read_validity(validity, self._at(line)) if validity else Validity(),
            sources=tuple(
                fields.read_source(value, self._at(line)) for line, value in draft.values.get(Label.SOURCES, ())
            ),
            checked_on=self._date(*draft.one(Label.CHECKED_ON)) or date.min,
            review_by=self._date(*draft.one(Label.REVIEW_BY)),
            detail=draft.text(Label.DETAIL),
            follow_ups=tuple(
                fields.read_follow_up(value, self._at(line))
                for line, value in draft.values.get(Label.FOLLOW_UPS, ())
            ),
            file=self.file,
            line=draft.line,
            lines={label: tuple(line for line, _ in values) for label, values in draft.values.items()},
        )

    def _date(self, line: int, written: str) -> date | None:
        day = fields.read_date(written)
        if written and day is None:
            self.fault(line, "bad_date", text=written)
        return day

    def _at(self, line: int) -> fields.Report:
        def report(key: str, **arguments: str) -> None:
            self.fault(line, key, **arguments)

        return report


def _tidy(line: str) -> str:
    return normalise_unicode(line.replace("\t", " ").replace("\xa0", " ")).strip()


def _nearest(name: str) -> Label | None:
    """The label that *name* is a slip of the finger away from; short labels are too easily met by chance."""
    label = min(Label, key=lambda each: OSA.distance(name, each))
    allowed = 0 if len(label) < 4 else 1 if len(label) < 7 else 2
    return label if OSA.distance(name, label) <= allowed else None
