"""A stand-in for Zalo: an Official Account and a Bot Platform bot that refuse what the real ones refuse.

Written from what is known of the platforms, not from our client. Run it by hand beside the bot:
``python -m tests.zalo_platform --hook http://127.0.0.1:8080`` prints the settings to start the bot with;
``/control/say?user=u1&text=…`` lets a citizen write and ``/control/sent`` shows what reached them.
"""

import argparse
import asyncio
import base64
import hashlib
import itertools
import json
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, Final, Self

import aiohttp
from aiohttp import web

APP_ID: Final = "4315450721692713000"
APP_SECRET: Final = "app-secret-3bK"
OA_ID: Final = "3726559350739287571"
OA_KEY: Final = "Q72RCPL86JUZ4RyGM4Mi"
BOT_TOKEN: Final = "12345689:abc-xyz"

FREE, PAID = timedelta(hours=48), timedelta(days=7)
RETRIES: Final = (30, 300, 900, 1800, 3600)


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Person:
    """A user of Zalo as the account knows them."""

    follows: bool = True
    last_act: datetime | None = None
    blocked: bool = False
    away: bool = False
    restricts: bool = False


@dataclass(frozen=True)
class Sent:
    """A message that reached somebody."""

    user: str
    kind: str
    body: Mapping[str, Any]
    price: int
    id: str

    @property
    def text(self) -> str:
        return str(self.body.get("text", ""))

    @property
    def buttons(self) -> list[dict[str, Any]]:
        return list(self.body.get("attachment", {}).get("payload", {}).get("buttons", []))


