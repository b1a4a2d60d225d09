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
    """One line for staff: ``file:line: sentence``. A label among the arguments is spelt as staff write it.

    Where the sentence is missing or spoilt, the key and its arguments stand for it: a fault must show.
    """
    spelt = {
        name: sentences.get(f"label.{value}", value) if isinstance(value, StrEnum) else value
        for name, value in fault.arguments.items()
    }
    try:
        said = sentences[fault.key].format_map(spelt)
    except (KeyError, ValueError, IndexError):
        said = " ".join([fault.key, *(f"{name}={value}" for name, value in spelt.items())])
    return f"{fault.file}:{fault.line}: {said}"
