"""`RasaParser`: texts read by a Rasa server, and by another parser while that server is away or slow."""

import contextlib
import http.client
import json
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

import structlog

from nlu.entities import Entity, EntityKind
from nlu.parse import OUT_OF_SCOPE, Intent, Parse, Parser
from nlu.rasa_project import intent_name
from nlu.reading import LENGTH_MAX, read_message
from nlu.vietnamese import tokens

SECONDS_MAX: Final = 0.8
"""Seconds a message of a citizen may take; then the other parser reads it."""

_FAILURES_MAX: Final = 3
_PAUSE: Final = 30.0
_RANKED_MAX: Final = 5
_BYTES_MAX: Final = 1_000_000
_FALLBACK_INTENT: Final = "nlu_fallback"
_TRIAL: Final = "xin chao"

_NONE: Final = Intent("", 0.0)

log = structlog.get_logger()


class Away(Exception):
    """The server gave no reading; the message says why, in words for an operator."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a server says of one text; `taught` is the fingerprint of what it was taught, "" if it tells none."""

    best: Intent
    ranking: tuple[Intent, ...]
    entities: tuple[Entity, ...]
    taught: str

    @classmethod
    def of(cls, answer: Any) -> "Said":
        """Return what a JSON answer says. Raises Away when it is none of a Rasa server."""
        try:
            ranking = [_intent(each) for each in answer["intent_ranking"]]
            best = _intent(answer["intent"])
            kinds = {kind.value: kind for kind in EntityKind}
            named = [(kinds.get(each["entity"]), str(each["value"])) for each in answer["entities"]]
            taught = str(answer.get("taught", ""))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise Away("not a Rasa server") from error
        ranking = [each for each in ranking if each.name and each.name != _FALLBACK_INTENT]
        if best.name == _FALLBACK_INTENT:
            best = ranking[0] if ranking else _NONE
        return cls(
            best,
            tuple(each for each in ranking if each.name != OUT_OF_SCOPE)[:_RANKED_MAX],
            tuple(dict.fromkeys(Entity(kind, value) for kind, value in named if kind)),
            taught,
        )


_NOTHING: Final = Said(_NONE, (), (), "")


class RasaServer:
    """The HTTP side of a Rasa server; safe to share between threads. Connections are kept and used again."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        self._kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        self._host, self._port = parts.hostname or "", parts.port
        self._path = f"{parts.path.rstrip('/')}/model/parse?token={quote(token, safe='')}"
        self._idle: deque[http.client.HTTPConnection] = deque()

    def ask(self, text: str, deadline: float) -> Any:
        """Return the JSON the server says of `text`. Raises Away, at the latest at `deadline` (monotonic)."""
        body = json.dumps({"text": text}).encode()
        try:
            with contextlib.suppress(IndexError, ConnectionError):
                # A server closes what is idle: that is no fault of it, and a new connection is made.
                return self._exchange(self._idle.pop(), body, deadline)
            connection = self._kind(self._host, self._port, timeout=_left(deadline))
            return self._exchange(connection, body, deadline)
        except TimeoutError as error:
            raise Away("slow") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Away(type(error).__name__) from error

    def close(self) -> None:
        """Close the connections that are not in use."""
        with contextlib.suppress(IndexError):
            while True:
                self._idle.pop().close()

    def _exchange(self, connection: http.client.HTTPConnection, body: bytes, deadline: float) -> Any:
        try:
            if connection.sock is None:
                connection.connect()
            connection.sock.settimeout(_left(deadline))
            connection.request("POST", self._path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            received = b""
            while piece := response.read1(65536):
                received += piece
                if len(received) > _BYTES_MAX:
                    raise Away("not a Rasa server")
                connection.sock.settimeout(_left(deadline))
            response.close()
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        match response.status:
            case 200:
                return json.loads(received)
            case 401 | 403:
                raise Away("the token is not the server's")
            case status:
                raise Away(f"HTTP {status}")


class RasaParser:
    """Parses texts by a Rasa server; `other` reads what the server does not, and the citizen notices nothing.

    After three failures in a row the server is left alone for half a minute. What it was taught must be what
    `taught` is the fingerprint of, where it says so: a server that knows other answers is as good as away.
    """

    waits: Final = True

    def __init__(self, server: RasaServer, other: Parser, taught: str, seconds: float = SECONDS_MAX) -> None:
        self._server = server
        self._other = other
        self._taught = taught
        self._seconds = seconds
        self._lock = threading.Lock()
        self._failures = 0
        self._resting_until = 0.0
        self._state = "starting"

    def parse(self, text: str, about: str = "") -> Parse:
        """Return the readings of `text`, which follows on a question `about`; never raises for any text."""
        if self._may_ask():
            with contextlib.suppress(Away):
                return read_message(text, about, _Readings(self, time.monotonic() + self._seconds))
        return self._other.parse(text, about)

    def check(self) -> None:
        """Ask the server once, so that `state` is true though nobody writes."""
        with contextlib.suppress(Away):
            self.ask(_TRIAL, time.monotonic() + self._seconds)

    def state(self) -> str:
        """Return "ok", "starting", or why the other parser reads."""
        return self._state

    def ask(self, text: str, deadline: float) -> Said:
        """Return what the server says of `text`, and remember whether it did. Raises Away."""
        try:
            said = Said.of(self._server.ask(text, deadline))
            if said.taught not in ("", self._taught):
                raise Away("was taught other answers or by other code: train it again")
        except Away as away:
            self._failed(str(away))
            raise
        self._went_well()
        return said

    def _may_ask(self) -> bool:
        with self._lock:
            now = time.monotonic()
            if now < self._resting_until:
                return False
            if self._failures >= _FAILURES_MAX:
                self._resting_until = now + _PAUSE  # one message tries; the others do not wait for it
            return True

    def _failed(self, reason: str) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= _FAILURES_MAX:
                self._resting_until = time.monotonic() + _PAUSE
            changed, self._state = self._state != reason, reason
        if changed:
            log.warning("nlu.rasa_away", reason=reason)

    def _went_well(self) -> None:
        with self._lock:
            self._failures, self._resting_until = 0, 0.0
            changed, self._state = self._state != "ok", "ok"
        if changed:
            log.info("nlu.rasa_ok")


class _Readings:
    """The readings of the texts of one message, each asked for once, all by `deadline`."""

    def __init__(self, parser: RasaParser, deadline: float) -> None:
        self._parser = parser
        self._deadline = deadline
        self._said: dict[str, Said] = {}

    def read(self, text: str) -> Parse:
        said = self._ask(text)
        return Parse(text, said.best, said.ranking)

    def name(self, text: str) -> tuple[Entity, ...]:
        return self._ask(text).entities

    def _ask(self, text: str) -> Said:
        # Rasa takes a text that begins with a slash for the name of an intent, and is sure of it.
        plain = text.lstrip("/ \n")[:LENGTH_MAX]
        if not tokens(plain):
            return _NOTHING
        if plain not in self._said:
            self._said[plain] = self._parser.ask(plain, self._deadline)
        return self._said[plain]


def _intent(said: Any) -> Intent:
    return Intent(intent_name(said["name"] or ""), float(said["confidence"]))


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise Away("slow")
    return left
