"""The directory: which centres are near, in which order, and what is told of how near."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.places.centre import Centre, CentreStatus, CentreType, Class, ClassStatus, Precision
from bot.places.centres import Directory, Group, map_link, map_search_link, nearest
from bot.places.gazetteer import Gazetteer
from bot.places.units import AdminUnit
from bot.places.wishes import Catalogue, Wish
from tests.places.made import centre, site

SAI_GON = "26740"
WEEKDAY = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)


def sai_gon(gazetteer: Gazetteer) -> AdminUnit:
    """The commune most tests stand in, at 10.7805, 106.704."""
    unit = gazetteer.commune(SAI_GON)
    assert unit is not None
    return unit


def test_the_shipped_centres_each_have_a_source_and_a_date(directory: Directory) -> None:
    assert len(directory) == 51
    assert all(each.source_url and each.as_of.startswith("202") for each in directory.centres)


def test_no_shipped_centre_claims_to_know_a_point_it_does_not(directory: Directory) -> None:
    sites = [site for each in directory.centres for site in each.sites]

    assert {each.precision for each in sites} <= {Precision.NEW_WARD, Precision.DISTRICT, Precision.PROVINCE}
    assert all(each.commune for each in sites if each.precision is Precision.NEW_WARD)


def test_a_year_old_centre_is_told_as_unverified(gazetteer: Gazetteer) -> None:
    folder = Path(__file__).parents[2] / "content" / "centres"

    loaded = Directory.load(folder, gazetteer, WEEKDAY.date())

    assert {each.status for each in loaded.centres} == {CentreStatus.UNVERIFIED}


def test_the_own_commune_comes_first_then_the_near_then_the_province(gazetteer: Gazetteer) -> None:
    own = centre("own", site("own", 10.78, 106.70, commune=SAI_GON))
    near = [centre(f"near{n}", site(f"near{n}", 10.78 + 0.02 * n, 106.70)) for n in range(1, 5)]
    where = site("gdtx", precision=Precision.DISTRICT, district_old="Quan 1")
    gdtx = centre("gdtx", where, type=CentreType.GDTX)
    far = centre("far", site("far", 21.03, 105.85), province_code="01")

    finding = nearest(Directory([far, gdtx, *near, own], gazetteer), sai_gon(gazetteer))

    assert [(f.centre.id, f.group, f.about_km) for f in finding.found] == [
        ("own", Group.OWN_COMMUNE, None),
        ("near1", Group.NEARBY, 2),
        ("near2", Group.NEARBY, 4),
        ("near3", Group.NEARBY, 7),
        ("gdtx", Group.PROVINCE, None),
    ]


def test_a_centre_of_several_sites_is_found_by_each_commune_and_at_its_nearest(gazetteer: Gazetteer) -> None:
    two = centre(
        "two",
        site("two", 10.90, 106.70, label="A", commune="26743"),
        site("two", 10.785, 106.70, number=2, label="B"),
    )

    finding = nearest(Directory([two], gazetteer), sai_gon(gazetteer))

    assert [(f.site.label, f.group) for f in finding.found] == [("B", Group.NEARBY)]
    assert Directory([two], gazetteer).in_commune("26743") == [two]


def test_a_shared_location_is_measured_to_an_exact_site_of_the_own_commune(gazetteer: Gazetteer) -> None:
    exact = centre("exact", site("exact", 10.7805, 106.704, commune=SAI_GON))
    ward = centre("ward", site("ward", 10.7805, 106.704, commune=SAI_GON, precision=Precision.NEW_WARD))

    finding = nearest(Directory([exact, ward], gazetteer), (10.7835, 106.704))

    assert [(f.centre.id, f.about_km) for f in finding.found] == [("exact", 1), ("ward", None)]


def test_distances_from_ten_kilometres_are_told_in_fives(gazetteer: Gazetteer) -> None:
    finding = nearest(Directory([centre("c", site("c", 10.98, 106.70))], gazetteer), (10.7805, 106.704))

    assert [f.about_km for f in finding.found] == [20]


def test_a_centre_known_by_district_only_has_no_distance(directory: Directory, gazetteer: Gazetteer) -> None:
    unit = gazetteer.unit("old:26740")
    assert unit is not None

    finding = nearest(directory, unit)

    by_district = [f for f in finding.found if not f.site.precision.allows_distance]
    assert by_district
    assert all(f.about_km is None and f.group is Group.PROVINCE for f in by_district)
    assert by_district[0].site.district_old.endswith(" 1")


@pytest.mark.parametrize("status", [CentreStatus.DISSOLVED, CentreStatus.PAUSED])
def test_nobody_is_sent_to_a_centre_that_does_not_work(gazetteer: Gazetteer, status: CentreStatus) -> None:
    gone = centre("gone", site("gone", 10.78, 106.70, commune=SAI_GON), status=status)
    directory = Directory([gone], gazetteer)

    assert nearest(directory, sai_gon(gazetteer)).found == ()
    assert directory.closed_in(SAI_GON) == [gone]
    assert directory.centre("gone") == gone


def test_a_course_asked_for_is_looked_for_in_the_whole_province(gazetteer: Gazetteer) -> None:
    own = centre("own", site("own", 10.78, 106.70, commune=SAI_GON))
    sewing = centre("sewing", site("sewing", precision=Precision.DISTRICT), course_codes=frozenset({"nghe-may"}))
    class_only = centre(
        "class",
        site("class", 10.79, 106.70),
        classes=(Class("x", "nghe-may"), Class("y", "tin-hoc", status=ClassStatus.ENDED)),
    )
    directory = Directory([own, sewing, class_only], gazetteer)

    finding = nearest(directory, sai_gon(gazetteer), wish=Wish(course="nghe-may"))
    assert [(f.centre.id, f.group) for f in finding.found] == [("class", Group.NEARBY), ("sewing", Group.COURSE)]

    any_trade = nearest(directory, sai_gon(gazetteer), wish=Wish(course="nghe-khac"))
    assert {f.centre.id for f in any_trade.found} == {"class", "sewing"}

    ended = nearest(directory, sai_gon(gazetteer), wish=Wish(course="tin-hoc"))
    assert not ended.fulfilled
    assert {f.centre.id for f in ended.found} == {"own", "class"}


def test_types_and_open_now_keep_what_fulfils_them(gazetteer: Gazetteer) -> None:
    def at(id: str, hours: str, kind: CentreType) -> Centre:
        return centre(id, site(id, 10.79, 106.70, opening_hours=hours), type=kind)

    directory = Directory(
        [
            at("open", "Mo-Fr 07:00-17:00", CentreType.LIBRARY),
            at("shut", "Sa 07:00-17:00", CentreType.LIBRARY),
            at("unknown", "", CentreType.LIBRARY),
            at("house", "Mo-Fr 07:00-17:00", CentreType.CULTURE_HOUSE),
        ],
        gazetteer,
    )
    library = Wish(types=frozenset({CentreType.LIBRARY}))

    def ids(wish: Wish) -> list[str]:
        return [f.centre.id for f in nearest(directory, sai_gon(gazetteer), wish=wish, now=WEEKDAY).found]

    assert sorted(ids(library)) == ["open", "shut", "unknown"]
    assert sorted(ids(Wish(open_now=True))) == ["house", "open"]
    assert ids(Wish(library.types, open_now=True)) == ["open"]


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


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("lớp xóa mù chữ ở đâu", Wish(course="xoa-mu-chu")),
        ("o dau day tin hoc vay", Wish(course="tin-hoc")),
        ("có chỗ nào dạy nghề may không", Wish(course="nghe-may")),
        ("muon hoc nghe", Wish(course="nghe-khac")),
        ("thư viện nào đang mở cửa", Wish(frozenset({CentreType.LIBRARY}), open_now=True)),
        ("trung tâm gdtx gần nhất", Wish(frozenset({CentreType.GDTX, CentreType.GDNN_GDTX}))),
        ("xã Tân Phú", Wish()),
    ],
)
def test_what_is_wanted_is_read_from_what_is_said(said: str, wish: Wish) -> None:
    assert Catalogue.load().wish(said) == wish
    assert Wish.parse(wish.write()) == wish
