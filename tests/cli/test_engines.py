"""The engine an evaluation asks: the one that was named, taught what it is asked of, or a word on what to do."""

from pathlib import Path
from typing import Any

import pytest

from bot.cli.engines import Engine, open_engine
from bot.cli.errors import CommandError
from bot.config import Config
from nlu.rasa_project import fingerprint
from nlu.training import Example
from tests.nlu.rasa_edge import TOKEN, Edge, no_reading, rasa_edge

TAUGHT = [
    Example("mua gạo", "rice"),
    Example("gạo ở đâu", "rice"),
    Example("đi bơi", "swim"),
    Example("hồ bơi", "swim"),
]


def configured(edge: Edge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Config:
    monkeypatch.setenv("HOCTAP_DATA", str(tmp_path))
    monkeypatch.setenv("HOCTAP_RASA_URL", edge.url)
    monkeypatch.setenv("HOCTAP_RASA_TOKEN", TOKEN)
    return Config.load()


def test_the_embedded_engine_knows_what_it_was_taught_and_what_it_weighs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with open_engine(Engine.EMBEDDED, configured(Edge(), monkeypatch, tmp_path), TAUGHT) as opened:
        assert opened.parser.parse("gạo ở đâu").intent.name == "rice"
        assert 1 < (opened.megabytes() or 0) < 200


def test_a_server_is_asked_when_it_was_taught_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def says(text: str) -> dict[str, Any]:
        known = {"name": "swim", "confidence": 0.9}
        return {
            **no_reading(text),
            "intent": known,
            "intent_ranking": [known],
            "taught": fingerprint(TAUGHT),
        }

    with rasa_edge() as edge:
        edge.says = says
        with open_engine(Engine.RASA, configured(edge, monkeypatch, tmp_path), TAUGHT) as opened:
            assert opened.parser.parse("bơi lội").intent.name == "swim"
            assert opened.megabytes() is None


def test_a_server_that_was_taught_otherwise_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with rasa_edge() as edge:
        edge.says = lambda text: {**no_reading(text), "taught": "another"}
        config = configured(edge, monkeypatch, tmp_path)
        with (
            pytest.raises(CommandError, match="train it again"),
            open_engine(Engine.RASA, config, TAUGHT),
        ):
            pass


def test_a_server_that_falls_silent_ends_the_evaluation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with rasa_edge() as edge:
        config = configured(edge, monkeypatch, tmp_path)
        with (
            pytest.raises(CommandError, match="did not read"),
            open_engine(Engine.RASA, config, TAUGHT) as opened,
        ):
            edge.status = 500
            opened.parser.parse("bơi lội")
