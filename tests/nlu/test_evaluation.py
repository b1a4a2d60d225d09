"""Figures, typing noise and the lint: each says what it promises, and repeats itself."""

import json
from collections import Counter
from pathlib import Path

import pytest

from nlu.evaluation import (
    Question,
    QuestionsError,
    ask,
    confusions,
    measure,
    measure_foreign,
    measure_kinds,
    percentile,
    read_questions,
)
from nlu.lint import find_weaknesses
from nlu.noise import Typing, retype, telex
from nlu.parse import OUT_OF_SCOPE, Intent, Parse
from nlu.training import Example, read_examples
from nlu.vietnamese import fold
from tests.conftest import NOW, ROOT


class Told:
    """A parser that reads each text as it is told to."""

    def __init__(self, readings: dict[str, tuple[str, float]]) -> None:
        self.readings = readings

    def parse(self, text: str, about: str = "") -> Parse:
        name, score = self.readings[text]
        ranking = (Intent(name, score), Intent("faq/ab-09", 0.01))
        refused = Intent(OUT_OF_SCOPE, 1 - score) if score < 0.1 else ranking[0]
        return Parse(text, refused, ranking)


ASKED = [
    Question("a", frozenset({"faq/ab-01"})),
    Question("b", frozenset({"faq/ab-01", "faq/ab-02"})),
    Question("c", frozenset({"faq/ab-03"}), "typo"),
    Question("d", frozenset({"faq/ab-09"}), "typo"),
    Question("e", frozenset({OUT_OF_SCOPE}), kind="near"),
    Question("f", frozenset({OUT_OF_SCOPE}), kind="far"),
]
TOLD = Told(
    {
        "a": ("faq/ab-01", 0.95),
        "b": ("faq/ab-02", 0.9),
        "c": ("faq/ab-01", 0.85),
        "d": ("faq/ab-01", 0.3),
        "e": ("faq/ab-01", 0.8),
        "f": ("faq/ab-01", 0.05),
    }
)


def test_the_figures_of_a_set_are_those_counted_by_hand() -> None:
    outcomes = ask(TOLD.parse, ASKED)

    figures = measure(outcomes)
    foreign = measure_foreign(outcomes)

    assert (figures.count, figures.accuracy, figures.top3) == (4, 0.5, 0.75)
    assert figures.answered == 0.75
    assert figures.wrong_of_answered == pytest.approx(1 / 3)
    assert figures.calibration_error == pytest.approx((0.05 + 0.1 + 0.85 + 0.3) / 4)
    assert foreign.count == 2
    assert foreign.auroc == pytest.approx(7 / 8)
    assert (foreign.at_recall, foreign.as_shipped) == (0.5, 0.5)
    assert [(kind, each.count, each.as_shipped) for kind, each in measure_kinds(outcomes)] == [
        ("", 2, 0.5),
        ("far", 1, 0.0),
        ("near", 1, 1.0),
    ]
    assert confusions(outcomes)[0][1:] == ("faq/ab-01", 1)
    assert percentile(outcomes, 0.5) >= 0


def test_a_set_is_read_with_codes_intents_and_lists(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    lines = [
        {"text": "một", "expect": "xmc-01", "style": "nodia"},
        {"text": "hai", "expect": ["find_centre", "tt-07"], "kind": "faq"},
        {"text": "ba", "turns": ["x", "ba"], "expect": "xmc-01"},
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")

    first, second = read_questions(path)

    assert (first.accepted, first.style) == ({"faq/xmc-01"}, "nodia")
    assert (second.accepted, second.style, second.kind) == ({"find_centre", "faq/tt-07"}, "clean", "faq")


@pytest.mark.parametrize(
    ("line", "told"), [("{", "line 1"), ('{"text": "a"}', "line 1"), ("", "holds no question")]
)
def test_a_set_that_cannot_be_read_says_where(tmp_path: Path, line: str, told: str) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text(line, "utf-8")

    with pytest.raises(QuestionsError, match=told):
        read_questions(path)


@pytest.mark.parametrize("typing", list(Typing))
def test_a_text_is_retyped_the_same_again(typing: Typing) -> None:
    text = "Tôi không biết đăng ký học xóa mù chữ ở đâu, bao nhiêu tiền vậy"

    assert retype(text, typing, 7) == retype(text, typing, 7)
    assert (retype(text, typing, 7) == text) == (typing is Typing.CLEAN)


def test_telex_keystrokes_are_those_of_the_keyboard() -> None:
    assert [telex(word) for word in ("được", "tiếng", "đăng", "ký")] == ["dduwowcj", "tieengs", "ddawng", "kys"]


def test_the_lint_names_thin_entries_and_wordings_too_alike() -> None:
    taught = [
        *read_examples(),
        *(Example(text, "faq/aa-01") for text in ("học phí bao nhiêu tiền", "đóng mấy đồng", "có thu tiền không")),
        *(
            Example(text, "faq/aa-02")
            for text in ("học phí bao nhiêu tiền vậy", "nộp hồ sơ ở đâu", "gửi giấy tờ cho ai")
        ),
    ]

    weak = find_weaknesses(taught)

    assert {each.name for each in weak.thin} == {"faq/aa-01", "faq/aa-02"}
    assert {(each.first, each.second) for each in weak.alike} == {("faq/aa-01", "faq/aa-02")}
    assert all(0 <= each.recognised <= 1 and each.wordings == 3 for each in weak.entries)


def test_the_held_out_questions_name_answers_that_exist_and_none_is_taught() -> None:
    from bot.knowledge import library

    answers = library.load(ROOT / "content" / "faq", NOW.date())
    taught = {example.text.casefold() for example in [*read_examples(), *answers.examples()]}
    questions = read_questions(ROOT / "tests" / "nlu" / "held_out.jsonl")
    known = {f"faq/{code}" for code in answers.by_code} | {example.intent for example in read_examples()}

    assert len(questions) >= 400
    assert {name for each in questions for name in each.accepted} <= known
    assert [each.text for each in questions if each.text.casefold() in taught and len(each.text.split()) > 4] == []


def test_the_held_out_questions_out_of_scope_are_far_or_near_and_none_is_taught() -> None:
    taught = {fold(example.text, words=True) for example in read_examples()}
    questions = read_questions(ROOT / "tests" / "nlu" / "out_of_scope_held_out.jsonl")
    count = Counter(each.kind for each in questions)

    assert set(count) == {"far", "near"}
    assert min(count.values()) >= 150
    assert all(each.foreign for each in questions)
    assert [each.text for each in questions if fold(each.text, words=True) in taught] == []
