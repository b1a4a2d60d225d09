"""Rasa's pipelines on any examples: trained by Rasa's own command, served, and asked as its users would.

`Pipeline.OURS` is config.yml, `Pipeline.STOCK` config.diet.yml. Names with a slash would be retrieval intents,
so a dot stands there in Rasa's files, and the slash in what `RasaReader` returns.
"""

import hashlib
import re
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from nlu.comparison import Row, examine
from nlu.evaluation import Question
from nlu.parse import Intent, Parse
from nlu.rasa_process import run_rasa, serve
from nlu.rasa_project import FOLDER, code_digest, data_file, intent_name, rasa_name
from nlu.rasa_server import RasaServer, Said
from nlu.training import Example

_SECONDS_MAX: Final = 10.0
_TRAINS_WITHIN: Final = 8 * 3600.0
_EPOCHS: Final = re.compile(r"(?m)^(\s*epochs:) *\d+$")


class Pipeline(StrEnum):
    """A file of the project that says how Rasa reads texts."""

    OURS = "config.yml"
    STOCK = "config.diet.yml"


@dataclass(frozen=True, slots=True)
class Trained:
    """A model of Rasa's, and the CPU seconds its training took."""

    path: Path
    seconds: float


class RasaReader:
    """Reads each text by one question to a server, whatever it was taught."""

    def __init__(self, server: RasaServer, intents: Sequence[str]) -> None:
        self._server = server
        self._intents = {intent_name(_flat(name)): name for name in intents}

    def parse(self, text: str) -> Parse:
        """Return the reading of `text`; what the server falls back on counts for nothing. Raises Away."""
        said = Said.of(self._server.ask(text, time.monotonic() + _SECONDS_MAX))
        ranking = tuple(self._named(each) for each in said.ranking)
        return Parse(text, self._named(said.best), ranking)

    def _named(self, intent: Intent) -> Intent:
        return Intent(self._intents.get(intent.name, intent.name), intent.score)


def train_pipeline(pipeline: Pipeline, examples: Sequence[Example], folder: Path, epochs: int = 0) -> Trained:
    """Train Rasa on `examples` alone and return the model; one that lies in `folder` already is not trained again.

    With `epochs` the pipeline's own number of them is changed. Raises RasaFailed.
    """
    taught = data_file([replace(each, intent=_flat(each.intent)) for each in examples])
    config = (FOLDER / pipeline).read_text("utf-8")
    if epochs:
        config = _EPOCHS.sub(rf"\1 {epochs}", config)
    code = code_digest() if pipeline is Pipeline.OURS else ""
    digest = hashlib.sha256("\0".join((config, taught, code)).encode()).hexdigest()
    name = f"{pipeline.name.lower()}-{digest[:16]}"
    trained, seconds = folder / f"{name}.tar.gz", folder / f"{name}.seconds"
    if trained.exists() and seconds.exists():
        return Trained(trained, float(seconds.read_text("ascii")))
    folder.mkdir(parents=True, exist_ok=True)
    files = {suffix: folder / f"{name}.{suffix}.yml" for suffix in ("data", "domain", "config")}
    named = "".join(f"- {rasa_name(_flat(intent))}\n" for intent in sorted({each.intent for each in examples}))
    for suffix, text in (
        ("data", taught),
        ("domain", f'version: "3.1"\nintents:\n{named}'),
        ("config", config),
    ):
        files[suffix].write_text(text, "utf-8")
    before = _children_seconds()
    run_rasa(
        *("train", "nlu", "--nlu", str(files["data"]), "--domain", str(files["domain"])),
        *("--config", str(files["config"]), "--out", str(folder), "--fixed-model-name", name),
        seconds=_TRAINS_WITHIN,
    )
    seconds.write_text(f"{_children_seconds() - before:.1f}", "ascii")
    return Trained(trained, float(seconds.read_text("ascii")))


def train_project(folder: Path) -> Trained:
    """Train Rasa on the project as it is, with our components, and return the model. Raises RasaFailed."""
    before = _children_seconds()
    run_rasa("train", "nlu", "--out", str(folder), "--fixed-model-name", "hoctap")
    return Trained(folder / "hoctap.tar.gz", _children_seconds() - before)


def examine_pipeline(name: str, trained: Trained, intents: Sequence[str], questions: Sequence[Question]) -> Row:
    """Serve a model, ask it `questions` and return what was measured. Raises RasaFailed, Away."""
    with serve(trained.path, trained.path.with_suffix(".log")) as process:
        server = process.server()
        try:
            row = examine(name, RasaReader(server, intents).parse, questions)
        finally:
            server.close()
        return replace(row, megabytes=process.megabytes(), training=trained.seconds)


def _flat(intent: str) -> str:
    """Return `intent` as Rasa does not take it for a retrieval intent."""
    return intent.replace("/", ".")


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
