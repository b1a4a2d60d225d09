"""What all channels share: who wrote (Address), what they sent (Heard), what we send (Reply, Choice)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self


@dataclass(frozen=True, slots=True)
class Address:
    """A person on a channel, written ``telegram:7``."""

    channel: str
    peer: str

    def __str__(self) -> str:
        return f"{self.channel}:{self.peer}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The address written as *text*. Raises ValueError when it names no channel or no peer."""
        channel, _, peer = text.partition(":")
        if not channel or not peer:
            raise ValueError(f"not an address: {text!r}")
        return cls(channel, peer)


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the Earth in degrees, WGS 84. A citizen's point lives in memory only."""

    latitude: float
    longitude: float


class HeardKind(StrEnum):
    """What sort of thing a citizen sent."""

    TEXT = "text"
    CHOICE = "choice"
    LOCATION = "location"
    START = "start"
    LEFT = "left"
    CAME_BACK = "came_back"
    EDITED = "edited"
    PHOTO = "photo"
    VOICE = "voice"
    STICKER = "sticker"
    FILE = "file"
    CONTACT = "contact"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing a citizen sent; ``(address.channel, event_id)`` is unique.

    *text* is NFC. *token* is the choice tapped. *point* is never stored: the inbox turns it into
    *unit*, the token of a commune. *callback_id* is what the platform needs to stop a spinner.
    """

    address: Address
    event_id: str
    at: datetime
    kind: HeardKind = HeardKind.TEXT
    text: str = ""
    token: str = ""
    point: Point | None = None
    unit: str = ""
    callback_id: str = ""


class ChoiceKind(StrEnum):
    """What a tap does."""

    REPLY = "reply"
    URL = "url"
    PHONE = "phone"
    SHARE_LOCATION = "share_location"


@dataclass(frozen=True, slots=True)
class Choice:
    """One tap offered under a reply.

    *label* is at most 60 characters and also what typed text is matched with; *token* is ASCII of
    at most 48 bytes, without personal data; *target* is the URL or the telephone number.
    """

    label: str
    token: str = ""
    kind: ChoiceKind = ChoiceKind.REPLY
    target: str = ""


@dataclass(frozen=True, slots=True)
class Venue:
    """A pin on a map with its name."""

    point: Point
    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to a citizen.

    *text* is light markup (``bot.markup``): **bold**, _italic_, `code`, [title](url), ``- `` lists.
    *choices* are rows, which a channel may reflow. *acknowledges* is the callback it answers.
    """

    text: str
    choices: tuple[tuple[Choice, ...], ...] = ()
    venue: Venue | None = None
    acknowledges: str = ""

    def all_choices(self) -> tuple[Choice, ...]:
        """Every choice, row by row."""
        return tuple(choice for row in self.choices for choice in row)
