"""One gazetteer and one directory for all tests of places, and no network for any of them."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from bot.places.centres import Directory
from bot.places.gazetteer import Gazetteer

CONTENT = Path(__file__).parents[2] / "content"


@pytest.fixture(scope="session", autouse=True)
def without_network() -> Iterator[None]:
    """Any socket opened while places are loaded or looked up fails the test."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("bot.places opened a socket")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        patch.setattr(socket, "create_connection", refuse)
        yield


@pytest.fixture(scope="session")
def gazetteer(without_network: None) -> Gazetteer:
    """The shipped gazetteer."""
    return Gazetteer.load()


@pytest.fixture(scope="session")
def directory(gazetteer: Gazetteer) -> Directory:
    """The shipped centres."""
    return Directory.load(CONTENT / "centres", gazetteer)
