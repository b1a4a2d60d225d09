"""An edit on its way: an answer as it was typed, cell by cell, faults and all, until it is published."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.knowledge.editing import Merge, merge_workbook
from bot.knowledge.entry import Answer
from bot.knowledge.fault import Fault
from bot.knowledge.hoi_dap import Label, read_cells, write_cells
from bot.knowledge.tables import Tables
from bot.knowledge.workbook import AnswerRow, TableRow, TableSheet
from nlu.vietnamese import fold

TOPIC, TOPIC_TITLE, QUESTION = "topic", "topic_title", "question"
FIELDS = (TOPIC, TOPIC_TITLE, QUESTION, *Label)
"""The fields of an answer in a form, in the order they are filled in; a fault's line is its place here."""

_CODE_MOST = 30


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody typed. *key* is the code of an answer, or ``table/row``; *cells* the text by field (of a
    table's row: by header). *based_on* is the fingerprint of what was edited, "" for something new."""

    key: str
    cells: Mapping[str, str]
    based_on: str
    official: str
    at: datetime

    @property
    def is_answer(self) -> bool:
        """Whether it is an answer, not a row of a table."""
        return "/" not in self.key

    @property
    def mark(self) -> str:
        """What tells this edit, as it is, from a later one of the same answer."""
        said = json.dumps([self.based_on, sorted(self.cells.items())], ensure_ascii=False)
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def cells_of(answer: Answer, names: Mapping[str, str]) -> dict[str, str]:
    """The cells in which *answer* is edited."""
    said = {str(label): value for label, value in write_cells(answer, names).items()}
    # One line each is enough in a form; the dash is for files.
    lists = {
        str(label): "\n".join(line.removeprefix("- ") for line in said[label].split("\n"))
        for label in (Label.WORDINGS, Label.FOLLOW_UPS, Label.SOURCES)
        if label in said
    }
    head = {TOPIC: answer.topic, TOPIC_TITLE: answer.topic_title, QUESTION: answer.question}
    return {**head, **said, **lists}


def read_edit(edit: Edit) -> tuple[Answer, tuple[Fault, ...]]:
    """The answer an edit is, with what could be read, and what could not: its file is the code, its line a field.

    The number of a field is its place in ``FIELDS``, from 1.
    """
    cells = {label: (_line(label), edit.cells.get(label, "")) for label in Label}
    title = " ".join(edit.cells.get(TOPIC_TITLE, "").split())
    topic = edit.cells.get(TOPIC, "") or fold(title, words=True).replace(" ", "-")
    answer, faults = read_cells(topic, title, edit.cells.get(QUESTION, ""), _line(QUESTION), cells, edit.key)
    if not topic or not title:
        faults = (Fault(edit.key, _line(TOPIC), "no_topic"), *faults)
    return answer, faults


def field_of(fault: Fault) -> str:
    """The field of the form that a fault of an edit is about."""
    missing = fault.key.removeprefix("missing_").upper()
    if missing in Label.__members__ and fault.key.startswith("missing_"):
        return Label[missing]
    return FIELDS[fault.line - 1] if 0 < fault.line <= len(FIELDS) else QUESTION


def lay_over(answers: Sequence[Answer], tables: Tables, edits: Iterable[Edit]) -> tuple[Merge, tuple[Fault, ...]]:
    """What the content would be with *edits* in it, and what cannot be read in them."""
    rows: list[AnswerRow] = []
    sheets: list[TableSheet] = []
    faults: list[Fault] = []
    for edit in edits:
        if edit.is_answer:
            answer, wrong = read_edit(edit)
            faults += wrong
            rows.append(AnswerRow(answer, edit.based_on, 0))
        else:
            row = TableRow(tuple(edit.cells.values()), edit.based_on, 0)
            sheets.append(TableSheet(edit.key.partition("/")[0], edit.key, tuple(edit.cells), (row,)))
    return merge_workbook(answers, tables, rows, sheets), tuple(faults)


def next_code(topic_title: str, of_topic: Iterable[str], taken: Iterable[str]) -> str:
    """A code nobody has: the next number of the topic, whose first codes are the initials of its title.

    *of_topic* are the codes of the topic, *taken* all codes.
    """
    known = set(taken)
    last = [*of_topic][-1:]
    prefix = last[0].rpartition("-")[0] if last else _initials(topic_title)
    numbers = [0, *(int(code.rpartition("-")[2]) for code in known if code.rpartition("-")[0] == prefix)]
    return f"{prefix[: _CODE_MOST - 4]}-{max(numbers) + 1:02}"


def _initials(title: str) -> str:
    words = [word for word in fold(title, words=True).split() if word[0].isascii() and word[0].isalpha()]
    return "".join(word[0] for word in words[:6]) or "cau"


def _line(name: str) -> int:
    return FIELDS.index(name) + 1
