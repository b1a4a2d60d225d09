"""The contract of a channel: read, render, send, and the errors a platform can answer with."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from starlette.routing import BaseRoute

from bot.contacts import Quota, Window
from bot.messages import Address, Heard, Media, Reply

Receive = Callable[[Sequence[Heard]], Awaitable[None]]
"""Stores what was heard; when it returns the events are safe and the platform may be answered."""

KeepQuota = Callable[[Quota], Awaitable[None]]
"""Keeps what a platform last said about a quota."""

LocationLink = Callable[[Address], str]
"""The address of our location page for one person; what they share there is heard from them."""


class Files(Protocol):
    """Where the files that go with messages come from, and what platforms call those they hold."""

    @property
    def are_public(self) -> bool:
        """Whether we have a public address, at which a platform can fetch files."""
        ...

    def address(self, media: Media) -> str:
        """Where a platform can fetch the file; empty when we have no public address."""
        ...

    async def read(self, digest: str) -> bytes | None:
        """The bytes of the file; None when they are gone."""
        ...

    async def handle(self, account: str, digest: str) -> str:
        """What the platform of *account* calls the file; empty when it does not hold it."""
        ...

    async def keep_handle(self, account: str, digest: str, handle: str) -> None:
        """Note what the platform calls the file; empty: it no longer knows it."""
        ...


Call = Mapping[str, Any]
"""One JSON-able call of a platform's API, already within its limits: ``{"method": …, …}``."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a channel can show and how fast it may send, over all chats; infinite for no limit.

    *bulk* is added to the calls of broadcasts. *files*: whether a picture or document can go with a message;
    without it only the words for it do. *window* is when the channel may write first, *people_max* and
    *monthly_max* what its plan allows (0: no end).
    """

    text_max: int
    choices_max: int
    per_second: float
    location_button: bool = False
    buttons: bool = True
    files: bool = True
    bulk: Mapping[str, Any] = field(default_factory=dict)
    window: Window | None = None
    people_max: int = 0
    monthly_max: int = 0


class Hearing(StrEnum):
    """How a channel hears: from our own pages, by asking, or by the platform's calls, once it agreed to
    make them. What is set in the platform's own console (Zalo OA) only shows by what arrives."""

    DIRECT = "direct"
    POLLING = "polling"
    WEBHOOK = "webhook"
    WEBHOOK_UNSET = "webhook_unset"
    WEBHOOK_ELSEWHERE = "webhook_elsewhere"


class Channel(Protocol):
    """A way to reach citizens. It translates, and nothing else: no dialogue, no database.

    A channel hears by polling (``listen``), by HTTP (``routes``), or both; each event goes to
    *receive* and is acknowledged to the platform only after that returned.
    """

    name: ClassVar[str]

    @property
    def abilities(self) -> Abilities:
        """What it can show, and how fast it may send."""
        ...

    def render(self, reply: Reply) -> list[Call]:
        """The calls that show *reply*, cut to the platform's limits; choices stand under the last."""
        ...

    async def send(self, peer: str, call: Call) -> str:
        """Make one call for *peer*. Returns the platform's message id, or raises a SendError."""
        ...

    async def listen(self, receive: Receive) -> None:
        """Poll until cancelled. A channel that hears by HTTP returns at once."""
        ...

    def routes(self, receive: Receive) -> Sequence[BaseRoute]:
        """The HTTP routes the platform calls."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...

    def state(self) -> str:
        """One word for /health: ``ok``, ``misconfigured``, ``unreachable`` or ``starting``."""
        ...

    def hearing(self) -> Hearing:
        """How it hears at this moment."""
        ...


class SendError(Exception):
    """The platform did not take the message. Each subclass says what to do about it."""


class Retryable(SendError):
    """Certainly not delivered: try again after *wait* seconds.

    *whole_channel* tells that every chat has to wait, not only this one.
    """

    def __init__(self, wait: float = 1.0, *, whole_channel: bool = False) -> None:
        super().__init__(f"try again in {wait:g} s")
        self.wait = wait
        self.whole_channel = whole_channel


class Refused(SendError):
    """This message will never go; the next one may."""


class ContactGone(SendError):
    """The person blocked us or is no more: stop writing to them."""


class WindowClosed(SendError):
    """The platform does not allow writing to this person now (Zalo OA)."""


class Misconfigured(SendError):
    """Nothing will go until an operator acts: a wrong or revoked token."""


class Unknown(SendError):
    """The request left and no answer came: delivered or not, nobody can tell."""


class Forged(Exception):
    """A request that claims to come from the platform and does not prove it."""
