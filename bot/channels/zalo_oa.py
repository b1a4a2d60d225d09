"""Zalo Official Account: takes its webhook, sends consultation messages, and reads its quota.

Events are read in ``zalo_oa_event``, replies rendered in ``zalo_oa_message``, error numbers translated in
``zalo_oa_error``; the tokens are kept by ``zalo_token``, the wire is ``zalo_request``.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels.base import (
    Abilities,
    Call,
    Files,
    Forged,
    Hearing,
    KeepQuota,
    LocationLink,
    Misconfigured,
    Receive,
    Refused,
    Retryable,
    SendError,
    Unknown,
    WindowClosed,
)
from bot.channels.plain_message import MenuWords
from bot.channels.zalo_oa_error import SHAPE_REFUSED, TOKEN_REFUSED, translate
from bot.channels.zalo_oa_event import CHANNEL, Stale, is_probe, read_event, read_signed
from bot.channels.zalo_oa_message import LOCATION, render_reply
from bot.channels.zalo_quota import read_quotas
from bot.channels.zalo_request import Flooded, NoAnswer, NotSent, ZaloRequest
from bot.channels.zalo_token import TokenKeeper, TokenLater, TokenLost
from bot.contacts import Window
from bot.messages import Address, Heard, Reply

log = structlog.get_logger()

HOOK: Final = "/hook/zalo-oa"
CONNECTED: Final = "/hook/zalo-oa/connected"
BODY_MAX: Final = 1 << 20
CHECK_EVERY: Final = 3600.0
RETRY_EVERY: Final = 60.0
PAUSE: Final = 5.0
FLOOD_WAIT: Final = 60.0
QUOTA_EVERY: Final = timedelta(seconds=30)

# Zalo's own page shows the text and buttons of today's accounts differently: after so many refusals in
# a row the buttons rest for an hour.
BUTTONS_TRIED: Final = 3
BUTTONS_REST: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class OaSettings:
    """What an operator sets: the application's id, the webhook's own key, where Zalo is, pace, prices."""

    app_id: str
    secret_key: str
    api_url: str = "https://openapi.zalo.me"
    per_minute: int = 3600
    reply_price: int = 55
    template_price: int = 800
    connected_text: str = "Copy the address of this page into hoctap zalo connect."


class _Refusal(Exception):
    """Zalo answered with an error number."""

    def __init__(self, code: int) -> None:
        super().__init__(f"error {code}")
        self.code = code


class ZaloOaChannel:
    """An Official Account. It hears by its webhook; ``listen`` looks after token and quota."""

    name: ClassVar[str] = CHANNEL

    def __init__(
        self,
        settings: OaSettings,
        keeper: TokenKeeper,
        request: ZaloRequest,
        words: MenuWords,
        clock: Callable[[], datetime],
        *,
        keep_quota: KeepQuota,
        location_link: LocationLink | None = None,
        files: Files | None = None,
    ) -> None:
        self._settings = settings
        self._api = settings.api_url.rstrip("/")
        self._keeper = keeper
        self._request = request
        self._words = words
        self._clock = clock
        self._keep_quota = keep_quota
        self._location_link = location_link
        self._files = files
        self._state = "starting"
        self._buttons_refused = 0
        self._buttons_rest_until: datetime | None = None
        self._quota_kept_at: datetime | None = None

    @property
    def abilities(self) -> Abilities:
        """Buttons, a location page where there is one, and the two windows of the account."""
        settings = self._settings
        return Abilities(
            text_max=2000,
            choices_max=40,
            files=self._files is not None and self._files.are_public,
            per_second=settings.per_minute / 60,
            location_button=self._location_link is not None,
            window=Window(timedelta(hours=48), timedelta(days=7), settings.reply_price, settings.template_price),
        )

    def read(self, event: Mapping[str, Any]) -> list[Heard]:
        """What a citizen did, or what became of messages of ours."""
        return read_event(event)

    def render(self, reply: Reply) -> list[Call]:
        """The calls that show *reply*, cut to the limits of a consultation message."""
        has_page = self._location_link is not None
        return render_reply(reply, self._words, has_location_page=has_page, files=self._files)

    async def send(self, peer: str, call: Call) -> str:
        """Make one call for *peer*. Returns Zalo's message id, or raises a SendError."""
        try:
            try:
                return await self._send_text(peer, call)
            except _Refusal as refusal:
                if "template" not in call or not isinstance(translate(refusal.code, self._clock()), WindowClosed):
                    raise
            return await self._send_template(peer, call["template"])
        except _Refusal as refusal:
            error = translate(refusal.code, self._clock())
            if isinstance(error, Misconfigured):
                self._state = "misconfigured"
            if isinstance(error, Misconfigured | Refused):
                log.error("zalo_oa_refused", code=refusal.code, meaning=type(error).__name__)
            raise error from None

    async def listen(self, receive: Receive) -> None:
        """Renew the token in time and read the quota, every hour, until cancelled."""
        while True:
            try:
                await self._read_quota()
                wait = CHECK_EVERY
            except (_Refusal, SendError) as error:
                # The quota is only told to officials; what it says about the token is in the state.
                log.warning("zalo_oa_quota_unread", error=str(error))
                wait = RETRY_EVERY if isinstance(error, Retryable | Unknown | Misconfigured) else CHECK_EVERY
            await asyncio.sleep(wait)

    def routes(self, receive: Receive) -> Sequence[BaseRoute]:
        """The webhook, and the page where an admin's browser ends after the consent."""

        async def hear(request: Request) -> Response:
            try:
                body = await _body(request)
            except ClientDisconnect:
                return PlainTextResponse("incomplete", 400)
            if body is None:
                return PlainTextResponse("too large", 413)
            if is_probe(body):
                return PlainTextResponse("")
            try:
                event = read_signed(
                    body,
                    request.headers.get("x-zevent-signature", ""),
                    request.headers.get("x-zevent-timestamp", ""),
                    self._settings.app_id,
                    self._settings.secret_key,
                    self._clock(),
                )
            except Stale:
                log.error("zalo_oa_event_stale", remedy="check the clock of this machine")
                return PlainTextResponse("too old", 403)
            except Forged as error:
                log.warning("zalo_oa_event_forged", reason=str(error))
                return PlainTextResponse("wrong signature", 403)
            heard = self.read(event)
            if not heard:
                log.debug("zalo_oa_event_ignored", event_name=str(event.get("event_name"))[:60])
                return PlainTextResponse("")
            try:
                await receive(heard)
            except Exception as error:
                # By its type only: what a database says of a failed statement holds the citizen's words.
                log.error("zalo_oa_event_not_stored", error=type(error).__name__)
                return PlainTextResponse("not stored", 503)
            return PlainTextResponse("")

        async def show_connected(_: Request) -> Response:
            return PlainTextResponse(self._settings.connected_text)

        return (Route(HOOK, hear, methods=["POST"]), Route(CONNECTED, show_connected))

    async def close(self) -> None:
        """Close the connections."""
        await self._request.close()

    def state(self) -> str:
        """``starting`` until Zalo first answered; then how the last calls went."""
        return "misconfigured" if self._keeper.is_lost() else self._state

    def hearing(self) -> Hearing:
        """By the webhook that is set in Zalo's console."""
        return Hearing.WEBHOOK_ELSEWHERE

    async def account_name(self) -> str:
        """The account's name as Zalo has it. Raises a SendError when the token does not do."""
        try:
            answer = await self._ask_zalo("/v2.0/oa/getoa", None)
        except _Refusal as refusal:
            raise translate(refusal.code, self._clock()) from None
        match answer:
            case {"data": {"name": str() as name}}:
                return name
        return ""

    async def _send_text(self, peer: str, call: Call) -> str:
        buttons = call.get("buttons")
        plain = list(call.get("menu") or [call["text"]])
        if buttons and self._may_show_buttons():
            message = {
                "text": call["text"],
                "attachment": {"type": "template", "payload": {"buttons": buttons}},
            }
            try:
                number = await self._consult(peer, message)
            except _Refusal as refusal:
                if refusal.code not in SHAPE_REFUSED:
                    raise
                self._count_refused_buttons(refusal.code)
            else:
                self._buttons_refused = 0
                return number
        if picture := call.get("picture"):
            elements = [{"media_type": "image", "url": picture}]
            payload = {"template_type": "media", "elements": elements}
            try:
                shown = {"text": call["text"], "attachment": {"type": "template", "payload": payload}}
                return await self._consult(peer, shown)
            except _Refusal as refusal:
                if refusal.code not in SHAPE_REFUSED:
                    raise
                log.warning("zalo_oa_picture_refused", code=refusal.code)
        numbers = [await self._consult(peer, {"text": text}) for text in plain]
        return numbers[0]

    async def _send_template(self, peer: str, template: Mapping[str, Any]) -> str:
        body = {"user_id": peer, "template_id": template["id"], "template_data": dict(template["data"])}
        answer = await self._ask_zalo("/v3.0/oa/message/template", body)
        return _message_id(answer)

    async def _consult(self, peer: str, message: Mapping[str, Any]) -> str:
        filled = _with_location(message, self._location_link, peer)
        answer = await self._ask_zalo("/v3.0/oa/message/cs", {"recipient": {"user_id": peer}, "message": filled})
        now = self._clock()
        if self._quota_kept_at is None or now - self._quota_kept_at > QUOTA_EVERY:
            self._quota_kept_at = now
            for quota in read_quotas(answer.get("data"), self.name, now):
                await self._keep_quota(quota)
        return _message_id(answer)

    async def _read_quota(self) -> None:
        asked = {"quota_owner": "OA", "product_type": "cs", "quota_type": "sub_quota"}
        answer = await self._ask_zalo("/v3.0/oa/quota/message", asked)
        for quota in read_quotas(answer.get("data"), self.name, self._clock()):
            await self._keep_quota(quota)

    async def _ask_zalo(self, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        """The answer to one call. A refused token is renewed once. Raises _Refusal or a SendError."""
        try:
            token = await self._keeper.token()
            answer = await self._ask(path, body, token)
            code = _code(answer)
            if code in TOKEN_REFUSED:
                token = await self._keeper.renew(token)
                answer = await self._ask(path, body, token)
                code = _code(answer)
        except TokenLost as lost:
            self._state = "misconfigured"
            raise Misconfigured(str(lost)) from None
        except TokenLater:
            self._state = "unreachable"
            raise Retryable(PAUSE, whole_channel=True) from None
        except NotSent:
            self._state = "unreachable"
            raise Retryable(PAUSE, whole_channel=True) from None
        except Flooded:
            raise Retryable(FLOOD_WAIT, whole_channel=True) from None
        except NoAnswer as error:
            raise Unknown(str(error)) from None
        if code:
            raise _Refusal(code)
        self._state = "ok"
        return answer

    async def _ask(self, path: str, body: Mapping[str, Any] | None, token: str) -> dict[str, Any]:
        headers = {"access_token": token}
        if body is None:
            return await self._request.get(self._api + path, headers=headers)
        return await self._request.post(self._api + path, json_body=body, headers=headers)

    def _may_show_buttons(self) -> bool:
        until = self._buttons_rest_until
        return until is None or self._clock() >= until

    def _count_refused_buttons(self, code: int) -> None:
        self._buttons_refused += 1
        log.warning("zalo_oa_buttons_refused", code=code, in_a_row=self._buttons_refused)
        if self._buttons_refused >= BUTTONS_TRIED:
            self._buttons_rest_until = self._clock() + BUTTONS_REST


def _with_location(message: Any, link: LocationLink | None, peer: str) -> Any:
    """*message* with the person's own address of the location page in the place of its mark."""
    match message:
        case str() if LOCATION in message:
            return message.replace(LOCATION, link(Address(CHANNEL, peer)) if link else "")
        case Mapping():
            return {name: _with_location(part, link, peer) for name, part in message.items()}
        case list():
            return [_with_location(part, link, peer) for part in message]
    return message


def _code(answer: Mapping[str, Any]) -> int:
    """The error number; 0 for success. What is no number is an answer nobody understands."""
    try:
        return int(answer.get("error", 0) or 0)
    except (TypeError, ValueError):
        raise NoAnswer("an error without a number") from None


def _message_id(answer: Mapping[str, Any]) -> str:
    match answer:
        case {"data": {"message_id": str() | int() as number}}:
            return str(number)
        case {"data": {"msg_id": str() | int() as number}}:
            return str(number)
    return ""


async def _body(request: Request) -> bytes | None:
    """The body; None when it is too large, of which no more is read."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX:
            return None
    return bytes(body)
