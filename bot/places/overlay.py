"""What staff correct in the gazetteer: `overlay.csv` (units that changed) and `nicknames.csv`."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.places.names import fold


class OverlayError(Exception):
    """A row of a file in `content/places` cannot be read; the message names the file and line."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What changed about a current unit; blank or None fields stay as the package has them.

    *merged_into* is the code of the current commune it became part of.
    """

    code: str
    type: str
    name: str
    latitude: float | None
    longitude: float | None
    new_code: str
    since: date
    merged_into: str = ""


@dataclass(frozen=True, slots=True)
class Nickname:
    """What people call a unit: *text* as they write it, *token* of the unit."""

    text: str
    token: str


def read_corrections(path: Path, on: date | None = None) -> tuple[Correction, ...]:
    """The corrections in force *on* a day (all without one). Raises OverlayError."""
    found = []
    for line, row in _rows(path):
        try:
            found.append(
                Correction(
                    row["ma"],
                    row["loai"],
                    row["ten"],
                    float(row["vi do"]) if row["vi do"] else None,
                    float(row["kinh do"]) if row["kinh do"] else None,
                    row["ma moi"],
                    date.fromisoformat(row["hieu luc tu"]),
                    row.get("nhap vao", ""),
                )
            )
        except (KeyError, ValueError) as error:
            raise OverlayError(f"{path.name}, line {line}: {error}") from error
    found.sort(key=lambda correction: correction.since)
    return tuple(c for c in found if on is None or c.since <= on)


def read_nicknames(path: Path) -> tuple[Nickname, ...]:
    """The nicknames; none without the file. Raises OverlayError."""
    if not path.exists():
        return ()
    found = []
    for line, row in _rows(path):
        try:
            found.append(Nickname(row["goi la"], row["don vi"]))
        except KeyError as error:
            raise OverlayError(f"{path.name}, line {line}: {error}") from error
    return tuple(found)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line numbers and rows under folded headers."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            headers = [fold(header) for header in next(reader, [])]
            for cells in reader:
                if any(cells):
                    yield reader.line_num, dict(zip(headers, map(str.strip, cells), strict=False))
    except (OSError, UnicodeDecodeError) as error:
        raise OverlayError(f"{path.name}: {error}") from error
