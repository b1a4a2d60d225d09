"""One citizen on two channels: a code asked for here and typed there links them, if they agree."""

import re
from dataclasses import replace

from bot.contacts import Purpose
from bot.dialogue.turn import Consented, House, LinkAsked, LinkTyped, Preferred, Situation, Turn, Unlinked
from bot.messages import Choice, Reply
from nlu.vietnamese import fold

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Signs that nobody takes for one another."""
CODE_LENGTH = 6
PREFIX = "LK"

NOTICE_VERSION = "noi-kenh-1"

_CODE = re.compile(rf"{PREFIX}[ -]?([{ALPHABET}]{{{CODE_LENGTH}}})")


def code_in(text: str) -> str:
    """The code that *text* is, without its prefix; empty when it is none."""
    found = _CODE.fullmatch(fold(text).strip().upper())
    return found[1] if found else ""


def is_asked(situation: Situation) -> bool:
    """Whether a text says nothing but that two channels be linked: who has no commands types it in words."""
    if situation.conversation.step.startswith("await_"):
        return False
    said = fold(situation.heard.text, words=True)
    return said in {fold(each, words=True) for each in situation.house.texts("linking.phrases").splitlines()}


def answer(situation: Situation, argument: str) -> Turn:
    """``start`` explains and asks, ``agree`` gives a code, ``code:<code>`` takes one, ``prefer:<channel>``
    chooses, ``undo`` ends it."""
    texts = situation.house.texts
    step, _, value = argument.partition(":")
    where = situation.conversation
    match step:
        case "agree":
            given = Consented(Purpose.LINK, given=True, notice=NOTICE_VERSION)
            return Turn((Reply(texts("linking.code", code="{code}")),), where, (given, LinkAsked()), intent="link")
        case "code":
            return Turn((Reply(texts("linking.unknown")),), where, (LinkTyped(value),), intent="link")
        case "prefer":
            known = texts.named("channel")
            if value not in known:
                return answer(situation, "start")
            text = texts("linking.preferred", channel=known[value])
            return Turn((Reply(text),), where, (Preferred(value),), intent="link")
        case "undo":
            taken = Consented(Purpose.LINK, given=False, notice=NOTICE_VERSION)
            return Turn((Reply(texts("linking.undone")),), where, (taken, Unlinked()), intent="link")
        case _:
            rows = (
                (Choice(texts("button.link_agree"), "linking/agree"),),
                (Choice(texts("button.link_undo"), "linking/undo"),),
            )
            return Turn((Reply(texts("linking.start"), rows),), where, intent="link")


def show_code(reply: Reply, code: str) -> Reply:
    """*reply* with the code in it."""
    return replace(reply, text=reply.text.replace("{code}", f"{PREFIX}-{code}"))


def tell_linked(house: House, here: str, there: str) -> Reply:
    """To the second channel: done, and on which of the two the notices shall come."""
    texts = house.texts
    known = texts.named("channel")
    rows = tuple(
        (Choice(texts("button.link_prefer", channel=known.get(each, each)), f"linking/prefer:{each}"),)
        for each in (here, there)
    )
    undo = (Choice(texts("button.link_undo"), "linking/undo"),)
    return Reply(texts("linking.linked", channel=known.get(there, there)), (*rows, undo))


def tell_same(house: House) -> Reply:
    """The code was typed where it was asked for."""
    return Reply(house.texts("linking.same"))


def tell_official(house: House) -> Reply:
    """To an official: test sends come here from now on."""
    return Reply(house.texts("linking.official"))


def tell_first(house: House, there: str) -> Reply:
    """To the first channel: who did not do this can undo it."""
    texts = house.texts
    undo = ((Choice(texts("button.link_undo"), "linking/undo"),),)
    return Reply(texts("linking.told", channel=texts.named("channel").get(there, there)), undo)
