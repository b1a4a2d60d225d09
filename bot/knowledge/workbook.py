"""The Excel workbook of everything staff may edit in tables: written with fingerprints, read cell by cell."""

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from bot.knowledge import legacy_text
from bot.knowledge.entry import Answer
from bot.knowledge.fault import Fault, Severity, number_cell
from bot.knowledge.fields import write_date
from bot.knowledge.hoi_dap import Label, read_cells, write_cells
from bot.knowledge.tables import CALENDAR_NAME, Table, Tables
from nlu.vietnamese import fold

LABELS = (
    Label.CODE,
    Label.SHORT_TITLE,
    Label.AUDIENCES,
    Label.WORDINGS,
    Label.TEXT,
    Label.DETAIL,
    Label.BUTTONS,
    Label.FOLLOW_UPS,
    Label.VALIDITY,
    Label.SOURCES,
    Label.CHECKED_ON,
    Label.REVIEW_BY,
)
_WIDE = {Label.WORDINGS: 50, Label.TEXT: 60, Label.DETAIL: 50, Label.SOURCES: 50, Label.FOLLOW_UPS: 35}
_TEXT = "@"
_SIZE_MOST = 100_000_000
"""Bytes of a workbook once unpacked; a small file may hold a bomb."""
_ROWS_FREE = 300
"""Rows below the last for which the drop-down lists hold, for what staff add."""


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """An answer as a row gives it, and the fingerprint of what the row held when it was written; "" if new."""

    answer: Answer
    fingerprint: str
    row: int


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table as a sheet gives it, and what it was when the sheet was written; "" if new."""

    cells: tuple[str, ...]
    fingerprint: str
    row: int


@dataclass(frozen=True, slots=True)
class TableSheet:
    """A sheet of the table *name*; *file* is how faults call it."""

    name: str
    file: str
    headers: tuple[str, ...]
    rows: tuple[TableRow, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a workbook holds, and what is wrong in its cells."""

    answers: tuple[AnswerRow, ...]
    tables: tuple[TableSheet, ...]
    faults: tuple[Fault, ...]


def fingerprint_of(cells: Iterable[str]) -> str:
    """What tells a row of a table from any other."""
    return hashlib.sha256(unicodedata.normalize("NFC", "\0".join(cells)).encode()).hexdigest()[:16]


def write(path: Path, answers: Sequence[Answer], tables: Tables, names: Mapping[str, str]) -> None:
    """Write the workbook *path*: a sheet of answers, of topics, and one of each table.

    *names* are the sentences of ``faults.yml``, which name labels and sheets.
    """
    workbook = Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.title = names["sheet.answers"]
    headers = [names["sheet.topic"], names["sheet.question"], *(names[f"label.{each}"] for each in LABELS)]
    _write_header(sheet, [*headers, names["sheet.fingerprint"]], frozen="D2")
    for number, answer in enumerate(answers, 2):
        cells = write_cells(answer, names)
        values = [answer.topic, answer.question, *(cells.get(each, "") for each in LABELS)]
        _write_row(sheet, number, [*values, answer.fingerprint()])
    for column, label in enumerate(LABELS, 3):
        sheet.column_dimensions[get_column_letter(column)].width = _WIDE.get(label, 20)
    sheet.column_dimensions["B"].width = 40
    sheet.column_dimensions[get_column_letter(len(headers) + 1)].hidden = True
    topics = _write_topics(workbook, answers, names)
    last = len(answers) + 1 + _ROWS_FREE
    _offer(sheet, "A", last, f"'{topics.title}'!$A$2:$A${max(2, topics.max_row)}")
    audiences = [text for key, text in names.items() if key.startswith("audience.")]
    _offer(sheet, get_column_letter(3 + LABELS.index(Label.AUDIENCES)), last, f'"{",".join(audiences)}"')
    for table in tables.values():
        _write_table(workbook, table, names)
    workbook.save(path)


