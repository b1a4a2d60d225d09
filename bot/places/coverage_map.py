"""How much of each province the directory covers: the figures, and the map of the country as SVG.

Hoang Sa and Truong Sa are Vietnam's and are always drawn and named: a map without them is refused.
"""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import cos, radians
from pathlib import Path

from bot.places.centres import Directory
from bot.places.names import fold
from bot.places.outlines import Ring, read_outlines
from bot.places.units import AdminUnit

ISLANDS = Path(__file__).parents[2] / "content" / "places" / "islands.csv"

ARCHIPELAGOS = {"hoang sa": "20333", "truong sa": "22736"}
"""The two archipelagos, folded, and the code of the special zone each is."""

_WEST, _EAST, _SOUTH, _NORTH = 101.9, 117.6, 6.4, 23.6
_SCALE = 46.0
_ACROSS = _SCALE * cos(radians(16.0))
_MARGIN, _HEAD = 16.0, 70.0
_TABLE_WIDTH, _ROW = 470.0, 18.5
_SHADES = (
    (0.0, "#f2f2f2"),
    (0.0001, "#d6e6f4"),
    (0.1, "#9fc8e4"),
    (0.25, "#5ba3cf"),
    (0.5, "#2876b5"),
    (0.75, "#0b4a8f"),
)
_BORDER = 'stroke="#5a5a5a" stroke-width="0.8"'
_DARK_FROM = 4


class MapIncomplete(Exception):
    """The map would lack Hoang Sa or Truong Sa; the message says what to put back where."""


@dataclass(frozen=True, slots=True)
class ProvinceCoverage:
    """The figures of one province: communes in all and with a centre, centres, sites placed and not."""

    province: AdminUnit
    communes: int
    covered: int
    centres: int
    pins: int
    unplaced: int

    @property
    def share(self) -> float:
        """The part of its communes that have a centre, 0 to 1."""
        return self.covered / self.communes if self.communes else 0.0


@dataclass(frozen=True, slots=True)
class Island:
    """A dot of an archipelago."""

    archipelago: str
    name: str
    latitude: float
    longitude: float


def coverage(directory: Directory) -> tuple[ProvinceCoverage, ...]:
    """The figures of the 34 provinces, by code. Centres that work count, dissolved and paused ones do not."""
    gazetteer = directory.gazetteer
    centres: Counter[str] = Counter()
    pins: Counter[str] = Counter()
    unplaced: Counter[str] = Counter()
    covered: dict[str, set[str]] = {}
    for centre in directory.serving:
        code = centre.province_code
        centres[code] += 1
        for site in centre.sites:
            placed = site.latitude is not None and site.precision.allows_distance
            (pins if placed else unplaced)[code] += 1
            if site.commune:
                covered.setdefault(code, set()).add(site.commune)
    return tuple(
        ProvinceCoverage(
            province,
            len(gazetteer.communes(province.code)),
            len(covered.get(province.code, ())),
            centres[province.code],
            pins[province.code],
            unplaced[province.code],
        )
        for province in gazetteer.provinces()
    )


def table(rows: Sequence[ProvinceCoverage]) -> list[tuple[str, ...]]:
    """The figures as texts: number on the map, province, communes covered, in all, percent, centres, unplaced."""
    return [
        (
            str(number),
            row.province.name,
            str(row.covered),
            str(row.communes),
            f"{100 * row.share:.0f} %",
            str(row.centres),
            str(row.unplaced),
        )
        for number, row in enumerate(rows, 1)
    ]


def read_islands(path: Path = ISLANDS) -> tuple[Island, ...]:
    """The islands to draw. Raises MapIncomplete where either archipelago is missing."""
    found = []
    if path.exists():
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            next(rows, None)
            found = [Island(r[0].strip(), r[1].strip(), float(r[2]), float(r[3])) for r in rows if len(r) > 3]
    missing = set(ARCHIPELAGOS) - {fold(island.archipelago) for island in found}
    if missing:
        names = ", ".join(sorted(missing))
        raise MapIncomplete(f"{path.name}: no island of {names}; put content/places/islands.csv back as it was")
    return tuple(found)


