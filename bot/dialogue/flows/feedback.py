"""Was this useful? A vote on an answer by who was shown it; and what to do when it was not."""

from dataclasses import replace

from bot.dialogue.turn import Conversation, Situation, Turn, Voted
from bot.knowledge.library import Library
from bot.messages import Choice, Reply

_USEFUL, _NOT_USEFUL = "yes", "no"
_SHOWN_MOST = 12


def answer(situation: Situation, argument: str) -> Turn:
    """``yes:<code>`` and ``no:<code>`` vote; anything else asks what was wrong, by way of an official.

    A vote on an answer that was not shown in this conversation is not taken: its token was made up, or is
    older than what the conversation remembers.
    """
    texts = situation.house.texts
    word, _, code = argument.partition(":")
    version = dict(situation.conversation.shown).get(code, "")
    if code and not version:
        return Turn((Reply(texts("feedback.not_shown")),), situation.conversation, intent="feedback")
    if word == _USEFUL and code:
        return Turn(
            (Reply(texts("feedback.thanks")),),
            Conversation(last_answer=code),
            (Voted(code, useful=True, version=version),),
            ("feedback",),
        )
    rows = (
        (Choice(texts("button.handover"), "handover/start"),),
        (Choice(texts("button.topics"), "faq/topics"),),
    )
    return Turn(
        (Reply(texts("feedback.sorry"), rows),),
        Conversation(last_answer=code or situation.conversation.last_answer),
        (Voted(code, useful=False, version=version),) if word == _NOT_USEFUL and code else (),
        ("feedback",),
        intent="feedback",
    )


def remember_shown(turn: Turn, before: Conversation, library: Library) -> Turn:
    """*turn* whose conversation knows the answers it shows, with their versions, after those of *before*."""
    prefix = f"feedback/{_USEFUL}:"
    codes = [
        choice.token.removeprefix(prefix)
        for reply in turn.replies
        for choice in reply.all_choices()
        if choice.token.startswith(prefix)
    ]
    new = {code: library.by_code[code].fingerprint() for code in codes if code in library.by_code}
    kept = {code: version for code, version in before.shown if code not in new}
    shown = tuple((kept | new).items())[-_SHOWN_MOST:]
    return replace(turn, conversation=replace(turn.conversation, shown=shown))
