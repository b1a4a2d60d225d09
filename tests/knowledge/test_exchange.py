"""Content in Excel and Word and back: nothing is lost, nobody's change is overwritten, faults name their cell."""

import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from bot.knowledge import exchange, folder, workbook
from bot.knowledge.editing import merge_workbook
from bot.knowledge.entry import Answer
from bot.knowledge.fault import Fault, describe, read_sentences
from bot.knowledge.hoi_dap import read
from bot.knowledge.library import load
from tests.knowledge.examples import CONTENT, FOLLOWED, SECOND, TODAY, spoil, write_content
from tests.knowledge.strategies import answers

SENTENCES = read_sentences(CONTENT)
Edit = Callable[[Worksheet], None]


def exported(content: Path) -> Path:
    """A workbook of the folder *content*."""
    path = content / "faq.xlsx"
    exchange.export(content, path, SENTENCES)
    return path


def edit(path: Path, sheet: str, cell: str, value: object) -> None:
    """What staff do in Excel: change one cell."""
    book = load_workbook(path)
    book[sheet][cell] = value
    book.save(path)


def taken_in(content: Path, path: Path) -> list[str]:
    """Import *path* and return what staff are told: faults, conflicts, then what was written."""
    plan = exchange.plan(content, path, TODAY, SENTENCES)
    told = [describe(fault, SENTENCES) for fault in (*plan.faults, *plan.merge.conflicts)]
    if plan.refused:
        return told
    exchange.carry_out(content, plan)
    return [*told, *plan.merge.changed, *plan.merge.added]