def draw_map(directory: Directory, words: Mapping[str, str], *, with_table: bool = True) -> str:
    """The country as one SVG: provinces shaded, sites as pins, both archipelagos, a table of the figures.

    *words* are the phrases below ``map`` in texts.yml. Raises MapIncomplete.
    """
    rows = coverage(directory)
    islands = read_islands()
    width = _x(_EAST) + _MARGIN + (_TABLE_WIDTH if with_table else 0.0)
    height = max(_y(_SOUTH) + 60.0, _HEAD + _ROW * (len(rows) + 4))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-labelledby="map-title map-note" lang="vi" '
        'font-family="Noto Sans, DejaVu Sans, sans-serif">',
        f'<title id="map-title">{escape(words["title"])}</title>',
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
        _text(_MARGIN, 28, words["title"], size=20, weight="bold"),
        f'<text id="map-note" x="{_MARGIN}" y="48" font-size="12" fill="#444">{escape(words["note"])}</text>',
        *_provinces(rows, words),
        *_archipelagos(directory, islands, words),
        *_pins(directory),
        *_numbers(rows),
        *_legend(words),
    ]
    if with_table:
        parts += _table(rows, words)
    return "\n".join([*parts, "</svg>"]) + "\n"


def draw_country(directory: Directory, words: Mapping[str, str]) -> str:
    """The provinces shaded and numbered and both archipelagos, for a page that has the figures beside it.

    *words* are the phrases below ``map`` in texts.yml. Raises MapIncomplete.
    """
    rows = coverage(directory)
    width, top, height = _x(_EAST) + _MARGIN, _y(_NORTH), _y(_SOUTH) - _y(_NORTH) + 50.0
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 {top:.0f} {width:.0f} {height:.0f}" class="map" '
        'role="img" aria-labelledby="map-title">',
        f'<title id="map-title">{escape(words["title"])}</title>',
        *_provinces(rows, words),
        *_archipelagos(directory, read_islands(), words),
        *_numbers(rows),
        "</svg>",
    ]
    return "\n".join(parts)


def shades(words: Mapping[str, str]) -> list[tuple[str, str]]:
    """The colours of the map from none to all, each with what it means."""
    return [(colour, words[f"shade_{at}"]) for at, (_, colour) in enumerate(_SHADES)]


def _x(longitude: float) -> float:
    return _MARGIN + (longitude - _WEST) * _ACROSS


def _y(latitude: float) -> float:
    return _HEAD + (_NORTH - latitude) * _SCALE


def _shade(share: float) -> int:
    return max(at for at, (least, _) in enumerate(_SHADES) if share >= least)


def _provinces(rows: Sequence[ProvinceCoverage], words: Mapping[str, str]) -> list[str]:
    outlines = read_outlines()
    found = []
    for row in rows:
        path = "".join(map(_path, outlines[row.province.code]))
        told = words["province"].format(
            name=row.province.full_name, covered=row.covered, communes=row.communes, centres=row.centres
        )
        found.append(
            f'<path d="{path}" fill="{_SHADES[_shade(row.share)][1]}" {_BORDER}>'
            f"<title>{escape(told)}</title></path>"
        )
    return found


def _path(ring: Ring) -> str:
    return "M" + "L".join(f"{_x(longitude):.1f} {_y(latitude):.1f}" for longitude, latitude in ring) + "Z"


def _archipelagos(directory: Directory, islands: Sequence[Island], words: Mapping[str, str]) -> list[str]:
    """A dashed frame, the islands as dots, and the name with the province it belongs to."""
    found = []
    for key, code in ARCHIPELAGOS.items():
        dots = [island for island in islands if fold(island.archipelago) == key]
        west, east = min(i.longitude for i in dots) - 0.5, max(i.longitude for i in dots) + 0.5
        south, north = min(i.latitude for i in dots) - 0.4, max(i.latitude for i in dots) + 0.4
        zone = directory.gazetteer.commune(code)
        assert zone is not None
        province = directory.gazetteer.province_of(zone).full_name
        name = words["archipelago"].format(name=dots[0].archipelago)
        found.append(f'<g id="{key.replace(" ", "-")}">')
        found.append(
            f'<rect x="{_x(west):.1f}" y="{_y(north):.1f}" width="{_x(east) - _x(west):.1f}" '
            f'height="{_y(south) - _y(north):.1f}" rx="10" fill="none" stroke="#5a5a5a" stroke-dasharray="4 3"/>'
        )
        found += [
            f'<circle cx="{_x(i.longitude):.1f}" cy="{_y(i.latitude):.1f}" r="2.4" fill="#5a5a5a">'
            f"<title>{escape(i.name)}</title></circle>"
            for i in dots
        ]
        middle = (_x(west) + _x(east)) / 2
        found.append(_text(middle, _y(south) + 16, name, size=13, weight="bold", anchor="middle"))
        belongs = words["belongs"].format(province=province)
        found.append(_text(middle, _y(south) + 31, belongs, size=11, anchor="middle"))
        found.append("</g>")
    return found


