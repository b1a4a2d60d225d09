"""A Word document typed by hand (.docx), read as the text of a Hỏi – Đáp file, paragraph by paragraph."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

from bot.knowledge.old_alphabets import from_tcvn3, from_vni

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SIZE_MOST = 20_000_000


class UnreadableDocument(Exception):
    """The file is no Word document that can be read."""


def read_lines(path: Path) -> list[tuple[int, str]]:
    """The lines of the document with the number of the paragraph each stands in, counted from 1.

    Headings become ``#`` and ``##``, list items ``- ``, breaks lines of their own; text in the fonts of TCVN3
    and VNI is converted. Raises UnreadableDocument.
    """
    try:
        with ZipFile(path) as archive:
            if archive.getinfo("word/document.xml").file_size > _SIZE_MOST:
                raise UnreadableDocument(path.name)
            raw = archive.read("word/document.xml")
        # Office never writes a document type; without one no entity can be made to grow.
        if b"<!DOCTYPE" in raw[:2000]:
            raise UnreadableDocument(path.name)
        root = ElementTree.fromstring(raw)
    except (BadZipFile, KeyError, OSError, ElementTree.ParseError, RuntimeError) as error:
        raise UnreadableDocument(path.name) from error
    return list(_lines(root))


def _lines(root: ElementTree.Element) -> Iterator[tuple[int, str]]:
    for number, paragraph in enumerate(root.iter(f"{_WORD}p"), 1):
        prefix = _prefix(paragraph)
        for line in "".join(_texts(paragraph)).split("\n"):
            yield number, f"{prefix}{line.strip()}" if line.strip() else ""
            prefix = ""


def _texts(paragraph: ElementTree.Element) -> Iterator[str]:
    for run in paragraph.iter(f"{_WORD}r"):
        fonts = run.find(f"{_WORD}rPr/{_WORD}rFonts")
        font = fonts.get(f"{_WORD}ascii", "").lower() if fonts is not None else ""
        for each in run:
            if each.tag == f"{_WORD}t":
                yield _in_unicode(each.text or "", font)
            elif each.tag in (f"{_WORD}br", f"{_WORD}cr"):
                yield "\n"
            elif each.tag == f"{_WORD}tab":
                yield " "


def _in_unicode(text: str, font: str) -> str:
    if font.startswith(".vn"):
        return from_tcvn3(text)
    return from_vni(text) if font.startswith("vni") else text


def _prefix(paragraph: ElementTree.Element) -> str:
    style = paragraph.find(f"{_WORD}pPr/{_WORD}pStyle")
    name = style.get(f"{_WORD}val", "").lower().replace(" ", "") if style is not None else ""
    if name in ("title", "heading1"):
        return "# "
    if name.startswith("heading"):
        return "## "
    if paragraph.find(f"{_WORD}pPr/{_WORD}numPr") is not None or name.startswith("listbullet"):
        return "- "
    return ""
