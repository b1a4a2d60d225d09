"""Telegram: polls or takes a webhook, sends, and says what each answer of the Bot API means for us.

Updates are read in ``telegram_update``, replies rendered in ``telegram_message``; the wire is
``telegram_request``.
"""

import asyncio
import hmac
import logging
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, TelegramError
from telegram.request import BaseRequest

from bot.channels.base import (
    Abilities,
    Call,
    ContactGone,
    Files,
    Hearing,
    Misconfigured,
    Receive,
    Refused,
    Retryable,
    SendError,
    Unknown,
)
from bot.channels.telegram_file import FileGone, Shipper
from bot.channels.telegram_message import (
    BUTTONS_MAX,
    CAPTION_MAX,
    FILE_FIELDS,
    TEXT_MAX,
    render_reply,
    without_tags,
)
from bot.channels.telegram_request import READ_TIMEOUT, AiohttpRequest, Flooded, NotSent, call_method
from bot.channels.telegram_update import CHANNEL, is_update, parse_update, read_update
from bot.messages import Heard, Reply

log = structlog.get_logger()

# Their lines carry URLs, and the token is in every URL of the Bot API.
for _chatty in ("telegram", "aiohttp", "httpx", "httpcore"):
    logging.getLogger(_chatty).setLevel(logging.WARNING)

HOOK: Final = "/hook/telegram"
UPDATES: Final = ("message", "edited_message", "callback_query", "my_chat_member")
BODY_MAX: Final = 1 << 20
PAUSE_MAX: Final = 60.0
SPINNER_TIMEOUT: Final = 5.0

# Flooded in so many chats within so many seconds: it is the bot that is too fast, not a chat.
# Over all chats: the free rate, and the one that costs 0.1 Star a message above the free one.
PER_SECOND: Final = 30.0
PAID_PER_SECOND: Final = 1000.0
OF_THE_LIMIT: Final = 0.95

FLOODED_CHATS: Final = 3
FLOODED_WITHIN: Final = 10.0

# Texts of tdlib/telegram-bot-api, Client.cpp.
_NOT_MODIFIED: Final = "message is not modified"
_BAD_MARKUP: Final = "can't parse entities"
_GONE: Final = ("chat not found", "user not found", "user is deactivated", "peer_id_invalid")