def read(path: Path, names: Mapping[str, str]) -> Contents:
    """What the workbook *path* holds. Never raises for what is in it: what is wrong is among the faults."""
    try:
        with ZipFile(path) as packed:
            if sum(each.file_size for each in packed.infolist()) > _SIZE_MOST:
                return Contents((), (), (Fault(path.name, 0, "workbook_too_big"),))
        workbook = load_workbook(path)
    except (InvalidFileException, BadZipFile, KeyError, OSError, ValueError, SyntaxError):
        return Contents((), (), (Fault(path.name, 0, "not_a_workbook"),))
    reader = _Reader(path.name, names)
    topics = fold(names["sheet.topics"], words=True)
    for sheet in sorted(workbook.worksheets, key=lambda each: fold(each.title, words=True) != topics):
        reader.read_sheet(sheet)
    return Contents(tuple(reader.answers), tuple(reader.tables), tuple(reader.faults))


class _Reader:
    """Takes a workbook sheet by sheet."""

    def __init__(self, file: str, names: Mapping[str, str]) -> None:
        self.file = file
        self.names = names
        self.titles: dict[str, str] = {}
        self.answers: list[AnswerRow] = []
        self.tables: list[TableSheet] = []
        self.faults: list[Fault] = []

    def read_sheet(self, sheet: Worksheet) -> None:
        file = f"{self.file}!{sheet.title}"
        rows = self._rows(sheet, file)
        _, headers = next(rows, (1, []))
        folded = [fold(each, words=True) for each in headers]
        title = fold(sheet.title, words=True)
        if fold(self.names[f"label.{Label.CODE}"], words=True) in folded and self._named("question") in folded:
            self._read_answers(file, headers, list(rows))
        elif title == self._named("topics"):
            self.titles |= {cells[0]: cells[1] for _, cells in rows if len(cells) > 1}
        elif title.startswith(prefix := self._named("table") + " ") and headers:
            self._read_table(file, title.removeprefix(prefix).replace(" ", "-"), headers, list(rows))
        elif headers:
            self.faults.append(Fault(file, 0, "unknown_sheet", {}, Severity.WARNING))

    def _named(self, key: str) -> str:
        return fold(self.names[f"sheet.{key}"], words=True)

    def _read_answers(self, file: str, headers: list[str], rows: list[tuple[int, list[str]]]) -> None:
        columns: dict[str, int] = {}
        known = {fold(self.names[f"label.{each}"], words=True): str(each) for each in LABELS}
        known |= {self._named(each): each for each in ("topic", "question", "fingerprint")}
        for index, header in enumerate(headers):
            name = fold(header, words=True)
            if name in known:
                columns[known[name]] = index
            elif header:
                self.faults.append(Fault(file, number_cell(1, index + 1), "unknown_header", {"header": header}))
        for each in LABELS:
            if each not in columns:
                self.faults.append(Fault(file, 0, "no_column", {"column": self.names[f"label.{each}"]}))
        for number, cells in rows:

            def at(name: str, cells: list[str] = cells) -> str:
                index = columns.get(name, -1)
                return cells[index] if 0 <= index < len(cells) else ""

            question_at = number_cell(number, columns["question"] + 1)
            written = {
                label: (number_cell(number, columns[label] + 1), at(label)) for label in LABELS if label in columns
            }
            topic = fold(at("topic"), words=True).replace(" ", "-")
            if not topic:
                line = number_cell(number, columns.get("topic", 0) + 1)
                self.faults.append(Fault(file, line, "no_topic"))
            title = self.titles.get(topic, "")
            answer, faults = read_cells(topic, title, at("question"), question_at, written, file)
            self.faults += faults
            self.answers.append(AnswerRow(answer, at("fingerprint"), number))

    def _read_table(self, file: str, name: str, headers: list[str], rows: list[tuple[int, list[str]]]) -> None:
        folded = [fold(each, words=True) for each in headers]
        mark = folded.index(self._named("fingerprint")) if self._named("fingerprint") in folded else -1
        held = [index for index, header in enumerate(headers) if header and index != mark]
        self.tables.append(
            TableSheet(
                name,
                file,
                tuple(headers[index] for index in held),
                tuple(
                    TableRow(tuple(cells[index] for index in held), cells[mark] if mark >= 0 else "", number)
                    for number, cells in rows
                ),
            )
        )

    def _rows(self, sheet: Worksheet, file: str) -> Iterator[tuple[int, list[str]]]:
        width = max((cell.column or 0 for cell in sheet[1] if cell.value is not None), default=0)
        for number, row in enumerate(sheet.iter_rows(max_col=width or None), 1):
            values = [self._text(cell, file) if isinstance(cell, Cell) else "" for cell in row]
            # A row emptied by its author still has its fingerprint.
            if any(values[:-1] if number > 1 else values):
                yield number, values

    def _text(self, cell: Cell, file: str) -> str:
        """The text of a cell as its author meant it; a formula is told and left out."""
        value, line = cell.value, number_cell(cell.row, cell.column)
        if value is None:
            return ""
        if cell.data_type == "f":
            arguments = {"column": cell.coordinate, "value": str(value)}
            self.faults.append(Fault(file, line, "formula", arguments))
            return ""
        if isinstance(value, datetime | date):
            return write_date(value.date() if isinstance(value, datetime) else value)
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        if isinstance(value, float) and "%" in (cell.number_format or ""):
            return f"{value * 100:g}%".replace(".", ",")
        decoded = legacy_text.decode(str(value).encode("utf-8", "replace"))
        self.faults += [
            Fault(file, line, notice.key, notice.arguments, Severity.WARNING) for notice in decoded.notices
        ]
        return decoded.text.strip()


