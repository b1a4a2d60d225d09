"""What every page is guarded by: headers, body size, the origin of a form, and a pace for each visitor."""

import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_MAX = 1_000_000
UPLOAD_MAX = 20_000_000
DRAINED_MAX = 100_000_000
"""A browser shows what we answer only once it has sent everything; of more than this we hear nothing."""

UPLOADS = frozenset(
    {
        "/console/centres/import",
        "/console/answers/workbook",
        "/console/broadcasts/preview",
        "/console/broadcasts/save",
    }
)
"""Where officials send files."""

TellTooLarge = Callable[[Request, int], Response]


class SafeHeaders:
    """Adds the security headers to every response; only *frame_ancestors* may embed the chat."""

    def __init__(self, app: ASGIApp, frame_ancestors: str = "", *, secure: bool = False) -> None:
        self._app = app
        self._secure = secure
        self._frames = frame_ancestors or "'none'"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        frames = self._frames if scope["path"].startswith("/chat") or scope["path"] == "/" else "'none'"

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = (
                    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                    f"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {frames}"
                )
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                headers["Permissions-Policy"] = "geolocation=(self), camera=(), microphone=()"
                if self._secure:
                    headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_guarded)


class BodyLimit:
    """Refuses a request whose body is larger than it may be, before it is read into memory.

    *tell* draws the answer, given how many bytes are allowed.
    """

    def __init__(self, app: ASGIApp, tell: TellTooLarge) -> None:
        self._app = app
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        largest = UPLOAD_MAX if scope["path"] in UPLOADS else BODY_MAX
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or int(length) > largest:
            if scope["path"].startswith("/console") and length.isdigit() and int(length) <= DRAINED_MAX:
                while (await receive()).get("more_body"):
                    pass
            await self._tell(Request(scope), largest)(scope, receive, send)
            return
        seen = 0

        async def receive_counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > largest:
                raise _TooLarge
            return message

        try:
            await self._app(scope, receive_counted, send)
        except _TooLarge:
            await self._tell(Request(scope), largest)(scope, receive, send)


class _TooLarge(Exception):
    pass


class Pace:
    """Lets each key act *burst* times at once and then *per_minute* times a minute."""

    def __init__(self, per_minute: float, burst: int, now: Callable[[], float] = time.monotonic) -> None:
        self._rate = per_minute / 60
        self._burst = burst
        self._now = now
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, key: str) -> bool:
        """Whether *key* may act now; if so the act is counted."""
        now = self._now()
        left, at = self._left.pop(key, (float(self._burst), now))
        left = min(float(self._burst), left + (now - at) * self._rate)
        allowed = left >= 1
        self._left[key] = (left - 1 if allowed else left, now)
        while len(self._left) > 50_000:
            self._left.popitem(last=False)
        return allowed


def comes_from_us(request: Request) -> bool:
    """Whether a form was sent from our own pages (Sec-Fetch-Site, else Origin; OWASP ASVS 5.0, 3.5.1)."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host")
