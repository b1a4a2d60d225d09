"""A reply as calls of the Bot API, cut to its limits."""

import re
import unicodedata
from collections.abc import Sequence
from html import unescape
from typing import Any, Final
from urllib.parse import urlsplit

from telegram.constants import InlineKeyboardButtonLimit, InlineKeyboardMarkupLimit, MessageLimit

from bot.channels.base import Call
from bot.markup import split, telegram_length, to_telegram_html
from bot.messages import Choice, ChoiceKind, Media, MediaKind, Reply

TEXT_MAX: Final = int(MessageLimit.MAX_TEXT_LENGTH)
CAPTION_MAX: Final = int(MessageLimit.CAPTION_LENGTH)
BUTTONS_MAX: Final = int(InlineKeyboardMarkupLimit.TOTAL_BUTTON_NUMBER)
ROW_MAX: Final = int(InlineKeyboardMarkupLimit.BUTTONS_PER_ROW)
TOKEN_MAX: Final = int(InlineKeyboardButtonLimit.MAX_CALLBACK_DATA)

FILE_FIELDS: Final = {"sendPhoto": "photo", "sendDocument": "document"}
"""The methods that send a file, and the parameter the file is; a call has its ``file`` and ``name`` instead."""

_METHODS: Final = {MediaKind.IMAGE: "sendPhoto", MediaKind.DOCUMENT: "sendDocument"}

Button = dict[str, Any]


def render_reply(reply: Reply) -> list[Call]:
    """The calls that show *reply*: the tap's spinner stopped, files, the text in parts, the venue.

    A single file and a text that fits below it are one message; else what the file shows stands below it.
    The choices stand under the last. Telephone numbers are lines of the text, which Telegram makes
    tappable. A choice to share the location makes all choices keys below the input field, where alone
    Telegram has it; a key says its label, which the bot understands as it does a typed one.
    """
    calls: list[dict[str, Any]] = []
    if reply.acknowledges:
        calls.append({"method": "answerCallbackQuery", "callback_query_id": reply.acknowledges})
    as_keys = any(choice.kind is ChoiceKind.SHARE_LOCATION for choice in reply.all_choices())
    lines: list[str] = []
    rows = _rows([[_button(choice, lines, as_keys=as_keys) for choice in row] for row in reply.choices])
    text = unicodedata.normalize("NFC", "\n\n".join(filter(None, (reply.text.strip(), "\n".join(lines)))))
    if rows and not text and not reply.venue and len(reply.media) != 1:
        text = "👇"  # Telegram shows no buttons without a message.
    is_caption = len(reply.media) == 1 and telegram_length(text) <= CAPTION_MAX
    for media in reply.media:
        calls.append(_file_call(media, text if is_caption else media.alt))
    for part in [] if is_caption else split(text, TEXT_MAX, telegram_length):
        calls.append(
            {
                "method": "sendMessage",
                "text": to_telegram_html(part),
                "parse_mode": "HTML",
                "link_preview_options": {"is_disabled": True},
            }
        )
    if reply.venue:
        calls.append(
            {
                "method": "sendVenue",
                "latitude": reply.venue.point.latitude,
                "longitude": reply.venue.point.longitude,
                "title": reply.venue.title,
                "address": reply.venue.address,
            }
        )
    if rows and as_keys:
        calls[-1]["reply_markup"] = {"keyboard": rows, "resize_keyboard": True, "one_time_keyboard": True}
    elif rows:
        calls[-1]["reply_markup"] = {"inline_keyboard": rows}
    return list(calls)


def without_tags(html: str, most: int = TEXT_MAX) -> str:
    """The words of a text in Telegram's HTML, cut to *most* UTF-16 units; a link is ``title: URL``."""
    words = unescape(re.sub(r"<[^>]*>", "", re.sub(r'<a href="([^"]*)">(.*?)</a>', r"\2: \1", html)))
    return words.encode("utf-16-le")[: 2 * most].decode("utf-16-le", "ignore")


def _file_call(media: Media, caption: str) -> dict[str, Any]:
    call = {"method": _METHODS[media.kind], "file": media.digest, "name": media.name}
    shown = {"caption": to_telegram_html(caption), "parse_mode": "HTML"}
    return call | shown if caption else call


def _button(choice: Choice, lines: list[str], *, as_keys: bool) -> Button | None:
    """The button of *choice*; None when it has none, and what it says goes to *lines*."""
    label = choice.label.strip()
    match choice.kind:
        case ChoiceKind.SHARE_LOCATION:
            return {"text": label, "request_location": True}
        case ChoiceKind.REPLY if as_keys:
            return {"text": label} if label else None
        case ChoiceKind.REPLY:
            # An unfit token would lose the whole message (BUTTON_DATA_INVALID); its label can be typed.
            fits = label and 0 < len(choice.token.encode()) <= TOKEN_MAX
            return {"text": label, "callback_data": choice.token} if fits else None
        case ChoiceKind.URL if not as_keys and label and _is_web_address(choice.target):
            return {"text": label, "url": choice.target}
        case ChoiceKind.URL:
            lines.append(f"{label}: {choice.target}")
        case ChoiceKind.PHONE:
            lines.append(f"☎ {choice.target}" if choice.target in label else f"☎ {label}: {choice.target}")
    return None


def _rows(offered: Sequence[Sequence[Button | None]]) -> list[list[Button]]:
    rows: list[list[Button]] = []
    left = BUTTONS_MAX
    for row in offered:
        buttons = [button for button in row if button is not None][:left]
        left -= len(buttons)
        rows += [buttons[start : start + ROW_MAX] for start in range(0, len(buttons), ROW_MAX)]
    return rows


def _is_web_address(target: str) -> bool:
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", target)
