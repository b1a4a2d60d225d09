"""The library: what is published, what is not, and what stands in its way."""

import re
from dataclasses import FrozenInstanceError
from datetime import date
from pathlib import Path

import pytest

from bot.knowledge.check import check
from bot.knowledge.fault import ContentError, describe, read_sentences
from bot.knowledge.hoi_dap import read
from bot.knowledge.library import Topic, load
from nlu.training import Example, Kind
from tests.knowledge.examples import CONTENT, GOOD, SECOND, TODAY, spoil, write_content

SENTENCES = read_sentences(CONTENT)
COMMANDS_SHOWN = ("hoctap content check",)


def fail(faq: Path) -> list[str]:
    """What staff read when *faq* cannot be published."""
    with pytest.raises(ContentError) as raised:
        load(faq, TODAY)
    return [describe(fault, SENTENCES) for fault in raised.value.faults]


def test_publishes_answers_and_topics_in_the_order_of_the_files(tmp_path: Path) -> None:
    library = load(write_content(tmp_path, xoa_mu_chu=GOOD, lop_toi="# Lớp tối\n" + SECOND), TODAY)

    assert list(library.by_code) == ["xmc-02", "xmc-01"]
    assert library.topics == (
        Topic("lop-toi", "Lớp tối", ("xmc-02",)),
        Topic("xoa-mu-chu", "Xóa mù chữ", ("xmc-01",)),
    )
    assert library.warnings == ()


def test_nothing_published_can_be_changed(tmp_path: Path) -> None:
    library = load(write_content(tmp_path, a=GOOD), TODAY)

    with pytest.raises(TypeError):
        library.by_code["xmc-01"] = library.by_code["xmc-01"]  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        library.by_code["xmc-01"].text = "khác"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("code", "day", "given"),
    [
        pytest.param("xmc-01", date(2026, 11, 24), True, id="while it is right"),
        pytest.param("xmc-01", date(2027, 2, 28), True, id="on its last day"),
        pytest.param("xmc-01", date(2027, 3, 1), False, id="the day after"),
        pytest.param("xmc-01", date(2025, 6, 30), False, id="the day before its first"),
        pytest.param("xmc-99", date(2026, 11, 24), False, id="unknown"),
    ],
)
def test_an_expired_answer_is_never_given(tmp_path: Path, code: str, day: date, given: bool) -> None:
    library = load(write_content(tmp_path, a=GOOD), TODAY)

    assert (library.answer(code, day) is not None) is given


def test_the_understanding_learns_questions_wordings_and_texts(tmp_path: Path) -> None:
    examples = load(write_content(tmp_path, a=GOOD), TODAY).examples()

    assert examples[0] == Example("Học xóa mù chữ ở đâu?", "faq/xmc-01", Kind.WORDING)
    assert examples[1] == Example("lop xoa mu chu o dau", "faq/xmc-01", Kind.WORDING)
    assert [example.kind for example in examples] == [Kind.WORDING] * 7 + [Kind.ANSWER]
    assert examples[-1].text.startswith("Bà con hỏi **UBND xã, phường**")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        pytest.param("xoa mu", ["xmc-01"], id="without diacritics"),
        pytest.param("LỚP", ["xmc-02"], id="capitals"),
        pytest.param("học", ["xmc-01", "xmc-02"], id="in both"),
        pytest.param("học bơi", [], id="one word missing"),
        pytest.param("?!", [], id="no word"),
    ],
)
def test_titles_are_found_by_their_words(tmp_path: Path, text: str, codes: list[str]) -> None:
    library = load(write_content(tmp_path, a=GOOD + SECOND), TODAY)

    assert [answer.code for answer in library.search_titles(text)] == codes


def test_a_missing_folder_is_named_with_the_remedy(tmp_path: Path) -> None:
    told = fail(tmp_path / "faq")

    assert told == [describe_one("no_folder", "faq", 1, folder=str(tmp_path / "faq"))]
    assert "HOCTAP_CONTENT" in told[0]


def test_an_empty_folder_is_named_with_the_remedy(tmp_path: Path) -> None:
    faq = write_content(tmp_path)

    assert fail(faq) == [describe_one("no_files", "faq", 1, folder=str(faq))]


def test_what_cannot_be_opened_is_told(tmp_path: Path) -> None:
    faq = write_content(tmp_path, a=GOOD)
    (faq / "b.md").mkdir()

    assert fail(faq) == [describe_one("unreadable", "faq/b.md", 1)]


def test_a_word_file_is_told_of_and_does_not_stop_the_rest(tmp_path: Path) -> None:
    faq = write_content(tmp_path, a=GOOD)
    (faq / "b.docx").write_bytes(b"PK\x03\x04")
    (faq / "~$b.docx").write_bytes(b"")
    (faq / ".DS_Store").write_bytes(b"")

    library = load(faq, TODAY)

    assert [describe(fault, SENTENCES) for fault in library.warnings] == [f"faq/b.docx: {SENTENCES['not_read']}"]


