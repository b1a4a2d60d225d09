"""Zalo Bot Platform: polls or takes a webhook, sends, and counts the month's messages.

Without buttons and locations, and with fifty people on the free plan: for a pilot or for staff. The
public on Zalo is reached by an Official Account (``zalo_oa``).
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any, ClassVar, Final

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels import plain_message
from bot.channels.base import (
    Abilities,
    Call,
    Files,
    Hearing,
    LocationLink,
    Misconfigured,
    Receive,
    Refused,
    Retryable,
    SendError,
    Unknown,
)
from bot.channels.plain_message import MenuWords, compose
from bot.channels.zalo_bot_event import CHANNEL, parse_event, read_event
from bot.channels.zalo_oa_message import LOCATION
from bot.channels.zalo_quota import month_of
from bot.channels.zalo_request import Flooded, NoAnswer, NotSent, ZaloRequest
from bot.markup import to_plain, to_zalo_html
from bot.messages import Address, ChoiceKind, Heard, Reply

log = structlog.get_logger()

HOOK: Final = "/hook/zalo-bot"
TEXT_MAX: Final = 2000
BODY_MAX: Final = 1 << 20
PAUSE_MAX: Final = 60.0
FLOOD_WAIT: Final = 60.0
QUOTA_WAIT: Final = 3600.0

BAD_REQUEST, UNAUTHORIZED, NOT_FOUND, TIMED_OUT, TOO_MANY = 400, 401, 404, 408, 429

Count = Callable[[str, str, int], Awaitable[int]]
"""Adds to the messages of a channel in a month, and returns how many there are now."""


@dataclass(frozen=True, slots=True)
class BotSettings:
    """What an operator sets: the token, where Zalo is, the webhook, and what the plan allows."""

    token: str
    api_url: str = "https://bot-api.zaloplatforms.com"
    webhook_url: str = ""
    webhook_secret: str = ""
    people_max: int = 50
    monthly_max: int = 3000
    poll_seconds: int = 30
    pause: float = 1.0


class _Refusal(Exception):
    """The platform answered ``ok: false``; *code* is its number, *words* the beginning of its own words."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(f"{code} {words}")
        self.code = code
        self.words = words


