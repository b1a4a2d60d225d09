"""A Bot API server on loopback that keeps what is delivered and refuses what the real one refuses."""

import asyncio
import itertools
import json
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

import aiohttp
from aiohttp import web

from bot.bench.bot_api_rules import (
    ApiError,
    Pace,
    bad_request,
    check_commands,
    check_reply_markup,
    check_upload,
    check_venue,
    check_webhook,
    shown_caption,
    shown_text,
)

TOKEN: Final = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1"
BOT: Final = {"id": 110201543, "is_bot": True, "first_name": "Hoc Tap", "username": "hoctap_bot"}
POLL_MAX: Final = 50.0


class Fault(StrEnum):
    """How the server or what stands before it may fail. CLOSE comes after the call was done."""

    INTERNAL = "internal"
    GATEWAY = "gateway"
    FIREWALL = "firewall"
    GARBAGE = "garbage"
    HANG = "hang"
    RESET = "reset"
    FLOOD = "flood"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message as it reached a citizen."""

    chat: int
    method: str
    text: str
    parameters: Mapping[str, Any]
    at: float


@dataclass(slots=True)
class BotApi:
    """The server. Say what citizens do with ``say``, ``tap`` and ``push``; read ``delivered``.

    Rates are off unless given: *chat_rate* a second and chat (bursts of *chat_burst*), *overall_rate*.
    *refusals* counts the 429. *blocked* chats answer 403, *missing* ones "chat not found", *faults* are used
    up one a call, then *choose_fault* is asked. *round_trip* is how many seconds an answer takes. *files* are
    the ids of files it holds and what they are, *uploads* how many came.
    """

    chat_rate: float = 0.0
    chat_burst: float = 3.0
    overall_rate: float = 0.0
    plain_http: bool = True
    blocked: set[int] = field(default_factory=set)
    missing: set[int] = field(default_factory=set)
    faults: dict[str, deque[Fault]] = field(default_factory=dict)
    delivered: list[Delivered] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    commands: list[dict[str, str]] = field(default_factory=list)
    webhook: dict[str, Any] = field(default_factory=dict)
    on_delivered: Callable[[Delivered], None] = lambda _: None
    choose_fault: Callable[[str], Fault | None] = lambda _: None
    keeps_calls: bool = True
    round_trip: Callable[[], float] = lambda: 0.0
    url: str = ""
    updates: deque[dict[str, Any]] = field(default_factory=deque)
    queries: dict[str, float] = field(default_factory=dict)
    answered: list[str] = field(default_factory=list)
    refusals: int = 0
    _numbers: Any = field(default_factory=lambda: itertools.count(872_000_001))
    files: dict[str, str] = field(default_factory=dict)
    uploads: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _poller: object = None
    _paces: dict[int, Pace] = field(default_factory=dict)
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=60 << 20)
        app.router.add_route("*", "/bot{token}/{method}", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, backlog=1024)
        await site.start()
        self.url = site.name
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def fail(self, method: str, *faults: Fault) -> None:
        """The next calls of *method* fail so, one after the other."""
        self.faults.setdefault(method, deque()).extend(faults)

    def say(self, chat: int, text: str) -> int:
        """A citizen writes *text*. Returns the update's number."""
        return self.push({"message": {**self._message(chat), "from": _person(chat), "text": text}})

    def tap(self, chat: int, data: str) -> int:
        """A citizen taps an inline button. Returns the update's number."""
        number = next(self._numbers)
        query = str(number << 20)
        self.queries[query] = time.monotonic()
        message = {**self._message(chat), "from": BOT, "text": "?"}
        tap = {"id": query, "from": _person(chat), "message": message, "chat_instance": "1", "data": data}
        return self.push({"callback_query": tap})

    def push(self, update: Mapping[str, Any]) -> int:
        """Queue *update* under the next number, which is returned."""
        number: int = next(self._numbers)
        self.updates.append({"update_id": number, **update})
        self._news.set()
        return number

    async def call_webhook(self, session: aiohttp.ClientSession) -> int:
        """Give the oldest update to the webhook; it is forgotten when the answer is 2xx, returned here."""
        headers = {"Content-Type": "application/json"}
        if secret := self.webhook.get("secret_token"):
            headers["X-Telegram-Bot-Api-Secret-Token"] = secret
        body = json.dumps(self.updates[0]).encode()
        async with session.post(self.webhook["url"], data=body, headers=headers) as answer:
            if 200 <= answer.status < 300:
                self.updates.popleft()
            return answer.status

    async def _take(self, request: web.Request) -> web.StreamResponse:
        try:
            token, method = request.match_info["token"], request.match_info["method"]
            if token != TOKEN:
                looks_right = re.fullmatch(r"\d+:[A-Za-z0-9_-]{35}", token)
                raise ApiError(401, "Unauthorized") if looks_right else ApiError(404, "Not Found")
            parameters = await _parameters(request)
            if self.keeps_calls:
                self.calls.append((method, parameters))
            fault = self.faults[method].popleft() if self.faults.get(method) else self.choose_fault(method)
            if fault is Fault.RESET and request.transport is not None:
                request.transport.abort()
                return web.Response()
            if fault is not None and fault is not Fault.CLOSE:
                return await _failing(fault)
            act = self._methods().get(method.lower())
            if act is None:
                raise ApiError(404, "Not Found: method not found")
            answer = {"ok": True, "result": await act(method, parameters)}
            if wait := self.round_trip():
                await asyncio.sleep(wait)
            if fault is Fault.CLOSE and request.transport is not None:
                request.transport.close()
            return web.json_response(answer)
        except ApiError as error:
            refusal: dict[str, Any] = {
                "ok": False,
                "error_code": error.code,
                "description": error.description,
            }
            if error.parameters:
                refusal["parameters"] = error.parameters
            return web.json_response(refusal, status=error.code)

    def _methods(self) -> Mapping[str, Callable[[str, dict[str, Any]], Awaitable[Any]]]:
        return {
            "getme": self._get_me,
            "getupdates": self._get_updates,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._set_webhook,
            "setmycommands": self._set_commands,
            "sendmessage": self._send,
            "sendvenue": self._send,
            "sendphoto": self._send,
            "senddocument": self._send,
            "answercallbackquery": self._answer_query,
        }

    async def _get_me(self, _: str, __: dict[str, Any]) -> Any:
        return {**BOT, "can_join_groups": True, "can_read_all_group_messages": False}

    async def _get_updates(self, _: str, parameters: dict[str, Any]) -> Any:
        if self.webhook:
            raise ApiError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        me = self._poller = object()
        self._news.set()
        offset = int(parameters.get("offset") or 0)
        while offset > 0 and self.updates and self.updates[0]["update_id"] < offset:
            self.updates.popleft()
        ends = time.monotonic() + min(float(parameters.get("timeout") or 0), POLL_MAX)
        while not self.updates and (left := ends - time.monotonic()) > 0:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), left)
            except TimeoutError:
                break
            if self._poller is not me:
                raise ApiError(
                    409,
                    "Conflict: terminated by other getUpdates request; "
                    "make sure that only one bot instance is running",
                )
        limit = max(1, min(int(parameters.get("limit") or 100), 100))
        return list(itertools.islice(self.updates, limit))

    async def _set_webhook(self, method: str, parameters: dict[str, Any]) -> Any:
        if method.lower() == "setwebhook" and parameters.get("url"):
            check_webhook(parameters, plain_http=self.plain_http)
            self.webhook = dict(parameters)
            self._poller = None
            self._news.set()
        else:
            self.webhook = {}
        return True

    async def _set_commands(self, _: str, parameters: dict[str, Any]) -> Any:
        check_commands(parameters.get("commands"))
        self.commands = parameters["commands"]
        return True

    async def _answer_query(self, _: str, parameters: dict[str, Any]) -> Any:
        query = str(parameters.get("callback_query_id", ""))
        if self.queries.pop(query, None) is None:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        self.answered.append(query)
        return True

    async def _send(self, method: str, parameters: dict[str, Any]) -> Any:
        try:
            chat = int(parameters.get("chat_id", ""))
        except ValueError:
            raise bad_request("chat not found") from None
        if chat in self.missing:
            raise bad_request("chat not found")
        if chat in self.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        file: dict[str, Any] = {}
        match method.lower():
            case "sendmessage":
                text = shown_text(parameters)
            case "sendvenue":
                text = str(parameters.get("title", ""))
                check_venue(parameters)
            case _:
                text = shown_caption(parameters)
                file = self._take_file(method.lower().removeprefix("send"), parameters)
        check_reply_markup(parameters.get("reply_markup"))
        self._check_pace(chat)
        delivered = Delivered(chat, method, text, parameters, time.monotonic())
        if self.keeps_calls:
            self.delivered.append(delivered)
        self.on_delivered(delivered)
        shown = {"caption": text, **file} if file else {"text": text}
        return {**self._message(chat), "from": BOT, **shown}

    def _take_file(self, kind: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The file as it stands in the message: uploaded, or by the id it has here."""
        given = parameters.get(kind)
        if isinstance(given, web.FileField):
            check_upload(kind, given.file.read())
            self.uploads += 1
            number = f"{kind}-{self.uploads}-AgACAgUAAxkDAAIB"
            self.files[number] = kind
        elif not given:
            raise bad_request(f"there is no {kind} in the request")
        elif self.files.get(number := str(given)) is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        elif self.files[number] != kind:
            raise bad_request(f"can't use file of type {self.files[number].title()} as {kind.title()}")
        if kind == "photo":
            return {"photo": [{"file_id": f"{number}-s", "width": 90}, {"file_id": number, "width": 800}]}
        return {"document": {"file_id": number}}

    def _check_pace(self, chat: int) -> None:
        now = time.monotonic()
        for key, rate, burst in (
            (chat, self.chat_rate, self.chat_burst),
            (0, self.overall_rate, self.overall_rate),
        ):
            if rate and (wait := self._paces.setdefault(key, Pace(rate, burst, 0.0, now)).wait(now)):
                seconds = max(1, round(wait + 0.5))
                self.refusals += 1
                raise ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)

    def _message(self, chat: int) -> dict[str, Any]:
        person = _person(chat)
        place = {"id": chat, "type": "private", "first_name": person["first_name"]}
        return {"message_id": next(self._numbers), "date": int(time.time()), "chat": place}


def _person(chat: int) -> dict[str, Any]:
    return {"id": chat, "is_bot": False, "first_name": "Citizen", "language_code": "vi"}


async def _parameters(request: web.Request) -> dict[str, Any]:
    """Parameters by query, form or JSON; an object in a form is JSON itself, a part may be a file."""
    given: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json" and request.can_read_body:
        try:
            body = await request.json()
        except ValueError:
            raise bad_request("can't parse JSON") from None
        given |= {name: value for name, value in body.items() if value is not None}
    elif request.can_read_body:
        given |= dict(await request.post())
    for name in ("reply_markup", "commands", "allowed_updates", "link_preview_options"):
        if isinstance(given.get(name), str):
            try:
                given[name] = json.loads(given[name])
            except ValueError:
                raise bad_request(f"can't parse {name}: JSON object expected") from None
    return given


async def _failing(fault: Fault) -> web.StreamResponse:
    match fault:
        case Fault.INTERNAL:
            body = {"ok": False, "error_code": 500, "description": "Internal Server Error"}
            return web.json_response(body, status=500)
        case Fault.FLOOD:
            refusal = "Too Many Requests: retry after 1"
            body = {"ok": False, "error_code": 429, "description": refusal, "parameters": {"retry_after": 1}}
            return web.json_response(body, status=429)
        case Fault.GATEWAY:
            return web.Response(status=502, text="<html>502 Bad Gateway</html>", content_type="text/html")
        case Fault.FIREWALL:
            return web.Response(status=403, text="<html>Blocked</html>", content_type="text/html")
        case Fault.GARBAGE:
            return web.Response(status=200, text="<html>Log in</html>", content_type="text/html")
        case _:
            await asyncio.sleep(3600)
            return web.Response()
