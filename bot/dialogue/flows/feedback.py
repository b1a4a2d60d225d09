"""Was this useful? A vote on an answer, without a person; and what to do when it was not."""

from bot.dialogue.turn import Conversation, Situation, Turn, Voted
from bot.messages import Choice, Reply


def answer(situation: Situation, argument: str) -> Turn:
    """``yes:<code>`` and ``no:<code>`` vote; anything else asks what was wrong, by way of an official."""
    texts = situation.house.texts
    word, _, code = argument.partition(":")
    known = code in situation.house.library.by_code
    if word == "yes" and known:
        return Turn(
            (Reply(texts("feedback.thanks")),),
            Conversation(last_answer=code),
            (Voted(code, useful=True),),
            ("feedback",),
        )
    code = code if known else situation.conversation.last_answer
    rows = (
        (Choice(texts("button.handover"), "handover/start"),),
        (Choice(texts("button.topics"), "faq/topics"),),
    )
    return Turn(
        (Reply(texts("feedback.sorry"), rows),),
        Conversation(last_answer=code),
        (Voted(code, useful=False),) if word == "no" and known else (),
        ("feedback",),
        intent="feedback",
    )
