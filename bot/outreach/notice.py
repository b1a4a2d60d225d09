"""A broadcast as a citizen may know it: who sent what, when, to whom, and what its buttons do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot.contacts import Segment

FLOW: Final = "tin"
"""What the tokens of a broadcast's buttons begin with: ``tin/<code>/<what the button opens>``."""

ACKNOWLEDGE: Final = "ack"
QUIZ: Final = "quiz:"
JOIN, LEAVE = "join:", "leave:"


@dataclass(frozen=True, slots=True)
class Notice:
    """What was sent under a check code. *correction* is the code of what corrected it later."""

    broadcast_id: int
    code: str
    title: str
    content: Mapping[str, Any]
    segment: Segment
    sent_at: datetime
    drafted_by: str
    approved_by: str
    stopped: bool = False
    correction: str = ""


def button_token(code: str, token: str) -> str:
    """The token of a broadcast's button, from which it is known which broadcast was tapped."""
    return f"{FLOW}/{code}/{token}" if code and token else token


def code_of(token: str) -> str:
    """The check code in the token of a broadcast's button; empty for another's."""
    flow, _, rest = token.partition("/")
    return rest.partition("/")[0] if flow == FLOW else ""
