"""The Hỏi – Đáp format: what is read, what is forgiven, and that writing and reading cancel out."""

import string
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.knowledge.entry import Action, Answer, Audience, Button, FollowUp, Source, Validity
from bot.knowledge.fault import read_sentences
from bot.knowledge.hoi_dap import Label, read, write
from nlu.vietnamese import normalise_unicode
from tests.knowledge.examples import CONTENT, FOLLOWED, GOOD, SECOND, spoil
from tests.knowledge.strategies import answers

SENTENCES = read_sentences(CONTENT)


def test_reads_every_field_of_an_entry() -> None:
    reading = read(GOOD, "faq/xoa-mu-chu.md")

    assert reading.faults == ()
    assert reading.answers == (
        Answer(
            code="xmc-01",
            topic="xoa-mu-chu",
            topic_title="Xóa mù chữ",
            short_title="Nơi học xóa mù chữ",
            question="Học xóa mù chữ ở đâu?",
            wordings=(
                "lop xoa mu chu o dau",
                "muốn học chữ thì đến chỗ nào",
                "mẹ em chưa biết chữ, đăng ký học ở đâu ạ",
                "cho e hỏi lớp xmc mở ở đâu z",
                "nguoi lon tuoi khong biet chu hoc o mo",
                "chua biet chu muon di hoc",
            ),
            text="Bà con hỏi **UBND xã, phường** nơi mình ở.\nLưu ý: mang theo giấy tờ.",
            buttons=(Button("Tìm trung tâm", Action.FIND_CENTRE), Button("Hỏi lại câu này", "xmc-01")),
            audiences=(Audience.CITIZEN, Audience.OFFICIAL),
            validity=Validity(date(2025, 7, 1), date(2027, 2, 28)),
            sources=(Source("TT 15/2025/TT-BGDĐT, Điều 5", "Bộ GD&ĐT", "https://vanban.chinhphu.vn/tt-15"),),
            checked_on=date(2026, 11, 24),
            review_by=date(2027, 2, 28),
        ),
    )


def test_reads_detail_and_follow_ups() -> None:
    detailed = spoil("Nút bấm:", "Chi tiet:\n\nĐiều 5.\n* Khoản 1\nLưu ý: điểm b\n\nNút bấm:", FOLLOWED)
    followed = spoil("= xmc-01\nHiệu", "= xmc-01\n• ở đâu = XMC–02\nHiệu", detailed)

    reading = read(followed, "a.md")

    assert reading.faults == ()
    assert reading.answers[0].text.endswith("\nLưu ý: mang theo giấy tờ.")
    assert reading.answers[0].detail == "Điều 5.\n- Khoản 1\nLưu ý: điểm b"
    assert reading.answers[0].follow_ups == (
        FollowUp(("thế còn buổi tối", "học đêm được không"), "xmc-01"),
        FollowUp(("ở đâu",), "xmc-02"),
    )
    assert reading.answers[0].line_of(Label.DETAIL, 1) == 20


def test_knows_the_line_of_everything() -> None:
    answer = read(GOOD + SECOND, "a.md").answers[1]

    assert answer.line == 24
    assert answer.line_of(Label.CODE) == 25
    assert [answer.line_of(Label.WORDINGS, index) for index in (0, 4)] == [28, 32]
    assert answer.line_of(Label.TEXT) == 35
    assert answer.line_of(Label.REVIEW_BY) == 24


