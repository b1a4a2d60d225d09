"""Light markup: ``**bold**``, ``_italic_``, `` `code` ``, ``[title](url)``, ``- `` lists; shown and cut."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby

Measure = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Text:
    """Words without a mark; a line break is a line break."""

    text: str


@dataclass(frozen=True, slots=True)
class Bold:
    """Words that matter."""

    inside: "Inlines"


@dataclass(frozen=True, slots=True)
class Italic:
    """Words said in another voice."""

    inside: "Inlines"


@dataclass(frozen=True, slots=True)
class Code:
    """Words to be typed as they stand."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A way out: http, https or tel, and nothing else."""

    title: "Inlines"
    url: str


Inline = Text | Bold | Italic | Code | Link
Inlines = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together; *apart* tells that a blank line stands before them."""

    inside: Inlines
    apart: bool


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list; *apart* as in Paragraph."""

    items: tuple[Inlines, ...]
    apart: bool


Block = Paragraph | Bullets

# A mark begins and ends on one line. An underline is followed for 200 characters only: a text of nothing
# but openings would cost the square of its length.
_MARK = re.compile(
    r"""(?=[`\[*_h])(?:
      `(?P<code>[^`\n]+)`
    | \[(?P<title>[^\[\]\n]+)\]\((?P<url>https?://(?:[^\s()]|\([^\s()]*\))+|tel:\+?[0-9][0-9.-]*)\)
    | (?P<bare>https?://[^\s<>"]*[^\s<>".,;:!?'*_)\]])
    | \*\*(?=[^\s*])(?P<bold>[^*\n]+(?:\*[^*\n]+)*)(?<=\S)\*\*
    | (?<!\w)_(?=[^\s_])(?P<italic>.{0,200}?\S)_(?!\w)
    )""",
    re.VERBOSE,
)
_BULLET = re.compile(r"[ \t]*- +(?=\S)")

# Where a text may be cut, the best place first; the cut is after the match.
_SEAMS = tuple(re.compile(seam) for seam in (r"\n[ \t]*\n\s*", r"\n\s*", r"[.!?…][\"'”’)*_]*\s+", r"\s+"))
_FULL_ENOUGH = 0.25


def parse(text: str) -> tuple[Block, ...]:
    """The blocks of *text*. Every text is good: what is no mark is words."""
    blocks: list[Block] = []
    for number, part in enumerate(re.split(r"\n(?:[ \t]*\n)+", text.replace("\r\n", "\n").strip())):
        apart = number > 0
        for is_list, group in groupby(part.split("\n"), lambda line: bool(_BULLET.match(line))):
            lines = list(group)
            if is_list:
                items = tuple(_inlines(_BULLET.sub("", line, count=1)) for line in lines)
                blocks.append(Bullets(items, apart))
            elif body := "\n".join(lines).strip():
                blocks.append(Paragraph(_inlines(body), apart))
            apart = False
    return tuple(blocks)


def to_telegram_html(text: str) -> str:
    """*text* in the HTML of Telegram's ``parse_mode``."""
    return _in_lines(parse(text), _telegram, "• ")


def to_zalo_html(text: str) -> str:
    """*text* in the HTML of the Zalo Bot Platform: bold and italic; a link is ``title: URL``."""
    return _in_lines(parse(text), _zalo, "- ")


def to_html(text: str) -> str:
    """*text* as HTML of a web page, escaped: paragraphs, lists and links that open a new tab."""
    shown: list[str] = []
    for block in parse(text):
        match block:
            case Paragraph(inside):
                shown.append(f"<p>{_join(inside, _web)}</p>")
            case Bullets(items):
                shown.append("<ul>" + "".join(f"<li>{_join(item, _web)}</li>" for item in items) + "</ul>")
    return "".join(shown)


def to_plain(text: str) -> str:
    """*text* without marks; a link is ``title: URL``."""
    return _in_lines(parse(text), _plain, "- ")


def telegram_length(text: str) -> int:
    """How long Telegram finds *text*: UTF-16 units of what is shown.

    https://core.telegram.org/bots/api#sendmessage: 4096 characters after entities parsing.
    """
    return len(_in_lines(parse(text), _shown, "• ").encode("utf-16-le", "replace")) // 2


def split(text: str, limit: int, measure: Measure = len) -> list[str]:
    """*text* in pieces of at most *limit* by *measure*, cut after a paragraph, line, sentence or word.

    A mark that is cut is closed and opened again; a link or code is cut only when it is too long itself.
    """
    pieces: list[str] = []
    rest = text.strip()
    while measure(rest) > limit:
        piece, rest = _cut(rest, limit, measure)
        pieces.append(piece)
    return [*pieces, rest] if rest else pieces


def _inlines(text: str) -> Inlines:
    found: list[Inline] = []
    done = 0
    for match in _MARK.finditer(text):
        if match.start() > done:
            found.append(Text(text[done : match.start()]))
        done = match.end()
        match match.lastgroup:
            case "code":
                found.append(Code(match["code"]))
            case "url":
                found.append(Link(_without_links(_inlines(match["title"])), match["url"]))
            case "bare":
                found.append(Link((Text(match["bare"]),), match["bare"]))
            case "bold":
                found.append(Bold(_inlines(match["bold"])))
            case _:
                found.append(Italic(_inlines(match["italic"])))
    if done < len(text):
        found.append(Text(text[done:]))
    return tuple(found)


