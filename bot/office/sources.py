"""What a broadcast rests on: whether its documents are still in force and its answers still there."""

import re
from collections.abc import Iterator

from bot.knowledge.folder import read_text
from bot.knowledge.rules import REPEALED, Repealed, Rules, read_repealed
from bot.office.office import Office
from bot.outreach.broadcast import Broadcast, Forbidden
from bot.outreach.frozen_content import texts_of

_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n")
_ANSWER = "faq/"
_LIST = "faq/topics"


def repealed_in(office: Office, broadcast: Broadcast) -> list[Repealed]:
    """What the words name as if it were in force, by ``repealed.csv``; each once."""
    listed = read_text(office.content / REPEALED, REPEALED, [])
    if listed is None:
        return []
    rules = Rules(*read_repealed(listed, []))
    sentences = [each for text in texts_of(broadcast.content) for each in _SENTENCE.split(text) if each]
    found = [gone for each in sentences for gone in rules.named_as_current(each)]
    return list({each.name: each for each in found}.values())


def answers_gone(office: Office, broadcast: Broadcast) -> Iterator[str]:
    """The codes of answers its buttons open that are not there any more."""
    wanted = [each["token"] for each in broadcast.content["buttons"] if each["token"].startswith(_ANSWER)]
    if codes := [each.removeprefix(_ANSWER) for each in wanted if each != _LIST]:
        there = office.codes()
        yield from (each for each in codes if each.partition(":")[0] not in there)


def check_sources(office: Office, broadcast: Broadcast) -> None:
    """Raises Forbidden when the broadcast rests on something that is gone."""
    for gone in repealed_in(office, broadcast):
        raise Forbidden("rule.repealed", name=gone.name, now=gone.now)
    for code in answers_gone(office, broadcast):
        raise Forbidden("rule.answer_gone", code=code)
