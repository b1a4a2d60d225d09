"""Both engines on the same texts: whether they find the same intents, and what Rasa's server costs."""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final

from nlu.comparison import Row, examine
from nlu.evaluation import Question
from nlu.parse import Parse, Parser
from nlu.rasa_pipelines import train_project
from nlu.rasa_process import RasaFailed, serve
from nlu.rasa_project import fingerprint
from nlu.rasa_server import RasaParser
from nlu.training import Example, split_kinds
from nlu.vietnamese import fold

_TEXTS: Final = 1000
_SECONDS_MAX: Final = 20.0


@dataclass(frozen=True, slots=True)
class Parity:
    """How many texts both engines read, and those they give different intents, with both."""

    texts: int
    differ: tuple[tuple[str, Parse, Parse], ...]

    @property
    def share(self) -> float:
        """The share of texts with the same top intent."""
        return 1 - len(self.differ) / max(self.texts, 1)


class NotAsked:
    """The other parser of a comparison: that it is asked at all is a fault of the comparison."""

    waits = False

    def parse(self, text: str, about: str = "") -> Parse:
        """Raise RasaFailed, as Rasa's server was to read this."""
        raise RasaFailed(f"Rasa's server did not read {text!r}")

    def state(self) -> str:
        """Return "ok"."""
        return "ok"


def compare(texts: Iterable[str], first: Parser, second: Parser) -> Parity:
    """Return where two parsers give a text another top intent."""
    count, differ = 0, []
    for text in texts:
        count += 1
        one, other = first.parse(text), second.parse(text)
        if one.intent.name != other.intent.name:
            differ.append((text, one, other))
    return Parity(count, tuple(differ))


def unseen_texts(examples: Sequence[Example], most: int, seed: int = 1373) -> list[str]:
    """Return texts made of the wordings that no stored wording equals: folded, slipped, cut, joined."""
    chance = Random(seed)
    wordings, _ = split_kinds(examples)
    said = [each.text for each in wordings]
    chosen = chance.sample(said, min(most, len(said)))
    texts = []
    for i, text in enumerate(chosen):
        words = text.split()
        match i % 5:
            case 0:
                texts.append(fold(f"{text} vay ad"))
            case 1:
                at = chance.randrange(len(text))
                texts.append(text[:at] + chance.choice("nhgcaoi") + text[at + 1 :])
            case 2:
                texts.append(" ".join(words[: max(2, len(words) - 2)]))
            case 3:
                texts.append(" ".join(chance.sample(words, len(words))))
            case _:
                texts.append(f"{text}, {chance.choice(said)}")
    return texts


def examine_ours(
    examples: Sequence[Example], embedded: Parser, questions: Sequence[Question]
) -> tuple[Row, Parity]:
    """Train Rasa on its project, ask its server `questions`, and return that with its parity to `embedded`.

    Raises RasaFailed.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trained = train_project(folder)
        with serve(trained.path, folder / "rasa.log") as process:
            server = process.server()
            rasa = RasaParser(server, NotAsked(), fingerprint(examples), _SECONDS_MAX)
            parity = compare(unseen_texts(examples, _TEXTS), embedded, rasa)
            row = examine("Rasa, our components", rasa.parse, questions)
            memory = process.megabytes()
            server.close()
    return replace(row, megabytes=memory, training=trained.seconds), parity
