"""To be told when a question that has no answer yet gets one: only with a yes, only once."""

from bot.contacts import Purpose
from bot.dialogue.turn import Awaited, Consented, Conversation, Situation, Turn
from bot.messages import Choice, Reply
from bot.redaction import redact

NOTICE_VERSION = "2026-11-24"


def answer(situation: Situation, argument: str) -> Turn:
    """``ask`` says what is kept and asks; ``yes`` keeps it; ``no`` keeps nothing."""
    texts = situation.house.texts
    question = redact(situation.conversation.slots.get("question", ""))
    if argument == "no" or not question:
        key = "awaiting.declined" if question else "awaiting.nothing"
        return Turn((Reply(texts(key)),), intent="awaiting")
    if argument == "yes":
        return Turn(
            (Reply(texts("awaiting.agreed")),),
            events=(Consented(Purpose.ANSWER, given=True, notice=NOTICE_VERSION), Awaited(question)),
            actions=("awaiting",),
            intent="awaiting",
        )
    rows = ((Choice(texts("button.agree"), "awaiting/yes"), Choice(texts("button.disagree"), "awaiting/no")),)
    return Turn(
        (Reply(texts("awaiting.consent", question=question), rows),),
        Conversation(slots=situation.conversation.slots),
        intent="awaiting",
    )
