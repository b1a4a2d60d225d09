"""What an edit changes: which questions lose, change, gain their answer, and which need a person's name."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.knowledge.comparison import Asked, Comparison, Kind, Outcome, Sort, compare
from bot.knowledge.fault import Fault, describe, read_sentences
from bot.knowledge.hoi_dap import read
from bot.knowledge.questions import Question, read_questions
from tests.knowledge.examples import CONTENT, GOOD, SECOND

SENTENCES = read_sentences(CONTENT)
ANSWERS = {answer.code: answer for answer in read(GOOD + SECOND, "a.md").answers}
SURE = Outcome(Sort.ANSWERED, "xmc-01", (), 0.95, "a")


def put(before: Outcome | None, after: Outcome, question: Question | None = None) -> Comparison:
    """The comparison of one question."""
    asked = [Asked(("học chữ ở đâu",), "q-001", question)]
    return compare(asked, [before] if before else None, [after], ANSWERS, ANSWERS, 0.6)


@pytest.mark.parametrize(
    ("after", "kind"),
    [
        pytest.param(SURE, None, id="the same"),
        pytest.param(replace(SURE, score=0.9), None, id="a little less sure"),
        pytest.param(replace(SURE, name="xmc-02", digest="b"), Kind.CHANGED, id="another answer"),
        pytest.param(Outcome(Sort.OFFERED, "", ("xmc-01",), 0.4, "c"), Kind.LOST, id="only offered"),
        pytest.param(Outcome(Sort.REFUSED, "", (), 0.1, "d"), Kind.LOST, id="refused"),
        pytest.param(Outcome(Sort.DIALOGUE, "handover", (), 0.9, "e"), Kind.CHANGED, id="a dialogue"),
        pytest.param(replace(SURE, score=0.62), Kind.NEAR, id="by a hair"),
        pytest.param(replace(SURE, digest="b"), Kind.REWORDED, id="in other words"),
    ],
)
def test_a_change_is_named_for_what_it_is(after: Outcome, kind: Kind | None) -> None:
    assert [change.kind for change in put(SURE, after).changes] == ([kind] if kind else [])


def test_a_question_that_is_answered_now_is_a_gain() -> None:
    found = put(Outcome(Sort.REFUSED, "", (), 0.1, "d"), SURE)

    assert [change.kind for change in found.changes] == [Kind.GAINED]


def test_between_two_refusals_nothing_is_told() -> None:
    refused = Outcome(Sort.REFUSED, "", (), 0.1, "d")

    assert put(refused, replace(refused, sort=Sort.OFFERED, offered=("xmc-02",))).changes == ()


@pytest.mark.parametrize(
    ("must", "after", "blocks"),
    [
        pytest.param(True, replace(SURE, digest="b"), True, id="in other words"),
        pytest.param(True, replace(SURE, name="xmc-02", digest="b"), True, id="another answer"),
        pytest.param(True, SURE, False, id="the same"),
        pytest.param(False, replace(SURE, name="xmc-02", digest="b"), False, id="not mandatory"),
    ],
)
def test_a_mandatory_question_that_changes_needs_a_name(must: bool, after: Outcome, blocks: bool) -> None:
    found = put(SURE, after, Question("q-001", ("học chữ ở đâu",), "xmc-01", must))

    assert bool(found.blocking(())) is blocks
    assert found.blocking(("q-001",)) == ()
    assert bool(found.blocking(("q-002",))) is blocks


@pytest.mark.parametrize(
    ("expect", "outcome", "right"),
    [
        pytest.param("xmc-01", SURE, 1, id="the answer"),
        pytest.param("xmc-02", SURE, 0, id="another answer"),
        pytest.param("out_of_scope", Outcome(Sort.REFUSED, "", (), 0.9, ""), 1, id="refused as it should be"),
        pytest.param("out_of_scope", Outcome(Sort.OFFERED, "", (), 0.3, ""), 1, id="offered is no answer"),
        pytest.param("out_of_scope", SURE, 0, id="answered as if known"),
        pytest.param("handover", Outcome(Sort.DIALOGUE, "handover", (), 0.9, ""), 1, id="an intent"),
    ],
)
def test_the_frozen_set_counts_what_is_as_expected(expect: str, outcome: Outcome, right: int) -> None:
    found = put(None, outcome, Question("q-001", ("x",), expect))

    assert (found.right, found.expected, len(found.unexpected)) == (right, 1, 1 - right)


def test_answers_that_come_go_or_change_their_words_are_listed() -> None:
    edited = {"xmc-01": replace(ANSWERS["xmc-01"], text="Khác."), "xmc-03": ANSWERS["xmc-02"]}

    found = compare([], [], [], ANSWERS, edited, 0.6)

    assert (found.added, found.removed, found.reworded) == (("xmc-03",), ("xmc-02",), ("xmc-01",))


def test_other_wordings_alone_are_no_other_words() -> None:
    edited = {**ANSWERS, "xmc-01": replace(ANSWERS["xmc-01"], wordings=("a",))}

    assert compare([], [], [], ANSWERS, edited, 0.6).reworded == ()


def test_questions_are_read_line_by_line(tmp_path: Path) -> None:
    rows = [
        {"id": "q-1", "text": "một", "expect": "xmc-01", "must": True},
        {"id": "q-2", "turns": ["một", "hai"], "expect": "out_of_scope"},
    ]
    text = "\n".join(json.dumps(each, ensure_ascii=False) for each in rows)
    (tmp_path / "questions.jsonl").write_text(f"{text}\n\n", encoding="utf-8")
    faults: list[Fault] = []

    assert read_questions(tmp_path, faults) == [
        Question("q-1", ("một",), "xmc-01", must=True),
        Question("q-2", ("một", "hai"), "out_of_scope"),
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("line", "key"),
    [
        pytest.param("{", "bad_question", id="no JSON"),
        pytest.param("[]", "bad_question", id="no object"),
        pytest.param('{"id": "q-1", "text": "một"}', "bad_question", id="nothing expected"),
        pytest.param('{"id": "q-1", "turns": [1], "expect": "x"}', "bad_question", id="no text"),
        pytest.param('{"id": "q-0", "text": "hai", "expect": "x"}', "question_twice", id="an id twice"),
    ],
)
def test_a_line_nobody_understands_is_told(tmp_path: Path, line: str, key: str) -> None:
    first = '{"id": "q-0", "text": "một", "expect": "x"}'
    (tmp_path / "questions.jsonl").write_text(f"{first}\n{line}\n", encoding="utf-8")
    faults: list[Fault] = []

    assert len(read_questions(tmp_path, faults)) == 1
    assert [describe(fault, SENTENCES) for fault in faults] == [
        f"questions.jsonl:2: {SENTENCES[key].format(id='q-0')}"
    ]
