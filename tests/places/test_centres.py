"""The centres: what their files may hold, and which are near."""

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.places.centre_files import COLUMNS, FAULT_KEYS
from bot.places.centres import (
    FARTHEST_KM,
    Centre,
    CentresError,
    CentreType,
    Directory,
    Group,
    Precision,
    map_link,
    map_search_link,
    nearest,
)
from bot.places.coordinates import distance
from bot.places.gazetteer import Gazetteer

CONTENT = Path(__file__).parents[2] / "content" / "centres"
GOOD = {
    "ma": "c1", "ten": "Centre", "loai": "tthtcd", "xa/phuong": "26740", "tinh": "Ho Chi Minh",
    "nguon": "https://example.vn/a", "ngay thong tin": "2025-10",
}  # fmt: skip


def centre(id: str, latitude: float | None, longitude: float | None, **fields: object) -> Centre:
    """A made-up centre at a point."""
    values: dict[str, object] = {
        "name": id, "type": CentreType.TTHTCD, "address": "", "commune": None, "province_code": "79",
        "district_old": "", "phone": "", "website": "", "opening_hours": "", "courses": (),
        "precision": Precision.EXACT, "source_url": "https://example.vn", "as_of": "2026",
    }  # fmt: skip
    return Centre(id=id, latitude=latitude, longitude=longitude, **(values | fields))  # type: ignore[arg-type]


def write(path: Path, *rows: dict[str, str], encoding: str = "utf-8") -> Path:
    """A centre file of *rows* in *path*."""
    file = path / "a.csv"
    with file.open("w", encoding=encoding, newline="") as out:
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_the_shipped_centres_each_have_a_source_and_a_date(directory: Directory) -> None:
    assert len(directory) == 51
    assert all(each.source_url and re.match(r"202\d", each.as_of) for each in directory.centres)
    assert all(each.type in CentreType and each.province_code for each in directory.centres)


def test_no_shipped_centre_claims_to_know_a_point_it_does_not(directory: Directory) -> None:
    assert {each.precision for each in directory.centres} <= {
        Precision.NEW_WARD,
        Precision.DISTRICT,
        Precision.PROVINCE,
    }
    assert all(each.commune for each in directory.centres if each.precision is Precision.NEW_WARD)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_file_is_read_with_or_without_a_bom(tmp_path: Path, gazetteer: Gazetteer, encoding: str) -> None:
    loaded = Directory.load(write(tmp_path, GOOD, encoding=encoding), gazetteer)

    (only,) = loaded.centres
    assert (only.commune, only.province_code, only.precision) == ("26740", "79", Precision.NEW_WARD)
    assert (only.latitude, only.longitude) == (10.7805, 106.704)


def test_an_old_commune_in_a_file_becomes_the_current_one(tmp_path: Path, gazetteer: Gazetteer) -> None:
    row = GOOD | {"xa/phuong": "Phuong Ben Nghe", "huyen cu": "Quan 1", "do chinh xac": "old-ward"}

    (only,) = Directory.load(write(tmp_path, row), gazetteer).centres

    assert (only.commune, only.precision) == ("26740", Precision.NEW_WARD)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"ma": ""}, "no_id"),
        ({"ten": ""}, "no_name"),
        ({"ten": "Centre 0912345678"}, "contact_in_name"),
        ({"ten": "=cmd()"}, "formula"),
        ({"loai": "school"}, "unknown_type"),
        ({"tinh": ""}, "no_province"),
        ({"tinh": "Atlantis"}, "unknown_province"),
        ({"huyen cu": "Quan 99"}, "unknown_district"),
        ({"xa/phuong": "99999"}, "unknown_commune"),
        ({"xa/phuong": "Nowhere"}, "unknown_commune"),
        ({"xa/phuong": "Phuong 1"}, "which_commune"),
        ({"xa/phuong": "00070"}, "commune_elsewhere"),
        ({"xa/phuong": "Phuong Da Kao", "huyen cu": "Quan 1"}, "commune_divided"),
        ({"vi do": "10.78"}, "half_a_point"),
        ({"vi do": "ten", "kinh do": "106"}, "not_a_number"),
        ({"vi do": "48.8", "kinh do": "2.3"}, "outside_vietnam"),
        ({"vi do": "106.70", "kinh do": "10.78"}, "swapped_point"),
        ({"vi do": "21.03", "kinh do": "105.85"}, "far_from_commune"),
        ({"do chinh xac": "roughly"}, "unknown_precision"),
        ({"do chinh xac": "exact"}, "precision_needs_point"),
        ({"xa/phuong": "", "do chinh xac": "new-ward"}, "precision_needs_commune"),
        ({"dien thoai": "12"}, "bad_phone"),
        ({"dien thoai": "0912 345 678"}, "mobile_phone"),
        ({"website": "example"}, "bad_website"),
        ({"nguon": ""}, "no_source"),
        ({"ngay thong tin": "2025-13"}, "bad_date"),
        ({"ngay thong tin": ""}, "bad_date"),
    ],
)
def test_a_fault_is_named_by_file_line_and_key(
    tmp_path: Path, gazetteer: Gazetteer, change: dict[str, str], key: str
) -> None:
    folder = write(tmp_path, GOOD, GOOD | {"ma": "c2"} | change)

    with pytest.raises(CentresError) as caught:
        Directory.load(folder, gazetteer)

    (fault,) = caught.value.faults
    assert (fault.file, fault.line, fault.key) == ("a.csv", 3, key)
    assert key in FAULT_KEYS


