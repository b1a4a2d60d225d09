"""Links tried before a message goes out, against a real server; and the addresses that are never asked."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.office.links import SOON, LinkChecker, LinkState, _PublicResolver, is_public
from tests.conftest import NOW


@dataclass
class FarEnd:
    """A server that stands for every name, and what it was asked."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    now: Any = NOW

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.host}{request.path}")
        match request.path:
            case "/":
                return web.Response(text="hello")
            case "/no-head":
                return web.Response(status=405 if request.method == "HEAD" else 200)
            case "/moved":
                raise web.HTTPFound("/")
            case "/round":
                raise web.HTTPFound("/round")
            case "/inside":
                raise web.HTTPFound("http://169.254.169.254/latest/meta-data/")
            case "/to-file":
                raise web.HTTPFound("file:///etc/passwd")
            case "/forbidden":
                return web.Response(status=403)
            case _:
                return web.Response(status=404)

    def checker(self) -> LinkChecker:
        far = self

        class Names(AbstractResolver):
            async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
                where = ResolveResult(
                    hostname=host, host="127.0.0.1", port=far.port, family=socket.AF_INET, proto=0, flags=0
                )
                return [where]

            async def close(self) -> None: ...

        return LinkChecker(lambda: self.now, Names())


@pytest.fixture
async def far() -> AsyncIterator[FarEnd]:
    """A server on this machine."""
    end, app = FarEnd(), web.Application()
    app.router.add_route("*", "/{rest:.*}", end.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    end.port = runner.addresses[0][1]
    yield end
    await runner.cleanup()


async def state_of(checker: LinkChecker, url: str) -> LinkState:
    assert checker.glance([url])[url] is LinkState.UNKNOWN
    await checker.settle([url])
    return checker.glance([url])[url]


@pytest.mark.parametrize(
    ("path", "state"),
    [
        ("/", LinkState.OPENS),
        ("/no-head", LinkState.OPENS),
        ("/moved", LinkState.OPENS),
        ("/forbidden", LinkState.OPENS),
        ("/gone", LinkState.MISSING),
        ("/round", LinkState.SILENT),
        ("/inside", LinkState.PRIVATE),
        ("/to-file", LinkState.PRIVATE),
    ],
)
async def test_a_link_opens_is_missing_or_leads_where_it_must_not(
    far: FarEnd, path: str, state: LinkState
) -> None:
    assert await state_of(far.checker(), f"http://tin.example{path}") is state


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://10.1.2.3/",
        "http://169.254.169.254/latest/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://tin.example:5432/",
        "http://user:secret@tin.example/",
        "ftp://tin.example/",
    ],
)
async def test_an_address_of_the_house_is_never_asked(far: FarEnd, url: str) -> None:
    assert await state_of(far.checker(), url) is LinkState.PRIVATE
    assert far.asked == []


@pytest.mark.parametrize("url", ["http://2130706433/", "http://127.1/", "http://0x7f.1/"])
async def test_an_odd_way_to_write_an_address_does_not_reach_the_house(far: FarEnd, url: str) -> None:
    checker = LinkChecker(lambda: NOW)

    assert await state_of(checker, url) in (LinkState.PRIVATE, LinkState.SILENT)
    assert far.asked == []


async def test_a_name_that_stands_for_a_private_address_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(*_: Any, **__: Any) -> Any:
        public, private = ("93.184.216.34", 80), ("192.168.1.1", 80)
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", each) for each in (public, private)]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)

    assert (
        await state_of(LinkChecker(lambda: NOW, _PublicResolver()), "http://inside.example/") is LinkState.PRIVATE
    )


async def test_a_link_is_asked_once_and_again_later_when_it_was_missing(far: FarEnd) -> None:
    checker = far.checker()
    first = [checker.glance(["http://tin.example/gone"]) for _ in range(3)]
    await checker.settle(["http://tin.example/gone"])

    assert all(each["http://tin.example/gone"] is LinkState.UNKNOWN for each in first)
    assert len(far.asked) == 2  # HEAD, then GET.
    far.now += SOON + timedelta(seconds=1)
    assert checker.glance(["http://tin.example/gone"])["http://tin.example/gone"] is LinkState.UNKNOWN
    await checker.settle(["http://tin.example/gone"])
    assert len(far.asked) == 4


def test_only_addresses_of_the_open_internet_are_public() -> None:
    assert is_public("8.8.8.8")
    assert is_public("2606:4700:4700::1111")
    for inside in ("0.0.0.0", "100.64.0.1", "224.0.0.1", "fe80::1%eth0", "fd00::1", "2002:7f00:1::", "::"):
        assert not is_public(inside), inside