def _pins(directory: Directory) -> list[str]:
    """A filled pin where the place is known, a hollow one at the middle of the commune where only that is."""
    found = []
    for placed in sorted(directory.placed, key=lambda site: (-site.latitude, site.id)):
        centre, site = directory.at(placed.id)
        fill = "#b3261e" if site.precision.allows_pin else "#ffffff"
        name = f"{centre.name} – {site.label}" if site.label else centre.name
        found.append(
            f'<circle class="pin" cx="{_x(placed.longitude):.1f}" cy="{_y(placed.latitude):.1f}" r="3.2" '
            f'fill="{fill}" stroke="#b3261e" stroke-width="1.4"><title>{escape(name)}</title></circle>'
        )
    return found


def _numbers(rows: Sequence[ProvinceCoverage]) -> list[str]:
    outlines = read_outlines()
    found = []
    for number, row in enumerate(rows, 1):
        x, y = _inside(max(outlines[row.province.code], key=len))
        colour = "#ffffff" if _shade(row.share) >= _DARK_FROM else "#111111"
        found.append(_text(x, y + 4, str(number), size=11, weight="bold", anchor="middle", colour=colour))
    return found


def _inside(ring: Ring) -> tuple[float, float]:
    """The middle of the widest stretch of a ring, of some lines across it: where a number has room."""
    latitudes = [latitude for _, latitude in ring]
    low, high = min(latitudes), max(latitudes)
    best, where = 0.0, (0.0, 0.0)
    for step in range(6, 15):
        latitude = low + (high - low) * step / 20
        edges = zip(ring, (*ring[1:], ring[0]), strict=True)
        crossings = sorted(
            x1 + (latitude - y1) * (x2 - x1) / (y2 - y1)
            for (x1, y1), (x2, y2) in edges
            if (y1 > latitude) != (y2 > latitude)
        )
        for west, east in zip(crossings[::2], crossings[1::2], strict=False):
            if east - west > best:
                best, where = east - west, (_x((west + east) / 2), _y(latitude))
    return where


def _legend(words: Mapping[str, str]) -> list[str]:
    x, y = _x(109.2), _y(22.6)
    found = [_text(x, y, words["legend"], size=12, weight="bold")]
    for at, (_, colour) in enumerate(_SHADES):
        top = y + 10 + at * 19
        found.append(f'<rect x="{x:.0f}" y="{top:.0f}" width="22" height="14" fill="{colour}" {_BORDER}/>')
        found.append(_text(x + 30, top + 11, words[f"shade_{at}"], size=11))
    top = y + 10 + len(_SHADES) * 19 + 8
    for at, (fill, key) in enumerate((("#b3261e", "pin_exact"), ("#ffffff", "pin_commune"))):
        cy = top + at * 18
        found.append(
            f'<circle cx="{x + 11:.0f}" cy="{cy:.0f}" r="4" fill="{fill}" stroke="#b3261e" stroke-width="1.4"/>'
        )
        found.append(_text(x + 30, cy + 4, words[key], size=11))
    return found


_COLUMNS = (24.0, 34.0, 238.0, 298.0, 350.0, 408.0, 466.0)


def _table(rows: Sequence[ProvinceCoverage], words: Mapping[str, str]) -> list[str]:
    left = _x(_EAST) + _MARGIN
    heads = [words[f"table_{at}"] for at in range(len(_COLUMNS))]
    totals = (
        "",
        words["total"],
        str(sum(row.covered for row in rows)),
        str(sum(row.communes for row in rows)),
        f"{100 * sum(row.covered for row in rows) / max(1, sum(row.communes for row in rows)):.1f} %",
        str(sum(row.centres for row in rows)),
        str(sum(row.unplaced for row in rows)),
    )
    found = ['<g id="figures">']
    lines = [tuple(heads), *table(rows), totals]
    for number, line in enumerate(lines):
        y = _HEAD + _ROW * (number + 1)
        if number % 2:
            found.append(
                f'<rect x="{left:.0f}" y="{y - 13:.1f}" width="{_TABLE_WIDTH - 4:.0f}" height="{_ROW}" '
                'fill="#f6f8fb"/>'
            )
        bold = "bold" if number in (0, len(lines) - 1) else "normal"
        for at, (column, cell) in enumerate(zip(_COLUMNS, line, strict=True)):
            anchor = "start" if at == 1 else "end"
            found.append(_text(left + column, y, cell, size=11.5, weight=bold, anchor=anchor))
    return [*found, "</g>"]


def _text(
    x: float,
    y: float,
    said: str,
    *,
    size: float,
    weight: str = "normal",
    anchor: str = "start",
    colour: str = "#111111",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{colour}">{escape(said)}</text>'
    )
