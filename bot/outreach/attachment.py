"""The picture or document that goes with a campaign: what may be one, and what is wrong with a file."""

import hashlib
import io
import re
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Final

from bot.messages import FILE_TYPES, Media, MediaKind
from nlu.vietnamese import fold, normalise_unicode

SIZE_MAX: Final = {MediaKind.IMAGE: 1 << 20, MediaKind.DOCUMENT: 5 << 20}
"""Bytes: what every channel takes. Zalo's pictures are the smallest (facts of the Official Account)."""

SIDES_MAX: Final = 10_000
RATIO_MAX: Final = 20
"""Pixels of width and height together, and how long a picture may be (core.telegram.org/bots/api#sendphoto)."""

ALT_MAX: Final = 300
CAPTION_MAX: Final = 1024
"""UTF-16 units of the words that stand under a file on Telegram, so that both are one message."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}\.[a-z0-9]{2,5}")
_ENDINGS = {
    MediaKind.IMAGE: (".jpg", ".jpeg", ".png"),
    MediaKind.DOCUMENT: (".pdf", ".docx", ".xlsx"),
}
_BEGINNINGS = {".jpg": b"\xff\xd8\xff", ".png": b"\x89PNG\r\n\x1a\n", ".pdf": b"%PDF-"}
_ZIPPED = {".docx": "word/document.xml", ".xlsx": "xl/workbook.xml"}
"""The part by which a zipped document is known."""
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


@dataclass(frozen=True, slots=True)
class Unfit(Exception):
    """The file cannot go with a campaign; *key* is its sentence below ``fault``, *arguments* fill it."""

    key: str
    arguments: Mapping[str, str]


def read_attachment(folder: Path, kind: MediaKind, written: str) -> Media:
    """The file named by ``name | what it shows`` beside the campaign in *folder*. Raises Unfit."""
    name, _, alt = (piece.strip() for piece in written.partition("|"))
    endings = _ENDINGS[kind]
    if not is_name(name) or not name.endswith(endings):
        raise Unfit("file_name", {"name": name, "known": ", ".join(endings)})
    if not alt or len(alt) > ALT_MAX:
        raise Unfit("file_alt", {"name": name, "most": str(ALT_MAX)})
    try:
        body = (folder / name).read_bytes()
    except OSError as error:
        raise Unfit("file_missing", {"name": name}) from error
    if _ending(body) != name[name.rindex(".") :].replace(".jpeg", ".jpg"):
        raise Unfit("file_kind", {"name": name})
    _check_size(kind, name, body)
    return Media(kind, digest_of(body), name, alt)


def take_attachment(named: str, body: bytes, alt: str) -> Media:
    """The file an official chose, its kind read from its bytes, its name made plain. Raises Unfit.

    *alt* may be empty until it is asked for by `describe`.
    """
    ending = _ending(body)
    stem = PurePath(named.replace("\\", "/")).stem
    name = re.sub("[^a-z0-9]+", "-", fold(stem)).strip("-")[:60].strip("-") or "tep"
    kind = next((each for each, endings in _ENDINGS.items() if ending in endings), None)
    if kind is None:
        raise Unfit("upload_kind", {"name": f"{name}{PurePath(named).suffix[:10]}"})
    _check_size(kind, f"{name}{ending}", body)
    return Media(kind, digest_of(body), f"{name}{ending}", alt)


def describe(media: Media, alt: str) -> Media:
    """*media* with what it shows. Raises Unfit when that is not said, or too long."""
    said = " ".join(normalise_unicode(alt).split())
    if not said or len(said) > ALT_MAX:
        raise Unfit("upload_alt", {"name": media.name, "most": str(ALT_MAX)})
    return replace(media, alt=said)


def digest_of(body: bytes) -> str:
    """What a file is known by: the SHA-256 of its bytes."""
    return hashlib.sha256(body).hexdigest()


def is_name(name: str) -> bool:
    """Whether a file may have this name: it stands in addresses, headers and on every computer."""
    return _NAME.fullmatch(name) is not None


def type_of(name: str) -> str:
    """The media type of a file by its name."""
    return FILE_TYPES.get(name.rpartition(".")[2], "application/octet-stream")


def picture_size(body: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of a PNG or JPEG; None when they cannot be read."""
    try:
        if body.startswith(b"\x89PNG"):
            width, height = struct.unpack(">II", body[16:24])
            return width, height
        at = 2
        while body[at] == 0xFF:
            marker, length = body[at + 1], int.from_bytes(body[at + 2 : at + 4], "big")
            if marker in _FRAMES:
                height, width = struct.unpack(">HH", body[at + 5 : at + 9])
                return width, height
            at += 2 + length
    except (struct.error, IndexError):
        pass
    return None


def _ending(body: bytes) -> str:
    """How the name of the file should end, by its bytes; empty for what may not go."""
    for ending, beginning in _BEGINNINGS.items():
        if body.startswith(beginning):
            return ending
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as parts:
            names = set(parts.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return ""
    return next((ending for ending, part in _ZIPPED.items() if part in names), "")


def _check_size(kind: MediaKind, name: str, body: bytes) -> None:
    if len(body) > SIZE_MAX[kind]:
        most = f"{SIZE_MAX[kind] >> 20}"
        raise Unfit("file_large", {"name": name, "size": f"{len(body) / (1 << 20):.1f}", "most": most})
    if kind is MediaKind.IMAGE:
        _check_sides(name, body)


def _check_sides(name: str, body: bytes) -> None:
    sides = picture_size(body)
    if sides is None or not min(sides):
        raise Unfit("file_kind", {"name": name})
    if sum(sides) > SIDES_MAX or max(sides) > RATIO_MAX * min(sides):
        raise Unfit("file_sides", {"name": name, "width": str(sides[0]), "height": str(sides[1])})
