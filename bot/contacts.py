"""Whom we know: a contact, the consents they gave, and the segments officials name them by."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from bot.messages import Address


class ContactStatus(StrEnum):
    """Whether a contact can be written to at all."""

    ACTIVE = "active"
    BLOCKED = "blocked"


class Purpose(StrEnum):
    """What a citizen may consent to, each on its own (Luật 91/2025/QH15, Điều 9)."""

    NOTICES = "notices"
    PLACE = "place"
    ANSWER = "answer"
    LINK = "link"


class Topic(StrEnum):
    """What a citizen may ask to be told about; their Vietnamese names stand in texts.yml."""

    LITERACY = "literacy"
    CONTINUING = "continuing"
    VOCATIONAL = "vocational"
    DIGITAL = "digital"
    EVENTS = "events"
    OFFICIALS = "officials"


@dataclass(frozen=True, slots=True)
class Contact:
    """Someone who wrote to us. *home* is the token of a current commune or province, or empty; *language*
    what they chose, or their device said first (ISO 639)."""

    id: int
    address: Address
    status: ContactStatus
    home: str = ""
    home_province: str = ""
    topics: frozenset[Topic] = frozenset()
    notices: bool = False
    last_heard_at: datetime | None = None
    language: str = ""

    def may_be_notified(self) -> bool:
        """Whether a broadcast may be sent: reachable, and consented to notices."""
        return self.status is ContactStatus.ACTIVE and self.notices


@dataclass(frozen=True, slots=True)
class Segment:
    """A named audience among those who consented: every given condition holds (and), any of a
    condition's values does (or). Empty conditions do not narrow.

    *any_of* adds that one of these segments fits too, *none_of* that none does. *active_days*: heard
    within so many days. *series* with *joined*: who is in a series and joined at or after the first
    moment and before the second. *reached*: who got that broadcast, *awaited*: who has not yet
    acknowledged any of these broadcasts.
    """

    provinces: frozenset[str] = frozenset()
    communes: frozenset[str] = frozenset()
    topics: frozenset[Topic] = frozenset()
    channels: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    active_days: int = 0
    series: str = ""
    joined: tuple[datetime, datetime] | None = None
    reached: int = 0
    awaited: frozenset[int] = frozenset()
    any_of: "tuple[Segment, ...]" = ()
    none_of: "tuple[Segment, ...]" = ()

    @property
    def is_composed(self) -> bool:
        """Whether it asks for more than places, topics and channels."""
        return bool(self.languages or self.roles or self.active_days or self.series or self.any_of or self.none_of)


@dataclass(frozen=True, slots=True)
class Window:
    """How long after a person's last act a platform lets us write: free, then at *price*, then only by
    an approved template at *template_price* (both in đồng a message)."""

    free: timedelta
    paid: timedelta
    price: int
    template_price: int


@dataclass(frozen=True, slots=True)
class Quota:
    """How many messages of one kind a platform's plan still holds: *used* of *most* in *period*.

    *most* is 0 where nobody said; *name* is the platform's own word for the kind.
    """

    channel: str
    name: str
    period: str
    used: int
    most: int

    @property
    def left(self) -> int:
        """How many may still be sent."""
        return max(0, self.most - self.used)


@dataclass(frozen=True, slots=True)
class Held:
    """Everything kept about one contact, for ``/dulieu``.

    *reports* are the corrections of centres: when, the centre's id, what is wrong, the note.
    """

    contact: Contact
    since: datetime
    last: datetime
    consents: tuple[tuple[datetime, Purpose, bool, str], ...]
    handovers: tuple[tuple[datetime, str], ...]
    deliveries: int
    messages: int
    votes: int = 0
    awaiting: tuple[tuple[datetime, str], ...] = ()
    reports: tuple[tuple[datetime, str, str, str], ...] = ()
    linked: tuple[str, ...] = ()

    @classmethod
    def nothing(cls, contact: Contact, now: datetime) -> Self:
        """What is kept about a stranger: nothing but this conversation."""
        return cls(contact, now, now, (), (), 0, 0)
