"""The chat page: a form that works without JavaScript, resumes after a reload, and says it is a machine."""

import asyncio
import hashlib
import secrets
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from bot.db import Database, webchat
from bot.db.webchat import Line
from bot.dialogue.texts import Texts
from bot.inbox import Inbox
from bot.markup import to_html
from bot.messages import Address, Heard, HeardKind, Point
from bot.web.safety import Pace, comes_from_us

COOKIE = "hoctap_chat"
CHANNEL = "web"
TEXT_MAX = 4000
ANSWER_WAIT = 4.0
COOKIE_AGE = 30 * 24 * 3600


class ChatPages:
    """The pages and their few calls; one conversation a browser, known by a cookie only it holds."""

    def __init__(
        self,
        database: Database,
        inbox: Inbox,
        templates: Jinja2Templates,
        texts: Texts,
        clock: Callable[[], datetime],
        *,
        secure: bool,
        embedded: bool,
    ) -> None:
        self._database = database
        self._inbox = inbox
        self._templates = templates
        self._texts = texts
        self._clock = clock
        self._secure = secure
        self._embedded = embedded and secure
        self._pace = Pace(per_minute=30, burst=12)
        self._pace_by_host = Pace(per_minute=300, burst=120)

    def routes(self) -> list[Route]:
        """``/``, ``/chat``, ``/chat/lines``, ``/chat/new`` and ``/widget.js``."""
        return [
            Route("/", self.page),
            Route("/chat", self.page, methods=["GET"]),
            Route("/chat", self.say, methods=["POST"]),
            Route("/chat/lines", self.lines),
            Route("/chat/new", self.start_anew, methods=["POST"]),
            Route("/widget.js", self.widget),
        ]

    async def page(self, request: Request) -> Response:
        """The conversation so far; a new visitor is greeted."""
        key = request.cookies.get(COOKIE, "")
        if not is_key(key):
            key = secrets.token_urlsafe(24)
        address = web_address(key)
        lines = await self._database.read(lambda c: webchat.lines_of(c, address.peer))
        if not lines and await self._may_speak(request, key):
            await self._hear(Heard(address, secrets.token_hex(8), self._clock(), HeardKind.START))
            lines = await self._database.read(lambda c: webchat.lines_of(c, address.peer))
        return self._with_cookie(self._draw(request, lines), key)

    async def say(self, request: Request) -> Response:
        """Take a text, a tap or a location, wait a moment for the answer, and show the page again."""
        key = request.cookies.get(COOKIE, "")
        if not comes_from_us(request):
            return HTMLResponse("", 403)
        if not is_key(key):
            key = secrets.token_urlsafe(24)
        wants_json = "application/json" in request.headers.get("accept", "")
        if not await self._may_speak(request, key):
            text = self._texts("web.too_fast")
            return JSONResponse({"error": text}, 429) if wants_json else HTMLResponse(text, 429)
        form = await request.form(max_files=0, max_fields=10)
        heard = _heard(web_address(key), {name: str(value) for name, value in form.items()}, self._clock())
        if heard is not None:
            shown = {"text": heard.text} if heard.text else {"text": _label(form.get("label"))}
            if shown["text"]:
                await self._database.write(
                    lambda c: webchat.add_line(c, heard.address.peer, shown, heard.at, ours=False)
                )
            await self._hear(heard)
        response: Response = (
            JSONResponse({"ok": heard is not None}) if wants_json else RedirectResponse("/chat#end", 303)
        )
        return self._with_cookie(response, key)

    async def lines(self, request: Request) -> Response:
        """The lines behind ``?after=`` as HTML, for the page's script."""
        key = request.cookies.get(COOKIE, "")
        after = request.query_params.get("after", "0")
        if not is_key(key) or not after.isdecimal():
            return HTMLResponse("")
        peer = web_address(key).peer
        lines = await self._database.read(lambda c: webchat.lines_of(c, peer, int(after[:15])))
        return self._templates.TemplateResponse(request, "lines.html", self._context(lines))

    async def start_anew(self, request: Request) -> Response:
        """A new conversation; the old one stays until its 30 days are over."""
        if not comes_from_us(request):
            return HTMLResponse("", 403)
        return self._with_cookie(RedirectResponse("/chat", 303), secrets.token_urlsafe(24))

    async def widget(self, request: Request) -> Response:
        """The script that puts a button with this chat on a portal's page."""
        response = self._templates.TemplateResponse(
            request, "widget.js", {"words": self._texts.named("widget")}, media_type="text/javascript"
        )
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        response.headers["Cache-Control"] = "public, max-age=3600"
        return response

    async def _hear(self, heard: Heard) -> None:
        await self._inbox.receive([heard])
        with suppress(TimeoutError):
            await asyncio.wait_for(self._inbox.settle(heard.address), ANSWER_WAIT)

    async def _may_speak(self, request: Request, key: str) -> bool:
        host = request.client.host if request.client else ""
        return self._pace_by_host.allows(host) and self._pace.allows(key)

    def _draw(self, request: Request, lines: list[Line]) -> Response:
        return self._templates.TemplateResponse(request, "chat.html", self._context(lines))

    def _context(self, lines: list[Line]) -> dict[str, Any]:
        drawn = [
            {
                "id": line.id,
                "ours": line.ours,
                "html": to_html(str(line.body.get("text", ""))),
                "text": str(line.body.get("text", "")),
                "choices": line.body.get("choices", []),
                "files": line.body.get("files", []),
                "at": line.at,
            }
            for line in lines
        ]
        return {"lines": drawn, "t": self._texts, "last": lines[-1].id if lines else 0}

    def _with_cookie(self, response: Response, key: str) -> Response:
        attributes = "; HttpOnly; Path=/; Max-Age=" + str(COOKIE_AGE)
        if self._embedded:
            # Inside a portal's frame the cookie is a third party's, kept apart for each portal.
            attributes += "; Secure; SameSite=None; Partitioned"
        else:
            attributes += "; SameSite=Lax" + ("; Secure" if self._secure else "")
        response.headers.append("Set-Cookie", f"{COOKIE}={key}{attributes}")
        return response


def web_address(key: str) -> Address:
    """The address of the conversation whose browser holds *key*."""
    # The database holds a digest: who reads it cannot take over a conversation.
    return Address(CHANNEL, hashlib.sha256(key.encode()).hexdigest()[:40])


def is_key(key: str) -> bool:
    """Whether *key* can be the key of a conversation."""
    return len(key) == 32 and key.isascii()


def _label(value: object) -> str:
    return unicodedata.normalize("NFC", str(value or ""))[:60]


def _heard(address: Address, form: Mapping[str, str], now: datetime) -> Heard | None:
    """What the form says, or None when it says nothing."""
    event_id = secrets.token_hex(8)
    if location := form.get("location"):
        try:
            latitude, longitude = (float(part) for part in location.split(","))
            point = Point(latitude, longitude)
        except ValueError:
            return None
        return Heard(address, event_id, now, HeardKind.LOCATION, point=point)
    if token := form.get("token", "")[:100]:
        return Heard(address, event_id, now, HeardKind.CHOICE, token=token)
    text = unicodedata.normalize("NFC", form.get("text", "")).strip()[:TEXT_MAX]
    return Heard(address, event_id, now, HeardKind.TEXT, text) if text else None