def _without_links(title: Inlines) -> Inlines:
    return tuple(part for each in title for part in (each.title if isinstance(each, Link) else (each,)))


def _join(inlines: Inlines, show: Callable[[Inline], str]) -> str:
    return "".join(show(each) for each in inlines)


def _in_lines(blocks: tuple[Block, ...], show: Callable[[Inline], str], bullet: str) -> str:
    shown = ""
    for block in blocks:
        match block:
            case Paragraph(inside):
                lines = _join(inside, show)
            case Bullets(items):
                lines = "\n".join(bullet + _join(item, show) for item in items)
        gap = "\n\n" if block.apart else "\n"
        shown = f"{shown}{gap}{lines}" if shown else lines
    return shown


def _telegram(inline: Inline) -> str:
    match inline:
        case Text(text):
            return escape(text, quote=False)
        case Bold(inside):
            return f"<b>{_join(inside, _telegram)}</b>"
        case Italic(inside):
            return f"<i>{_join(inside, _telegram)}</i>"
        case Code(text):
            return f"<code>{escape(text, quote=False)}</code>"
        case Link(title, url) if url.startswith("tel:") or title == (Text(url),):
            # Telegram knows no tel: link but makes a number, and a bare URL, tappable by itself.
            return escape(_plain(inline), quote=False)
        case Link(title, url):
            return f'<a href="{escape(url)}">{_join(title, _telegram)}</a>'


def _zalo(inline: Inline) -> str:
    match inline:
        case Bold(inside):
            return f"<b>{_join(inside, _zalo)}</b>"
        case Italic(inside):
            return f"<i>{_join(inside, _zalo)}</i>"
        case Text() | Code() | Link():
            return escape(_plain(inline), quote=False)


def _web(inline: Inline) -> str:
    match inline:
        case Text(text):
            return escape(text).replace("\n", "<br>")
        case Bold(inside):
            return f"<strong>{_join(inside, _web)}</strong>"
        case Italic(inside):
            return f"<em>{_join(inside, _web)}</em>"
        case Code(text):
            return f"<code>{escape(text)}</code>"
        case Link(title, url):
            return f'<a href="{escape(url)}" rel="noopener noreferrer" target="_blank">{_join(title, _web)}</a>'


def _plain(inline: Inline) -> str:
    match inline:
        case Text(text) | Code(text):
            return text
        case Bold(inside) | Italic(inside):
            return _join(inside, _plain)
        case Link(title, url):
            words, target = _join(title, _plain), url.removeprefix("tel:")
            return words if words == target else f"{words}: {target}"


def _shown(inline: Inline) -> str:
    match inline:
        case Link(_, url) if url.startswith("tel:"):
            return _plain(inline)
        case Link(inside, _) | Bold(inside) | Italic(inside):
            return _join(inside, _shown)
        case Text(text) | Code(text):
            return text


def _cut(text: str, limit: int, measure: Measure) -> tuple[str, str]:
    """The first piece of *text* and what remains, each with its marks balanced."""
    spans = list(_spans(text, 0))

    def part(at: int) -> tuple[str, str]:
        open_marks = [mark for start, end, mark in spans if mark and start < at < end]
        closed = text[:at].rstrip() + "".join(reversed(open_marks))
        return closed, "".join(open_marks) + text[at:].lstrip()

    def fits(at: int) -> bool:
        return measure(part(at)[0]) <= limit

    low, high = 1, min(limit, len(text))
    while high < len(text) and fits(high):
        low, high = high, min(2 * high, len(text))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    closed_to_cuts = [(start, end) for start, end, mark in spans if not mark and end - start <= low]
    for start, end, mark in spans:
        if mark:  # Nor next to a mark: what it would then hold is empty.
            closed_to_cuts += [(start, start + len(mark) + 1), (end - len(mark) - 1, end)]

    def allowed(at: int) -> bool:
        return not any(start < at < end for start, end in closed_to_cuts)

    for seam in _SEAMS:
        for at in reversed([match.end() for match in seam.finditer(text, 0, low)]):
            if at < low * _FULL_ENOUGH:
                break
            if allowed(at) and fits(at):
                return part(at)
    for at in range(low, 0, -1):
        joins_the_last = unicodedata.category(text[at]) in ("Mn", "Me", "Cf")
        if not joins_the_last and allowed(at) and fits(at) and len(part(at)[1]) < len(text):
            return part(at)
    return text[:low], text[low:]


def _spans(text: str, offset: int) -> Iterator[tuple[int, int, str]]:
    """Start, end and mark of what must be balanced; no mark for what is not to be cut."""
    for match in _MARK.finditer(text):
        start, end = match.start() + offset, match.end() + offset
        mark = {"bold": "**", "italic": "_"}.get(match.lastgroup or "", "")
        yield start, end, mark
        if mark:
            yield from _spans(text[match.start() + len(mark) : match.end() - len(mark)], start + len(mark))
