"""Numbers that stand in one place: tables, and the places in answers they fill."""

from pathlib import Path

import pytest

from bot.knowledge.fault import ContentError, Fault, describe, read_sentences
from bot.knowledge.library import load
from bot.knowledge.tables import fill, read_table
from tests.knowledge.examples import CONTENT, TODAY, spoil, write_content

SENTENCES = read_sentences(CONTENT)
TABLE = """mã,chỉ tiêu,2025,2030,cụm từ
cong-dan,Công dân học tập,40%,60%,công dân học tập
gia-dinh,Gia đình học tập,70%,,gia đình học tập | nhà hiếu học
"""


def publish(folder: Path, said: str, table: str = TABLE) -> list[str]:
    """What is told of an answer that says *said*; its filled text first when it is published."""
    faq = write_content(folder, a=spoil("Lưu ý: mang theo giấy tờ.", said))
    (folder / "tables").mkdir()
    (folder / "tables" / "muc-tieu.csv").write_text(table, encoding="utf-8")
    (folder / "calendar.csv").write_text("mã;ngày\nngay-sach;21/4\n", encoding="utf-8")
    try:
        library = load(faq, TODAY)
    except ContentError as error:
        return [describe(fault, SENTENCES) for fault in error.faults]
    said = library.by_code["xmc-01"].text.split("\n")[1]
    return [said, *(describe(fault, SENTENCES) for fault in library.warnings)]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        pytest.param("Đến 2030: **{muc-tieu.cong-dan.2030}**.", "Đến 2030: **60%**.", id="a number"),
        pytest.param("{muc-tieu.cong-dan.chi-tieu}: đủ.", "Công dân học tập: đủ.", id="a name, by its header"),
        pytest.param(
            "{ muc-tieu.cong-dan.2025 }, {muc-tieu.cong-dan.2030}", "40%, 60%", id="two, one with spaces"
        ),
        pytest.param("Ngày {lich.ngay-sach.ngay}.", "Ngày 21/4.", id="the calendar"),
    ],
)
def test_a_place_is_filled_from_its_table(tmp_path: Path, written: str, said: str) -> None:
    assert publish(tmp_path, written) == [said]


@pytest.mark.parametrize(
    ("written", "key", "arguments"),
    [
        pytest.param("{muc-tieu.cong-dan}", "bad_placeholder", {"text": "{muc-tieu.cong-dan}"}, id="half"),
        pytest.param(
            "{muctieu.cong-dan.2030}", "unknown_table", {"name": "muctieu", "near": "muc-tieu"}, id="table"
        ),
        pytest.param(
            "{muc-tieu.cong-dann.2030}",
            "unknown_row",
            {"name": "cong-dann", "file": "tables/muc-tieu.csv", "near": "cong-dan"},
            id="row",
        ),
        pytest.param(
            "{muc-tieu.cong-dan.2040}",
            "unknown_column",
            {"name": "2040", "file": "tables/muc-tieu.csv", "near": "2030"},
            id="column",
        ),
        pytest.param(
            "{muc-tieu.gia-dinh.2030}",
            "empty_cell",
            {"text": "{muc-tieu.gia-dinh.2030}", "at": "tables/muc-tieu.csv:3"},
            id="an empty cell",
        ),
    ],
)
def test_a_place_that_cannot_be_filled_is_told_with_its_line(
    tmp_path: Path, written: str, key: str, arguments: dict[str, str]
) -> None:
    expected = f"faq/a.md:16: {SENTENCES[key].format(**arguments)}"

    assert publish(tmp_path, f"Đủ {written}.") == [expected]