def known(content: Path) -> dict[str, Answer]:
    """The answers of the files as they are now."""
    faults: list[Fault] = []
    return {answer.code: answer for answer in folder.read_answers(content / "faq", faults)}


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A content folder of two topics and a table."""
    write_content(tmp_path, xoa_mu_chu=FOLLOWED, lop_toi="# Lớp tối\n" + SECOND)
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "muc-tieu.csv").write_text("mã,2025,2030\ncong-dan,40%,60%\n", encoding="utf-8")
    return tmp_path


def test_the_whole_shipped_content_survives_the_round_trip(tmp_path: Path) -> None:
    faults: list[Fault] = []
    written = folder.read_answers(CONTENT / "faq", faults)
    tables = folder.read_tables(CONTENT, faults)
    path = tmp_path / "faq.xlsx"
    exchange.export(CONTENT, path, SENTENCES)

    found = workbook.read(path, SENTENCES)
    merge = merge_workbook(written, tables, found.answers, found.tables)

    assert found.faults == ()
    assert [row.answer for row in found.answers] == written
    assert (merge.changed, merge.added, merge.conflicts) == ((), (), ())
    assert merge.answers == tuple(written)


@given(st.lists(answers(), min_size=1, max_size=4, unique_by=lambda each: each.code))
@settings(max_examples=40, deadline=None)
def test_any_answers_survive_the_round_trip(written: list[Answer]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "faq.xlsx"
        workbook.write(path, written, {}, SENTENCES)

        found = workbook.read(path, SENTENCES)

    assert found.faults == ()
    assert [row.answer for row in found.answers] == written
    assert [row.fingerprint for row in found.answers] == [each.fingerprint() for each in written]


def test_an_edit_in_excel_reaches_its_file_and_nothing_else_changes(content: Path) -> None:
    before = (content / "faq" / "lop-toi.md").read_bytes()
    path = exported(content)
    edit(path, "Hỏi đáp", "G3", "Bà con hỏi **UBND xã**.\nMang theo giấy tờ.")

    assert taken_in(content, path) == ["xmc-01"]

    assert known(content)["xmc-01"].text == "Bà con hỏi **UBND xã**.\nMang theo giấy tờ."
    assert (content / "faq" / "lop-toi.md").read_bytes() == before
    load(content / "faq", TODAY)


def test_what_excel_makes_of_dates_and_numbers_is_understood(content: Path) -> None:
    path = exported(content)
    edit(path, "Hỏi đáp", "M2", datetime(2026, 11, 20))
    edit(path, "Bảng muc-tieu", "C2", 0.65)
    book = load_workbook(path)
    book["Bảng muc-tieu"]["C2"].number_format = "0%"
    book.save(path)

    assert taken_in(content, path) == ["xmc-02", "muc-tieu/cong-dan"]

    assert f"{known(content)['xmc-02'].checked_on:%d/%m/%Y}" == "20/11/2026"
    assert (content / "tables" / "muc-tieu.csv").read_text("utf-8") == "mã,2025,2030\ncong-dan,40%,65%\n"


def test_a_change_made_elsewhere_meanwhile_is_told_and_kept(content: Path) -> None:
    path = exported(content)
    edit(path, "Hỏi đáp", "G2", "Lớp học từ 18:00.")
    edit(path, "Hỏi đáp", "G3", "Bà con hỏi xã.")
    edit(path, "Bảng muc-tieu", "C2", "61%")
    (content / "faq" / "xoa-mu-chu.md").write_text(spoil("mang theo", "cầm theo"), encoding="utf-8")
    (content / "tables" / "muc-tieu.csv").write_text("mã,2025,2030\ncong-dan,41%,60%\n", encoding="utf-8")

    told = taken_in(content, path)

    assert [each.split(": ")[0] for each in told] == [
        "faq.xlsx!Hỏi đáp:C3",
        "faq.xlsx!Bảng muc-tieu:A2",
        "xmc-02",
    ]
    assert "Câu xmc-01 đã có người khác sửa" in told[0]
    assert "Dòng cong-dan của bảng tables/muc-tieu.csv đã có người khác sửa" in told[1]
    assert "cầm theo" in known(content)["xmc-01"].text
    assert known(content)["xmc-02"].text == "Lớp học từ 18:00."


def test_a_change_made_elsewhere_to_a_row_nobody_touched_stays(content: Path) -> None:
    path = exported(content)
    (content / "faq" / "xoa-mu-chu.md").write_text(spoil("mang theo", "cầm theo"), encoding="utf-8")

    assert taken_in(content, path) == []
    assert "cầm theo" in known(content)["xmc-01"].text


def test_an_answer_deleted_elsewhere_is_not_brought_back_in_silence(content: Path) -> None:
    path = exported(content)
    edit(path, "Hỏi đáp", "G2", "Lớp học từ 18:00.")
    (content / "faq" / "lop-toi.md").unlink()

    told = taken_in(content, path)

    assert told == [f"faq.xlsx!Hỏi đáp:C2: {SENTENCES['gone_elsewhere'].format(code='xmc-02')}"]
    assert "xmc-02" not in known(content)


def add_row(path: Path, row: Sequence[str]) -> None:
    book = load_workbook(path)
    book["Hỏi đáp"].append(list(row))
    book.save(path)


NEW = [
    "lop-toi",
    "Lớp tối có thu tiền không?",
    "xmc-03",
    "Tiền học lớp tối",
    "",
    "- lop toi co mat tien khong\nlớp đêm thu bao nhiêu\nđóng tiền lớp tối\nhọc tối miễn phí à\nlop dem\nton ko",
    "Không thu tiền.",
    "",
    "",
    "",
    "",
    "- KH 45/KH-UBND",
    "24/11/2026",
]


def test_a_new_row_is_a_new_answer(content: Path) -> None:
    path = exported(content)
    add_row(path, NEW)

    assert taken_in(content, path) == ["xmc-03"]

    assert known(content)["xmc-03"].topic_title == "Lớp tối"
    load(content / "faq", TODAY)


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        pytest.param(2, "xmc-01", "C4: Mã xmc-01 đã có ở faq/xoa-mu-chu.md:3.", id="a code that is taken"),
        pytest.param(0, "lop-moi", "C4: Chủ đề “lop-moi” chưa có.", id="an unknown topic"),
        pytest.param(0, "", "A4: Câu này chưa có chủ đề.", id="no topic"),
        pytest.param(1, "", "B4: Sau hai dấu thăng chưa có câu hỏi.", id="no question"),
        pytest.param(6, "", "B4: Câu hỏi này thiếu câu trả lời.", id="no text"),
        pytest.param(6, "=1+1", "G4: Ô “G4” chứa công thức “=1+1”.", id="a formula"),
        pytest.param(6, "Không.\nNguồn: xã", "G4: Dòng “Nguồn: xã” bắt đầu như một nhãn", id="a label in a text"),
        pytest.param(6, "Không.\n## Có?", "G4: Dòng “## Có?” bắt đầu như", id="a question in a text"),
        pytest.param(12, "24/13/2026", "M4: Ngày “24/13/2026” không đúng.", id="a date"),
        pytest.param(8, "Xem = xmc-99", "I4: Nút “Xem” dẫn đến mã “xmc-99”", id="a button to nowhere"),
        pytest.param(5, "- một\n- hai", "F4: Mới có 2 cách hỏi khác.", id="few wordings"),
        pytest.param(
            3, "Giờ học lớp tối", "D4: Tên ngắn “Giờ học lớp tối” trùng với câu ở faq/lop-toi.md:5.", id="a title"
        ),
    ],
)
def test_a_fault_names_its_cell_and_nothing_is_written(content: Path, column: int, value: str, told: str) -> None:
    path = exported(content)
    row = list(NEW)
    row[column] = value
    add_row(path, row)
    before = {each.name: each.read_bytes() for each in (content / "faq").iterdir()}

    found = taken_in(content, path)

    assert any(each.startswith(f"faq.xlsx!Hỏi đáp:{told}") for each in found), found
    assert {each.name: each.read_bytes() for each in (content / "faq").iterdir()} == before


def test_old_fonts_in_a_cell_are_converted_with_a_notice(content: Path) -> None:
    path = exported(content)
    edit(path, "Hỏi đáp", "G2", "Líp häc xãa mï ch÷ ë ®©u")

    told = taken_in(content, path)

    assert told[0].startswith("faq.xlsx!Hỏi đáp:G2: Chữ gõ bằng bảng mã cũ TCVN3")
    assert known(content)["xmc-02"].text == "Lớp học xóa mù chữ ở đâu"


def test_sheets_and_columns_nobody_knows_are_told(content: Path) -> None:
    path = exported(content)
    book = load_workbook(path)
    book["Hỏi đáp"]["D1"] = "Tên gọi"
    book.create_sheet("Nháp")["A1"] = "x"
    book["Bảng muc-tieu"].title = "Bảng muc-dich"
    book.save(path)

    told = "\n".join(taken_in(content, path))

    assert "faq.xlsx!Hỏi đáp:D1: Không có cột “Tên gọi”." in told
    assert "faq.xlsx!Hỏi đáp: Thiếu cột “Tên ngắn”." in told
    assert "faq.xlsx!Nháp: Máy không dùng trang này." in told


def test_a_table_nobody_knows_is_told(content: Path) -> None:
    path = exported(content)
    book = load_workbook(path)
    book["Bảng muc-tieu"].title = "Bảng muc-dich"
    book.save(path)

    assert taken_in(content, path) == [
        f"faq.xlsx!Bảng muc-dich: {SENTENCES['no_such_table'].format(name='muc-dich')}"
    ]


def test_an_answer_keeps_its_topic(content: Path) -> None:
    path = exported(content)
    edit(path, "Hỏi đáp", "A2", "xoa-mu-chu")

    assert taken_in(content, path)[0].startswith("faq.xlsx!Hỏi đáp:C2: Câu xmc-02 thuộc chủ đề lop-toi.")


def test_the_workbook_helps_its_reader(content: Path) -> None:
    book = load_workbook(exported(content))
    sheet = book["Hỏi đáp"]

    assert book.sheetnames == ["Hỏi đáp", "Chủ đề", "Bảng muc-tieu"]
    assert sheet.freeze_panes == "D2"
    assert sheet["C2"].number_format == "@"
    assert sheet.column_dimensions["O"].hidden
    assert {str(each.sqref).split(":")[0] for each in sheet.data_validations.dataValidation} == {"A2", "E2"}


def test_what_is_no_workbook_is_told(content: Path) -> None:
    (content / "faq.xlsx").write_bytes(b"PK\x03\x04 khong phai")

    assert taken_in(content, content / "faq.xlsx") == [f"faq.xlsx: {SENTENCES['not_a_workbook']}"]


def test_a_small_file_that_grows_in_memory_is_not_opened(content: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = exported(content)
    monkeypatch.setattr("bot.knowledge.workbook._SIZE_MOST", 1000)

    assert taken_in(content, path) == [f"faq.xlsx: {SENTENCES['workbook_too_big']}"]


WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def write_document(path: Path, *paragraphs: str) -> None:
    """A Word document; a paragraph that begins with ``Style|`` has that style, ``.VnTime|`` that font."""
    body = []
    for text in paragraphs:
        style, _, said = text.rpartition("|") if "|" in text[:12] else ("", "", text)
        said = said.replace("&", "&amp;").replace("\n", "</w:t><w:br/><w:t>")
        font = f'<w:rPr><w:rFonts w:ascii="{style}"/></w:rPr>' if style.startswith(".") else ""
        named = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style and not font else ""
        if style == "List":
            named = '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
        body.append(f"<w:p>{named}<w:r>{font}<w:t>{said}</w:t></w:r></w:p>")
    xml = f'<?xml version="1.0"?><w:document xmlns:w="{WORD}"><w:body>{"".join(body)}</w:body></w:document>'
    with ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", xml)


TYPED = [
    "Heading1|Lớp tối",
    "",
    "Heading2|Lớp tối có thu tiền không?",
    "Mã: xmc–03",
    "Tên ngắn: Tiền học lớp tối",
    "Hỏi cách khác:",
    *(
        f"List|{each}"
        for each in ("lop toi mat tien", "học đêm tốn ko", "phí lớp tối", "lop dem phi", "a b c", "d e f")
    ),
    "Trả lời:",
    "Không thu tiền.\nMang theo vở.",
    "Nguồn:",
    "List|KH 45/KH-UBND",
    "Kiểm tra ngày: 24/11/2026",
]


def test_a_document_typed_in_word_becomes_answers_of_its_topic(content: Path) -> None:
    write_document(content / "bai.docx", *TYPED)

    assert taken_in(content, content / "bai.docx") == ["xmc-03"]

    answer = known(content)["xmc-03"]
    assert (answer.topic, answer.file) == ("lop-toi", "faq/lop-toi.md")
    assert answer.text == "Không thu tiền.\nMang theo vở."
    assert len(answer.wordings) == 6


def test_a_document_of_a_new_topic_becomes_a_file(content: Path) -> None:
    write_document(content / "Lớp sáng.docx", "Heading1|Lớp sáng", *TYPED[1:])

    taken_in(content, content / "Lớp sáng.docx")

    assert known(content)["xmc-03"].file == "faq/lop-sang.md"


def test_a_fault_in_a_document_names_its_paragraph(content: Path) -> None:
    spoilt = [each.replace("24/11/2026", "24/13/2026").replace("Trả lời:", "Trả lưòi:") for each in TYPED]
    write_document(content / "bai.docx", *spoilt)

    told = taken_in(content, content / "bai.docx")

    assert [each.split(": ")[0] for each in told] == ["bai.docx:đoạn 13", "bai.docx:đoạn 17"]


def test_a_document_does_not_overwrite_an_answer(content: Path) -> None:
    write_document(content / "bai.docx", *(each.replace("xmc–03", "xmc-02") for each in TYPED))

    assert taken_in(content, content / "bai.docx") == [
        f"bai.docx:đoạn 4: {SENTENCES['code_taken'].format(code='xmc-02', at='faq/lop-toi.md:3')}"
    ]


def test_old_fonts_in_a_document_are_read(content: Path) -> None:
    typed = [each.replace("Không thu tiền.\nMang theo vở.", ".VnTime|Kh«ng thu tiÒn.") for each in TYPED]
    write_document(content / "bai.docx", *typed)

    taken_in(content, content / "bai.docx")

    assert known(content)["xmc-03"].text == "Không thu tiền."


@pytest.mark.parametrize(
    "raw",
    [pytest.param(b"khong", id="no archive"), pytest.param(b"", id="empty"), pytest.param(None, id="a bomb")],
)
def test_what_is_no_document_is_told(content: Path, raw: bytes | None) -> None:
    path = content / "bai.docx"
    if raw is None:
        with ZipFile(path, "w") as archive:
            archive.writestr("word/document.xml", '<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>')
    else:
        path.write_bytes(raw)

    assert taken_in(content, path) == [f"bai.docx: {SENTENCES['not_a_document']}"]


def test_the_template_is_a_file_that_is_right() -> None:
    reading = read((CONTENT / "mau-hoi-dap.md").read_text("utf-8"), "faq/nha-van-hoa.md")

    assert reading.faults == ()
    assert reading.answers[0].detail
    assert reading.answers[0].follow_ups
