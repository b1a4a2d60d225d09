"""Tables that staff fill in: a CSV file or the sheets of an Excel workbook, as rows of texts."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from bot.places.centre import Fault
from bot.places.names import fold

BIGGEST_FILE = 20_000_000
MOST_UNPACKED = 200_000_000
"""A workbook is a zip: a small file may hold far more than memory does."""
MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its cells by folded header; *line* counts from 1, the header's among them.

    *numbers* are the headers whose cell Excel keeps as a number: a leading zero is lost there.
    """

    line: int
    cells: dict[str, str]
    numbers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: *name* is "" in a CSV file. *faults* are of cells that cannot be read as a value."""

    file: str
    name: str
    columns: dict[str, str]
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...] = ()

    def cell(self, line: int, column: str) -> str:
        """What Excel calls the cell of a folded header, such as ``F3``; "" for a column that is not there."""
        letter = self.columns.get(column, "")
        return f"{letter}{line}" if letter else ""


def read_sheets(path: Path) -> tuple[list[Sheet], list[Fault]]:
    """The tables of *path* and the faults that keep it from being read. Never raises for what it holds."""
    try:
        if path.stat().st_size > BIGGEST_FILE:
            return [], [Fault(path.name, 1, "too_big", {"megabytes": str(BIGGEST_FILE // 1_000_000)})]
        if path.suffix.lower() in (".xlsx", ".xlsm"):
            with ZipFile(path) as packed:
                unpacked = sum(each.file_size for each in packed.infolist())
            if unpacked > MOST_UNPACKED:
                return [], [Fault(path.name, 1, "too_big", {"megabytes": str(MOST_UNPACKED // 1_000_000)})]
            return _read_workbook(path), []
        if path.suffix.lower() == ".xls":
            return [], [Fault(path.name, 1, "old_excel", {})]
        return _read_csv(path)
    except OSError:
        return [], [Fault(path.name, 1, "unreadable", {})]
    except (BadZipFile, InvalidFileException, KeyError, ValueError):
        return [], [Fault(path.name, 1, "not_a_workbook", {})]


def _read_csv(path: Path) -> tuple[list[Sheet], list[Fault]]:
    raw = path.read_bytes()
    utf16 = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = raw.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        return [], [Fault(path.name, 1, "not_utf8", {})]
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    lines: list[tuple[int, list[Any]]] = []
    started = 1
    try:
        for cells in reader:
            lines.append((started, list(cells)))
            started = reader.line_num + 1
    except csv.Error:
        return [], [Fault(path.name, started, "broken_row", {})]
    return [_sheet(path.name, "", lines)], []


def _read_workbook(path: Path) -> list[Sheet]:
    book = load_workbook(path, data_only=False, read_only=False, keep_links=False)
    found = []
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        lines: list[tuple[int, list[Any]]] = []
        for number, cells in enumerate(sheet.iter_rows(max_row=min(sheet.max_row, MOST_ROWS)), 1):
            lines.append(
                (number, [_Formula(cell.value) if cell.data_type == "f" else cell.value for cell in cells])
            )
        found.append(_sheet(path.name, sheet.title, lines))
    return found


class _Formula(str):
    """The text of a cell that holds a formula, whose value is not ours to compute."""

    __slots__ = ()

    def __new__(cls, value: Any) -> "_Formula":
        return super().__new__(cls, getattr(value, "text", value))


def _sheet(file: str, name: str, lines: Iterable[tuple[int, list[Any]]]) -> Sheet:
    rows = iter(lines)
    _, header = next(rows, (1, []))
    headers = [fold(_text(cell)).rstrip(" *") for cell in header]
    columns = {head: get_column_letter(at) for at, head in enumerate(headers, 1) if head}
    faults: list[Fault] = []
    read = tuple(_rows(file, name, headers, rows, faults))
    return Sheet(file, name, columns, read, tuple(faults))


def _rows(
    file: str, name: str, headers: list[str], lines: Iterator[tuple[int, list[Any]]], faults: list[Fault]
) -> Iterator[Row]:
    for line, cells in lines:
        texts: dict[str, str] = {}
        numbers = set()
        for at, (head, value) in enumerate(zip(headers, cells, strict=False), 1):
            if not head:
                continue
            text = unicodedata.normalize("NFC", _text(value)).strip()
            if _is_formula(value, text):
                arguments = {"column": head, "value": text[:60]}
                place = f"{get_column_letter(at)}{line}"
                faults.append(Fault(file, line, "formula", arguments, sheet=name, cell=place))
                continue
            texts[head] = text
            if isinstance(value, int | float):
                numbers.add(head)
        if any(texts.values()):
            yield Row(line, texts, frozenset(numbers))


def _is_formula(value: Any, text: str) -> bool:
    if isinstance(value, _Formula):
        return True
    # A telephone number may begin with +, a line of a list with "- ".
    return text.startswith(("=", "@")) or (
        text.startswith(("+", "-")) and text[1:2] != " " and any(map(str.isalpha, text))
    )


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "x" if value else ""
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)
