"""Hands a question to an official, and says when and where the answer comes."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.dialogue.turn import Conversation, HandedOver, Situation, Turn
from bot.messages import Choice, Reply

_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_WORKING_DAYS = 2
_SATURDAY = 5
_QUESTION_MIN = 5


def answer(situation: Situation, argument: str) -> Turn:
    """``start`` asks for the question; ``last`` takes the one not answered; ``await_question`` stores it."""
    texts = situation.house.texts
    asked = situation.conversation.slots.get("question", "")
    match argument:
        case "cancel":
            return Turn((Reply(texts("handover.cancelled")),))
        case "last" if asked:
            return _hand_over(situation, asked)
        case "await_question" if len(situation.heard.text.strip()) >= _QUESTION_MIN:
            return _hand_over(situation, situation.heard.text.strip())
        case _:
            rows = ((Choice(texts("button.cancel"), "handover/cancel"),),)
            return Turn(
                (Reply(texts("handover.ask"), rows),),
                Conversation("handover", "await_question", last_answer=situation.conversation.last_answer),
                actions=("handover",),
                intent="handover",
            )


def due(now: datetime) -> datetime:
    """The end of the second working day after *now*, 17:00 in Vietnam (public holidays not counted in).

    Two working days is the time Nghị định 356/2025/NĐ-CP, Điều 5 gives for a first answer.
    """
    day = now.astimezone(_ZONE).date()
    left = _WORKING_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < _SATURDAY
    return datetime.combine(day, time(17), _ZONE)


def _hand_over(situation: Situation, question: str) -> Turn:
    at = due(situation.now)
    return Turn(
        (Reply(situation.house.texts("handover.stored", due=f"{at:%H:%M, %d/%m/%Y}")),),
        events=(HandedOver(question[:2000], situation.conversation.last_answer, at),),
        actions=("handover",),
        intent="handover",
    )