@pytest.mark.parametrize("phone", ["(024) 3825 5397", "+84 28 3829 1234", "1900 0368", "0236.3821.234"])
def test_landlines_and_hotlines_are_fine(tmp_path: Path, gazetteer: Gazetteer, phone: str) -> None:
    (only,) = Directory.load(write(tmp_path, GOOD | {"dien thoai": phone}), gazetteer).centres

    assert only.phone == phone


def test_every_fault_of_every_file_is_raised_at_once(tmp_path: Path, gazetteer: Gazetteer) -> None:
    write(tmp_path, GOOD | {"ten": "", "nguon": ""}, GOOD)
    (tmp_path / "b.csv").write_text("Ma,Ten\nx,y\n", "utf-8")
    (tmp_path / "c.csv").write_bytes("M\u00e3".encode("utf-16"))

    with pytest.raises(CentresError) as caught:
        Directory.load(tmp_path, gazetteer)

    found = [(fault.file, fault.key) for fault in caught.value.faults]
    assert found[:3] == [("a.csv", "no_name"), ("a.csv", "no_source"), ("a.csv", "id_twice")]
    assert found.count(("b.csv", "no_column")) == len(COLUMNS) - 2
    assert found[-1] == ("c.csv", "not_utf8")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_nearest_are_those_that_measuring_all_would_find(gazetteer: Gazetteer, data: st.DataObject) -> None:
    degrees = st.tuples(st.floats(9.5, 11.5), st.floats(105.5, 107.5))
    points = data.draw(st.lists(degrees, max_size=40))
    here = data.draw(degrees)
    k = data.draw(st.integers(1, 5))
    made = [centre(f"c{at:03}", *point) for at, point in enumerate(points)]

    found = Directory(made, gazetteer).around(here, k)

    measured = sorted((distance(here, point), f"c{at:03}") for at, point in enumerate(points))
    assert [(away, each.id) for away, each in found] == [
        (away, id) for away, id in measured if away <= FARTHEST_KM
    ][:k]


def test_the_own_commune_comes_first_then_the_near_then_the_province(gazetteer: Gazetteer) -> None:
    own = centre("own", 10.78, 106.70, commune="26740")
    near = [centre(f"near{n}", 10.78 + 0.02 * n, 106.70) for n in range(1, 5)]
    gdtx = centre("gdtx", None, None, type=CentreType.GDTX, precision=Precision.DISTRICT, district_old="Quan 1")
    far = centre("far", 21.03, 105.85, province_code="01")
    unit = gazetteer.commune("26740")
    assert unit is not None

    finding = nearest(Directory([far, gdtx, *near, own], gazetteer), unit)

    assert [(f.centre.id, f.group, f.about_km) for f in finding.found] == [
        ("own", Group.OWN_COMMUNE, None),
        ("near1", Group.NEARBY, 2),
        ("near2", Group.NEARBY, 4),
        ("near3", Group.NEARBY, 7),
        ("gdtx", Group.PROVINCE, None),
    ]


def test_a_shared_location_is_measured_to_an_exact_centre_of_the_own_commune(gazetteer: Gazetteer) -> None:
    exact = centre("exact", 10.7805, 106.704, commune="26740")
    ward = centre("ward", 10.7805, 106.704, commune="26740", precision=Precision.NEW_WARD)

    finding = nearest(Directory([exact, ward], gazetteer), (10.7835, 106.704))

    assert [(f.centre.id, f.about_km) for f in finding.found] == [("exact", 1), ("ward", None)]


def test_distances_from_ten_kilometres_are_told_in_fives(gazetteer: Gazetteer) -> None:
    finding = nearest(Directory([centre("c", 10.98, 106.70)], gazetteer), (10.7805, 106.704))

    assert [f.about_km for f in finding.found] == [20]


def test_a_centre_known_by_district_only_has_no_distance(directory: Directory, gazetteer: Gazetteer) -> None:
    unit = gazetteer.unit("old:26740")
    assert unit is not None

    finding = nearest(directory, unit)

    by_district = [f for f in finding.found if not f.centre.precision.allows_distance]
    assert by_district
    assert all(f.about_km is None and f.group is Group.PROVINCE for f in by_district)
    assert by_district[0].centre.district_old.endswith(" 1")


def test_a_district_or_province_has_its_own_centres_without_distance(
    directory: Directory, gazetteer: Gazetteer
) -> None:
    for token in ("old:770", "new:79", "old:74"):
        unit = gazetteer.unit(token)
        assert unit is not None

        finding = nearest(directory, unit)

        assert finding.commune is None
        assert finding.found
        assert all(token in directory.lies_in(f.centre) and f.about_km is None for f in finding.found)


def test_nothing_is_near_abroad(directory: Directory) -> None:
    finding = nearest(directory, (48.85, 2.35))

    assert (finding.found, finding.commune, finding.province) == ((), None, None)


def test_map_links_are_made_for_the_phone_to_open() -> None:
    assert map_link(10.78, 106.7) == "https://www.google.com/maps/search/?api=1&query=10.780000,106.700000"
    assert (
        map_search_link("27 A & B, x") == "https://www.google.com/maps/search/?api=1&query=27%20A%20%26%20B%2C%20x"
    )
