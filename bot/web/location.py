"""A page where a citizen of a channel without a location button shares where they are, once.

Its address is sealed for one person and works for two hours. The point becomes a commune in memory and
is dropped, as everywhere; who does not want to share it types the name of the place.
"""

import base64
import binascii
import hmac
import secrets
import unicodedata
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from bot.dialogue.texts import Texts
from bot.inbox import Inbox
from bot.messages import Address, Heard, HeardKind, Point
from bot.web.safety import Pace, comes_from_us

PATH = "/vi-tri"
LIVES = timedelta(hours=2)
TEXT_MAX = 200
_MAC = 18


def seal(address: Address, key: bytes, now: datetime) -> str:
    """What stands behind ``?k=`` for the person at *address*."""
    said = f"{int((now + LIVES).timestamp())}:{address}".encode()
    return f"{_encode(said)}.{_encode(hmac.digest(key, said, 'sha256')[:_MAC])}"


def unseal(sealed: str, key: bytes, now: datetime) -> Address | None:
    """The person *sealed* was made for; None when it was not made here, or its time is over."""
    said, _, mac = sealed.partition(".")
    try:
        content, given = _decode(said), _decode(mac)
    except (binascii.Error, ValueError):
        return None
    if not hmac.compare_digest(hmac.digest(key, content, "sha256")[:_MAC], given):
        return None
    until, _, address = content.decode().partition(":")
    if datetime.fromtimestamp(int(until), UTC) < now:
        return None
    return Address.parse(address)


class LocationPages:
    """``/vi-tri``: shows what is done with a location, takes it, and says where the answer is."""

    def __init__(
        self,
        inbox: Inbox,
        templates: Jinja2Templates,
        texts: Texts,
        clock: Callable[[], datetime],
        key: bytes,
        channels: Collection[str],
    ) -> None:
        self._inbox = inbox
        self._templates = templates
        self._texts = texts
        self._clock = clock
        self._key = key
        self._channels = channels
        self._pace = Pace(per_minute=10, burst=6)

    def routes(self) -> list[Route]:
        """The page and its form."""
        return [Route(PATH, self.show, methods=["GET"]), Route(PATH, self.take, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        """The page, or that its time is over."""
        sealed = request.query_params.get("k", "")
        known = self._who(sealed) is not None
        return self._draw(request, "ask" if known else "over", sealed, 200 if known else 410)

    async def take(self, request: Request) -> Response:
        """Hear a point or a typed place from the person the page is for."""
        if not comes_from_us(request):
            return HTMLResponse("", 403)
        form = await request.form(max_files=0, max_fields=5)
        sealed = str(form.get("k", ""))
        address = self._who(sealed)
        if address is None:
            return self._draw(request, "over", "", 410)
        if not self._pace.allows(str(address)):
            return self._draw(request, "too_fast", sealed, 429)
        heard = _heard(address, str(form.get("location", "")), str(form.get("place", "")), self._clock())
        if heard is None:
            return self._draw(request, "ask", sealed)
        await self._inbox.receive([heard])
        return self._draw(request, "done", "")

    def _who(self, sealed: str) -> Address | None:
        address = unseal(sealed[:400], self._key, self._clock())
        return address if address and address.channel in self._channels else None

    def _draw(self, request: Request, step: str, sealed: str, status: int = 200) -> Response:
        context = {"t": self._texts, "step": step, "k": sealed}
        return self._templates.TemplateResponse(request, "location.html", context, status_code=status)


def _heard(address: Address, location: str, place: str, now: datetime) -> Heard | None:
    event_id = "page-" + secrets.token_hex(8)
    try:
        latitude, longitude = (float(part) for part in location.split(","))
    except ValueError:
        text = unicodedata.normalize("NFC", place).replace("\0", "").strip()[:TEXT_MAX]
        return Heard(address, event_id, now, HeardKind.TEXT, text) if text else None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    return Heard(address, event_id, now, HeardKind.LOCATION, point=Point(latitude, longitude))


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
