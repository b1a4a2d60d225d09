"""The office: what the acts of officials need to know – the words, the places, the channels, the answers."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bot.channels.base import Channel
from bot.contacts import Topic
from bot.dialogue.place_words import longest_words, words_nowhere
from bot.dialogue.texts import Texts
from bot.knowledge.folder import read_tables
from bot.knowledge.tables import list_cells
from bot.outreach.campaign import Vocabulary
from bot.outreach.placeholders import PlaceWords
from bot.places.gazetteer import Gazetteer
from bot.places.units import Level
from nlu.vietnamese import fold


@dataclass(frozen=True)
class Office:
    """*texts* are those of ``broadcast_texts.yml``, *chat_texts* those of ``texts.yml``; *codes* gives the
    codes of the published answers, *open_gazetteer* the places. Both are asked only when they are needed.
    *home_province* is the code of the province the house serves, to which a question without a place belongs;
    empty where it serves the whole country."""

    content: Path
    texts: Texts
    chat_texts: Texts
    channels: Mapping[str, Channel]
    codes: Callable[[], Collection[str]]
    open_gazetteer: Callable[[], Gazetteer]
    home_province: str = ""

    @cached_property
    def gazetteer(self) -> Gazetteer:
        """The places, read once."""
        return self.open_gazetteer()

    @cached_property
    def topics(self) -> dict[str, Topic]:
        """The topics by their folded Vietnamese names and by their words."""
        names = {fold(name): Topic(topic) for topic, name in self.chat_texts.named("topic").items()}
        return names | {str(topic): topic for topic in Topic}

    @cached_property
    def languages(self) -> dict[str, str]:
        """The codes of languages by their folded Vietnamese names, and by themselves."""
        known = self.chat_texts.named("language")
        return {fold(name): code for code, name in known.items()} | {code: code for code in known}

    def vocabulary(self, codes: Collection[str] | None = None) -> Vocabulary:
        """What a campaign may refer to; *codes* of answers are checked only when given."""
        buttons = {fold(label): token for token, label in self.texts.named("fixed_button").items()}
        frame = self.texts.phrases["citizen.frame"]
        values = list_cells(read_tables(self.content, []))
        known = frozenset(codes) if codes is not None else None
        return Vocabulary(self.topics, buttons, known, frame, values, lambda: self.longest_place)

    @property
    def nowhere(self) -> PlaceWords:
        """What a broadcast says to who told no place."""
        return words_nowhere(self.chat_texts)

    @cached_property
    def longest_place(self) -> PlaceWords:
        """The longest words a broadcast may say for somebody's place."""
        return longest_words(self.chat_texts, self.gazetteer)

    def topic_name(self, topic: str) -> str:
        """A topic as officials and citizens read it."""
        return self.chat_texts(f"topic.{topic}")

    def province_of(self, token: str) -> str:
        """The code of the province in which the unit of *token* lies; empty for an unknown one."""
        unit = self.gazetteer.unit(token)
        return unit.province_code if unit else ""

    def place_name(self, code: str) -> str:
        """The name of a province's code or a unit's token; what is not known stays as it is."""
        unit = self.gazetteer.province(code) or self.gazetteer.unit(code)
        if unit is None:
            return code
        if unit.level is Level.PROVINCE:
            return unit.full_name
        return f"{unit.full_name}, {self.gazetteer.province_of(unit).full_name}"
