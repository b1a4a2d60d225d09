"""What Telegram's Bot API refuses, in its own words; written from its documentation, not from our client.

https://core.telegram.org/bots/api and the texts of tdlib/telegram-bot-api.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any, Final
from urllib.parse import urlsplit

TEXT_MAX: Final = 4096
CAPTION_MAX: Final = 1024
PHOTO_MAX: Final = 10 << 20
DOCUMENT_MAX: Final = 50 << 20
TAGS: Final = re.compile("b|strong|i|em|u|ins|s|strike|del|code|pre|a|blockquote|tg-spoiler|tg-emoji|span")
_TAG = re.compile(r"<(/?)([^\s/>]*)([^>]*)>?")
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{0,256}")


class ApiError(Exception):
    """The Bot API says no."""

    def __init__(self, code: int, description: str, **parameters: object) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


@dataclass(slots=True)
class Pace:
    """A bucket: *burst* at once, then *rate* a second. Says how long to wait."""

    rate: float
    burst: float
    level: float = 0.0
    at: float = 0.0

    def wait(self, now: float) -> float:
        """Seconds to wait before another one, 0 when it may go now, and then it has gone."""
        self.level = max(0.0, self.level - (now - self.at) * self.rate)
        self.at = now
        if self.level + 1 > self.burst:
            return (self.level + 1 - self.burst) / self.rate
        self.level += 1
        return 0.0


def bad_request(description: str) -> ApiError:
    """The usual refusal."""
    return ApiError(400, f"Bad Request: {description}")


def shown_text(parameters: Mapping[str, Any]) -> str:
    """What the message shows. Raises ApiError for no text, too much of it, or broken markup."""
    text = str(parameters.get("text") or "")
    if str(parameters.get("parse_mode", "")).lower() == "html":
        text = _parse_html(text)
    text = text.strip()
    if not text:
        raise bad_request("message text is empty")
    if len(text.encode("utf-16-le", "replace")) // 2 > TEXT_MAX:
        raise bad_request("message is too long")
    return text


def shown_caption(parameters: Mapping[str, Any]) -> str:
    """What stands below a file. Raises ApiError for too much of it, or broken markup."""
    text = str(parameters.get("caption") or "")
    if str(parameters.get("parse_mode", "")).lower() == "html":
        text = _parse_html(text)
    text = text.strip()
    if len(text.encode("utf-16-le", "replace")) // 2 > CAPTION_MAX:
        raise bad_request("message caption is too long")
    return text


def check_upload(kind: str, body: bytes) -> None:
    """Raises ApiError unless *body* can be a ``photo`` or ``document``."""
    if not body:
        raise bad_request("file must be non-empty")
    if kind == "document":
        if len(body) > DOCUMENT_MAX:
            raise ApiError(413, "Request Entity Too Large")
        return
    if len(body) > PHOTO_MAX:
        raise bad_request(
            f"file of size {len(body)} bytes is too big for a photo; the maximum size is 10485760 bytes"
        )
    if not (sides := _picture_sides(body)) or not min(sides):
        raise bad_request("IMAGE_PROCESS_FAILED")
    if sum(sides) > 10_000 or max(sides) > 20 * min(sides):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")


def _picture_sides(body: bytes) -> tuple[int, int] | None:
    """Of a PNG by its header, of a JPEG by its first frame."""
    if body.startswith(b"\x89PNG\r\n\x1a\n") and body[12:16] == b"IHDR" and len(body) >= 24:
        return int.from_bytes(body[16:20], "big"), int.from_bytes(body[20:24], "big")
    if body.startswith(b"\xff\xd8\xff") and (
        frame := re.search(rb"\xff[\xc0-\xc2]\x00.\x08(..)(..)", body, re.DOTALL)
    ):
        return int.from_bytes(frame[2], "big"), int.from_bytes(frame[1], "big")
    return None


def check_venue(parameters: Mapping[str, Any]) -> None:
    """Raises ApiError unless a venue has its place, title and address."""
    for name, limit in (("latitude", 90.0), ("longitude", 180.0)):
        try:
            fits = abs(float(parameters.get(name, ""))) <= limit
        except (TypeError, ValueError):
            fits = False
        if not fits:
            raise bad_request("wrong location specified")
    for name in ("title", "address"):
        if not parameters.get(name):
            raise bad_request(f"{name} must be non-empty")


def check_reply_markup(markup: object) -> None:
    """Raises ApiError unless *markup* is one keyboard that Telegram shows."""
    match markup:
        case None | {"remove_keyboard": True} | {"force_reply": True}:
            return
        case {"inline_keyboard": list() as rows}:
            inline, per_row, total = True, 8, 100
        case {"keyboard": list() as rows}:
            inline, per_row, total = False, 12, 300
        case _:
            raise bad_request("object expected as reply markup")
    buttons = []
    for row in rows:
        if not isinstance(row, list):
            raise bad_request("can't parse keyboard: expected an Array of Arrays of buttons")
        if len(row) > per_row:
            raise bad_request("reply markup is too long")
        buttons += row
    if len(buttons) > total:
        raise bad_request("reply markup is too long")
    for button in buttons:
        if inline:
            _check_inline_button(button)
        elif not (isinstance(button, str) or (isinstance(button, dict) and button.get("text"))):
            raise bad_request("keyboard button text must be non-empty")


def check_commands(commands: object) -> None:
    """Raises ApiError unless *commands* can be a bot's menu."""
    if not isinstance(commands, list):
        raise bad_request("can't parse commands: expected an Array")
    if len(commands) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for each in commands:
        if not _COMMAND.fullmatch(str(each.get("command", "")).removeprefix("/")):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(str(each.get("description", ""))) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")


