"""One exchange as a value: the Situation it happens in, the Turn that comes of it, its Events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from bot.contacts import Contact, Purpose, Topic
from bot.messages import Heard, Reply
from nlu.parse import Parse

if TYPE_CHECKING:
    from bot.dialogue.texts import Texts
    from bot.knowledge.library import Library
    from bot.outreach.notice import Notice
    from bot.places.centres import Directory
    from bot.places.gazetteer import Gazetteer


@dataclass(frozen=True, slots=True)
class Conversation:
    """Where we are with a contact.

    *offered* maps the label of each choice under our last message to its token, in order, so that a
    typed label or number means the tap; *offered_at* is when. *slots* are short values the flow needs.
    *shown* are the newest answers given, each with its version: on these, and no others, the citizen may
    vote.
    """

    flow: str = ""
    step: str = ""
    slots: Mapping[str, str] = field(default_factory=dict)
    offered: tuple[tuple[str, str], ...] = ()
    offered_at: datetime | None = None
    last_answer: str = ""
    shown: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class House:
    """The published, immutable things every dialogue reads."""

    texts: "Texts"
    library: "Library"
    gazetteer: "Gazetteer"
    directory: "Directory"


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a dialogue may know: what was heard and understood, who and where we are, and when."""

    heard: Heard
    parse: Parse
    contact: Contact
    conversation: Conversation
    house: House
    now: datetime
    today: date
    notice: "Notice | None" = None
    """The broadcast whose check code was heard, or under which a button was tapped."""
    looked_too_often: bool = False


@dataclass(frozen=True, slots=True)
class Consented:
    """The citizen said yes or no to one purpose, having read *notice* (its version)."""

    purpose: Purpose
    given: bool
    notice: str


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The citizen's topics are now exactly these."""

    topics: frozenset[Topic]


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """The citizen wants no more notices."""


@dataclass(frozen=True, slots=True)
class HomeSet:
    """The citizen's home unit; *province* is its current province's code."""

    unit: str
    province: str


@dataclass(frozen=True, slots=True)
class LanguageSet:
    """The language the citizen chose, by its code."""

    code: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A question goes to an official."""

    question: str
    topic: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Voted:
    """A citizen's word on an answer in the version they were shown: useful or not."""

    code: str
    useful: bool
    version: str = ""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Nothing reviewed answers *question*, which is redacted already; it is kept without who asked."""

    question: str


@dataclass(frozen=True, slots=True)
class Awaited:
    """The citizen agreed to be told once *question*, redacted, has an answer."""

    question: str


@dataclass(frozen=True, slots=True)
class CentreReported:
    """Something told of a centre is wrong, says the citizen: *wrong* is what, *note* what would be right."""

    centre: str
    wrong: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Everything held about the citizen is to be deleted now."""


@dataclass(frozen=True, slots=True)
class Exported:
    """The citizen is to be shown what is held about them: the inbox adds it to the reply."""


@dataclass(frozen=True, slots=True)
class Left:
    """The citizen blocked us, or came back."""

    gone: bool


@dataclass(frozen=True, slots=True)
class Tapped:
    """A recipient tapped a button of a broadcast, or showed its message: so it had arrived."""

    broadcast_id: int
    token: str


@dataclass(frozen=True, slots=True)
class SeriesJoined:
    """The citizen begins a learning path."""

    series: str


@dataclass(frozen=True, slots=True)
class SeriesLeft:
    """The citizen wants no further step of a learning path."""

    series: str


@dataclass(frozen=True, slots=True)
class LinkAsked:
    """The citizen wants a code for their second channel: the inbox makes one and puts it into the reply."""


@dataclass(frozen=True, slots=True)
class LinkTyped:
    """The citizen typed a code of another channel: the inbox tries it and completes the reply."""

    code: str


@dataclass(frozen=True, slots=True)
class Preferred:
    """The citizen wants notices on this one of their linked channels."""

    channel: str


@dataclass(frozen=True, slots=True)
class Unlinked:
    """The citizen takes this channel out of the link."""


Event = (
    Consented
    | Subscribed
    | Unsubscribed
    | HomeSet
    | LanguageSet
    | HandedOver
    | Voted
    | Unanswered
    | Awaited
    | Forgotten
    | Exported
    | Left
    | Tapped
    | SeriesJoined
    | SeriesLeft
    | CentreReported
    | LinkAsked
    | LinkTyped
    | Preferred
    | Unlinked
)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a dialogue decided: what to say, what changed, where we are now.

    *actions* name what the turn causes or sets out to cause, for tools and tests.
    """

    replies: tuple[Reply, ...]
    conversation: Conversation = Conversation()
    events: tuple[Event, ...] = ()
    actions: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    intent: str = ""
