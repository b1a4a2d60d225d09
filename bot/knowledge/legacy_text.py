"""Bytes as staff's computers save them, in any encoding Vietnam has used, to one Unicode text; never silently."""

import codecs
import contextlib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.knowledge.old_alphabets import (
    ALPHABETS,
    best_alphabet,
    is_western,
    read_western,
    share_of_vietnamese,
)
from nlu.vietnamese import normalise_unicode

_NOT_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_EXCERPT = 50

# Ends of a line only Word and old Macintoshes know.
_LINE_ENDS = str.maketrans({"\r": "\n", "\x0b": "\n", "\u2028": "\n", "\u2029": "\n"})


@dataclass(frozen=True, slots=True)
class Notice:
    """Something was converted that the author should look at; *key* names the sentence."""

    key: str
    line: int = 1
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text in NFC, its lines ended by ``\\n``, and what was converted on the way."""

    text: str
    notices: tuple[Notice, ...] = ()


class UnreadableText(Exception):
    """The bytes are no text we know; *key* names the sentence, *line* is where it shows."""

    def __init__(self, key: str, line: int = 1) -> None:
        super().__init__(f"{key} in line {line}")
        self.key = key
        self.line = line


def decode(raw: bytes) -> Decoded:
    """The text of *raw*, whatever it was saved in. Raises UnreadableText."""
    if raw.startswith(_UTF16):
        try:
            text = raw.decode("utf-16")
        except UnicodeDecodeError as error:
            raise UnreadableText("not_text") from error
        return _convert(text, (Notice("utf16"),))
    if b"\0" in raw or raw.startswith(_NOT_TEXT):
        raise UnreadableText("not_text")
    try:
        return _convert(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return _decode_bytes(raw, raw[: error.start].count(b"\n") + 1)


def _decode_bytes(raw: bytes, line: int) -> Decoded:
    """The text of *raw*, which is no UTF-8 from *line* on: the one of the old encodings that fits best."""
    western = read_western(raw)
    candidates = {name: convert(western) for name, convert in ALPHABETS.items() if name != "mojibake"}
    with contextlib.suppress(UnicodeDecodeError):
        candidates = {"cp1258": raw.decode("cp1258")} | candidates
    key = max(candidates, key=lambda each: share_of_vietnamese(candidates[each]))
    if share_of_vietnamese(candidates[key]) < 0.7:
        raise UnreadableText("not_utf8", line)
    before, after = (_tidy(text.split("\n")[line - 1]) for text in (western, candidates[key]))
    notice = Notice(key, line, {"before": _excerpt(before), "after": _excerpt(after)})
    return Decoded(_tidy(candidates[key]), (notice,))


def _convert(text: str, notices: tuple[Notice, ...] = ()) -> Decoded:
    """*text* with what is written in an old alphabet converted: all of it, or the lines that are."""
    text = text.replace("\r\n", "\n").translate(_LINE_ENDS)
    whole = best_alphabet(text)
    lines, first = [], dict[str, Notice]()
    for number, line in enumerate(text.split("\n"), 1):
        key, converted = whole or "", line
        if whole and is_western(line):
            converted = ALPHABETS[whole](line)
        elif not line.isascii():
            key, converted = next(_convert_part(line), ("", line))
        if converted != line and key:
            said = {"before": _excerpt(line), "after": _excerpt(converted)}
            first.setdefault(key, Notice(key, number, said))
        lines.append(converted)
    for number, line in enumerate(lines, 1):
        if "nfd" not in first and not line.isascii() and not unicodedata.is_normalized("NFC", line):
            first["nfd"] = Notice("nfd", number, {"after": _excerpt(_tidy(line))})
    return Decoded(_tidy("\n".join(lines)), (*notices, *first.values()))


def _convert_part(line: str) -> Iterator[tuple[str, str]]:
    """What was pasted in an old alphabet into *line*: all of it, or what follows its label."""
    label, colon, rest = line.partition(":")
    for start, part in (("", line), (label + colon, rest)):
        key = best_alphabet(part)
        if key:
            yield key, start + ALPHABETS[key](part)


def _tidy(text: str) -> str:
    return normalise_unicode(text.replace("\r\n", "\n").translate(_LINE_ENDS))


def _excerpt(line: str) -> str:
    line = line.strip()
    return line if len(line) <= _EXCERPT else f"{line[:_EXCERPT].rstrip()}…"
