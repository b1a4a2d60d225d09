"""Signing in and out, and the one-time link by which an official sets a password and a second factor."""

import asyncio
import unicodedata
from dataclasses import replace

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.access import totp
from bot.access.sign_in import (
    PASSWORD_MAX,
    Session,
    digest,
    new_recovery_codes,
    new_secret,
)
from bot.db import officials, sign_in
from bot.db.sign_in import Enrolment
from bot.outreach.official import PASSWORD_MIN, Official, clean_login, hash_password, is_password
from bot.web.console.front import HOME, SIGN_IN, Front, Visitor, go, safe_path
from bot.web.console.kept_forms import AGAIN, PATH_MAX
from bot.web.safety import Pace

HASHES_AT_ONCE = 2
ONWARD_MAX = 400
_BROWSERS = ("Edg", "OPR", "Firefox", "Chrome", "Safari")
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")


class SignInPages:
    """``/console``, ``/console/sign-in``, ``/console/sign-out`` and ``/console/welcome/…``."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._pace = Pace(per_minute=10, burst=20)
        # Each hash takes 64 MiB: a flood of sign-ins must not take the server's memory.
        self._hashing = asyncio.Semaphore(HASHES_AT_ONCE)

    def routes(self) -> list[Route]:
        """The routes of these pages."""
        front = self._front
        return [
            Route("/console", self.enter),
            Route(SIGN_IN, self.show, methods=["GET"]),
            Route(SIGN_IN, self.sign_in, methods=["POST"]),
            Route("/console/welcome/{link}", self.welcome, methods=["GET"]),
            Route("/console/welcome/{link}", self.enrol, methods=["POST"]),
            front.page("/console/sign-out", self.sign_out, post=True),
            front.page(AGAIN, self.draw_again),
        ]

    async def enter(self, request: Request) -> Response:
        """The first page of whoever is signed in, else the way in."""
        visitor = await self._front.visitor(request)
        return RedirectResponse(SIGN_IN if visitor is None else first_page(visitor), 303)

    async def show(self, request: Request) -> Response:
        """The form to sign in with."""
        if visitor := await self._front.visitor(request):
            return RedirectResponse(first_page(visitor), 303)
        return self._form(request, request.query_params.get("next", ""))

    async def sign_in(self, request: Request) -> Response:
        """Both factors at once; whatever is wrong, the same sentence says so."""
        form = await self._front.read_form(request)
        onward = str(form.get("next", ""))
        if not self._front.is_own_form(request, form):
            return self._form(request, onward, "error.form_old", status=403)
        if not self._pace.allows(_host(request)):
            return self._form(request, onward, "error.too_often", status=429)
        official = await self._prove(form)
        if official is None:
            return self._form(request, onward, "error.sign_in", status=400)
        now = self._front.clock()
        secret = new_secret()
        session = Session(digest(secret), official.login, _browser(request), now, now)
        await self._front.act(lambda c: sign_in.open_session(c, session))
        visitor = Visitor(official, session, secret)
        path = safe_path(onward) if onward else first_page(visitor)
        response = RedirectResponse(path, 303)
        self._front.set_cookie(response, self._front.cookie, secret)
        self._front.set_cookie(response, self._front.form_cookie, "", "Strict")
        return response

    async def sign_out(self, request: Request, visitor: Visitor) -> Response:
        """End this session, at once."""
        now, login = self._front.clock(), visitor.official.login
        await self._front.act(lambda c: sign_in.end_session(c, login, visitor.session.id, login, now))
        response = go(SIGN_IN, "signed_out")
        self._front.set_cookie(response, self._front.cookie, "")
        return response

    async def draw_again(self, request: Request, visitor: Visitor) -> Response:
        """The form that came after its session had ended, filled as it was typed, for who typed it."""
        path, login = request.query_params.get("form", "")[:PATH_MAX], visitor.official.login
        page, form = self._front.kept.find_page(path), await self._front.kept.find(login, path)
        if page is None or not form:
            return go(first_page(visitor), "form_gone")
        right, again, within = page
        there = Request({**request.scope, "path": path, "path_params": within})
        return await self._front.draw_again(there, replace(visitor, form=form), again, right)

    async def welcome(self, request: Request) -> Response:
        """The form behind a one-time link; shows a new second factor each time."""
        return await self._offer(request, "")

    async def enrol(self, request: Request) -> Response:
        """Keep the password and second factor; shows the recovery codes, once."""
        form = await self._front.read_form(request)
        if not self._front.is_own_form(request, form):
            return await self._offer(request, "error.form_old", status=403)
        if not self._pace.allows(_host(request)):
            return await self._offer(request, "error.too_often", status=429)
        password = str(form.get("password", ""))
        if fault := password_fault(password, str(form.get("again", ""))):
            return await self._offer(request, fault, status=400)
        codes = new_recovery_codes()
        async with self._hashing:
            password_hash = await asyncio.to_thread(hash_password, password)
        proved = Enrolment(password_hash, str(form.get("code", "")), codes)
        link, now = str(request.path_params["link"]), self._front.clock()
        official = await self._front.act(lambda c: sign_in.enrol(c, link, proved, now))
        if official is None:
            return await self._offer(request, "error.code", status=400)
        return self._front.draw(request, "recovery_codes.html", {"codes": codes, "official": official})

    async def _offer(self, request: Request, fault: str, status: int = 200) -> Response:
        link, now = str(request.path_params["link"]), self._front.clock()
        official = await self._front.database.read(lambda c: sign_in.owner_of_link(c, link, now))
        if official is None:
            return self._front.draw(request, "link_over.html", {}, status=410)
        secret = totp.new_secret()
        await self._front.act(lambda c: sign_in.offer_factor(c, official.login, secret))
        context = {
            "official": official,
            "qr": totp.qr_code(secret, official.login),
            "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
            "least": PASSWORD_MIN,
            "fault": self._front.texts(fault, least=PASSWORD_MIN) if fault else "",
        }
        return self._front.draw_with_token(request, "welcome.html", context, status=status)

    async def _prove(self, form: FormData) -> Official | None:
        login = clean_login(str(form.get("login", "")))[:60]
        password = str(form.get("password", ""))[: PASSWORD_MAX + 1]
        code = str(form.get("code", ""))[:40]
        found = await self._front.database.read(lambda c: officials.find(c, login))
        async with self._hashing:
            right = await asyncio.to_thread(is_password, found[1] if found else None, password)
        now = self._front.clock()
        return await self._front.act(lambda c: sign_in.prove(c, login, code, now, knows_password=right))

    def _form(self, request: Request, onward: str, fault: str = "", status: int = 200) -> Response:
        said = self._front.texts(fault) if fault else ""
        return self._front.draw_with_token(
            request, "sign_in.html", {"fault": said, "onward": onward[:ONWARD_MAX]}, status=status
        )


def password_fault(password: str, again: str) -> str:
    """The key of what is wrong with a new password; empty when nothing is."""
    composed = unicodedata.normalize("NFC", password)
    if len(composed) < PASSWORD_MIN:
        return "error.password_short"
    if len(composed) > PASSWORD_MAX:
        return "error.password_long"
    if len(set(composed)) < 5:
        return "error.password_plain"
    return "" if composed == unicodedata.normalize("NFC", again) else "error.password_differs"


def first_page(visitor: Visitor) -> str:
    """Where a role begins its work."""
    if visitor.has("see_broadcasts"):
        return HOME
    return "/console/audit" if visitor.has("read_audit") else "/console/me"


def _host(request: Request) -> str:
    return request.client.host if request.client else ""


def _browser(request: Request) -> str:
    """What to know a session by in the list: the browser and system, no more."""
    said = request.headers.get("user-agent", "")
    browser = next((each for each in _BROWSERS if each in said), "?")
    system = next((each for each in _SYSTEMS if each in said), "?")
    return f"{browser}, {system}"