def check_webhook(parameters: Mapping[str, Any], *, plain_http: bool) -> None:
    """Raises ApiError unless Telegram would call the URL; *plain_http* is for tests on loopback."""
    parts = urlsplit(str(parameters.get("url") or ""))
    if parts.scheme != "https" and not (plain_http and parts.scheme == "http"):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if not plain_http and parts.port not in (None, 443, 80, 88, 8443):
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    if not _SECRET.fullmatch(str(parameters.get("secret_token") or "")):
        raise bad_request("secret token contains unallowed characters")


def _check_inline_button(button: object) -> None:
    match button:
        case {"text": str() as text} if not text.strip():
            raise bad_request('can\'t parse inline keyboard button: Field "text" must be non-empty')
        case {"text": str(), "callback_data": str() as data}:
            if not 1 <= len(data.encode()) <= 64:
                raise bad_request("BUTTON_DATA_INVALID")
        case {"text": str(), "url": str() as url}:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https", "tg") or re.search(r"\s", url) or not parts.netloc:
                raise bad_request("BUTTON_URL_INVALID")
        case _:
            raise bad_request(
                "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
            )


def _parse_html(text: str) -> str:
    shown, opened, done = "", list[str](), 0
    for tag in _TAG.finditer(text):
        shown += unescape(text[done : tag.start()])
        done = tag.end()
        offset = len(text[: tag.start()].encode("utf-8", "replace"))
        closes, name, rest = tag[1], tag[2].lower(), tag[3]
        if not tag[0].endswith(">"):
            raise _unparsed(f"Unclosed start tag at byte offset {offset}")
        if not closes:
            if not TAGS.fullmatch(name):
                raise _unparsed(f'Unsupported start tag "{name}" at byte offset {offset}')
            if rest and rest.count('"') % 2:
                raise _unparsed(f"Unexpected end of attribute value at byte offset {offset}")
            opened.append(name)
        elif not opened:
            raise _unparsed(f"Unexpected end tag at byte offset {offset}")
        elif (expected := opened.pop()) != name:
            raise _unparsed(
                f'Unmatched end tag at byte offset {offset}, expected "</{expected}>", found "</{name}>"'
            )
    if opened:
        raise _unparsed(f'Can\'t find end tag corresponding to start tag "{opened[-1]}"')
    return shown + unescape(text[done:])


def _unparsed(detail: str) -> ApiError:
    return bad_request(f"can't parse entities: {detail}")
