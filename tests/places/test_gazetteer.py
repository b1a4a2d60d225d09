"""The gazetteer: how many units, where they stand, what became what, and what staff correct."""

import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from bot.places.coordinates import distance, repaired
from bot.places.gazetteer import OVERLAY, Gazetteer
from bot.places.names import fold
from bot.places.overlay import OverlayError
from bot.places.package import read_package
from bot.places.resolver import resolve
from bot.places.succession import without_namesakes
from bot.places.units import Era, Level

SPOTS = [
    # code, folded name, latitude, longitude of the town or island, and how far the centre may lie
    ("00070", "hoan kiem", 21.03, 105.85, 3),
    ("26740", "sai gon", 10.78, 106.70, 3),
    ("20242", "hai chau", 16.07, 108.22, 3),
    ("19789", "thuan hoa", 16.46, 107.59, 3),
    ("31135", "ninh kieu", 10.03, 105.78, 3),
    ("11311", "hong bang", 20.86, 106.67, 5),
    ("06712", "mong cai 1", 21.53, 107.97, 8),
    ("24781", "xuan huong - da lat", 11.94, 108.44, 6),
    ("32248", "dat mui", 8.62, 104.80, 12),
    ("31078", "phu quoc", 10.22, 103.97, 15),
    ("31105", "tho chau", 9.31, 103.48, 5),
    ("22366", "nha trang", 12.25, 109.19, 3),
    ("16681", "thanh vinh", 18.67, 105.67, 5),
    ("24133", "buon ma thuot", 12.68, 108.04, 6),
    ("26068", "bien hoa", 10.94, 106.82, 5),
    ("20333", "hoang sa", 16.5, 112.0, 120),
    ("22736", "truong sa", 9.7, 114.4, 120),
]
REPAIRED = [
    ("29983", "long khanh", 10.80, 105.31, 6),
    ("30130", "thanh binh", 10.58, 105.50, 12),
    ("28615", "luong hoa lac", 10.41, 106.38, 8),
    ("04924", "luong son", 20.88, 105.51, 8),
    ("08296", "son luong", 21.45, 104.93, 12),
    ("06757", "vinh thuc", 21.36, 107.93, 8),
    ("06967", "cai chien", 21.31, 107.74, 8),
    ("04714", "yen binh", 21.74, 104.96, 8),
]


def test_counts_the_units_of_both_eras(gazetteer: Gazetteer) -> None:
    counts = Counter((unit.era, unit.level) for unit in gazetteer)

    assert counts == {
        (Era.NEW, Level.PROVINCE): 34,
        (Era.NEW, Level.COMMUNE): 3321,
        (Era.OLD, Level.PROVINCE): 63,
        (Era.OLD, Level.DISTRICT): 696,
        (Era.OLD, Level.COMMUNE): 10035,
    }


def test_every_old_unit_became_something(gazetteer: Gazetteer) -> None:
    assert all(gazetteer.successors(unit) for unit in gazetteer)
    assert all(gazetteer.predecessors(unit) for unit in gazetteer.provinces())


def test_471_communes_are_divided_in_the_package_of_which_28_only_have_a_namesake(
    gazetteer: Gazetteer,
) -> None:
    package = read_package().successors
    kept = without_namesakes(package)

    assert sum(len(parts) > 1 for parts in package.values()) == 471
    assert sum(kept[old] != parts for old, parts in package.items()) == 28
    former = [u for u in gazetteer if u.era is Era.OLD and u.level is Level.COMMUNE]
    assert sum(len(gazetteer.successors(unit)) > 1 for unit in former) == 443


def test_a_divided_commune_is_not_divided_with_its_namesakes_successor() -> None:
    parts = {
        "p_a_ward4": ("x", "y"),
        "p_a_ward1": ("x",),
        "p_b_ward4": ("y", "x"),
        "p_b_ward2": ("y",),
    }

    assert without_namesakes(parts) == {**parts, "p_a_ward4": ("x",), "p_b_ward4": ("y",)}


@pytest.mark.parametrize("spot", [*SPOTS, *REPAIRED], ids=lambda spot: spot[1])
def test_a_commune_stands_where_it_is(gazetteer: Gazetteer, spot: tuple[str, str, float, float, float]) -> None:
    code, name, latitude, longitude, within = spot
    unit = gazetteer.commune(code)

    assert unit is not None
    assert fold(unit.name) == name
    assert distance((unit.latitude, unit.longitude), (latitude, longitude)) <= within


