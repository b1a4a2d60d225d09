"""The frozen question set is what the shipped content answers as it should; mandatory ones without exception."""

from bot.inbox import Mind
from bot.knowledge.comparison import Sort
from bot.knowledge.fault import Fault
from bot.knowledge.questions import OUT_OF_SCOPE, read_questions
from bot.rehearsal import outcome, rehearse
from tests.conftest import NOW, ROOT

FAULTS: list[Fault] = []
QUESTIONS = read_questions(ROOT / "content", FAULTS)


def test_the_frozen_set_is_large_and_of_all_kinds(mind: Mind) -> None:
    codes = {question.expect for question in QUESTIONS} & set(mind.house.library.by_code)

    assert FAULTS == []
    assert len(QUESTIONS) >= 300
    assert len(codes) >= 180
    assert sum(question.expect == OUT_OF_SCOPE for question in QUESTIONS) >= 30
    assert sum(len(question.turns) > 1 for question in QUESTIONS) >= 20
    assert sum(question.must for question in QUESTIONS) >= 40


def test_mandatory_questions_are_answered_as_they_must_be(mind: Mind) -> None:
    wrong = [
        (question.id, found.name)
        for question in QUESTIONS
        if question.must and not (found := outcome(mind, question.turns, NOW)).meets(question.expect)
    ]

    assert wrong == []


def test_many_at_once_are_what_each_would_be_alone(mind: Mind) -> None:
    texts = [question.turns for question in QUESTIONS[:150]]
    done: list[int] = []

    found = rehearse(mind, texts, NOW, done.append)

    assert sum(done) == len(texts)
    assert found[::25] == [outcome(mind, each, NOW) for each in texts[::25]]
    assert {each.sort for each in found} >= {Sort.ANSWERED}
