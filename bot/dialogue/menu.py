"""The choices under our last message, for a citizen who types instead of tapping.

One menu a person is live, for 30 minutes. The number, the label (without diacritics too) or a beginning
that only one label has means the tap. A bare number that means nothing shows the menu again: nothing is
ever guessed.
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from bot.dialogue.turn import Conversation, Situation, Turn
from bot.messages import Choice, ChoiceKind, Reply
from nlu.vietnamese import fold

LIVES = timedelta(minutes=30)
PAGE = 9
"""How many choices a menu by numbers shows at once; ``0`` shows the next."""

_PREFIX_MIN = 3
# Two digits: 1373 or 0912… is no choice.
_NUMBER = re.compile(r"\d{1,2}")
_SAID_NUMBER = re.compile(r"(?:chon )?(?:so )?(\d{1,2})")


def choose(conversation: Conversation, text: str, now: datetime) -> str:
    """The token of the live choice that *text* names; empty when it names none."""
    if not _is_live(conversation, now):
        return ""
    offered, said = conversation.offered, fold(text, words=True)
    if number := _SAID_NUMBER.fullmatch(said):
        place = int(number[1])
        return offered[place - 1][1] if 1 <= place <= len(offered) else ""
    for label, token in offered:
        if fold(label, words=True) == said:
            return token
    begun = {token for label, token in offered if fold(label, words=True).startswith(said)}
    return begun.pop() if len(begun) == 1 and len(said) >= _PREFIX_MIN else ""


def show_again(situation: Situation, text: str) -> Turn | None:
    """The menu once more, where *text* is a number that means nothing; None for every other text.

    ``0`` shows the next page of a live menu.
    """
    conversation, texts = situation.conversation, situation.house.texts
    offered = conversation.offered
    if not offered or not is_number(text):
        return None
    if not _is_live(conversation, situation.now):
        return _show(situation, texts("menu.over"), offered)
    if int(fold(text, words=True)) == 0 and len(offered) > PAGE:
        return _show(situation, texts("menu.next"), (*offered[PAGE:], *offered[:PAGE]))
    return _show(situation, texts("menu.again"), offered)


def is_number(text: str) -> bool:
    """Whether *text* is nothing but a number that a menu could have."""
    return bool(_NUMBER.fullmatch(fold(text, words=True)))


def remember(turn: Turn, now: datetime) -> Turn:
    """*turn*, after which the choices of its last reply that has any are the live menu."""
    for reply in reversed(turn.replies):
        if offered := offered_by(reply):
            return replace(turn, conversation=replace(turn.conversation, offered=offered, offered_at=now))
    return replace(turn, conversation=replace(turn.conversation, offered=(), offered_at=None))


def offered_by(reply: Reply) -> tuple[tuple[str, str], ...]:
    """Label and token of the choices of *reply* that a number can stand for, in order."""
    return tuple((choice.label, choice.token) for choice in reply.all_choices() if choice.kind is ChoiceKind.REPLY)


def _is_live(conversation: Conversation, now: datetime) -> bool:
    return bool(conversation.offered) and (
        conversation.offered_at is None or now - conversation.offered_at <= LIVES
    )


def _show(situation: Situation, text: str, offered: tuple[tuple[str, str], ...]) -> Turn:
    rows = tuple((Choice(label, token),) for label, token in offered)
    return Turn((Reply(text, rows),), situation.conversation, intent="menu")