class ZaloBotChannel:
    """A bot of the Bot Platform: it polls, or has Zalo call *webhook_url* when one is given."""

    name: ClassVar[str] = CHANNEL

    def __init__(
        self,
        settings: BotSettings,
        request: ZaloRequest,
        words: MenuWords,
        clock: Callable[[], datetime],
        *,
        count: Count,
        location_link: LocationLink | None = None,
        files: Files | None = None,
    ) -> None:
        self._settings = settings
        self._methods = f"{settings.api_url.rstrip('/')}/bot{settings.token}"
        self._request = request
        self._words = words
        self._clock = clock
        self._count = count
        self._location_link = location_link
        self._files = files
        self._state = "starting"
        self._is_webhook_set = False

    @property
    def abilities(self) -> Abilities:
        """Text and numbers, at a pace that nobody published, and the plan's limits."""
        return Abilities(
            text_max=TEXT_MAX,
            choices_max=40,
            files=self._files is not None and self._files.are_public,
            per_second=5,
            buttons=False,
            people_max=self._settings.people_max,
            monthly_max=self._settings.monthly_max,
        )

    def read(self, event: Mapping[str, Any]) -> Heard | None:
        """What a citizen sent by *event*, in either envelope."""
        return read_event(event)

    def render(self, reply: Reply) -> list[Call]:
        """Texts with the choices by numbers under the last, which stands below the picture if there is one;
        documents, and pictures besides the first, are links."""
        lines = [plain_message.place(reply.venue, self._words)] if reply.venue else []
        for choice in reply.all_choices():
            if choice.kind is ChoiceKind.SHARE_LOCATION:
                lines += [f"{choice.label.strip()}: {LOCATION}"] if self._location_link else []
            elif choice.kind is not ChoiceKind.REPLY:
                lines.append(plain_message.line(choice))
        picture, others = plain_message.part_files(reply.media, self._files)
        lines += others
        by_numbers = [each for each in reply.all_choices() if each.kind is ChoiceKind.REPLY and each.label.strip()]
        menu = plain_message.menu(by_numbers, self._words)
        # The tags may count: a text is cut by its longer form, and its plain form is then short enough.
        shown = compose(reply, lines, escape(menu, quote=False), TEXT_MAX, to_zalo_html)
        plain = compose(reply, lines, menu, TEXT_MAX, to_plain)
        if len(plain) != len(shown):
            plain = shown = compose(reply, lines, menu, TEXT_MAX, to_plain)
        calls: list[Call] = []
        for html, text in zip(shown, plain, strict=True):
            marked = {"parse_mode": "html", "plain": text} if html != text else {}
            calls.append({"method": "sendMessage", "text": html, **marked})
        if picture:
            # A caption has no markup.
            caption = {"caption": plain[-1]} if plain else {}
            calls[-1:] = [{"method": "sendPhoto", "photo": picture, **caption}]
        return calls

    async def send(self, peer: str, call: Call) -> str:
        """Make one call for *peer*. Returns Zalo's message id, or raises a SendError."""
        parameters = {name: _filled(each, self._location_link, peer) for name, each in call.items()}
        method, plain = str(parameters.pop("method")), parameters.pop("plain", "")
        try:
            try:
                result = await self._call(method, {"chat_id": peer, **parameters})
            except _Refusal as refusal:
                if refusal.code != BAD_REQUEST or not plain:
                    raise
                log.error("zalo_bot_markup_refused")
                result = await self._call(method, {"chat_id": peer, "text": plain})
        except _Refusal as refusal:
            raise await self._translated(refusal) from None
        except NotSent:
            raise Retryable(self._settings.pause, whole_channel=True) from None
        except Flooded:
            raise Retryable(FLOOD_WAIT, whole_channel=True) from None
        except NoAnswer as error:
            raise Unknown(str(error)) from None
        await self._add(1)
        match result:
            case {"message_id": str() | int() as number}:
                return str(number)
        return ""

    async def listen(self, receive: Receive) -> None:
        """Poll until cancelled. Returns when the token is refused, and when there is a webhook.

        Polling has no offset: what arrives while the bot is down, or is lost on the way, does not come
        again. In operation use the webhook.
        """
        settings = self._settings
        try:
            if settings.webhook_url and settings.webhook_secret:
                url = settings.webhook_url.rstrip("/") + HOOK
                match await self._patiently("setWebhook", {"url": url, "secret_token": settings.webhook_secret}):
                    case {"verification": {"ok": False, **said}}:
                        log.warning("zalo_bot_webhook_unverified", hint=str(said.get("hint"))[:200])
                    case _:
                        self._is_webhook_set = True
                return
            await self._patiently("deleteWebhook", {})
            await self._poll(receive)
        except _Refusal as refusal:
            self._state = "misconfigured"
            remedy = "check HOCTAP_ZALO_BOT_TOKEN and, for the webhook, HOCTAP_PUBLIC_URL"
            log.error("zalo_bot_refused", code=refusal.code, reason=refusal.words, remedy=remedy)

    def routes(self, receive: Receive) -> Sequence[BaseRoute]:
        """The webhook, when there is a secret to know Zalo by."""
        secret = self._settings.webhook_secret

        async def hear(request: Request) -> Response:
            try:
                body = await _body(request)
            except ClientDisconnect:
                return PlainTextResponse("incomplete", 400)
            if body is None:
                return PlainTextResponse("too large", 413)
            event = parse_event(body)
            if event == {}:
                return PlainTextResponse("")
            given = request.headers.get("x-bot-api-secret-token", "")
            if not hmac.compare_digest(given.encode(), secret.encode()):
                return PlainTextResponse("wrong secret", 403)
            if event is None:
                return PlainTextResponse("not an event", 400)
            heard = self.read(event)
            if heard is not None and not await self._stored(receive, heard):
                return PlainTextResponse("not stored", 503)
            return PlainTextResponse("")

        return (Route(HOOK, hear, methods=["POST"]),) if secret else ()

    async def close(self) -> None:
        """Close the connections."""
        await self._request.close()

    def state(self) -> str:
        """``starting`` until Zalo first answered; then how the last calls went."""
        return self._state

    def hearing(self) -> Hearing:
        """By polling, or by a webhook, once it was taken."""
        if not self._settings.webhook_url:
            return Hearing.POLLING
        return Hearing.WEBHOOK if self._is_webhook_set else Hearing.WEBHOOK_UNSET

    async def _poll(self, receive: Receive) -> None:
        asked = {"timeout": str(self._settings.poll_seconds)}
        patience = self._settings.poll_seconds + 15.0
        loop = asyncio.get_running_loop()
        while True:
            asked_at = loop.time()
            found = await self._patiently("getUpdates", asked, patience)
            if not found and loop.time() - asked_at < self._settings.pause:
                await asyncio.sleep(self._settings.pause)
            events = found if isinstance(found, list) else [found]
            for event in events:
                heard = self.read(event) if isinstance(event, Mapping) else None
                while heard is not None and not await self._stored(receive, heard):
                    # It will not come again: it is kept here until the database takes it.
                    await asyncio.sleep(self._settings.pause)

    async def _stored(self, receive: Receive, heard: Heard) -> bool:
        try:
            await receive([heard])
        except Exception as error:
            # By its type only: what a database says of a failed statement holds the citizen's words.
            log.error("zalo_bot_event_not_stored", error=type(error).__name__)
            return False
        await self._add(1)
        return True

    async def _patiently(self, method: str, parameters: Mapping[str, object], wait: float | None = None) -> Any:
        """The result of a call that may be repeated; None when there is nothing new.

        Raises _Refusal for a refused token, and for a setting that is refused.
        """
        pause = self._settings.pause
        while True:
            try:
                return await self._call(method, parameters, wait)
            except _Refusal as refusal:
                if refusal.code == TIMED_OUT and method == "getUpdates":
                    self._state = "ok"
                    return None
                if refusal.code == NOT_FOUND and method == "deleteWebhook":
                    return None
                settles = refusal.code in (UNAUTHORIZED, BAD_REQUEST, NOT_FOUND)
                if settles and (method != "getUpdates" or refusal.code == UNAUTHORIZED):
                    raise
                self._state = "unreachable"
                log.warning("zalo_bot_refused", method=method, code=refusal.code, wait=pause)
            except (NotSent, NoAnswer, Flooded) as error:
                self._state = "unreachable"
                log.warning("zalo_bot_unreachable", error=type(error).__name__, wait=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, PAUSE_MAX)

    async def _call(self, method: str, parameters: Mapping[str, object], wait: float | None = None) -> Any:
        """The result of one method. Raises _Refusal, NotSent, NoAnswer or Flooded."""
        answer = await self._request.post(f"{self._methods}/{method}", json_body=parameters, read_timeout=wait)
        match answer:
            case {"ok": True}:
                self._state = "ok"
                return answer.get("result")
            case {"ok": False}:
                words = str(answer.get("description") or "")[:60]
                try:
                    code = int(answer.get("error_code") or 0)
                except (TypeError, ValueError):
                    code = 0
                if code == UNAUTHORIZED:
                    self._state = "misconfigured"
                raise _Refusal(code, words)
        raise NoAnswer("neither ok nor refused")

    async def _translated(self, refusal: _Refusal) -> SendError:
        match refusal.code:
            case 401:
                log.error("zalo_bot_token_refused", remedy="put the bot's token in HOCTAP_ZALO_BOT_TOKEN")
                return Misconfigured("token refused")
            case 429:
                used = await self._add(0)
                spent = 0 < self._settings.monthly_max <= used
                return Retryable(QUOTA_WAIT if spent else FLOOD_WAIT, whole_channel=True)
            case 408:
                return Unknown("the platform timed out")
        # What a person who blocked the bot answers is not known: this message never goes, the next may.
        log.error("zalo_bot_message_refused", code=refusal.code)
        return Refused(f"error {refusal.code}")

    async def _add(self, count: int) -> int:
        try:
            return await self._count(self.name, month_of(self._clock()), count)
        except Exception as error:
            log.error("zalo_bot_not_counted", error=type(error).__name__)
            return 0


def _filled(value: Any, link: LocationLink | None, peer: str) -> Any:
    if isinstance(value, str) and LOCATION in value:
        return value.replace(LOCATION, link(Address(CHANNEL, peer)) if link else "")
    return value


async def _body(request: Request) -> bytes | None:
    """The body; None when it is too large, of which no more is read."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX:
            return None
    return bytes(body)
