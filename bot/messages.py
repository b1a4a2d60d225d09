"""What all channels share: who wrote (Address), what they sent (Heard), what we send (Reply, Choice)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    RECEIVED = "received"
    SEEN = "seen"


RECEIPTS = frozenset({HeardKind.RECEIVED, HeardKind.SEEN})
"""What a platform tells about our own messages; *text* is their ids, separated by spaces."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing a citizen sent; ``(address.channel, event_id)`` is unique.

    *text* is NFC. *token* is the choice tapped. *point* is never stored: the inbox turns it into
    *unit*, the token of a commune. *callback_id* is what the platform needs to stop a spinner, *language*
    what it says of the citizen's device (ISO 639, empty when it does not).
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
    language: str = ""


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


class MediaKind(StrEnum):
    """What sort of file goes with a reply."""

    IMAGE = "image"
    DOCUMENT = "document"


FILE_TYPES: Mapping[str, str] = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""The files we send, by the ending of their names."""


@dataclass(frozen=True, slots=True)
class Media:
    """A file of ours, known by the SHA-256 of its bytes; *alt* says in words what it shows."""

    kind: MediaKind
    digest: str
    name: str
    alt: str

    @property
    def path(self) -> str:
        """Where our own pages serve it."""
        return f"/tep/{self.digest}/{self.name}"


@dataclass(frozen=True, slots=True)
class Template:
    """A message a platform approved beforehand: the only way to write where its window is closed."""

    id: str
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to a citizen.

    *text* is light markup (``bot.markup``): **bold**, _italic_, `code`, [title](url), ``- `` lists.
    *choices* are rows, which a channel may reflow. *acknowledges* is the callback it answers.
    *template* takes its place where a platform's window is closed.
    """

    text: str
    choices: tuple[tuple[Choice, ...], ...] = ()
    venue: Venue | None = None
    acknowledges: str = ""
    media: tuple[Media, ...] = ()
    template: Template | None = None

    def all_choices(self) -> tuple[Choice, ...]:
        """Every choice, row by row."""
        return tuple(choice for row in self.choices for choice in row)
