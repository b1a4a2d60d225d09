"""How a reviewed answer is shown: short for everybody, in detail for who taps or asks as an official."""

from dataclasses import replace
from types import MappingProxyType

import pytest

from bot.contacts import Contact, ContactStatus, Topic
from bot.dialogue.engine import respond
from bot.dialogue.turn import Conversation, Situation, Turn
from bot.inbox import Mind
from bot.messages import Address, Heard, HeardKind
from tests.conftest import NOW

CODE = "xmc-01"
NOWHERE = Conversation()
DETAIL = "Điều 5 TT 15/2025/TT-BGDĐT."


@pytest.fixture
def detailed(mind: Mind) -> Mind:
    """The shipped content, where one answer has a detail."""
    library = mind.house.library
    answer = replace(library.by_code[CODE], detail=DETAIL)
    changed = replace(library, by_code=MappingProxyType({**library.by_code, CODE: answer}))
    return replace(mind, house=replace(mind.house, library=changed))


def hear(
    mind: Mind,
    text: str = "",
    token: str = "",
    conversation: Conversation = NOWHERE,
    topics: frozenset[Topic] = frozenset(),
) -> Turn:
    """The turn of one message."""
    address = Address("terminal", "t")
    heard = Heard(address, "1", NOW, HeardKind.CHOICE if token else HeardKind.TEXT, text, token)
    contact = Contact(1, address, ContactStatus.ACTIVE, topics=topics)
    return respond(Situation(heard, mind.parser.parse(text), contact, conversation, mind.house, NOW, NOW.date()))


def labels(turn: Turn) -> list[str]:
    return [choice.label for choice in turn.replies[-1].all_choices()]


def test_a_short_answer_offers_its_detail(detailed: Mind) -> None:
    turn = hear(detailed, token=f"faq/{CODE}")

    assert DETAIL not in turn.replies[0].text
    assert labels(turn)[0] == "Chi tiết"


@pytest.mark.parametrize("text", ["Chi tiết", "chi tiet"])
def test_the_detail_comes_by_a_tap_or_by_its_name(detailed: Mind, text: str) -> None:
    short = hear(detailed, token=f"faq/{CODE}")
    turn = hear(detailed, text, conversation=short.conversation)

    assert turn.replies[0].text.split("\n")[1] == DETAIL
    assert "Nguồn:" in turn.replies[0].text
    assert "Chi tiết" not in labels(turn)
    assert turn.conversation.last_answer == CODE


def test_who_asks_as_an_official_gets_both_at_once(detailed: Mind) -> None:
    question = detailed.house.library.by_code[CODE].question
    asked = hear(detailed, f"Tôi là cán bộ xã. {question}")
    chose = hear(detailed, question, topics=frozenset({Topic.OFFICIALS}))

    for turn in (asked, chose):
        assert DETAIL in turn.replies[0].text
        assert detailed.house.library.by_code[CODE].text in turn.replies[0].text
        assert "Chi tiết" not in labels(turn)


def test_an_answer_without_detail_offers_none(mind: Mind) -> None:
    turn = hear(mind, token=f"faq/{CODE}")
    asked = hear(mind, token=f"faq/{CODE}:chi-tiet")

    assert "Chi tiết" not in labels(turn)
    assert asked.replies[0].text == turn.replies[0].text