def test_a_word_file_renamed_to_text_is_told(tmp_path: Path) -> None:
    faq = write_content(tmp_path, a=GOOD, b=b"PK\x03\x04\x00\x00")

    assert fail(faq) == [describe_one("not_text", "faq/b.md", 1)]


def test_bytes_nobody_can_read_are_told_with_their_line(tmp_path: Path) -> None:
    faq = write_content(tmp_path, a=GOOD, b=b"# A\n\n\xff\xfd\xfd\x81\x9d \x81\x9d\xff\n")

    assert fail(faq) == [describe_one("not_utf8", "faq/b.md", 3)]


def test_a_file_in_an_old_alphabet_is_published_with_a_notice(tmp_path: Path) -> None:
    text = spoil("Lưu ý: mang theo giấy tờ.", "Hái: Líp häc xãa mï ch÷ ë ®©u")

    library = load(write_content(tmp_path, a=text), TODAY)

    assert library.by_code["xmc-01"].text.endswith("\nHỏi: Lớp học xóa mù chữ ở đâu")
    assert [describe(fault, SENTENCES) for fault in library.warnings] == [
        "faq/a.md:16: Chữ gõ bằng bảng mã cũ TCVN3 (phông .VnTime): “Hái: Líp häc xãa mï ch÷ ë ®©u” → "
        "“Hỏi: Lớp học xóa mù chữ ở đâu”. Máy đã tự chuyển, hãy xem lại từng dòng rồi lưu kiểu UTF-8."
    ]


def test_the_lists_must_be_there(tmp_path: Path) -> None:
    faq = write_content(tmp_path, a=GOOD)
    (tmp_path / "repealed.csv").unlink()

    assert fail(faq) == [describe_one("no_list", "repealed.csv", 1)]


def test_an_unfinished_list_is_told(tmp_path: Path) -> None:
    faq = write_content(tmp_path, a=GOOD)
    with (tmp_path / "abbreviations.csv").open("a", encoding="utf-8") as file:
        file.write("ABC,\n")
    last = len((CONTENT / "abbreviations.csv").read_text("utf-8").splitlines()) + 1

    assert fail(faq) == [describe_one("half_a_row", "abbreviations.csv", last)]


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        pytest.param(None, 1, id="missing"),
        pytest.param(b"a: 1\nb: [\n", 3, id="no YAML"),
        pytest.param(b"\xff", 1, id="no text"),
    ],
)
def test_without_the_sentences_the_key_is_told(tmp_path: Path, raw: bytes | None, line: int) -> None:
    if raw is not None:
        (tmp_path / "faults.yml").write_bytes(raw)

    with pytest.raises(ContentError) as raised:
        read_sentences(tmp_path)

    assert str(raised.value) == f"faults.yml:{line}: no_sentences"


def test_the_shipped_content_has_no_error() -> None:
    library = load(CONTENT / "faq", TODAY)

    assert len(library.by_code) >= 150
    assert not [fault for fault in library.warnings if fault.key in ("expired", "expires_soon")]


def test_every_shipped_answer_has_a_token_that_every_channel_can_carry() -> None:
    library = load(CONTENT / "faq", TODAY)

    assert all(len(f"feedback/yes:{code}") <= 48 for code in library.by_code)
    assert all(len(f"faq/topic:{topic.name}:99".encode()) <= 48 for topic in library.topics)


def test_the_guide_shows_a_file_that_is_right() -> None:
    guide = (CONTENT / "README.md").read_text("utf-8")
    shown = re.findall(r"```\n(.*?)```", guide, re.DOTALL)
    shipped = load(CONTENT / "faq", TODAY).by_code.values()

    reading = read(shown[0], "faq/nha-van-hoa.md")

    assert reading.faults == ()
    assert [fault for fault in check([*shipped, *reading.answers], TODAY) if "nha-van-hoa" in fault.file] == []
    assert shown[1].strip() in COMMANDS_SHOWN


def test_the_guide_shows_the_fault_as_it_is_told() -> None:
    guide = (CONTENT / "README.md").read_text("utf-8")
    shown = re.findall(r"```\n(.*?)```", guide, re.DOTALL)

    spoilt = read(shown[0].replace("31/12/2027", "31/13/2027"), "faq/nha-van-hoa.md")

    assert [describe(fault, SENTENCES) for fault in spoilt.faults] == [shown[2].strip()]


def test_the_guide_explains_every_label() -> None:
    guide = (CONTENT / "README.md").read_text("utf-8")

    labels = [spelt for key, spelt in SENTENCES.items() if key.startswith("label.")]
    assert len(labels) == 12
    assert all(f"| `{spelt}:` |" in guide for spelt in labels)


def describe_one(key: str, file: str, line: int, **arguments: str) -> str:
    """The line staff read for one fault."""
    return f"{file}:{line}: {SENTENCES[key].format(**arguments)}"