class TelegramChannel:
    """A bot on Telegram: it polls, or has Telegram call *webhook_url* when one is given.

    *commands* is the menu: names and what they do. *pause* is the first wait after a failure, which
    doubles up to a minute. *paid_broadcast* sends broadcasts at the rate Telegram takes Stars for. Without
    *files* no file can be sent.
    """

    name: ClassVar[str] = CHANNEL

    def __init__(
        self,
        token: str,
        *,
        api_url: str = "https://api.telegram.org",
        webhook_url: str = "",
        webhook_secret: str = "",
        commands: Mapping[str, str] | None = None,
        request: BaseRequest | None = None,
        poll_seconds: int = 30,
        pause: float = 1.0,
        paid_broadcast: bool = False,
        files: Files | None = None,
    ) -> None:
        self.abilities = Abilities(
            text_max=TEXT_MAX,
            choices_max=BUTTONS_MAX,
            per_second=(PAID_PER_SECOND if paid_broadcast else PER_SECOND) * OF_THE_LIMIT,
            location_button=True,
            bulk={"allow_paid_broadcast": True} if paid_broadcast else {},
        )
        self._methods = f"{api_url.rstrip('/')}/bot{token}"
        self._webhook_url = webhook_url.rstrip("/")
        self._secret = webhook_secret
        self._commands = commands or {}
        self._request = request or AiohttpRequest()
        self._poll_seconds = poll_seconds
        self._pause = pause
        self._shipper = Shipper(token.partition(":")[0], files, self._call)
        self._state = "starting"
        self._is_webhook_set = False
        self._floods: deque[tuple[float, str]] = deque(maxlen=100)

    def read(self, update: Mapping[str, Any]) -> Heard | None:
        """What a citizen sent by *update*; None for groups, channels and what nobody said."""
        return read_update(update)

    def render(self, reply: Reply) -> list[Call]:
        """The calls that show *reply*, cut to the limits of Telegram."""
        return render_reply(reply)

    async def send(self, peer: str, call: Call) -> str:
        """Make one call for *peer*. Returns Telegram's message id, or raises a SendError."""
        method = str(call["method"])
        parameters = {name: value for name, value in call.items() if name != "method"}
        try:
            if method == "answerCallbackQuery":
                return await self._stop_spinner(parameters)
            parameters["chat_id"] = peer
            try:
                return _message_id(await self._shipper.send(method, parameters))
            except BadRequest as error:
                words = "caption" if method in FILE_FIELDS else "text"
                if not error.message.lower().startswith(_BAD_MARKUP) or words not in parameters:
                    raise
            log.error("telegram_markup_refused")
            most = CAPTION_MAX if method in FILE_FIELDS else TEXT_MAX
            parameters[words] = without_tags(str(parameters[words]), most)
            del parameters["parse_mode"]
            return _message_id(await self._shipper.send(method, parameters))
        except FileGone:
            log.error("telegram_file_gone", remedy="draft the broadcast again")
            raise Refused("the file is gone") from None
        except BadRequest as error:
            if error.message.lower().startswith(_NOT_MODIFIED):
                return ""
            raise self._translated(error, peer) from None
        except TelegramError as error:
            raise self._translated(error, peer) from None

    async def listen(self, receive: Receive) -> None:
        """Poll until cancelled. Returns when the token is refused, and when there is a webhook."""
        try:
            await self._set_commands()
            if self._webhook_url:
                await self._patiently(
                    "setWebhook",
                    {
                        "url": self._webhook_url + HOOK,
                        "secret_token": self._secret,
                        "allowed_updates": UPDATES,
                    },
                )
                self._is_webhook_set = True
                return
            await self._patiently("deleteWebhook", {})
            await self._poll(receive)
        except InvalidToken:
            log.error("telegram_token_refused", remedy="put the token of @BotFather in HOCTAP_TELEGRAM_TOKEN")
        except BadRequest as error:
            self._state = "misconfigured"
            log.error("telegram_webhook_refused", reason=_reason(error), remedy="check HOCTAP_PUBLIC_URL")

    def routes(self, receive: Receive) -> Sequence[BaseRoute]:
        """The webhook, when there is a secret to know Telegram by."""

        async def hear(request: Request) -> Response:
            given = request.headers.get("x-telegram-bot-api-secret-token", "")
            if not hmac.compare_digest(given.encode(), self._secret.encode()):
                return PlainTextResponse("wrong secret", 403)
            try:
                body = await _body(request)
            except ClientDisconnect:
                return PlainTextResponse("incomplete", 400)
            if body is None:
                return PlainTextResponse("too large", 413)
            update = parse_update(body)
            if update is None:
                return PlainTextResponse("not an update", 400)
            heard = self.read(update)
            if heard is not None and not await _stored(receive, [heard]):
                # Telegram waits as long as we ask, and keeps an update for a day: WebhookActor.cpp.
                return PlainTextResponse("not stored", 503, {"Retry-After": "5"})
            return PlainTextResponse("")

        return (Route(HOOK, hear, methods=["POST"]),) if self._secret else ()

    async def close(self) -> None:
        """Close the connections."""
        await self._request.shutdown()

    def state(self) -> str:
        """``starting`` until Telegram first answered; then how the last calls went."""
        return self._state

    def hearing(self) -> Hearing:
        """By polling, or by a webhook, once it was taken."""
        if not self._webhook_url:
            return Hearing.POLLING
        return Hearing.WEBHOOK if self._is_webhook_set else Hearing.WEBHOOK_UNSET

    async def _call(self, method: str, parameters: Mapping[str, object], wait: float | None = None) -> Any:
        try:
            result = await call_method(self._request, f"{self._methods}/{method}", parameters, wait)
        except InvalidToken:
            self._state = "misconfigured"
            raise
        except NotSent:
            self._state = "unreachable"
            raise
        self._state = "ok"
        return result

    async def _stop_spinner(self, parameters: Mapping[str, object]) -> str:
        """The answer that comes behind it matters more: a tap too old is left, and so is silence."""
        try:
            await self._call("answerCallbackQuery", parameters, SPINNER_TIMEOUT)
        except (NotSent, Flooded, InvalidToken):
            raise
        except TelegramError as error:
            log.info("telegram_spinner_left", error=type(error).__name__)
        return ""

    async def _set_commands(self) -> None:
        commands = [{"command": name, "description": said} for name, said in self._commands.items()]
        try:
            if commands:
                await self._patiently("setMyCommands", {"commands": commands})
        except BadRequest as error:
            log.error("telegram_commands_refused", reason=_reason(error))

    async def _poll(self, receive: Receive) -> None:
        """An offset confirms every update below it: it rises only after *receive* returned."""
        offset = 0
        patience = self._poll_seconds + (self._request.read_timeout or READ_TIMEOUT)
        while True:
            question = {"offset": offset, "timeout": self._poll_seconds, "allowed_updates": UPDATES}
            answer = await self._patiently("getUpdates", question, patience)
            updates = [each for each in answer if is_update(each)] if isinstance(answer, list) else []
            heard = [each for update in updates if (each := self.read(update)) is not None]
            if answer and (not updates or (heard and not await _stored(receive, heard))):
                await asyncio.sleep(self._pause)
                continue
            offset = max([offset, *(update["update_id"] + 1 for update in updates)])

    async def _patiently(self, method: str, parameters: Mapping[str, object], wait: float | None = None) -> Any:
        """The result of a call that may be repeated. Raises InvalidToken, and BadRequest to a setting."""
        pause = self._pause
        while True:
            try:
                return await self._call(method, parameters, wait)
            except InvalidToken:
                raise
            except Flooded as flooded:
                await asyncio.sleep(max(flooded.wait, self._pause))
                continue
            except Conflict as conflict:
                self._state = "misconfigured"
                log.warning("telegram_conflict", reason=_reason(conflict), remedy="run one bot with a token")
            except TelegramError as error:
                if isinstance(error, BadRequest) and method.startswith("set"):
                    raise
                self._state = "unreachable"
                log.warning("telegram_unreachable", error=type(error).__name__, wait=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, PAUSE_MAX)

    def _translated(self, error: TelegramError, peer: str) -> SendError:
        match error:
            case Flooded(wait=wait):
                now = time.monotonic()
                self._floods.append((now, peer))
                chats = {chat for at, chat in self._floods if now - at < FLOODED_WITHIN}
                return Retryable(wait, whole_channel=len(chats) >= FLOODED_CHATS)
            case NotSent():
                return Retryable(self._pause, whole_channel=True)
            case Forbidden():
                return ContactGone(_reason(error))
            case InvalidToken():
                return Misconfigured("token refused")
            case BadRequest() if error.message.lower().startswith(_GONE):
                return ContactGone(_reason(error))
            case BadRequest() | ChatMigrated():
                return Refused(_reason(error))
        return Unknown(type(error).__name__)


def _reason(error: TelegramError) -> str:
    """The beginning of Telegram's own words; behind a colon may stand a piece of the message."""
    words = error.message.removeprefix("Forbidden: ").removeprefix("Conflict: ")
    return words.partition(":")[0][:60]


def _message_id(result: object) -> str:
    match result:
        case {"message_id": int() as number}:
            return str(number)
    return ""


async def _stored(receive: Receive, heard: Sequence[Heard]) -> bool:
    try:
        await receive(heard)
    except Exception as error:
        # By its type only: what a database says of a failed statement holds the citizen's words.
        log.error("telegram_updates_not_stored", count=len(heard), error=type(error).__name__)
        return False
    return True


async def _body(request: Request) -> bytes | None:
    """The body; None when it is too large, of which no more is read."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX:
            return None
    return bytes(body)
