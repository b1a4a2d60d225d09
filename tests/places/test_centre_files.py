"""What a centre file may hold: every fault by its place and key, and what is taken as it is meant."""

import csv
from datetime import date
from pathlib import Path

import pytest

from bot.knowledge.fault import read_sentences
from bot.places.centre import Centre, CentresError, CentreStatus, Fault, Precision
from bot.places.centre_fields import names_person, read_date, read_phone, show_phone
from bot.places.centre_files import CentreReader
from bot.places.centres import Directory
from bot.places.columns import CENTRE_COLUMNS, REQUIRED_CENTRE_COLUMNS
from bot.places.gazetteer import Gazetteer
from bot.places.wishes import Catalogue

TODAY = date(2026, 11, 24)
GOOD = {
    "ma": "c1", "ten": "Centre", "loai": "tthtcd", "xa/phuong": "26740", "tinh": "Ho Chi Minh",
    "nguon": "https://example.vn/a", "ngay thong tin": "2026-10",
}  # fmt: skip


def write(path: Path, *rows: dict[str, str], encoding: str = "utf-8") -> Path:
    """A centre file of *rows* in *path*."""
    file = path / "a.csv"
    with file.open("w", encoding=encoding, newline="") as out:
        writer = csv.DictWriter(out, CENTRE_COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return file


def read(gazetteer: Gazetteer, *files: Path) -> tuple[list[Centre], list[Fault]]:
    """What *files* hold, and all faults."""
    reader = CentreReader(gazetteer, Catalogue.load(), TODAY)
    for file in files:
        reader.read(file)
    return reader.centres(), reader.faults


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"ma": ""}, "no_id"),
        ({"ma": "Centre 1"}, "bad_id"),
        ({"ten": ""}, "no_name"),
        ({"ten": "Centre 0912345678"}, "contact_in_name"),
        ({"dia chi": "a@b.vn"}, "contact_in_name"),
        ({"ten": "=cmd()"}, "formula"),
        ({"lop hoc": "@SUM(A1)"}, "formula"),
        ({"loai": "school"}, "unknown_type"),
        ({"trang thai": "closed"}, "unknown_status"),
        ({"tinh": ""}, "no_province"),
        ({"tinh": "Atlantis"}, "unknown_province"),
        ({"huyen cu": "Quan 99"}, "unknown_district"),
        ({"huyen cu": "Quan 3"}, "district_disagrees"),
        ({"xa/phuong": "99999"}, "unknown_commune"),
        ({"xa/phuong": "Nowhere"}, "unknown_commune"),
        ({"xa/phuong": "Phuong 1"}, "which_commune"),
        ({"xa/phuong": "00070"}, "commune_elsewhere"),
        ({"xa/phuong": "Phuong Da Kao", "huyen cu": "Quan 1"}, "commune_divided"),
        ({"xa/phuong": ""}, "needs_commune"),
        ({"vi do": "10.78"}, "half_a_point"),
        ({"vi do": "ten", "kinh do": "106"}, "not_a_number"),
        ({"vi do": "48.8", "kinh do": "2.3"}, "outside_vietnam"),
        ({"vi do": "106.70", "kinh do": "10.78"}, "swapped_point"),
        ({"vi do": "21.03", "kinh do": "105.85"}, "far_from_commune"),
        ({"do chinh xac": "roughly"}, "unknown_precision"),
        ({"do chinh xac": "exact"}, "precision_needs_point"),
        ({"dien thoai": "12"}, "bad_phone"),
        ({"dien thoai": "+1 202 555 0143"}, "bad_phone"),
        ({"dien thoai": "0912 345 678"}, "mobile_phone"),
        ({"dien thoai": "076 3841234"}, "older_landline"),
        ({"email": "a@b"}, "bad_email"),
        ({"website": "example"}, "bad_website"),
        ({"gio mo cua": "T2 25h-26h"}, "bad_hours"),
        ({"gio mo cua": "Mo 08:00+"}, "bad_hours"),
        ({"nguon": ""}, "no_source"),
        ({"ngay thong tin": "2025-13"}, "bad_date"),
        ({"ngay thong tin": "2027-01"}, "bad_date"),
        ({"ngay thong tin": ""}, "bad_date"),
    ],
)
def test_a_fault_is_named_by_file_cell_and_key(
    tmp_path: Path, gazetteer: Gazetteer, change: dict[str, str], key: str
) -> None:
    centres, faults = read(gazetteer, write(tmp_path, GOOD, GOOD | {"ma": "c2", "ten": "Other"} | change))

    (fault,) = [fault for fault in faults if not fault.warning and fault.key == key]
    assert (fault.file, fault.line) == ("a.csv", 3)
    assert fault.place.startswith("a.csv:")
    assert len([fault for fault in faults if not fault.warning]) <= 2
    assert key == "formula" or "c2" not in {centre.id for centre in centres}
    assert key in read_sentences(Path(__file__).parents[2] / "content")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"ten": "Centre of Ong Nam"}, "names_person"),
        ({"nguon": "https://blog.example.com/a"}, "foreign_source"),
        ({"gio mo cua": "theo lich lop"}, "hours_noted"),
        ({"lop hoc": "flying"}, "unknown_course"),
        ({"vi do": "10.95", "kinh do": "106.70"}, "rather_far"),
        ({"ngay thong tin": "2024-01", "trang thai": "hoat-dong"}, "stale"),
    ],
)
def test_a_warning_keeps_nothing_out(
    tmp_path: Path, gazetteer: Gazetteer, change: dict[str, str], key: str
) -> None:
    centres, faults = read(gazetteer, write(tmp_path, GOOD | change))

    assert [fault.key for fault in faults] == [key]
    assert faults[0].warning
    assert len(centres) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_read_in_the_encodings_of_excel(tmp_path: Path, gazetteer: Gazetteer, encoding: str) -> None:
    (only,), faults = read(gazetteer, write(tmp_path, GOOD, encoding=encoding))

    assert faults == []
    (site,) = only.sites
    assert (site.commune, only.province_code, site.precision) == ("26740", "79", Precision.NEW_WARD)
    assert (site.latitude, site.longitude) == (10.7805, 106.704)


