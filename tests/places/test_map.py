"""The map: both archipelagos always, every province, and the same figures in the table beside it."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from bot.dialogue.texts import load_texts
from bot.places import coverage_map
from bot.places.centre import CentreStatus, Precision
from bot.places.centres import Directory
from bot.places.coverage_map import MapIncomplete, coverage, draw_map, read_islands, table
from bot.places.gazetteer import Gazetteer
from bot.places.outlines import read_outlines
from tests.places.made import centre, site

WORDS = load_texts(Path(__file__).parents[2] / "content" / "texts.yml").named("map")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def drawn(directory: Directory) -> ET.Element:
    """The map of the shipped directory."""
    return ET.fromstring(draw_map(directory, WORDS))


def texts(element: ET.Element) -> list[str]:
    """All that is written."""
    return [each.text or "" for each in element.iter(f"{SVG}text")]


@pytest.mark.parametrize(
    ("id", "name", "province"), [("hoang-sa", "Hoàng Sa", "Đà Nẵng"), ("truong-sa", "Trường Sa", "Khánh Hòa")]
)
def test_both_archipelagos_are_drawn_and_named_as_vietnams(
    drawn: ET.Element, id: str, name: str, province: str
) -> None:
    (group,) = [each for each in drawn.iter(f"{SVG}g") if each.get("id") == id]

    assert any(name in said for said in texts(group))
    assert any("Việt Nam" in said and province in said for said in texts(group))
    assert len(list(group.iter(f"{SVG}circle"))) >= 5


def test_the_archipelagos_stand_where_they_are() -> None:
    places = {each.archipelago: (each.latitude, each.longitude) for each in read_islands()}

    assert 15.5 < places["Hoàng Sa"][0] < 17.5
    assert 111 < places["Hoàng Sa"][1] < 113.5
    assert 6.5 < places["Trường Sa"][0] < 12
    assert 111.5 < places["Trường Sa"][1] < 117.5


@pytest.mark.parametrize("left_out", ["Hoàng Sa", "Trường Sa"])
def test_a_map_without_an_archipelago_is_refused(
    directory: Directory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left_out: str
) -> None:
    lines = coverage_map.ISLANDS.read_text("utf-8").splitlines()
    path = tmp_path / "islands.csv"
    path.write_text("\n".join(line for line in lines if not line.startswith(left_out)), "utf-8")
    monkeypatch.setattr(read_islands, "__defaults__", (path,))

    with pytest.raises(MapIncomplete, match=r"islands\.csv"):
        draw_map(directory, WORDS)


def test_every_province_has_its_shape_its_number_and_its_row(drawn: ET.Element, directory: Directory) -> None:
    rows = coverage(directory)

    assert len(rows) == 34
    assert {row.province.code for row in rows} == set(read_outlines())
    assert len(list(drawn.iter(f"{SVG}path"))) == 34
    assert {str(number) for number in range(1, 35)} <= set(texts(drawn))
    titles = [each.text or "" for each in drawn.iter(f"{SVG}title")]
    for row in rows:
        assert any(title.startswith(f"{row.province.full_name}:") for title in titles)


def test_the_table_beside_the_map_has_the_same_figures(drawn: ET.Element, directory: Directory) -> None:
    (figures,) = [each for each in drawn.iter(f"{SVG}g") if each.get("id") == "figures"]
    cells = texts(figures)

    for line in table(coverage(directory)):
        at = cells.index(line[1])
        assert tuple(cells[at - 1 : at + 6]) == line


def test_what_is_covered_is_counted_by_commune_and_shaded(gazetteer: Gazetteer) -> None:
    communes = gazetteer.communes("79")
    half = [
        centre(f"c{n}", site(f"c{n}", 10.8, 106.7, commune=unit.code, precision=Precision.NEW_WARD))
        for n, unit in enumerate(communes[: len(communes) // 2])
    ]
    gone = centre("gone", site("gone", 10.8, 106.7, commune=communes[-1].code), status=CentreStatus.DISSOLVED)
    unplaced = centre("unplaced", site("unplaced", precision=Precision.DISTRICT))
    directory = Directory([*half, gone, unplaced], gazetteer)

    (row,) = [each for each in coverage(directory) if each.province.code == "79"]

    assert (row.covered, row.communes, row.centres) == (len(communes) // 2, len(communes), len(half) + 1)
    assert (row.pins, row.unplaced) == (len(half), 1)
    picture = draw_map(directory, WORDS)
    assert len(re.findall('class="pin"', picture)) == len(half)


def test_the_outlines_hold_nearly_all_communes(gazetteer: Gazetteer) -> None:
    def holds(code: str, x: float, y: float) -> bool:
        crossings = 0
        for ring in read_outlines()[code]:
            for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], ring[0]), strict=True):
                if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                    crossings += 1
        return crossings % 2 == 1

    inside = [holds(unit.province_code, unit.longitude, unit.latitude) for unit in gazetteer.current_communes]

    assert sum(inside) >= 0.96 * len(inside)


def test_a_name_is_escaped(gazetteer: Gazetteer) -> None:
    odd = centre("odd", site("odd", 10.8, 106.7), name="<script>A & B</script>")

    picture = draw_map(Directory([odd], gazetteer), WORDS)

    assert "<script>" not in picture
    ET.fromstring(picture)
