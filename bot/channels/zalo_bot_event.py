"""What a citizen sent by an event of the Zalo Bot Platform; foreign JSON becomes typed here."""

import json
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from bot.messages import Address, Heard, HeardKind

CHANNEL: Final = "zalo_bot"

_KINDS: Final = {
    "message.text.received": HeardKind.TEXT,
    "message.image.received": HeardKind.PHOTO,
    "message.sticker.received": HeardKind.STICKER,
    "message.voice.received": HeardKind.VOICE,
    "message.unsupported.received": HeardKind.UNSUPPORTED,
}


def parse_event(body: bytes) -> dict[str, Any] | None:
    """The event in the body of a webhook's request; None when there is none, an empty dict for a probe."""
    if not body.strip():
        return {}
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None


def unwrap(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event itself, which comes below ``result`` or bare."""
    match event:
        case {"result": Mapping() as inner}:
            return inner
    return event


def read_event(event: Mapping[str, Any]) -> Heard | None:
    """What a citizen sent by *event*, in either envelope; None for groups, bots and what nobody said."""
    match unwrap(event):
        case {
            "event_name": str() as name,
            "message": {
                "from": Mapping() as author,
                "chat": {"id": str() | int() as peer, **chat},
                "message_id": str() | int() as number,
                **message,
            },
        } if author.get("is_bot") is not True and str(chat.get("chat_type", "PRIVATE")).upper() == "PRIVATE":
            # The words of a picture's caption are a question like any other; its address is left.
            text = _clean(message.get("text") if "text" in message else message.get("caption"))
            kind = _KINDS.get(name, HeardKind.UNSUPPORTED)
            return Heard(
                Address(CHANNEL, str(peer)[:80]), str(number)[:80], _moment(message.get("date")), kind, text
            )
    return None


def _moment(date: object) -> datetime:
    try:
        return datetime.fromtimestamp(float(date) / 1000 if isinstance(date, int | float) else 0, UTC)
    except (OverflowError, OSError, ValueError):
        return datetime.fromtimestamp(0, UTC)


def _clean(text: object) -> str:
    """*text* in NFC, without what a database cannot keep: lone surrogates and NUL."""
    if not isinstance(text, str):
        return ""
    return unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode().replace("\0", ""))