def test_the_detail_is_filled_and_told_of_in_its_own_line(tmp_path: Path) -> None:
    faq = write_content(tmp_path, a=spoil("Nút bấm:", "Chi tiết:\nĐủ.\n{muc-tieu.a.b}\nNút bấm:"))

    with pytest.raises(ContentError) as raised:
        load(faq, TODAY)

    assert [(fault.line, fault.key) for fault in raised.value.faults] == [(19, "unknown_table")]


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        pytest.param("Công dân học tập: 60% năm 2030.", "{muc-tieu.cong-dan.2030}", id="typed by hand"),
        pytest.param("Nhà hiếu học đạt 70%.", "{muc-tieu.gia-dinh.2025}", id="by another phrase"),
        pytest.param("Công dân học tập: 61% năm 2030.", "", id="a number the table does not hold"),
        pytest.param("Công dân tốt. Đạt 60%.", "", id="of another subject"),
        pytest.param("Công dân học tập: {muc-tieu.cong-dan.2030}.", "", id="filled"),
    ],
)
def test_a_number_a_table_holds_is_not_to_be_typed_by_hand(tmp_path: Path, sentence: str, told: str) -> None:
    warnings = publish(tmp_path, sentence)[1:]

    assert len(warnings) == bool(told)
    if told:
        assert warnings[0].startswith("faq/a.md:16: Số ")
        assert told in warnings[0]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        pytest.param("mã,a\nx,1\n\ny,2\n", [], id="good"),
        pytest.param("mã,a\nCông dân,1\nx,1\n", [(2, "bad_row_key")], id="a key nobody can type"),
        pytest.param("mã,a\nx,1\nx,2\n", [(3, "row_twice")], id="a key twice"),
        pytest.param("mã,a\n", [(1, "empty_table")], id="no row"),
        pytest.param("", [(1, "empty_table")], id="nothing"),
    ],
)
def test_a_table_is_read_row_by_row(text: str, faults: list[tuple[int, str]]) -> None:
    found: list[Fault] = []
    read_table(text, "t", "tables/t.csv", found)

    assert [(fault.line, fault.key) for fault in found] == faults


def test_a_text_without_places_is_left_alone() -> None:
    assert fill("70%, { và }", {}, lambda key, **_: None) == "70%, { và }"


def test_the_shipped_tables_have_no_fault_and_hold_the_targets() -> None:
    faults: list[Fault] = []
    table = read_table(
        (CONTENT / "tables" / "chi-tieu.csv").read_text("utf-8"), "chi-tieu", "tables/chi-tieu.csv", faults
    )

    assert faults == []
    assert len(table.rows) == 15
    assert (table.rows["tinh-hoc-tap"].cells["2025"], table.rows["tinh-hoc-tap"].cells["2030"]) == ("15%", "35%")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        pytest.param(
            "mt-01", "**40%** công dân đạt danh hiệu vào năm 2025 và **60%** vào năm 2030.", id="citizens"
        ),
        pytest.param(
            "mt-02", "**70%** tỉnh đạt chuẩn xóa mù chữ mức độ 2 năm 2025 và **90%** năm 2030.", id="literacy"
        ),
        pytest.param(
            "mt-05", "**15%** tỉnh đạt danh hiệu tỉnh học tập năm 2025 và **35%** năm 2030.", id="provinces"
        ),
    ],
)
def test_what_is_said_of_the_targets_is_what_the_decision_says(code: str, said: str) -> None:
    """The sentences as they stood before the numbers moved into a table."""
    assert load(CONTENT / "faq", TODAY).by_code[code].text.startswith(said)


def test_no_number_of_the_tables_is_typed_by_hand_and_every_place_is_filled() -> None:
    library = load(CONTENT / "faq", TODAY)

    assert [fault for fault in library.warnings if fault.key == "typed_number"] == []
    assert not [code for code, answer in library.by_code.items() if "{" in answer.text + answer.detail]


def test_the_list_of_all_targets_holds_every_number_of_its_table() -> None:
    text = load(CONTENT / "faq", TODAY).by_code["mt-07"].text
    table = read_table((CONTENT / "tables" / "chi-tieu.csv").read_text("utf-8"), "chi-tieu", "chi-tieu.csv", [])

    for row in table.rows.values():
        targets = [row.cells[year] for year in ("2025", "2030") if row.cells[year]]
        assert any(all(target in line for target in targets) for line in text.split("\n")), row