def test_knows_the_lines_of_a_text_that_begins_with_an_empty_one() -> None:
    answer = read(spoil("Trả lời:\n", "Trả lời:\n\n"), "a.md").answers[0]

    assert answer.text.startswith("Bà con hỏi")
    assert [answer.line_of(Label.TEXT, index) for index in (0, 1)] == [16, 17]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("Trả lời:", "Tra loi:", id="without diacritics"),
        pytest.param("Trả lời:", "Trả loi :", id="half the diacritics and a space before the colon"),
        pytest.param("Trả lời:", "TRẢ LỜI:", id="capitals"),
        pytest.param("Trả lời:", "  Trả lời：", id="indented, with a full-width colon"),
        pytest.param("Trả lời:", "**Trả lời:**", id="bold"),
        pytest.param("Trả lời:", "**Trả lời**:", id="bold before the colon"),
        pytest.param("Trả lời:\n", "Trả lời: ", id="value beside a label of many lines"),
        pytest.param("Mã: ", "Mã:\n", id="value below a label of one line"),
        pytest.param("Mã: xmc-01", "Mã: XMC–01", id="a code changed by a word processor"),
        pytest.param("## Học", "##Học", id="no space after the signs"),
        pytest.param("# Xóa", "#Xóa", id="no space after the first sign"),
        pytest.param("- muốn học", "• muốn học", id="a bullet of Word"),
        pytest.param("- muốn học", "muốn học", id="no bullet"),
        pytest.param("01/07/2025 – 28/02/2027", "1/7/2025-28/2/2027", id="a hyphen and short dates"),
        pytest.param("01/07/2025 – 28/02/2027", "Từ 01/07/2025 đến 28/02/2027", id="validity in words"),
        pytest.param("Tìm trung tâm |", "tim trung tam |", id="a fixed button without diacritics"),
        pytest.param("\nMã:", "\n\n\nMã:", id="empty lines"),
        pytest.param("người dân, cán bộ", "Người dân; Cán bộ", id="audiences by semicolon"),
    ],
)
def test_forgives(old: str, new: str) -> None:
    reading = read(spoil(old, new), "xoa-mu-chu.md")

    expected = read(GOOD, "xoa-mu-chu.md").answers[0]
    answer = reading.answers[0]
    assert reading.faults == ()
    assert answer.text == expected.text
    assert (answer.code, answer.wordings, answer.validity) == (
        expected.code,
        expected.wordings,
        expected.validity,
    )
    assert [button.target for button in answer.buttons] == ["find_centre", "xmc-01"]
    assert answer.audiences == expected.audiences


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("Lưu ý: mang theo giấy tờ.", id="a note"),
        pytest.param("Người: ai cũng học được.", id="near a label that is there"),
        pytest.param("- Mã: một gạch đầu dòng không phải nhãn", id="an item"),
        pytest.param("Lớp mở lúc 19:00", id="a time"),
        pytest.param("Ở xã: hỏi UBND.", id="a place"),
        pytest.param("https://example.vn: trang mẫu", id="an address"),
        pytest.param("#khuyenhoc", id="a hashtag"),
    ],
)
def test_what_is_no_label_inside_an_answer_is_text(line: str) -> None:
    reading = read(spoil("Lưu ý: mang theo giấy tờ.", line), "a.md")

    assert reading.faults == ()
    assert reading.answers[0].text.endswith(line)


def test_line_numbers_are_those_of_the_editor_whatever_ends_the_lines() -> None:
    for ending in ("\r\n", "\r"):
        reading = read(GOOD.replace("\n", ending), "a.md")
        assert reading.answers[0].line_of(Label.CHECKED_ON) == 21


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
@settings(max_examples=200, deadline=None)
def test_never_raises(text: str) -> None:
    read(text, "a.md")
    read(GOOD + text, "a.md")


LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyàáảãạằắậếệìíỏọồởúữỳ"


@given(st.lists(answers(), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_again(written: list[Answer]) -> None:
    reading = read(write(written, SENTENCES), "mau.md")

    assert reading.faults == ()
    assert reading.answers == tuple(written)


@given(
    st.text(
        alphabet=LETTERS + string.ascii_letters + string.digits + " .:-#|=*_/\n\t\u00a0\u200b\u0301",
        max_size=200,
    )
)
@settings(max_examples=300, deadline=None)
def test_whatever_was_read_is_read_again_the_same(text: str) -> None:
    """Also from a file no writer of ours made, as long as it is free of faults."""
    reading = read(spoil("Lưu ý: mang theo giấy tờ.", text), "a.md")
    if reading.faults:
        return

    again = read(write(reading.answers, SENTENCES), "a.md")

    assert again.faults == ()
    assert again.answers == reading.answers


def test_the_shipped_files_survive_a_round_trip() -> None:
    for path in sorted((CONTENT / "faq").glob("*.md")):
        first = read(path.read_text("utf-8"), path.name)
        again = read(write(first.answers, SENTENCES), path.name)

        assert again.answers == first.answers
        assert normalise_unicode(write(again.answers, SENTENCES)) == write(first.answers, SENTENCES)