def test_an_old_commune_in_a_file_becomes_the_current_one(tmp_path: Path, gazetteer: Gazetteer) -> None:
    row = GOOD | {"xa/phuong": "Phuong Ben Nghe", "huyen cu": "Quan 1", "do chinh xac": "old-ward"}

    (only,), _ = read(gazetteer, write(tmp_path, row))

    assert (only.sites[0].commune, only.sites[0].precision) == ("26740", Precision.NEW_WARD)


def test_rows_of_one_id_are_sites_of_one_centre(tmp_path: Path, gazetteer: Gazetteer) -> None:
    rows = [GOOD | {"co so": "A"}, GOOD | {"co so": "B", "dien thoai": "028 3829 1234"}]

    (only,), faults = read(gazetteer, write(tmp_path, *rows))

    assert faults == []
    assert [(site.id, site.label) for site in only.sites] == [("c1/1", "A"), ("c1/2", "B")]
    assert only.phone == "+842838291234"


@pytest.mark.parametrize(
    ("second", "key"),
    [
        ({}, "id_twice"),
        ({"co so": "B", "ten": "Another"}, "centre_differs"),
        ({"ma": "c2", "ten": "centre"}, "twin_centre"),
    ],
)
def test_what_contradicts_another_row_names_that_row(
    tmp_path: Path, gazetteer: Gazetteer, second: dict[str, str], key: str
) -> None:
    _, faults = read(gazetteer, write(tmp_path, GOOD, GOOD | second))

    (fault,) = faults
    assert fault.key == key
    assert fault.arguments["before"] == "a.csv:2"


def test_two_centres_of_one_telephone_are_pointed_out(tmp_path: Path, gazetteer: Gazetteer) -> None:
    phone = {"dien thoai": "028 3829 1234"}
    other = GOOD | phone | {"ma": "c2", "ten": "Quite another"}

    centres, faults = read(gazetteer, write(tmp_path, GOOD | phone, other))

    assert [fault.key for fault in faults] == ["same_phone"]
    assert len(centres) == 2


def test_old_information_is_unverified_and_a_ticked_mobile_is_taken(tmp_path: Path, gazetteer: Gazetteer) -> None:
    row = GOOD | {"ngay thong tin": "10/2024", "dien thoai": "0912 345 678", "so co quan": "x"}

    (only,), faults = read(gazetteer, write(tmp_path, row))

    assert (only.status, only.phone, only.as_of, faults) == (
        CentreStatus.UNVERIFIED,
        "+84912345678",
        "2024-10",
        [],
    )


def test_every_fault_of_every_file_is_raised_at_once(tmp_path: Path, gazetteer: Gazetteer) -> None:
    write(tmp_path, GOOD | {"ten": "", "nguon": ""}, GOOD)
    (tmp_path / "b.csv").write_text("Ma,Ten\nx,y\n", "utf-8")
    (tmp_path / "c.csv").write_bytes(b"M\xe3,T\xean\n")

    with pytest.raises(CentresError) as caught:
        Directory.load(tmp_path, gazetteer)

    found = [(fault.file, fault.key) for fault in caught.value.faults]
    assert found[:2] == [("a.csv", "no_name"), ("a.csv", "no_source")]
    assert found.count(("b.csv", "no_column")) == len(REQUIRED_CENTRE_COLUMNS) - 2
    assert found[-1] == ("c.csv", "not_utf8")


@pytest.mark.parametrize(
    ("said", "e164", "shown"),
    [
        ("(024) 3825 5397", "+842438255397", "024 3825 5397"),
        ("+84 28 3829 1234", "+842838291234", "028 3829 1234"),
        ("0236.3821.234", "+842363821234", "0236 3821 234"),
        ("1900 0368", "+8419000368", "1900 0368"),
    ],
)
def test_landlines_and_hotlines_are_kept_in_one_form(said: str, e164: str, shown: str) -> None:
    assert read_phone(said) == (e164, "")
    assert show_phone(e164).replace(" ", "") == shown.replace(" ", "")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("2025", "2025"), ("10/2025", "2025-10"), ("8/10/2025", "2025-10-08"), ("2025-10-08", "2025-10-08"),
        ("31/02/2025", None), ("2025-13", None), ("hom qua", None), ("", None),
    ],
)  # fmt: skip
def test_dates_are_read_as_written_in_vietnam(said: str, kept: str | None) -> None:
    assert read_date(said) == kept


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("Ông Nguyễn Văn A", True),
        ("hỏi cô Lan", True),
        ("GDTX Bà Rịa - Vũng Tàu", False),
        ("Bộ phận một cửa", False),
    ],
)
def test_a_person_is_told_from_a_place(text: str, person: bool) -> None:
    assert names_person(text) is person
