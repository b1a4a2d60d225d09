"""Rows into a file officials open: CSV for everybody, .xlsx for Excel; no cell is ever a formula."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from bot.office.sheets import safe_cell
from bot.outreach.broadcast import Forbidden


def save_table(path: Path, rows: Iterable[Sequence[str]]) -> int:
    """Write *rows* to *path* by its ending. Returns how many, without the heading.

    Raises Forbidden for another ending or a folder that is not there.
    """
    try:
        match path.suffix.lower():
            case ".csv":
                return _save_csv(path, rows)
            case ".xlsx":
                return _save_xlsx(path, rows)
    except OSError as error:
        raise Forbidden("results.not_written", file=path) from error
    raise Forbidden("results.file_name", file=path.name)


def _save_csv(path: Path, rows: Iterable[Sequence[str]]) -> int:
    count = -1
    # With the mark by which Excel knows UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        for row in rows:
            writer.writerow([safe_cell(cell) for cell in row])
            count += 1
    return max(count, 0)


def _save_xlsx(path: Path, rows: Iterable[Sequence[str]]) -> int:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    count = -1
    for row in rows:
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=value)
            cell.data_type = "s"  # Text, whatever it begins with.
            cells.append(cell)
        sheet.append(cells)
        count += 1
    book.save(path)
    return max(count, 0)