class OaError(Exception):
    """An error number with its text."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass
class Zalo:
    """The platform on loopback. *clock* may be moved; *hook* is where the bot under test listens."""

    hook: str = ""
    clock: Callable[[], datetime] = utc_now
    buttons_allowed: bool = True
    codes_in_status: bool = False
    bot_envelope: str = "wrapped"
    bot_monthly: int = 3000
    bot_html: bool = True
    sign_first: str = "app"
    port: int = 0
    url: str = ""
    people: dict[str, Person] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    templates: dict[str, set[str]] = field(default_factory=lambda: {"7895417": {"lop", "ngay"}})
    quota_total: int = 2000
    quota_used: int = 0
    faults: dict[str, deque[Any]] = field(default_factory=dict)
    access: dict[str, datetime] = field(default_factory=dict)
    refresh: set[str] = field(default_factory=set)
    spent_refresh: set[str] = field(default_factory=set)
    consents: dict[str, str] = field(default_factory=dict)
    refreshes: int = 0
    bot_webhook: dict[str, str] = field(default_factory=dict)
    bot_updates: deque[dict[str, Any]] = field(default_factory=deque)
    bot_used: int = 0
    bot_people: set[str] = field(default_factory=set)
    answers: list[int] = field(default_factory=list)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _runner: web.AppRunner | None = None
    _session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=10 << 20)
        app.router.add_post("/v4/oa/access_token", self._access_token)
        app.router.add_get("/v4/oa/permission", self._permission)
        app.router.add_route("*", "/{version:v[23].0}/oa/{rest:.+}", self._oa)
        app.router.add_route("*", "/bot{token}/{method}", self._bot)
        app.router.add_get("/control/{act}", self._control)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.url = site.name
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session:
            await self._session.close()
        if self._runner:
            await self._runner.cleanup()

    # What an admin and citizens do

    def grant(self) -> tuple[str, str]:
        """A pair of tokens as after an admin's consent."""
        access, refresh = secrets.token_hex(12), secrets.token_hex(12)
        self.access[access] = self.clock() + timedelta(hours=25)
        self.refresh.add(refresh)
        return access, refresh

    def consent(self, challenge: str) -> str:
        """The code an admin's browser comes back with."""
        code = secrets.token_hex(8)
        self.consents[code] = challenge
        return code

    def expire_tokens(self) -> None:
        """Every access token is over now."""
        self.access = dict.fromkeys(self.access, self.clock() - timedelta(seconds=1))

    def to(self, user: str) -> list[Sent]:
        """What reached *user*, oldest first."""
        return [each for each in self.sent if each.user == user]

    async def say(self, user: str, text: str) -> int:
        """A citizen writes to the account. Returns the status of the webhook's answer."""
        return await self.post_oa(self.event(user, "user_send_text", {"text": text}))

    async def tap(self, user: str, title: str) -> int:
        """A citizen taps a button of the newest message that has one so named."""
        for each in reversed(self.to(user)):
            for button in each.buttons:
                if button["title"] == title:
                    assert button["type"] in ("oa.query.hide", "oa.query.show"), "no event tells of a link's tap"
                    return await self.say(user, button["payload"])
        raise AssertionError(f"no button {title!r}")

    async def follow(self, user: str, *, ends: bool = False) -> int:
        """A citizen follows the account, or ends it."""
        person = self.people.setdefault(user, Person())
        person.follows = not ends
        if not ends:
            person.last_act = self.clock()
        return await self.post_oa(
            {
                "app_id": APP_ID,
                "oa_id": OA_ID,
                "user_id_by_app": "by-app-" + user,
                "event_name": "unfollow" if ends else "follow",
                "follower": {"id": user},
                "source": "oa_profile",
                "timestamp": self.stamp(),
            }
        )

    def event(self, user: str, name: str, message: Mapping[str, Any]) -> dict[str, Any]:
        """A message event of a citizen, who thereby acts."""
        person = self.people.setdefault(user, Person())
        person.last_act = self.clock()
        return {
            "app_id": APP_ID,
            "user_id_by_app": "by-app-" + user,
            "event_name": name,
            "sender": {"id": user},
            "recipient": {"id": OA_ID},
            "message": {"msg_id": f"m{next(self._numbers):x}{secrets.token_hex(6)}", **message},
            "timestamp": self.stamp(),
        }

    def receipt(self, user: str, name: str, *ids: str) -> dict[str, Any]:
        """A receipt event."""
        about = {"msg_ids": list(ids)} if name == "user_seen_message" else {"msg_id": ids[0]}
        return {
            "app_id": APP_ID,
            "user_id_by_app": "by-app-" + user,
            "event_name": name,
            "sender": {"id": user},
            "recipient": {"id": OA_ID},
            "message": about,
            "timestamp": self.stamp(),
        }

    def stamp(self) -> str:
        """Now, as Zalo writes it: milliseconds in a string."""
        return str(int(self.clock().timestamp() * 1000))

    def sign(self, body: bytes, stamp: str, first: str = "") -> str:
        """The signature header of *body*."""
        first = first or (OA_ID if self.sign_first == "oa" else APP_ID)
        return "mac=" + hashlib.sha256(first.encode() + body + stamp.encode() + OA_KEY.encode()).hexdigest()

    async def post_oa(self, event: Mapping[str, Any], **headers: str) -> int:
        """Give *event* to the account's webhook, signed."""
        body = json.dumps(event, ensure_ascii=False).encode()
        signed = {"X-ZEvent-Signature": self.sign(body, str(event.get("timestamp", ""))), **headers}
        return await self.post_raw("/hook/zalo-oa", body, signed)

    async def post_raw(self, path: str, body: bytes | BytesIO, headers: Mapping[str, str]) -> int:
        """Give *body* to a webhook; the account's must answer within two seconds."""
        assert self._session
        sent = {"Content-Type": "application/json", **headers}
        timeout = aiohttp.ClientTimeout(total=2)
        async with self._session.post(self.hook + path, data=body, headers=sent, timeout=timeout) as answer:
            self.answers.append(answer.status)
            return answer.status

    async def say_to_bot(self, user: str, text: str = "", name: str = "message.text.received", **more: Any) -> int:
        """A citizen writes to the bot: by the webhook, or for whoever polls."""
        self.bot_people.add(user)
        self.bot_used += 1
        message = {
            "from": {"id": user, "display_name": "Ted", "is_bot": False},
            "chat": {"id": user, "chat_type": "PRIVATE"},
            "message_id": secrets.token_hex(10),
            "date": int(self.clock().timestamp() * 1000),
            **({"text": text} if text else {}),
            **more,
        }
        event = {"event_name": name, "message": message}
        if not self.bot_webhook:
            self.bot_updates.append(event)
            self._news.set()
            return 0
        envelope = event if self.bot_envelope == "flat" else {"ok": True, "result": event}
        headers = {"X-Bot-Api-Secret-Token": self.bot_webhook["secret_token"]}
        return await self.post_raw("/hook/zalo-bot", json.dumps(envelope).encode(), headers)

    # OAuth v4

    async def _permission(self, request: web.Request) -> web.Response:
        query = request.query
        if query.get("app_id") != APP_ID or not query.get("code_challenge"):
            return web.json_response({"error": -14003, "error_name": "Invalid redirect uri"})
        code = self.consent(query["code_challenge"])
        raise web.HTTPFound(f"{query['redirect_uri']}?code={code}&oa_id={OA_ID}&state={query.get('state', '')}")

    async def _access_token(self, request: web.Request) -> web.Response:
        form = await request.post()
        self.calls.append(("access_token", dict(form)))
        if fault := self._fault("access_token"):
            return await _fail(fault)
        if request.headers.get("secret_key") != APP_SECRET or form.get("app_id") != APP_ID:
            return web.json_response({"error": -14001, "error_name": "Invalid secret key"})
        if form.get("grant_type") == "authorization_code":
            challenge = self.consents.pop(str(form.get("code")), "")
            digest = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
            if not challenge or base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != challenge:
                return web.json_response({"error": -14005, "error_name": "Invalid code"})
        else:
            token = str(form.get("refresh_token"))
            if token not in self.refresh:
                # What a used one answers is not known for certain.
                return web.json_response({"error": -14014, "error_name": "Invalid refresh token"})
            self.refresh.discard(token)
            self.spent_refresh.add(token)
            self.refreshes += 1
        access, refresh = self.grant()
        if self._fault("access_token_lost"):
            assert request.transport
            request.transport.close()
        return web.json_response({"access_token": access, "refresh_token": refresh, "expires_in": "90000"})

    # The account's interface

    async def _oa(self, request: web.Request) -> web.StreamResponse:
        path = f"/{request.match_info['version']}/oa/{request.match_info['rest']}"
        body: Any = {}
        if request.content_type == "application/json" and request.can_read_body:
            body = await request.json()
        self.calls.append((path, body))
        if fault := self._fault(path):
            if isinstance(fault, int):
                return web.json_response({"error": fault, "message": "as told"})
            return await _fail(fault)
        try:
            token = request.headers.get("access_token", "")
            if token not in self.access:
                raise OaError(-216, "Access token is invalid")
            if self.access[token] <= self.clock():
                raise OaError(-220, "access_token is expired or removed")
            data = await self._oa_data(path, body, request)
        except OaError as error:
            # Errors come with HTTP 200.
            return web.json_response({"error": error.code, "message": error.message})
        return web.json_response({"data": data, "error": 0, "message": "Success"})

    async def _oa_data(self, path: str, body: Any, request: web.Request) -> Any:
        match path:
            case "/v3.0/oa/message/cs":
                return self._consult(body)
            case "/v3.0/oa/message/template":
                return self._template(body)
            case "/v3.0/oa/quota/message":
                left = self.quota_total - self.quota_used
                return [
                    {
                        "product_type": "cs",
                        "quota_type": "sub_quota",
                        "total": self.quota_total,
                        "remain": left,
                    }
                ]
            case "/v2.0/oa/getoa":
                return {"oa_id": OA_ID, "name": "Trung tâm Học Tập", "is_verified": True}
            case "/v2.0/oa/message":
                raise OaError(-240, "MessageV2 API has been shut down, please switch to MessageV3")
        raise OaError(-209, "Not supported this api")

    def _consult(self, body: Any) -> Any:
        user, message = str(body["recipient"]["user_id"]), body["message"]
        person = self.people.get(user)
        if person is None or not person.follows:
            raise OaError(-213, "User has not followed OA")
        if person.away:
            raise OaError(-227, "User is banned or has been inactive for more than 45 days")
        if person.restricts:
            raise OaError(-244, "User has restricted this message type from your OA")
        since = self.clock() - person.last_act if person.last_act else PAID * 2
        if since > PAID:
            raise OaError(-230, "User has not interacted with the OA in the past 7 days")
        self._check_message(message)
        price = 0 if since <= FREE else 55
        if price and self.quota_used < self.quota_total:
            self.quota_used += 1
            price = 0
        quota = {"quota_type": "reply", "total": self.quota_total, "remain": self.quota_total - self.quota_used}
        number = secrets.token_hex(8)
        self.sent.append(Sent(user, "cs", message, price, number))
        return {"message_id": number, "user_id": user, "quota": quota}

    def _check_message(self, message: Any) -> None:
        text, attachment = message.get("text"), message.get("attachment")
        if text is None and attachment is None:
            raise OaError(-201, "message is invalid!")
        if text is not None and not 1 <= len(text.encode("utf-16-le")) // 2 <= 2000:
            raise OaError(-210, "Parameter exceeds allowable limit")
        match attachment:
            case None:
                return
            case {"type": "template", "payload": {"buttons": list() as buttons, **rest}} if (
                text and "template_type" not in rest
            ):
                if not self.buttons_allowed:
                    raise OaError(-233, "message type is invalid or not support")
                self._check_buttons(buttons)
            case {"type": "template", "payload": {"template_type": "media", "elements": [element]}}:
                if element.get("media_type") != "image" or not element.get("url", "").startswith("https://"):
                    raise OaError(-201, "url is invalid!")
            case _:
                raise OaError(-201, "attachment is invalid!")

    def _check_buttons(self, buttons: list[Any]) -> None:
        if not 1 <= len(buttons) <= 5:
            raise OaError(-210, "Parameter exceeds allowable limit")
        for button in buttons:
            if not 1 <= len(button.get("title", "")) <= 100:
                raise OaError(-201, "title is invalid!")
            match button:
                case {"type": "oa.open.url", "payload": {"url": str() as url}} if url.startswith("http"):
                    pass
                case {"type": "oa.open.phone", "payload": {"phone_code": str() as number}} if number:
                    pass
                case {"type": "oa.query.hide" | "oa.query.show", "payload": str() as payload} if (
                    1 <= len(payload) <= 1000
                ):
                    pass
                case _:
                    raise OaError(-201, "buttons is invalid!")

    def _template(self, body: Any) -> Any:
        user, template = str(body["user_id"]), str(body["template_id"])
        if template not in self.templates:
            raise OaError(-249, "template does not support send via UID")
        if set(body["template_data"]) != self.templates[template]:
            raise OaError(-201, "template_data is invalid!")
        if user not in self.people:
            raise OaError(-213, "User has not followed OA")
        number = secrets.token_hex(8)
        self.sent.append(Sent(user, "template", body, 300, number))
        return {"message_id": number, "user_id": user}

    # The Bot Platform

    async def _bot(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        parameters = await request.json() if request.can_read_body else dict(request.query)
        self.calls.append((method, parameters))
        if fault := self._fault(method):
            return await _fail(fault) if isinstance(fault, str) else self._bot_error(fault, "as told")
        if request.match_info["token"] != BOT_TOKEN:
            return self._bot_error(401, "Unauthorized")
        match method:
            case "getMe":
                me = {"id": "8", "account_name": "bot.hoctap", "account_type": "BASIC", "can_join_groups": False}
                return _ok(me)
            case "setWebhook":
                if not 8 <= len(parameters.get("secret_token", "")) <= 256 or not parameters.get("url"):
                    return self._bot_error(400, "Bad request")
                self.bot_webhook = {name: str(each) for name, each in parameters.items()}
                self._news.set()
                check = {"ok": True, "outcome": "success", "status_code": 200}
                return _ok({"url": parameters["url"], "updated_at": 1, "verification": check})
            case "deleteWebhook":
                self.bot_webhook = {}
                return _ok({"url": "", "updated_at": 1})
            case "getUpdates":
                return await self._get_updates(float(parameters.get("timeout") or 0))
            case "sendMessage" | "sendPhoto":
                return self._bot_send(method, parameters)
        return self._bot_error(404, "Not found")

    async def _get_updates(self, seconds: float) -> web.Response:
        if self.bot_webhook:
            return self._bot_error(400, "Bad request: webhook is set")
        if not self.bot_updates and seconds:
            self._news.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), seconds)
        if not self.bot_updates:
            return self._bot_error(408, "Request timeout")
        return _ok(self.bot_updates.popleft())

    def _bot_send(self, method: str, parameters: Mapping[str, Any]) -> web.Response:
        user = str(parameters.get("chat_id", ""))
        if user not in self.bot_people:
            return self._bot_error(403, "internal server error")
        if self.bot_used >= self.bot_monthly:
            return self._bot_error(429, "Quota exceeded")
        text = parameters.get("text") if method == "sendMessage" else parameters.get("photo")
        if not text or len(str(text).encode("utf-16-le")) // 2 > 2000:
            return self._bot_error(400, "Bad request")
        if parameters.get("parse_mode") and not self.bot_html:
            return self._bot_error(400, "Bad request")
        self.bot_used += 1
        number = secrets.token_hex(10)
        self.sent.append(Sent(user, method, parameters, 0, number))
        return _ok({"message_id": number, "date": int(self.clock().timestamp() * 1000)})

    def _bot_error(self, code: int, words: str) -> web.Response:
        """Errors come with HTTP 200, or with the matching status."""
        answer = {"ok": False, "description": words, "error_code": code}
        return web.json_response(answer, status=code if self.codes_in_status else 200)

    # Faults, and the hand that plays by hand

    def fail(self, what: str, *faults: Any) -> None:
        """The next calls of *what* fail: a number is an error of Zalo's, ``gateway`` a page, ``hang`` silence."""
        self.faults.setdefault(what, deque()).extend(faults)

    def _fault(self, what: str) -> Any:
        return self.faults[what].popleft() if self.faults.get(what) else None

    async def _control(self, request: web.Request) -> web.Response:
        query = request.query
        user = query.get("user", "u1")
        match request.match_info["act"]:
            case "say":
                status: Any = await self.say(user, query["text"])
            case "tap":
                status = await self.tap(user, query["title"])
            case "follow":
                status = await self.follow(user)
            case "bot":
                status = await self.say_to_bot(user, query["text"])
            case "expire":
                self.expire_tokens()
                status = "access tokens are over"
            case "forget":
                self.people[user].last_act = self.clock() - timedelta(days=float(query["days"]))
                status = "away"
            case "buttons":
                self.buttons_allowed = query.get("on") == "1"
                status = self.buttons_allowed
            case "sent":
                shown = [
                    {"user": each.user, "kind": each.kind, "price": each.price, **each.body} for each in self.sent
                ]
                return web.json_response(shown, dumps=lambda each: json.dumps(each, ensure_ascii=False, indent=1))
            case _:
                raise web.HTTPNotFound
        return web.json_response({"answered": status})


def _ok(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


async def _fail(fault: str) -> web.StreamResponse:
    if fault == "hang":
        await asyncio.sleep(3600)
    if fault == "flood":
        return web.Response(status=429, text="<html>Too many requests</html>", content_type="text/html")
    return web.Response(status=502, text="<html>502 Bad Gateway</html>", content_type="text/html")


async def _serve(port: int, hook: str) -> None:
    async with Zalo(hook=hook, port=port) as zalo:
        access, refresh = zalo.grant()
        print(
            f"HOCTAP_ZALO_OA_APP_ID={APP_ID} HOCTAP_ZALO_OA_APP_SECRET={APP_SECRET} "
            f"HOCTAP_ZALO_OA_SECRET_KEY={OA_KEY} HOCTAP_ZALO_OA_API_URL={zalo.url} "
            f"HOCTAP_ZALO_OA_OAUTH_URL={zalo.url} HOCTAP_ZALO_BOT_TOKEN={BOT_TOKEN} "
            f"HOCTAP_ZALO_BOT_API_URL={zalo.url}\n# access {access} refresh {refresh}",
            flush=True,
        )
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--hook", default="http://127.0.0.1:8080")
    given = parser.parse_args()
    asyncio.run(_serve(given.port, given.hook))
