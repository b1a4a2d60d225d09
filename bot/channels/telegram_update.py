"""What a citizen sent by an update of Telegram; foreign JSON becomes typed here."""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from bot.messages import Address, Heard, HeardKind, Point

CHANNEL: Final = "telegram"

_KINDS: Final = {
    "photo": HeardKind.PHOTO,
    "voice": HeardKind.VOICE,
    "video_note": HeardKind.VOICE,
    "audio": HeardKind.VOICE,
    "sticker": HeardKind.STICKER,
    "document": HeardKind.FILE,
    "contact": HeardKind.CONTACT,
}

# What Telegram itself tells in a private chat; nobody said anything.
_SERVICE: Final = ("pinned_message", "message_auto_delete_timer_changed", "chat_background_set")

_MEMBERSHIP: Final = {"kicked": HeardKind.LEFT, "member": HeardKind.CAME_BACK}


def parse_update(body: bytes) -> dict[str, Any] | None:
    """The update in the body of a webhook's request; None when there is none."""
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return update if is_update(update) else None


def is_update(update: object) -> bool:
    """Whether *update* has what every update has: its number."""
    match update:
        case {"update_id": bool()}:
            return False
        case {"update_id": int()}:
            return True
    return False


def read_update(update: Mapping[str, Any]) -> Heard | None:
    """What a citizen sent by *update*; None for groups, channels and what nobody said.

    A tap has no time of its own: it carries the date of the message it stands under.
    """
    heard = _read(update)
    return heard and replace(heard, language=_language(update))


def _read(update: Mapping[str, Any]) -> Heard | None:
    match update:
        case {"message": {"from": {"is_bot": True}}}:
            return None
        case {"message": Mapping() as message}:
            heard = _addressed(update, message)
            return heard and _understand(heard, message)
        case {"edited_message": Mapping() as message}:
            heard = _addressed(update, message)
            return heard and replace(heard, kind=HeardKind.EDITED, text=_clean(message.get("text")))
        case {"callback_query": {"id": str() as query, "message": Mapping() as message} as tap}:
            heard = _addressed(update, message)
            token = _clean(tap.get("data"))
            return heard and replace(heard, kind=HeardKind.CHOICE, token=token, callback_id=query)
        case {"my_chat_member": {"new_chat_member": {"status": str() as status}} as change}:
            # https://core.telegram.org/bots/api#update: in private chats only blocked and unblocked.
            heard = _addressed(update, change)
            kind = _MEMBERSHIP.get(status)
            return replace(heard, kind=kind) if heard and kind else None
    return None


def _addressed(update: Mapping[str, Any], part: Mapping[str, Any]) -> Heard | None:
    match update, part:
        case {"update_id": int() as number}, {"chat": {"id": int() as peer, "type": "private"}}:
            return Heard(Address(CHANNEL, str(peer)), str(number), _moment(part.get("date")))
    return None


def _understand(heard: Heard, message: Mapping[str, Any]) -> Heard | None:
    match message:
        case {"text": str() as text}:
            words = _clean(text)
            command, _, payload = words.partition(" ")
            if command.lower().partition("@")[0] == "/start":
                return replace(heard, kind=HeardKind.START, text=payload.strip())
            return replace(heard, text=words)
        case {"location": {"latitude": int() | float() as latitude, "longitude": int() | float() as longitude}}:
            # A moving location begins as a message and goes on as edited ones.
            if -90 <= latitude <= 90 and -180 <= longitude <= 180:
                return replace(heard, kind=HeardKind.LOCATION, point=Point(latitude, longitude))
    for name, kind in _KINDS.items():
        if name in message:
            return replace(heard, kind=kind, text=_clean(message.get("caption")))
    if any(name in message for name in _SERVICE):
        return None
    return replace(heard, kind=HeardKind.UNSUPPORTED)


def _language(update: Mapping[str, Any]) -> str:
    """What Telegram says of the citizen's app: an IETF tag, here without its region."""
    for part in update.values():
        match part:
            case {"from": {"language_code": str() as tag}}:
                code = tag.partition("-")[0].lower()
                return code if code.isascii() and code.isalpha() and len(code) <= 3 else ""
    return ""


def _moment(date: object) -> datetime:
    # Date 0 stands for "long ago": https://core.telegram.org/bots/api#inaccessiblemessage
    try:
        return datetime.fromtimestamp(date if isinstance(date, int) else 0, UTC)
    except (OverflowError, OSError, ValueError):
        return datetime.fromtimestamp(0, UTC)


def _clean(text: object) -> str:
    """*text* in NFC, without what a database cannot keep: lone surrogates and NUL."""
    if not isinstance(text, str):
        return ""
    return unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode().replace("\0", ""))
