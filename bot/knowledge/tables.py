"""The tables of numbers (``content/tables/*.csv``, ``calendar.csv``) and the places in answers they fill."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from rapidfuzz.distance import OSA

from bot.knowledge.entry import Answer
from bot.knowledge.fault import Fault, Place, Severity
from bot.knowledge.hoi_dap import Label
from nlu.vietnamese import fold

FOLDER = "tables"
CALENDAR = "calendar.csv"
CALENDAR_NAME = "lich"
"""The calendar stands beside the tables, where campaigns read it too; this is its name in answers."""

_PHRASES = "cum-tu"
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_NUMBER = re.compile(r"\d[\d.,]*%")
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+")


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row by the key of their column, and its line in the file."""

    line: int
    cells: Mapping[str, str]

    @property
    def phrases(self) -> tuple[str, ...]:
        """The folded phrases by which a text shows that it speaks of this row."""
        return tuple(filter(None, (fold(each, words=True) for each in self.cells.get(_PHRASES, "").split("|"))))


@dataclass(frozen=True, slots=True)
class Table:
    """Rows by their key (the first column). Keys of columns are their headers: ``ghi chú`` is ``ghi-chu``."""

    name: str
    file: str
    headers: tuple[str, ...]
    columns: tuple[str, ...]
    rows: Mapping[str, Row]


Tables = Mapping[str, Table]


def list_cells(tables: Tables) -> dict[str, str]:
    """The cells that are not empty, by how a text names them: ``table.row.column``."""
    return {
        f"{table.name}.{key}.{column}": cell
        for table in tables.values()
        for key, row in table.rows.items()
        for column, cell in row.cells.items()
        if cell
    }


def read_csv(text: str) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The headers and the rows that are not empty with a line each.

    Excel in Vietnam separates by semicolons.
    """
    delimiter = ";" if ";" in text.split("\n", 1)[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    headers = [each.strip() for each in next(reader, [])]
    rows = ((reader.line_num, [each.strip() for each in cells]) for cells in reader)
    return headers, ((line, cells) for line, cells in rows if any(cells))


def read_table(text: str, name: str, file: str, faults: list[Fault]) -> Table:
    """The table *text*; what is wrong goes to *faults*."""
    headers, lines = read_csv(text)
    columns = tuple(fold(each, words=True).replace(" ", "-") for each in headers)
    rows: dict[str, Row] = {}
    for line, cells in lines:
        key = cells[0]
        if not _KEY.fullmatch(key):
            faults.append(Fault(file, line, "bad_row_key", {"key": key}))
        elif key in rows:
            faults.append(Fault(file, line, "row_twice", {"key": key, "first": rows[key].line}))
        else:
            rows[key] = Row(line, dict(zip(columns, cells, strict=False)))
    if not rows:
        faults.append(Fault(file, 1, "empty_table"))
    return Table(name, file, tuple(headers), columns, rows)


def fill_answers(answers: Iterable[Answer], tables: Tables, faults: list[Fault]) -> list[Answer]:
    """The answers with what the tables hold in its places; what cannot be filled goes to *faults*."""
    return [_fill_answer(answer, tables, faults) for answer in answers]


def fill(text: str, tables: Tables, report: Callable[..., None]) -> str:
    """*text* with each ``{table.row.column}`` filled; one that cannot be is told to *report* and left."""

    def value(match: re.Match[str]) -> str:
        found = _find(match[1], tables, report)
        return match[0] if found is None else found

    return _PLACEHOLDER.sub(value, text) if "{" in text else text


def find_typed(answers: Iterable[Answer], tables: Tables) -> Iterator[Fault]:
    """Numbers in the texts as written that a table holds for what the sentence speaks of."""
    subjects = [
        (phrase, table, key, row)
        for table in tables.values()
        for key, row in table.rows.items()
        for phrase in row.phrases
    ]
    for answer in answers:
        question = fold(answer.question, words=True)
        for label, text in ((Label.TEXT, answer.text), (Label.DETAIL, answer.detail)):
            for index, line in enumerate(text.split("\n")):
                if _NUMBER.search(line):
                    yield from _typed_in(answer, answer.line_of(label, index), line, question, subjects)


def _typed_in(
    answer: Answer, at: int, text: str, question: str, subjects: list[tuple[str, Table, str, Row]]
) -> Iterator[Fault]:
    for sentence in _SENTENCE_END.split(text):
        numbers = _NUMBER.findall(sentence)
        if not numbers:
            continue
        spoken = f" {fold(sentence, words=True)} "
        named = [each for each in subjects if f" {each[0]} " in spoken]
        # A sentence that names nothing speaks of what the question names.
        named = named or [each for each in subjects if f" {each[0]} " in f" {question} "]
        told: set[str] = set()
        for _, table, key, row in named:
            for column, cell in row.cells.items():
                if cell in numbers and cell not in told:
                    told.add(cell)
                    place = f"{{{table.name}.{key}.{column}}}"
                    arguments = {"number": cell, "place": place, "file": table.file}
                    yield Fault(answer.file, at, "typed_number", arguments, Severity.WARNING)


def _fill_answer(answer: Answer, tables: Tables, faults: list[Fault]) -> Answer:
    def filled(label: Label, text: str) -> str:
        rows = []
        for index, row in enumerate(text.split("\n")):
            line = answer.line_of(label, index)

            def report(key: str, line: int = line, **arguments: str) -> None:
                faults.append(Fault(answer.file, line, key, arguments))

            rows.append(fill(row, tables, report))
        return "\n".join(rows)

    if "{" not in answer.text and "{" not in answer.detail:
        return answer
    return replace(answer, text=filled(Label.TEXT, answer.text), detail=filled(Label.DETAIL, answer.detail))


def _find(written: str, tables: Tables, report: Callable[..., None]) -> str | None:
    parts = [part.strip() for part in written.split(".")]
    if len(parts) != 3:
        report("bad_placeholder", text=f"{{{written}}}")
        return None
    name, key, column = parts
    table = tables.get(name)
    if table is None:
        report("unknown_table", name=name, near=_near(name, tables))
        return None
    row = table.rows.get(key)
    if row is None:
        report("unknown_row", name=key, file=table.file, near=_near(key, table.rows))
        return None
    if column not in table.columns:
        report("unknown_column", name=column, file=table.file, near=_near(column, table.columns))
        return None
    cell = row.cells.get(column, "")
    if not cell:
        report("empty_cell", text=f"{{{written}}}", at=Place(table.file, row.line))
        return None
    return cell


def _near(name: str, known: Iterable[str]) -> str:
    """The known name nearest to *name*, or the first of them when none is near."""
    names = list(known)
    nearest = max(names, key=lambda each: OSA.normalized_similarity(name, each), default="")
    return nearest if OSA.normalized_similarity(name, nearest) >= 0.6 else ", ".join(names[:8])
