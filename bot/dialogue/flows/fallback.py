"""Not understood: the nearest questions by their titles, or an honest word and whom to ask."""

from bot.dialogue.turn import Conversation, Situation, Turn, Unanswered
from bot.messages import Choice, Reply
from bot.redaction import redact
from nlu.parse import OFFER_AT

_OFFERED_MAX = 3
_WORDS_MIN = 2
_OFFERABLE = {
    "find_centre": "centre/text",
    "subscribe": "subscription/start",
    "unsubscribe": "subscription/stop",
    "forget_me": "privacy/forget",
    "export_me": "privacy/export",
    "privacy": "privacy/notice",
    "handover": "handover/start",
}


def answer(situation: Situation, argument: str) -> Turn:
    """A word for what cannot be read, an unknown command, or what is outside the bot's field."""
    texts = situation.house.texts
    if argument in ("unreadable", "command"):
        return Turn((Reply(texts(f"fallback.{argument}"), _ways_on(situation)),), situation.conversation)
    return refuse(situation)


def offer(situation: Situation) -> Turn:
    """Up to three titled buttons of what was perhaps meant; nothing near: an honest refusal."""
    texts, library = situation.house.texts, situation.house.library
    rows: list[tuple[Choice, ...]] = []
    for intent in situation.parse.ranking:
        if intent.score < OFFER_AT / 2 or len(rows) == _OFFERED_MAX:
            break
        if intent.name in _OFFERABLE:
            rows.append((Choice(texts(f"offer.{intent.name}"), _OFFERABLE[intent.name]),))
        elif found := library.answer(intent.name.removeprefix("faq/"), situation.today):
            rows.append((Choice(found.short_title, f"faq/{found.code}"),))
    if not rows:
        return refuse(situation)
    rows.append((Choice(texts("button.none_of_these"), "handover/last"),))
    return Turn(
        (Reply(texts("fallback.offer"), tuple(rows)),),
        Conversation(slots={"question": situation.heard.text[:1000]}),
        intent="offer",
    )


def refuse(situation: Situation) -> Turn:
    """Say that there is no reviewed answer and where to ask; offer to pass the question on, or to tell later."""
    texts = situation.house.texts
    question = redact(situation.heard.text)
    rows = (
        (Choice(texts("button.pass_on"), "handover/last"),),
        (Choice(texts("button.tell_me"), "awaiting/ask"),),
        *_ways_on(situation)[:2],
    )
    return Turn(
        (Reply(texts("fallback.refuse"), rows),),
        Conversation(slots={"question": situation.heard.text[:1000]}),
        (Unanswered(question),) if len(question.split()) >= _WORDS_MIN else (),
        actions=("refuse",),
        intent="out_of_scope",
    )


def _ways_on(situation: Situation) -> tuple[tuple[Choice, ...], ...]:
    texts = situation.house.texts
    return (
        (Choice(texts("button.topics"), "faq/topics"),),
        (Choice(texts("button.find_centre"), "centre/ask"),),
        (Choice(texts("button.handover"), "handover/start"),),
    )
