"""Links of a message tried before it goes out: off the page, within limits, and never at an address of our own.

A link comes from an official, so what it names may be anything: only http and https are asked, at their
usual ports, at public addresses – also after a redirect, and whatever a name resolves to.
"""

import asyncio
import ipaddress
import re
import socket
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.outreach.broadcast import Broadcast
from bot.outreach.frozen_content import render, texts_of

LINKS_MAX: Final = 8
HOPS_MAX: Final = 4
SECONDS: Final = 6.0
AT_ONCE: Final = 4
KEPT_MAX: Final = 500
FRESH: Final = timedelta(hours=1)
SOON: Final = timedelta(minutes=2)
"""After so long what did not answer is asked again."""

_URL = re.compile(r"https?://[^\s)\]]+")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MISSING = frozenset({404, 410})
_NO_HEAD = 400
# Ways to write an IPv4 address as an IPv6 one: what is behind them cannot be seen from here.
_TRANSLATED = [ipaddress.ip_network(each) for each in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")]


class LinkState(StrEnum):
    """What a link is: it opens, its page is missing, it does not answer, it is not to be asked, not known yet."""

    OPENS = "opens"
    MISSING = "missing"
    SILENT = "silent"
    PRIVATE = "private"
    UNKNOWN = "unknown"


def links_of(broadcast: Broadcast) -> list[str]:
    """The links in the words and buttons of a broadcast, each once."""
    reply = render(broadcast.content)
    targets = [each.target for each in reply.all_choices() if each.target.startswith("http")]
    found = [each.rstrip(".,;:!?\"'*_") for text in texts_of(broadcast.content) for each in _URL.findall(text)]
    return list(dict.fromkeys([*found, *targets]))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open Internet, and no other address in disguise."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            found = found.ipv4_mapped
        elif any(found in each for each in _TRANSLATED):
            return False
    return found.is_global and not found.is_multicast


class _PublicResolver(AbstractResolver):
    """Resolves names; refuses one of whose addresses any is not public. What it gives is what is connected
    to, so a name that changes its mind gains nothing."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        addresses = [(str(where[0]), kind) for kind, *_, where in found]
        if not all(is_public(each) for each, _ in addresses):
            raise _NotPublicError
        return [
            ResolveResult(
                hostname=host, host=each, port=port, family=kind, proto=0, flags=int(socket.AI_NUMERICHOST)
            )
            for each, kind in addresses
        ]

    async def close(self) -> None:
        """Nothing to give back."""


class _NotPublicError(Exception):
    pass


class LinkChecker:
    """What is known of links; those not known are tried in the background, a few at a time."""

    def __init__(self, clock: Callable[[], datetime], resolver: AbstractResolver | None = None) -> None:
        self._clock = clock
        self._resolver = resolver or _PublicResolver()
        self._known: OrderedDict[str, tuple[datetime, LinkState]] = OrderedDict()
        self._tried: dict[str, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(AT_ONCE)

    def glance(self, urls: Iterable[str]) -> Mapping[str, LinkState]:
        """What is known now of the first few *urls*; the rest of them is being tried from now on."""
        now, states = self._clock(), {}
        for url in list(urls)[:LINKS_MAX]:
            at, state = self._known.get(url, (now, LinkState.UNKNOWN))
            lasts = FRESH if state in (LinkState.OPENS, LinkState.PRIVATE) else SOON
            if state is LinkState.UNKNOWN or now - at > lasts:
                state = LinkState.UNKNOWN
                if url not in self._tried:
                    self._tried[url] = asyncio.create_task(self._try(url))
            states[url] = state
        return states

    async def settle(self, urls: Iterable[str]) -> None:
        """Wait until *urls* that are being tried have answered, or not."""
        tasks = [task for url in list(urls)[:LINKS_MAX] if (task := self._tried.get(url))]
        await asyncio.gather(*tasks)

    async def _try(self, url: str) -> None:
        try:
            async with self._room:
                async with asyncio.timeout(SECONDS):
                    state = await self._ask(url)
        except _NotPublicError:
            state = LinkState.PRIVATE
        except (aiohttp.ClientError, OSError, ValueError, TimeoutError):
            state = LinkState.SILENT
        finally:
            del self._tried[url]
        self._known.pop(url, None)
        self._known[url] = (self._clock(), state)
        while len(self._known) > KEPT_MAX:
            self._known.popitem(last=False)

    async def _ask(self, url: str) -> LinkState:
        connector = aiohttp.TCPConnector(resolver=self._resolver, use_dns_cache=False, force_close=True)
        async with aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
        ) as session:
            for _ in range(HOPS_MAX):
                _check_address(url)
                status, onward = await _request(session, "HEAD", url)
                if status >= _NO_HEAD:  # Some servers know no HEAD.
                    status, onward = await _request(session, "GET", url)
                if status not in _REDIRECTS or not onward:
                    return LinkState.MISSING if status in _MISSING else LinkState.OPENS
                url = urljoin(url, onward)
        return LinkState.SILENT


def _check_address(url: str) -> None:
    """Raises _NotPublicError, or ValueError for no address at all, unless *url* may be asked."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise _NotPublicError
    if parts.port not in (None, 80, 443):
        raise _NotPublicError
    try:
        literal = ipaddress.ip_address(parts.hostname)
    except ValueError:
        return  # A name: the resolver looks at what it stands for.
    if not is_public(str(literal)):
        raise _NotPublicError


async def _request(session: aiohttp.ClientSession, method: str, url: str) -> tuple[int, str]:
    """Status and onward address of one request; the body is never read."""
    async with session.request(method, url, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", "")
