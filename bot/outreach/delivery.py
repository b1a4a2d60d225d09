"""One copy of a broadcast for one person: its status words, and the result of trying to send it."""

from dataclasses import dataclass
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
