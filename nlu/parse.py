"""What a text was understood to be: `Intent`, `Parse`, the `Parser` promise and its two thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from nlu.entities import Entity

ANSWER_AT = 0.69
"""At or above this score the best intent is answered outright."""

OFFER_AT = 0.28
"""At or above this score (and below `ANSWER_AT`) up to three nearest questions are offered."""

OFFER_SHARE = 0.60
"""When out of scope is likeliest, intents are still offered whose score is at least this share of its score."""

OUT_OF_SCOPE = "out_of_scope"
"""Name of the class of everything the bot does not answer."""

FAQ_PREFIX = "faq/"
"""An intent called `faq/<code>` opens the answer with that code; any other name is a dialogue intent."""


@dataclass(frozen=True, slots=True)
class Intent:
    """One reading of a text; `score` is a calibrated probability from 0 to 1."""

    name: str
    score: float

    @property
    def faq_code(self) -> str:
        """Return the code of the answer this intent opens, or "" for a dialogue intent."""
        return self.name.removeprefix(FAQ_PREFIX) if self.name.startswith(FAQ_PREFIX) else ""


@dataclass(frozen=True, slots=True)
class Parse:
    """A text and its readings.

    `text` is the NFC text as heard, cut at the parser's cap. `intent` is the best reading: its name is
    `OUT_OF_SCOPE` when that class wins and "" (score 0) for empty or unreadable text. `ranking` holds at
    most five intents, best first, never `OUT_OF_SCOPE`. `parts` holds one Parse for each question when
    a message asks two or more different FAQ questions; else it is empty. `in_context` is the ranking of
    the text read together with what it follows on, where that was given. `entities` are the things named.
    """

    text: str
    intent: Intent
    ranking: tuple[Intent, ...]
    parts: tuple[Parse, ...] = ()
    in_context: tuple[Intent, ...] = ()
    entities: tuple[Entity, ...] = ()


class Parser(Protocol):
    """Whatever turns a text into a Parse; one that `waits` for another process is called off the event loop."""

    @property
    def waits(self) -> bool:
        """Tell whether `parse` waits for another process."""
        ...

    def state(self) -> str:
        """Return "ok", "starting", or in words what is wrong."""
        ...

    def parse(self, text: str, about: str = "") -> Parse:
        """Return the readings of `text`, which follows on a question `about`; never raises for any text."""
        ...
