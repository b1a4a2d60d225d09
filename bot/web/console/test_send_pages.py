"""Test sends: where an official gets them, by a code typed to the bot, and the sending itself."""

import secrets

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.access.rights import Right
from bot.db import audit, official_contacts
from bot.dialogue.flows.linking import ALPHABET, CODE_LENGTH, PREFIX
from bot.messages import Address
from bot.office import deciding
from bot.office.test_sends import send_test
from bot.outreach.broadcast import Forbidden
from bot.web.chat import COOKIE, is_key, web_address
from bot.web.console.front import Front, Visitor, go, number_in

PLACES = "/console/test-contacts"


class TestSendPages:
    """``/console/test-contacts`` and ``/console/broadcasts/{number}/test``."""

    __test__ = False

    def __init__(self, front: Front) -> None:
        self._front = front

    def routes(self) -> list[Route]:
        """The routes of these pages."""
        page = self._front.page
        return [
            page(PLACES, self.places, Right.DRAFT),
            page(f"{PLACES}/code", self.code, Right.DRAFT, post=True),
            page(f"{PLACES}/unlink", self.unlink, Right.DRAFT, post=True),
            page("/console/broadcasts/{number}/test", self.test, Right.DRAFT, post=True),
        ]

    async def places(self, request: Request, visitor: Visitor) -> Response:
        """Where test sends go to now."""
        return await self._places(request, visitor)

    async def code(self, request: Request, visitor: Visitor) -> Response:
        """A code to type to the bot on a channel, shown once."""
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        login, now = visitor.official.login, self._front.clock()
        await self._front.act(lambda c: official_contacts.keep_code(c, login, code, now))
        return await self._places(request, visitor, f"{PREFIX}-{code}")

    async def unlink(self, request: Request, visitor: Visitor) -> Response:
        """Send no tests there any more."""
        typed, login, now = visitor.typed("contact", 9), visitor.official.login, self._front.clock()
        number = int(typed) if typed.isascii() and typed.isdecimal() else 0
        if not await self._front.act(lambda c: official_contacts.unlink(c, login, number, now)):
            raise Forbidden("rule.unknown", id=typed)
        return go(PLACES, "unlinked")

    async def test(self, request: Request, visitor: Visitor) -> Response:
        """Send it to the official's own conversations, marked as a test, and to nobody else."""
        number, office, official = number_in(request), self._front.office, visitor.official
        found = await self._front.database.read(lambda c: deciding.find(c, office, official, number))
        linked = await self._front.database.read(lambda c: official_contacts.contacts_of(c, official.login))
        addresses = list(dict.fromkeys([*_browser(request), *(each.address for each in linked)]))
        mark = self._front.texts("broadcast.test_mark")
        channels = await send_test(office, found, mark, addresses)
        now, detail = self._front.clock(), ", ".join(channels)
        await self._front.act(
            lambda c: audit.record(c, official.login, "test", now, broadcast_id=number, detail=detail)
        )
        return go(f"/console/broadcasts/{number}", "tested_recorded" if self._front.training else "tested")

    async def _places(self, request: Request, visitor: Visitor, code: str = "") -> Response:
        login = visitor.official.login
        context = {
            "linked": await self._front.database.read(lambda c: official_contacts.contacts_of(c, login)),
            "browser": bool(_browser(request)),
            "running": [each for each in sorted(self._front.office.channels) if each != "web"],
            "code": code,
        }
        return self._front.draw(request, "test_contacts.html", context, visitor)


def _browser(request: Request) -> list[Address]:
    """The web chat of this browser, when it was ever opened."""
    key = request.cookies.get(COOKIE, "")
    return [web_address(key)] if is_key(key) else []
