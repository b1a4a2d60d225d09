"""The wire to Zalo's two interfaces, over aiohttp.

It tells a request that certainly did not leave from one of which nobody can tell, and never names an
address in an error: the token of a bot stands in it.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import aiohttp

CONNECT_TIMEOUT: Final = 5.0
READ_TIMEOUT: Final = 30.0
CONNECTIONS: Final = 128


class NotSent(Exception):
    """The request certainly did not reach Zalo."""


class NoAnswer(Exception):
    """The request left, and what came back is not Zalo's word: done or not, nobody can tell."""


class Flooded(Exception):
    """Whoever stands before Zalo took nothing: too many requests (429 without Zalo's own words)."""


class ZaloRequest:
    """Requests over a pool of connections kept alive."""

    def __init__(self, connect_timeout: float = CONNECT_TIMEOUT, read_timeout: float = READ_TIMEOUT) -> None:
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._session: aiohttp.ClientSession | None = None

    async def post(
        self,
        url: str,
        *,
        json_body: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        read_timeout: float | None = None,
    ) -> dict[str, Any]:
        """The JSON object Zalo answers, whatever its status. Raises NotSent, NoAnswer or Flooded."""
        data: Any = None
        sent = dict(headers or {})
        if json_body is not None:
            data = json.dumps(json_body, ensure_ascii=False).encode("utf-8", "replace")
            sent["Content-Type"] = "application/json"
        elif form is not None:
            data = aiohttp.FormData(form)
        return _answer(*await self._ask("POST", url, data, sent, read_timeout))

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """As ``post``, for what is only read."""
        return _answer(*await self._ask("GET", url, None, dict(headers or {}), None))

    async def close(self) -> None:
        """Close the pool."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _ask(
        self, method: str, url: str, data: Any, headers: dict[str, str], read_timeout: float | None
    ) -> tuple[int, bytes]:
        failure: Exception
        try:
            async with self._open().request(
                method, url, data=data, headers=headers, timeout=self._timeout(read_timeout), allow_redirects=False
            ) as response:
                return response.status, await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            failure = NotSent(type(error).__name__)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            failure = NoAnswer(type(error).__name__)
        # Raised out here, without the cause: aiohttp's messages name the address.
        raise failure

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS), cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session

    def _timeout(self, read_timeout: float | None) -> aiohttp.ClientTimeout:
        return aiohttp.ClientTimeout(
            total=None, sock_connect=self._connect_timeout, sock_read=read_timeout or self._read_timeout
        )


def _answer(status: int, payload: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(payload)
    except (ValueError, RecursionError):
        answer = None
    # A gateway's own page says nothing of what became of the request; a JSON 500 neither.
    if not isinstance(answer, dict) or status >= 500 or not {"ok", "error", "access_token"} & answer.keys():
        raise Flooded if status == 429 else NoAnswer(f"status {status}")
    return answer
