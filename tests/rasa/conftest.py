"""A real Rasa: its project validated and trained by its own commands, its server running."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.inbox import Mind
from nlu.rasa_bench import NotAsked
from nlu.rasa_process import RasaProcess, run_rasa, serve
from nlu.rasa_project import fingerprint
from nlu.rasa_server import RasaParser
from nlu.training import Example, read_examples

PATIENCE = 20.0


@pytest.fixture(scope="session")
def examples(mind: Mind) -> list[Example]:
    """What both engines are taught."""
    return [*read_examples(), *mind.house.library.examples()]


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as committed, trained by `rasa train nlu`."""
    folder = tmp_path_factory.mktemp("models")
    run_rasa("train", "nlu", "--out", str(folder), "--fixed-model-name", "hoctap")
    return folder / "hoctap.tar.gz"


@pytest.fixture(scope="session")
def process(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RasaProcess]:
    """The server, as `make rasa` starts it."""
    with serve(model, tmp_path_factory.mktemp("logs") / "rasa.log") as running:
        yield running


@pytest.fixture(scope="session")
def parser(process: RasaProcess, examples: list[Example]) -> Iterator[RasaParser]:
    """The parser that asks this server, and none other, with patience for a busy machine."""
    server = process.server()
    yield RasaParser(server, NotAsked(), fingerprint(examples), PATIENCE)
    server.close()
