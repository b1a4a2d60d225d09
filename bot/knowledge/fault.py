"""A fault in what staff wrote: where it is, what it is, and the sentence that tells how to mend it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

# The parser in C, where PyYAML has it: a tenth of the time.
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class Severity(StrEnum):
    """An error keeps content from being published; a warning asks for a look."""

    ERROR = "error"
    WARNING = "warning"


_COLUMNS = 1024


def number_cell(row: int, column: int) -> int:
    """The number a cell of a workbook has instead of a line; *row* and *column* count from 1."""
    return row * _COLUMNS + column


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file. In a workbook (``faq.xlsx!Hỏi đáp``) it is a cell, in Word (``bai.docx``) a paragraph.

    Line 0 is the file itself.
    """

    file: str
    line: int

    def spell(self, sentences: Mapping[str, str]) -> str:
        """The place as staff read it: ``faq/a.md:7``, ``faq.xlsx!Hỏi đáp:C7``, ``bai.docx:đoạn 7``."""
        at = str(self.line)
        if self.line == 0:
            return self.file
        if "!" in self.file and self.line >= _COLUMNS:
            row, column = divmod(self.line, _COLUMNS)
            at = f"{_letters(column)}{row}"
        elif self.file.endswith(".docx"):
            at = f"{sentences.get('word.paragraph', '')} {self.line}".strip()
        return f"{self.file}:{at}"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong and where; *key* names the sentence in ``faults.yml``, *arguments* fill it."""

    file: str
    line: int
    key: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = Severity.ERROR

    @property
    def warning(self) -> bool:
        """Whether content may be published all the same."""
        return self.severity is Severity.WARNING


class ContentError(Exception):
    """The content cannot be published; *faults* are all that was found, warnings too."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{each.file}:{each.line}: {each.key}" for each in faults))
        self.faults = tuple(faults)


def read_sentences(content: Path) -> dict[str, str]:
    """The sentences and spellings of ``faults.yml`` in the folder *content*, by key.

    Raises ContentError when the file cannot be read: there is no sentence then to say it in.
    """
    path = content / "faults.yml"
    try:
        tree = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_LOADER)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        raise ContentError([Fault(path.name, mark.line + 1 if mark else 1, "no_sentences")]) from error
    sentences: dict[str, str] = {}
    for key, value in tree.items() if isinstance(tree, dict) else ():
        if isinstance(value, dict):
            sentences.update({f"{key}.{name}": str(each) for name, each in value.items()})
        else:
            sentences[key] = str(value)
    return sentences


def describe(fault: Fault, sentences: Mapping[str, str]) -> str:
    """One line for staff: ``file:line: sentence``. Labels and places among the arguments are spelt for them."""
    return f"{Place(fault.file, fault.line).spell(sentences)}: {sentence(fault, sentences)}"


def sentence(fault: Fault, sentences: Mapping[str, str], where: str = "") -> str:
    """What is wrong and how to mend it, in the words for the place *where* it shows (``form.``), if it has any.

    Where the sentence is missing or spoilt, the key and its arguments stand for it: a fault must show.
    """
    spelt = {name: _spell(value, sentences) for name, value in fault.arguments.items()}
    try:
        return (sentences.get(where + fault.key) or sentences[fault.key]).format_map(spelt)
    except (KeyError, ValueError, IndexError):
        return " ".join([fault.key, *(f"{name}={value}" for name, value in spelt.items())])


def _spell(value: Any, sentences: Mapping[str, str]) -> Any:
    if isinstance(value, Place):
        return value.spell(sentences)
    return sentences.get(f"label.{value}", value) if isinstance(value, StrEnum) else value


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
