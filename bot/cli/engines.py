"""The engine an evaluation asks: the embedded one, or a Rasa server with our components and nothing behind it."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.cli.errors import CommandError
from bot.config import Config
from nlu.comparison import held_megabytes
from nlu.embedded import open_parser
from nlu.parse import Parser
from nlu.rasa_bench import NotAsked
from nlu.rasa_process import RasaFailed, serve
from nlu.rasa_project import FOLDER, fingerprint
from nlu.rasa_server import RasaParser, RasaServer
from nlu.training import Example

_MODEL = FOLDER / "models" / "hoctap.tar.gz"
_SECONDS_MAX = 20.0  # what a busy machine takes is measured, not cut off


class Engine(StrEnum):
    """What understands texts."""

    EMBEDDED = "embedded"
    RASA = "rasa"


@dataclass(frozen=True, slots=True)
class Opened:
    """An engine that is ready; `megabytes` says what a machine holds more because of it, None where unknown."""

    parser: Parser
    megabytes: Callable[[], float | None]


@contextmanager
def open_engine(engine: Engine, config: Config, examples: Sequence[Example]) -> Iterator[Opened]:
    """The engine that was taught *examples*, while the block lasts.

    Rasa is the server of the configuration where its token is there, else one started with the trained model.
    Raises CommandError.
    """
    if engine is Engine.EMBEDDED:
        embedded = open_parser(examples, config.data / "nlu")
        yield Opened(embedded, lambda: _added(embedded.model.save))
        return
    with _open_server(config) as (server, megabytes):
        parser = RasaParser(server, NotAsked(), fingerprint(examples), _SECONDS_MAX)
        parser.check()
        if parser.state() != "ok":
            raise CommandError(f"Rasa's server: {parser.state()}")
        yield Opened(parser, megabytes)


@contextmanager
def _open_server(config: Config) -> Iterator[tuple[RasaServer, Callable[[], float | None]]]:
    with ExitStack() as stack:
        try:
            if config.rasa_token:
                yield stack.enter_context(closing(RasaServer(config.rasa_url, config.rasa_token))), lambda: None
            elif not _MODEL.exists():
                raise CommandError("Rasa has no model; train it: nlu/rasa.sh train nlu --fixed-model-name hoctap")
            else:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                process = stack.enter_context(serve(_MODEL, folder / "rasa.log"))
                yield stack.enter_context(closing(process.server())), process.megabytes
        except RasaFailed as error:
            raise CommandError(str(error)) from error


def _added(save: Callable[[Path], None]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder) / "model.npz")
        return held_megabytes(Path(folder) / "model.npz")[1]
