"""One reviewed answer: what is asked, what is said, from which source, and until when it is right."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlsplit

# Copies of laws kept by private persons: good enough to check a text by, not to send citizens to.
_MIRRORS = ("github.com", "githubusercontent.com", "github.io")


@dataclass(frozen=True, slots=True)
class Source:
    """What an answer rests on: a document or a page, who issued or published it, and where we read it."""

    title: str
    issuer: str = ""
    url: str = ""

    @property
    def public_url(self) -> str | None:
        """The address citizens may be shown; None without one, or when it is a third party's mirror."""
        host = urlsplit(self.url).hostname or ""
        if not host or any(host == mirror or host.endswith(f".{mirror}") for mirror in _MIRRORS):
            return None
        return self.url


@dataclass(frozen=True, slots=True)
class Validity:
    """The days, both included, for which a text is right; None is an open end."""

    start: date | None = None
    end: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the text is right on *day*."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


class Audience(StrEnum):
    """Whom an answer is written for."""

    CITIZEN = "citizen"
    LEARNER = "learner"
    OFFICIAL = "official"
    LEADER = "leader"


class Action(StrEnum):
    """What a button can do besides opening another answer."""

    FIND_CENTRE = "find_centre"
    HANDOVER = "handover"
    SUBSCRIBE = "subscribe"
    MENU = "menu"


@dataclass(frozen=True, slots=True)
class Button:
    """One tap under an answer; *target* is the code of an answer, or an Action."""

    label: str
    target: str


class FollowUp(NamedTuple):
    """What a citizen may say right after an answer, in any of *phrases*, to be given the answer *target*."""

    phrases: tuple[str, ...]
    target: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A reviewed text and all that is known of it.

    *text* is short, for everybody; *detail*, if there is any, is exact, for who wants to know more.
    Two answers are equal when they say the same, wherever they are written. *lines* tells where the
    values of each label stand in *file*; *line* is that of the question.
    """

    code: str
    topic: str
    topic_title: str
    short_title: str
    question: str
    wordings: tuple[str, ...]
    text: str
    buttons: tuple[Button, ...]
    audiences: tuple[Audience, ...]
    validity: Validity
    sources: tuple[Source, ...]
    checked_on: date
    review_by: date | None = None
    detail: str = ""
    follow_ups: tuple[FollowUp, ...] = ()
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)
    lines: Mapping[str, tuple[int, ...]] = field(default_factory=dict, compare=False, repr=False)

    def fingerprint(self) -> str:
        """What tells this answer, as it is, from any other: a hash of all it says, wherever it is written."""
        said = tuple(getattr(self, each.name) for each in fields(self) if each.compare)
        return hashlib.sha256(repr(said).encode()).hexdigest()[:16]

    def line_of(self, label: str, index: int = 0) -> int:
        """The line where value *index* of *label* stands; that of the question when it stands nowhere."""
        lines = self.lines.get(label, ())
        return lines[index] if index < len(lines) else self.line
