"""One gazetteer and one directory for all tests of places, and no network for any of them."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from bot.places.centres import Directory
from bot.places.gazetteer import Gazetteer

CONTENT = Path(__file__).parents[2] / "content"


@contextmanager
def no_network() -> Iterator[None]:
    """Any socket opened meanwhile fails the test."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("bot.places opened a socket")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        patch.setattr(socket, "create_connection", refuse)
        yield


@pytest.fixture(autouse=True)
def without_network() -> Iterator[None]:
    """No place is looked up over a network. For each test, or those of other folders would have none."""
    with no_network():
        yield


@pytest.fixture(scope="session")
def gazetteer() -> Gazetteer:
    """The shipped gazetteer."""
    with no_network():
        return Gazetteer.load()


@pytest.fixture(scope="session")
def directory(gazetteer: Gazetteer) -> Directory:
    """The shipped centres."""
    return Directory.load(CONTENT / "centres", gazetteer)
