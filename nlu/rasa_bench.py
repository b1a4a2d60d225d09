"""Both engines side by side in one run: the same intents, and what each costs in time and memory."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from nlu.embedded import open_parser
from nlu.parse import Parse, Parser
from nlu.rasa_process import run_rasa, serve
from nlu.rasa_project import fingerprint
from nlu.rasa_server import RasaParser
from nlu.training import Example, split_kinds
from nlu.vietnamese import fold

_HELD = """
import os, sys
from pathlib import Path
from nlu.rasa_process import resident_megabytes
without = resident_megabytes(os.getpid())
from nlu.embedded import EmbeddedParser, Model
parser = EmbeddedParser(Model.load(Path(sys.argv[1])))
parser.parse("hoc xoa mu chu o dau")
print(resident_megabytes(os.getpid()), resident_megabytes(os.getpid()) - without)
"""


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
        """Raise, as Rasa's server was to read this."""
        raise AssertionError(f"Rasa's server did not read {text!r}")

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


def run(examples: Sequence[Example], texts: int = 1000) -> None:
    """Train Rasa on its project, read unseen texts by both engines, and print figures and ratios."""
    asked = unseen_texts(examples, texts)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        embedded = open_parser(examples, folder)
        model = next(folder.glob("*.npz"))
        whole, added = _held(model)
        run_rasa("train", "nlu", "--out", name, "--fixed-model-name", "hoctap")
        with serve(folder / "hoctap.tar.gz", folder / "rasa.log") as process:
            server = process.server()
            rasa = RasaParser(server, NotAsked(), fingerprint(examples))
            parity = compare(asked, embedded, rasa)
            ours, theirs = _times(embedded, asked), _times(rasa, asked)
            memory = process.megabytes()
            server.close()
    print(f"texts                {parity.texts}, none of them a stored wording")
    print(f"same top intent      {100 * parity.share:.2f} %")
    print(
        f"embedded             p50 {ours[0]:.2f} ms, p99 {ours[1]:.2f} ms, {whole:.0f} MB, of it {added:.0f} added"
    )
    print(f"Rasa, our pipeline   p50 {theirs[0]:.2f} ms, p99 {theirs[1]:.2f} ms, {memory:.0f} MB")
    ratios = [theirs[0] / ours[0], theirs[1] / ours[1], memory / whole]
    print("ratio Rasa/embedded  p50 {:.1f}, p99 {:.1f}, memory {:.1f}".format(*ratios))


def _held(model: Path) -> tuple[float, float]:
    """Return the memory of a process that holds the embedded engine alone, and how much of it is the engine."""
    said = subprocess.run([sys.executable, "-c", _HELD, model], capture_output=True, text=True, check=True).stdout
    whole, added = map(float, said.split())
    return whole, added


def _times(parser: Parser, texts: Sequence[str]) -> tuple[float, float]:
    """Return the median and 99th percentile of a parse, in milliseconds."""
    taken = []
    for text in texts:
        started = time.perf_counter()
        parser.parse(text)
        taken.append(1000 * (time.perf_counter() - started))
    taken.sort()
    return taken[len(taken) // 2], taken[int(len(taken) * 0.99)]
