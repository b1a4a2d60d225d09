"""Writing centre files: the directory as CSV or Excel, and the empty template staff fill in."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from bot.places.centre import Centre, CentreStatus, CentreType, ClassStatus, Precision
from bot.places.centre_fields import show_phone
from bot.places.columns import (
    CENTRE_COLUMNS,
    CLASS_COLUMNS,
    REQUIRED_CENTRE_COLUMNS,
    REQUIRED_CLASS_COLUMNS,
)
from bot.places.gazetteer import Gazetteer
from bot.places.wishes import Catalogue

_ROWS_TO_FILL = 2000
_MOBILE_STARTS = ("+843", "+845", "+847", "+848", "+849")
_WIDE = {"ten": 44, "dia chi": 36, "lop hoc": 30, "gio mo cua": 34, "nguon": 40, "xa/phuong": 24, "lich hoc": 30}


def centre_rows(centres: Iterable[Centre], gazetteer: Gazetteer) -> Iterator[dict[str, str]]:
    """A row a site, by folded header, as `centre_files` reads it back."""
    for centre in centres:
        province = gazetteer.province(centre.province_code)
        for site in centre.sites:
            by_point = site.precision.allows_pin
            yield {
                "ma": centre.id,
                "ten": centre.name,
                "loai": str(centre.type),
                "trang thai": str(centre.status),
                "co so": site.label,
                "dia chi": site.address,
                "xa/phuong": site.commune or "",
                "huyen cu": site.district_old,
                "tinh": province.full_name if province else centre.province_code,
                "dien thoai": show_phone(centre.phone),
                "so co quan": "x" if centre.phone.startswith(_MOBILE_STARTS) else "",
                "email": centre.email,
                "website": centre.website,
                "gio mo cua": site.opening_hours,
                "ghi chu gio": site.hours_note,
                "lop hoc": "; ".join(centre.courses),
                "vi do": f"{site.latitude}" if by_point and site.latitude is not None else "",
                "kinh do": f"{site.longitude}" if by_point and site.longitude is not None else "",
                "do chinh xac": str(site.precision),
                "thay bang": centre.successor,
                "nguon": centre.source_url,
                "ngay thong tin": centre.as_of,
            }


def class_rows(centres: Iterable[Centre]) -> Iterator[dict[str, str]]:
    """A row a class, by folded header."""
    for centre in centres:
        for each in centre.classes:
            yield {
                "ma trung tam": centre.id,
                "co so": each.site,
                "lop": each.name,
                "khai giang": each.starts_on.isoformat() if each.starts_on else "",
                "be giang": each.ends_on.isoformat() if each.ends_on else "",
                "lich hoc": each.schedule,
                "hoc phi": "" if each.fee_vnd is None else str(each.fee_vnd),
                "con cho": "" if each.seats_left is None else str(each.seats_left),
                "doi tuong": each.audience,
                "lien he": each.contact,
                "trang thai": str(each.status),
                "nguon": each.source_url,
                "ngay thong tin": each.as_of,
            }


def write_csv(path: Path, centres: Iterable[Centre], gazetteer: Gazetteer, words: Mapping[str, str]) -> None:
    """The centres as UTF-8 CSV with BOM, so that Excel opens it; classes are not in it.

    *words* are the phrases below ``centre_file`` in texts.yml.
    """
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([words[f"column_{_name(column)}"] for column in CENTRE_COLUMNS])
        for row in centre_rows(centres, gazetteer):
            writer.writerow([_harmless(row[column]) for column in CENTRE_COLUMNS])


def write_workbook(
    path: Path, centres: Iterable[Centre], gazetteer: Gazetteer, catalogue: Catalogue, words: Mapping[str, str]
) -> None:
    """The centres and their classes as an Excel workbook with choices to pick from and how to fill it in.

    Without centres it is the template. Cells are text, so that 0912… and 12/6 stay as typed.
    """
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    centres = tuple(centres)
    lists = book.create_sheet(words["sheet_lists"])
    choices = {
        "loai": list(map(str, CentreType)),
        "trang thai": list(map(str, CentreStatus)),
        "do chinh xac": list(map(str, Precision)),
        "tinh": [province.full_name for province in gazetteer.provinces()],
        "so co quan": ["x"],
    }
    class_choices = {
        "trang thai": list(map(str, ClassStatus)),
        "lop": [course.name for course in catalogue.courses.values()],
    }
    _fill(
        first,
        words["sheet_centres"],
        CENTRE_COLUMNS,
        REQUIRED_CENTRE_COLUMNS,
        centre_rows(centres, gazetteer),
        words,
    )
    second = book.create_sheet(words["sheet_classes"], 1)
    _fill(second, words["sheet_classes"], CLASS_COLUMNS, REQUIRED_CLASS_COLUMNS, class_rows(centres), words)
    _offer(first, CENTRE_COLUMNS, choices, lists, words)
    _offer(second, CLASS_COLUMNS, class_choices, lists, words, strict=frozenset({"trang thai"}))
    lists.sheet_state = "hidden"
    help_sheet = book.create_sheet(words["sheet_help"])
    for line in words["help"].strip().splitlines():
        help_sheet.append([line])
    help_sheet.column_dimensions["A"].width = 120
    for row in help_sheet["A"]:
        row.alignment = Alignment(wrap_text=True, vertical="top")
    book.save(path)


def _fill(
    sheet: Worksheet,
    title: str,
    columns: tuple[str, ...],
    required: tuple[str, ...],
    rows: Iterable[Mapping[str, str]],
    words: Mapping[str, str],
) -> None:
    sheet.title = title
    for at, column in enumerate(columns, 1):
        cell = sheet.cell(1, at, words[f"column_{_name(column)}"] + (" *" if column in required else ""))
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="1F4E79")
        sheet.column_dimensions[get_column_letter(at)].width = _WIDE.get(column, 18)
    count = 0
    for count, row in enumerate(rows, 1):
        for at, column in enumerate(columns, 1):
            sheet.cell(count + 1, at, row[column] or None)
    for line in range(2, count + 2 + (0 if count else 200)):
        for at in range(1, len(columns) + 1):
            sheet.cell(line, at).number_format = "@"
    sheet.freeze_panes = "C2"


def _offer(
    sheet: Worksheet,
    columns: tuple[str, ...],
    choices: Mapping[str, list[str]],
    lists: Worksheet,
    words: Mapping[str, str],
    strict: frozenset[str] | None = None,
) -> None:
    """Let staff pick from *choices*; other values are refused in *strict* columns (by default all)."""
    for column, values in choices.items():
        at = lists.max_column + 1 if lists.cell(1, 1).value else 1
        for line, value in enumerate(values, 1):
            lists.cell(line, at, value)
        letter = get_column_letter(at)
        rule = DataValidation(
            "list", formula1=f"'{lists.title}'!${letter}$1:${letter}${len(values)}", allow_blank=True
        )
        rule.error, rule.errorTitle = words["not_in_list"], words["not_in_list_title"]
        rule.showErrorMessage = strict is None or column in strict
        target = get_column_letter(columns.index(column) + 1)
        rule.add(f"{target}2:{target}{_ROWS_TO_FILL}")
        sheet.add_data_validation(rule)


def _name(column: str) -> str:
    return column.replace(" ", "_").replace("/", "_")


def _harmless(value: str) -> str:
    """*value* so that a spreadsheet takes it for text; telephone numbers do not begin so."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@")) else value
