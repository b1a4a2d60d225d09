"""The embedded engine on a small set: understood as typed, refused when foreign, safe on any text."""

from pathlib import Path

import pytest

from nlu.context import without_correction
from nlu.embedded import EmbeddedParser, Model, TeachingFailed, open_parser, train
from nlu.parse import ANSWER_AT
from nlu.training import Example, Kind, TrainingError, read_examples, read_file

WORDINGS = {
    "faq/xmc": [
        "học xóa mù chữ ở đâu",
        "lớp xóa mù mở chỗ nào",
        "muốn học chữ thì đến đâu",
        "dạy người già biết đọc",
    ],
    "faq/tien": ["học có mất tiền không", "học phí bao nhiêu", "lớp thu mấy đồng", "đóng tiền học không"],
    "faq/bang": [
        "học xong có bằng không",
        "được cấp giấy gì",
        "lấy bằng mất bao lâu",
        "bằng bổ túc có giá trị không",
    ],
}
EXAMPLES = read_examples()
EXAMPLES += [Example(text, intent) for intent, texts in WORDINGS.items() for text in texts]


@pytest.fixture(scope="module")
def parser() -> EmbeddedParser:
    return EmbeddedParser(train(EXAMPLES))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("học xóa mù chữ ở đâu", id="as written"),
        pytest.param("hoc xoa mu chu o dau", id="without diacritics"),
        pytest.param("HỌC XÓA MÙ CHỮ Ở ĐÂU???", id="shouted"),
        pytest.param("ho\u0323c xo\u0301a mu\u0300 chu\u031b\u0303 o\u031b\u0309 đa\u0302u", id="decomposed"),
    ],
)
def test_the_same_question_is_understood_however_it_is_typed(parser: EmbeddedParser, text: str) -> None:
    parse = parser.parse(text)

    assert parse.intent.name == "faq/xmc"
    assert parse.intent.score >= ANSWER_AT


@pytest.mark.parametrize("text", ["", "   ", "🙈", "???", "\u200b"], ids=repr)
def test_what_cannot_be_read_has_no_intent(parser: EmbeddedParser, text: str) -> None:
    assert parser.parse(text).intent.name == ""


@pytest.mark.parametrize(
    ("text", "intent"), [("👍", "affirm"), ("👍👍", "affirm"), ("🙏", "thanks"), ("👋", "greet")]
)
def test_a_picture_alone_says_what_it_shows(parser: EmbeddedParser, text: str, intent: str) -> None:
    assert parser.parse(text).intent.name == intent


@pytest.mark.parametrize(
    "text",
    ["x" * 20_000, "học " * 5_000, "'; DROP TABLE x; --", "<b>học</b>", "\ud800học", "/faq{}"],
    ids=lambda t: t[:9],
)
def test_any_text_is_survived(parser: EmbeddedParser, text: str) -> None:
    parse = parser.parse(text)

    assert 0.0 <= parse.intent.score <= 1.0
    assert len(parse.text) <= 500


def test_a_saved_model_understands_the_same(parser: EmbeddedParser, tmp_path: Path) -> None:
    parser.model.save(tmp_path / "model.npz")

    again = EmbeddedParser(Model.load(tmp_path / "model.npz"))

    for example in EXAMPLES[::10]:
        before, after = parser.parse(example.text).intent, again.parse(example.text).intent
        assert (after.name, after.score) == (before.name, pytest.approx(before.score, abs=0.01))


def test_a_broken_cache_is_trained_anew(tmp_path: Path) -> None:
    open_parser(EXAMPLES, tmp_path)
    (cached,) = tmp_path.glob("*.npz")
    cached.write_bytes(b"broken")

    parser = open_parser(EXAMPLES, tmp_path)

    assert parser.parse("xin chào").intent.name == "greet"
    assert cached.stat().st_size > 1000


def test_a_cache_that_cannot_be_written_does_not_matter() -> None:
    assert open_parser(EXAMPLES, Path("/proc/nowhere")).parse("xin chào").intent.name == "greet"


def test_an_answer_teaches_words_and_is_no_question() -> None:
    taught = [*EXAMPLES, Example("Bà con đến nhà văn hóa thôn lúc bảy giờ tối.", "faq/xmc", Kind.ANSWER)]

    parse = EmbeddedParser(train(taught)).parse("Bà con đến nhà văn hóa thôn lúc bảy giờ tối.")

    assert parse.intent.score < 1.0


def test_the_shipped_examples_are_enough_and_no_sentence_has_two_intents() -> None:
    examples = read_examples()
    by_text: dict[str, set[str]] = {}
    for example in examples:
        by_text.setdefault(example.text.casefold(), set()).add(example.intent)

    assert sum(example.intent == "out_of_scope" for example in examples) >= 300
    assert {text: intents for text, intents in by_text.items() if len(intents) > 1} == {}


def test_a_training_file_that_is_broken_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "greet.yml"
    path.write_text('version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n    - chào\n    chào em\n', "utf-8")

    with pytest.raises(TrainingError, match=r"greet\.yml, line 6"):
        read_file(path)


def test_what_is_named_is_found(parser: EmbeddedParser) -> None:
    found = parser.parse("bac 75 tuoi o Cà Mau hỏi thông tư 25/2023 cấp xã, lớp nghề may năm 2026").entities

    assert {(each.kind.value, each.value) for each in found} >= {
        ("age", "75"),
        ("place", "ca mau"),
        ("document", "tt 25 2023"),
        ("level", "xa"),
        ("course", "nghe may"),
        ("year", "2026"),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [("bảy mươi lăm tuổi", "75"), ("mười lăm tuổi", "15"), ("hai mươi tuổi", "20"), ("bảy tuổi", "7")],
)
def test_an_age_in_words_is_read(parser: EmbeddedParser, text: str, said: str) -> None:
    assert [each.value for each in parser.parse(text).entities if each.kind == "age"] == [said]


def test_training_that_fails_says_why_and_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nlu.workshop.sys.executable", "/bin/false")

    with pytest.raises(TeachingFailed, match="exit code 1"):
        open_parser(EXAMPLES, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_follow_up_is_read_with_what_it_follows_on(parser: EmbeddedParser) -> None:
    alone = parser.parse("ở đâu vậy")
    after = parser.parse("ở đâu vậy", "học xóa mù chữ")

    assert alone.in_context == ()
    assert after.in_context[0].name == "faq/xmc"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("không, ý tôi là học có mất tiền không", "học có mất tiền không"),
        ("không phải, em hỏi về học phí", "học phí"),
        ("nhầm rồi, ý là học phí", "học phí"),
        ("không biết bắt đầu từ đâu", "không biết bắt đầu từ đâu"),
        ("không cần báo tin nữa", "không cần báo tin nữa"),
    ],
)
def test_a_correction_is_read_as_what_it_says_instead(text: str, left: str) -> None:
    assert without_correction(text) == left
