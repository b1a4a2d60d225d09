"""Greeting, menu, what the bot can do, and decent replies to what is no question."""

from dataclasses import replace

from bot.dialogue.turn import Conversation, Situation, Turn
from bot.messages import Choice, Reply

_KEEPS_WAITING = ("machine", "language", "thanks")


def answer(situation: Situation, argument: str) -> Turn:
    """The small talk named *argument*, always with the main menu below it."""
    texts = situation.house.texts
    key = argument if f"welcome.{argument}" in texts.phrases else "help"
    conversation = Conversation(last_answer=situation.conversation.last_answer)
    if argument in _KEEPS_WAITING:
        conversation = situation.conversation
    return Turn(
        (Reply(texts(f"welcome.{key}", topics=_topics(situation)), main_menu(situation)),),
        conversation,
        intent=key,
    )


def cannot_read(situation: Situation, kind: str) -> Turn:
    """What to do instead of sending a *kind* (voice, photo …); where we are does not change."""
    texts = situation.house.texts
    key = kind if f"unread.{kind}" in texts.phrases else "unsupported"
    return Turn(
        (Reply(texts(f"unread.{key}"), main_menu(situation)),), situation.conversation, intent=f"unread/{key}"
    )


def old_menu(situation: Situation) -> Turn:
    """The main menu, with a word that the tapped button is no longer known."""
    text = situation.house.texts("welcome.old_menu")
    return Turn((Reply(text, main_menu(situation)),), replace(situation.conversation, flow="", step=""))


def unclear_number(situation: Situation) -> Turn:
    """The main menu, with a word that a number alone says nothing; ``0`` just opens it."""
    if not situation.heard.text.strip(" 0.)"):
        return answer(situation, "help")
    text = situation.house.texts("menu.no_number")
    return Turn((Reply(text, main_menu(situation)),), situation.conversation, intent="menu")


def main_menu(situation: Situation) -> tuple[tuple[Choice, ...], ...]:
    """The choices that are always of use."""
    texts = situation.house.texts
    return (
        (Choice(texts("button.find_centre"), "centre/ask"),),
        (
            Choice(texts("button.topics"), "faq/topics"),
            Choice(texts("button.subscribe"), "subscription/start"),
        ),
        (Choice(texts("button.handover"), "handover/start"),),
    )


def _topics(situation: Situation) -> str:
    return "\n".join(f"- {topic.title}" for topic in situation.house.library.topics)