def _write_topics(workbook: Workbook, answers: Sequence[Answer], names: Mapping[str, str]) -> Worksheet:
    sheet: Worksheet = workbook.create_sheet(names["sheet.topics"])
    _write_header(sheet, [names["sheet.topic"], names["sheet.topic_title"]], frozen="A2")
    titles = {answer.topic: answer.topic_title for answer in answers}
    for number, pair in enumerate(titles.items(), 2):
        _write_row(sheet, number, pair)
    sheet.column_dimensions["A"].width = 25
    sheet.column_dimensions["B"].width = 50
    return sheet


def _write_table(workbook: Workbook, table: Table, names: Mapping[str, str]) -> None:
    sheet = workbook.create_sheet(f"{names['sheet.table']} {table.name}"[:31])
    _write_header(sheet, [*table.headers, names["sheet.fingerprint"]], frozen="B2")
    for number, row in enumerate(table.rows.values(), 2):
        cells = [row.cells.get(column, "") for column in table.columns]
        _write_row(sheet, number, [*cells, fingerprint_of(cells)])
    for index, _ in enumerate(table.headers, 1):
        sheet.column_dimensions[get_column_letter(index)].width = 28
    sheet.column_dimensions[get_column_letter(len(table.headers) + 1)].hidden = True
    if table.name == CALENDAR_NAME and "danh-cho" in table.columns:
        column = get_column_letter(table.columns.index("danh-cho") + 1)
        audiences = [text for key, text in names.items() if key.startswith("audience.")]
        _offer(sheet, column, len(table.rows) + _ROWS_FREE, f'"{",".join(audiences)}"')


def _write_header(sheet: Worksheet, headers: Sequence[str], frozen: str) -> None:
    _write_row(sheet, 1, headers)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="DDEBF7")
    sheet.freeze_panes = frozen


def _write_row(sheet: Worksheet, number: int, values: Iterable[str]) -> None:
    """The *values* as text: 0912… keeps its zero, 12/6 is no date, and = is no formula."""
    for column, value in enumerate(values, 1):
        cell = sheet.cell(number, column)
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value) or None
        if value:
            cell.data_type = "s"
        cell.number_format = _TEXT
        cell.alignment = Alignment(wrap_text=True, vertical="top")


def _offer(sheet: Worksheet, column: str, last: int, choices: str) -> None:
    """A drop-down list that helps and does not forbid: an answer may be for several audiences."""
    validation = DataValidation(type="list", formula1=choices, allow_blank=True, showErrorMessage=False)
    sheet.add_data_validation(validation)
    validation.add(f"{column}2:{column}{last}")
