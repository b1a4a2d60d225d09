"""One copy of a broadcast for one person: its status words, and the result of trying to send it."""

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum


class DeliveryStatus(StrEnum):
    """Where a copy is. The same words stand in SQL and in what officials read."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNCERTAIN = "uncertain"


class OnAmbiguous(StrEnum):
    """What becomes of a copy nobody can tell about: listed, sent again, or taken as sent."""

    HOLD = "hold"
    RESEND = "resend"
    ASSUME_SENT = "assume_sent"


SENDS_MAX = 3
"""How often one copy may leave under ``resend`` before it is held after all."""


ERRORS_SEEN, ERRORS_SHARE = 50, 0.2
"""A broadcast is paused when so great a share of its last so many sendings went wrong."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one sending; *gone* blocks the contact in the same transaction."""

    sequence: int
    status: DeliveryStatus
    reason: str = ""
    message_id: str | None = None
    gone: bool = False


def after_doubt(policy: OnAmbiguous, attempts: int) -> DeliveryStatus:
    """The status of a copy that may or may not have been delivered, after *attempts* sendings."""
    match policy:
        case OnAmbiguous.RESEND if attempts < SENDS_MAX:
            return DeliveryStatus.QUEUED
        case OnAmbiguous.ASSUME_SENT:
            return DeliveryStatus.SENT
        case _:
            return DeliveryStatus.UNCERTAIN


def is_bad(status: str, reason: str) -> bool:
    """Whether something was wrong with the sending, not with the person: those who left are no error."""
    if status == DeliveryStatus.UNCERTAIN:
        return True
    return status == DeliveryStatus.FAILED and reason != "blocked"


@dataclass(slots=True)
class Recent:
    """The last sendings of a broadcast in this process: whether each went wrong."""

    _last: deque[bool] = field(default_factory=lambda: deque(maxlen=ERRORS_SEEN))

    def add(self, *, bad: bool) -> bool:
        """Count one. Returns whether so many of the last went wrong that it should be paused."""
        self._last.append(bad)
        return len(self._last) == ERRORS_SEEN and sum(self._last) >= ERRORS_SEEN * ERRORS_SHARE

    def clear(self) -> None:
        """Forget them: somebody looked at it and resumed."""
        self._last.clear()