def test_two_swapped_points_are_swapped_back_and_a_stray_one_moves_to_its_neighbours() -> None:
    near, far = {"a": (10.0, 105.0), "b": (10.1, 105.1)}, {"c": (20.0, 105.0), "d": (20.1, 105.1)}
    stray = {"e": (15.0, 105.0)}
    points = near | far | {"here": (20.05, 105.0), "there": (10.05, 105.0)} | stray
    neighbours = {
        "here": frozenset(near),
        "there": frozenset(far),
        "e": frozenset(near),
        "a": frozenset({"b"}),
        "c": frozenset({"d"}),
    }
    witnesses = {"here": (10.0, 105.0), "there": (20.0, 105.0), "e": (10.0, 105.0), "a": near["b"]}

    found = repaired(points, neighbours, witnesses)

    assert found == {
        "here": points["there"],
        "there": points["here"],
        "e": (pytest.approx(10.05), pytest.approx(105.05)),
    }


def test_an_island_far_from_its_district_is_left_where_its_witness_says() -> None:
    points = {"island": (9.3, 103.5), "mainland": (10.2, 104.0)}

    assert repaired(points, {"island": frozenset({"mainland"})}, {"island": (9.31, 103.48)}) == {}


def test_an_old_commune_stands_where_its_successor_does(gazetteer: Gazetteer) -> None:
    former = [u for u in gazetteer if u.era is Era.OLD and u.level is Level.COMMUNE]

    assert all(
        (unit.latitude, unit.longitude) == (now.latitude, now.longitude)
        for unit in former
        for now in gazetteer.successors(unit)[:1]
    )


def test_a_commune_keeps_its_own_token_through_saving(gazetteer: Gazetteer) -> None:
    for unit in gazetteer:
        assert gazetteer.unit(unit.token) is unit
        assert unit.token.isascii()
        assert len(unit.token) <= 40


@pytest.mark.parametrize("token", ["", "new:", "new:99999", "old:26740x", "26740", "new:79; --"])
def test_a_token_of_nothing_is_no_unit(gazetteer: Gazetteer, token: str) -> None:
    assert gazetteer.unit(token) is None


def test_no_type_is_left_in_a_name_but_before_a_number(gazetteer: Gazetteer) -> None:
    kept = [unit for unit in gazetteer if unit.name.lower().startswith(f"{unit.type.lower()} ")]

    # Phuong Duc of Hue is named "Phuong" as well.
    assert [unit.code for unit in kept if not unit.name.rpartition(" ")[2].isdigit()] == ["19780"]
    assert all(unit.full_name.startswith(unit.type) for unit in gazetteer)


def test_both_forms_of_an_old_commune_are_told(gazetteer: Gazetteer) -> None:
    ben_nghe = gazetteer.unit("old:26740")
    assert ben_nghe is not None

    forms = gazetteer.describe(ben_nghe)

    told = (forms.old_commune, forms.old_district, forms.old_province, forms.commune, forms.province)
    assert [fold(unit.full_name) for unit in told if unit] == [
        "phuong ben nghe",
        "quan 1",
        "thanh pho ho chi minh",
        "phuong sai gon",
        "thanh pho ho chi minh",
    ]


def test_a_current_commune_has_no_old_form_but_predecessors(gazetteer: Gazetteer) -> None:
    sai_gon = gazetteer.commune("26740")
    assert sai_gon is not None

    forms = gazetteer.describe(sai_gon)

    assert forms.old_commune is forms.old_district is forms.old_province is None
    assert forms.communes == (sai_gon,)
    assert {fold(unit.name) for unit in gazetteer.predecessors(sai_gon)} >= {"ben nghe"}
    assert [unit.code for unit in gazetteer.former_districts(sai_gon)] == ["760"]


@pytest.mark.parametrize(
    ("latitude", "longitude", "code"),
    [
        (21.0285, 105.8542, "00070"),
        (10.7769, 106.7009, "26740"),
        (8.68, 106.60, "26732"),
        (10.2, 114.2, "22736"),
    ],
)
def test_a_shared_location_is_in_the_nearest_commune(
    gazetteer: Gazetteer, latitude: float, longitude: float, code: str
) -> None:
    commune = gazetteer.commune_at(latitude, longitude)

    assert commune is not None
    assert commune.code == code


@pytest.mark.parametrize("point", [(0.0, 0.0), (48.85, 2.35), (13.75, 100.5), (11.55, 103.0), (18.2, 117.0)])
def test_a_location_abroad_is_in_no_commune(gazetteer: Gazetteer, point: tuple[float, float]) -> None:
    assert gazetteer.commune_at(*point) is None


