"""What happened by an event of Zalo's webhook, and whether it is Zalo's: foreign JSON becomes typed here."""

import hashlib
import hmac
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.channels.base import Forged
from bot.messages import Address, Heard, HeardKind, Point

CHANNEL: Final = "zalo_oa"

# A tap comes back as a text: the payload of the button. This marks it as ours.
TAP: Final = "hoctap:"
_TAP: Final = re.compile(re.escape(TAP) + r"([!-~]{1,48})")

# Zalo repeats after 30 s, 5 min, 15 min, 30 min and 1 h with the old time: 1 h 51 min in all.
REPLAY_MAX: Final = timedelta(hours=3)
EARLY_MAX: Final = timedelta(minutes=10)

_KINDS: Final = {
    "user_send_image": HeardKind.PHOTO,
    "user_send_gif": HeardKind.PHOTO,
    "user_send_audio": HeardKind.VOICE,
    "user_send_sticker": HeardKind.STICKER,
    "user_send_file": HeardKind.FILE,
    "user_send_business_card": HeardKind.CONTACT,
    "user_send_video": HeardKind.UNSUPPORTED,
}


class Stale(Forged):
    """Signed by Zalo, but for another time: repeated by somebody, or the clock of this machine is wrong."""


def is_probe(body: bytes) -> bool:
    """Whether *body* is what Zalo's console sends, unsigned, to see that somebody answers."""
    return body.strip() in (b"", b"{}")


def read_signed(
    body: bytes, signature: str, timestamp: str, app_id: str, secret: str, now: datetime
) -> Mapping[str, Any]:
    """The event in *body*. Raises Forged when it is not signed by Zalo, Stale when it is too old.

    The signature is SHA-256 over first term, raw body, timestamp and the account's secret key; the first
    term is the application's id, with some deployments the account's.
    """
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        raise Forged("not JSON") from None
    if not isinstance(event, dict):
        raise Forged("not an event")
    given = signature.strip().lower().removeprefix("mac=").strip()
    firsts = {app_id, str(event.get("app_id") or ""), str(event.get("oa_id") or ""), *_sides(event)} - {""}
    stamps = {_stamp(event.get("timestamp")), timestamp.strip()} - {""}
    matching = ""
    for first in firsts:
        for stamp in stamps:
            made = hashlib.sha256(first.encode() + body + stamp.encode() + secret.encode()).hexdigest()
            if hmac.compare_digest(made.encode(), given.encode("utf-8", "replace")):
                matching = stamp
    if not secret or not matching:
        raise Forged("wrong signature")
    at = _moment(matching)
    if not now - REPLAY_MAX <= at <= now + EARLY_MAX:
        raise Stale("too old, or from the future")
    return event


def read_event(event: Mapping[str, Any]) -> list[Heard]:
    """What a citizen did, or what became of messages of ours; nothing for what is no concern of ours.

    A receipt does not always say which side is the person: there is then one for either side.
    """
    if event.get("event_name") in ("user_received_message", "user_seen_message"):
        return _receipts(event)
    heard = _heard(event)
    return [heard] if heard else []


def _heard(event: Mapping[str, Any]) -> Heard | None:
    name = event.get("event_name")
    at = _moment(_stamp(event.get("timestamp")))
    match name, event:
        case (("follow" | "unfollow"), {"follower": {"id": str() as peer}}) if peer:
            kind = HeardKind.START if name == "follow" else HeardKind.LEFT
            return Heard(Address(CHANNEL, peer), f"{name}:{peer}:{_stamp(event.get('timestamp'))}"[:80], at, kind)
        case "user_submit_info", {"sender": {"id": str() as peer}} if peer:
            # Name, telephone and address stay unread: we keep none of them.
            return Heard(
                Address(CHANNEL, peer),
                f"{name}:{peer}:{_stamp(event.get('timestamp'))}"[:80],
                at,
                HeardKind.CONTACT,
            )
        case str(), {"sender": {"id": str() as peer}, "message": Mapping() as message} if (
            name.startswith("user_send_") and not name.startswith("user_send_group_") and peer
        ):
            number = _clean(message.get("msg_id")) or f"{name}:{peer}:{_stamp(event.get('timestamp'))}"
            return _understand(Heard(Address(CHANNEL, peer), number[:80], at), name, message)
    return None


def _understand(heard: Heard, name: str, message: Mapping[str, Any]) -> Heard | None:
    text = _clean(message.get("text"))
    match name:
        case "user_send_text":
            if tap := _TAP.fullmatch(text.strip()):
                return replace(heard, kind=HeardKind.CHOICE, token=tap[1])
            return replace(heard, text=text)
        case "user_send_link" if text.strip():
            return replace(heard, text=text)
        case "user_send_location":
            point = _point(message)
            return replace(heard, kind=HeardKind.LOCATION, point=point) if point else replace(heard, text=text)
    # A kind that Zalo adds one day is answered as one we cannot read.
    return replace(heard, kind=_KINDS.get(name, HeardKind.UNSUPPORTED), text=text)


def _point(message: Mapping[str, Any]) -> Point | None:
    """Degrees come as strings."""
    match message:
        case {"attachments": [{"payload": {"coordinates": Mapping() as coordinates}}, *_]}:
            try:
                latitude, longitude = float(coordinates["latitude"]), float(coordinates["longitude"])
            except (KeyError, TypeError, ValueError):
                return None
            if -90 <= latitude <= 90 and -180 <= longitude <= 180:
                return Point(latitude, longitude)
    return None


def _receipts(event: Mapping[str, Any]) -> list[Heard]:
    message = event.get("message")
    if not isinstance(message, Mapping):
        return []
    ids = message.get("msg_ids")
    numbers = [str(each) for each in ids[:200]] if isinstance(ids, list) else []
    if one := message.get("msg_id"):
        numbers.append(str(one))
    if not numbers:
        return []
    at = _moment(_stamp(event.get("timestamp")))
    kind = HeardKind.SEEN if event.get("event_name") == "user_seen_message" else HeardKind.RECEIVED
    people = _sides(event) - {str(event.get("oa_id") or "")}
    return [Heard(Address(CHANNEL, peer), "", at, kind, " ".join(numbers)) for peer in sorted(people)]


def _sides(event: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    for name in ("sender", "recipient"):
        match event.get(name):
            case {"id": str() as side} if side:
                found.add(side)
    return found


def _stamp(value: object) -> str:
    """The time as it was signed: Zalo writes digits, in quotes or not."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _moment(stamp: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(stamp) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _clean(text: object) -> str:
    """*text* in NFC, without what a database cannot keep: lone surrogates and NUL."""
    if not isinstance(text, str):
        return ""
    return unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode().replace("\0", ""))
