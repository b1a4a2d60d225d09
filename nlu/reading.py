"""How a message is read, whichever engine reads: cut, corrected, split into its questions, put in context."""

from dataclasses import replace
from typing import Final, Protocol

from nlu.context import leans, without_correction
from nlu.entities import Entity
from nlu.parse import Parse
from nlu.questions import find_questions
from nlu.vietnamese import EMOJI, normalise_unicode, tokens

LENGTH_MAX: Final = 500
"""Characters of a message that are read; what follows is left aside."""


class Reader(Protocol):
    """What an engine knows: the reading of one text by itself, and the things it names."""

    def read(self, text: str) -> Parse:
        """Return the reading of `text` as one question."""
        ...

    def name(self, text: str) -> tuple[Entity, ...]:
        """Return what `text` names."""
        ...


def read_message(text: str, about: str, reader: Reader) -> Parse:
    """Return what `reader` makes of a message that follows on a question `about` ("": on none)."""
    heard = normalise_unicode(text[: 2 * LENGTH_MAX]).strip()[:LENGTH_MAX]
    said = _in_words(heard)
    parse = find_questions(without_correction(said), reader.read)
    if about and leans(said):
        parse = replace(parse, in_context=reader.read(f"{about} {said}").ranking)
    return replace(parse, text=heard, entities=reader.name(said))


def _in_words(text: str) -> str:
    """Return `text`, or what its pictures say where it has no words."""
    if tokens(text):
        return text
    return " ".join(dict.fromkeys(EMOJI[sign] for sign in text if sign in EMOJI)) or text