def test_the_overlay_makes_dong_nai_a_city_with_ten_more_wards(gazetteer: Gazetteer) -> None:
    before = Gazetteer.load(OVERLAY, date(2026, 4, 29))
    wards = [sum(fold(u.type) == "phuong" for u in g.communes("75")) for g in (before, gazetteer)]
    types = [province.type for g in (before, gazetteer) if (province := g.province("75"))]

    assert [fold(each) for each in types] == ["tinh", "thanh pho"]
    assert wards[1] - wards[0] == 10
    assert len(gazetteer.communes("75")) == len(before.communes("75"))


@pytest.fixture
def tomorrow(tmp_path: Path) -> Path:
    """An overlay by which, on 1 January 2030, a province and a commune are renamed and a commune is merged."""
    path = tmp_path / "overlay.csv"
    lines = [
        "Ma,Loai,Ten,Vi do,Kinh do,Ma moi,Hieu luc tu,Nhap vao,Nguon",
        "75,Thanh pho,Quoc Khoi,,,,2030-01-01,,x",
        "26740,Phuong,Ben Xua,,,,2030-01-01,,x",
        "26743,,,,,,2030-01-01,26740,x",
    ]
    path.write_text("\n".join(lines), "utf-8")
    return path


def test_names_resolve_as_of_a_date(tomorrow: Path) -> None:
    before, after = Gazetteer.load(tomorrow, date(2029, 12, 31)), Gazetteer.load(tomorrow, date(2030, 1, 1))

    def named(gazetteer: Gazetteer, text: str) -> str:
        unit = resolve(gazetteer, text).unit
        return unit.token if unit else ""

    assert named(before, "phuong ben xua") == ""
    assert named(after, "phuong ben xua") == "new:26740"
    assert named(before, "tinh quoc khoi") == ""
    assert named(after, "o thanh pho quoc khoi") == "new:75"
    for gazetteer in (before, after):
        assert named(gazetteer, "phuong sai gon") == "new:26740"
        assert named(gazetteer, "dong nai") in ("new:75", "old:75")
    assert named(before, "phuong ben thanh, hcm") == "new:26743"
    assert named(after, "phuong ben thanh, hcm") in ("new:26740", "old:26743")


def test_a_commune_merged_later_leads_to_what_it_is_part_of(tomorrow: Path) -> None:
    gazetteer = Gazetteer.load(tomorrow, date(2030, 1, 1))

    into = gazetteer.commune("26740")
    assert into is not None
    assert gazetteer.unit("new:26743") is into
    assert len(gazetteer.current_communes) == 3320
    assert gazetteer.commune("26743") is into
    assert {each.full_name for each in gazetteer.formerly(into)} == {"Phường Sài Gòn", "Phường Bến Thành"}
    former = [unit for unit in gazetteer if unit.era is Era.OLD]
    assert all(part.token != "new:26743" for unit in former for part in gazetteer.successors(unit))
    assert "old:26743" in {unit.token for unit in gazetteer.predecessors(into)}


@pytest.mark.parametrize("line", ["99999,,X,,,,2026-01-01,,x", "26743,,,,,,2026-01-01,99999,x"])
def test_an_overlay_that_names_no_unit_is_a_clear_error(tmp_path: Path, line: str) -> None:
    path = tmp_path / "overlay.csv"
    path.write_text(f"Ma,Loai,Ten,Vi do,Kinh do,Ma moi,Hieu luc tu,Nhap vao,Nguon\n{line}\n", "utf-8")

    with pytest.raises(OverlayError, match="99999"):
        Gazetteer.load(path)


def test_a_renumbered_commune_is_found_by_both_codes(gazetteer: Gazetteer) -> None:
    assert gazetteer.unit("new:06970") is gazetteer.unit("new:06978") is not None
    assert gazetteer.predecessors(gazetteer.unit("new:06970")) != ()  # type: ignore[arg-type]


@pytest.mark.parametrize("nickname", ["quan 9", "sg", "brvt", "bmt"])
def test_every_nickname_is_of_a_unit(gazetteer: Gazetteer, nickname: str) -> None:
    assert nickname in {fold(each.text) for each in gazetteer.nicknames}
    assert all(gazetteer.unit(each.token) for each in gazetteer.nicknames)


def test_a_row_of_the_overlay_that_cannot_be_read_names_its_line(tmp_path: Path) -> None:
    header = OVERLAY.read_text("utf-8").splitlines()[0]
    path = tmp_path / "overlay.csv"
    path.write_text(f"{header}\n75,,,,,,soon,\n", "utf-8")

    with pytest.raises(OverlayError, match=r"overlay\.csv, line 2"):
        Gazetteer.load(path)


def test_the_package_itself_is_never_imported(gazetteer: Gazetteer) -> None:
    assert not {"vietnamadminunits", "shapely", "geopy"} & set(sys.modules)
