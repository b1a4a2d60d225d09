"""Training examples: what one is, how Rasa's YAML files of them are read, and their hash."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import yaml

from nlu.vietnamese import normalise_unicode

DATA: Final = Path(__file__).parent / "data"
"""The dialogue intents and the out-of-scope sentences that ship with the bot."""

_LOADER: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_ENTITY: Final = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


class Kind(StrEnum):
    """What an example is: a wording people type, or the text of an answer."""

    WORDING = "wording"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Example:
    """A text and the intent it carries; an answer's text teaches words but is never matched as a question."""

    text: str
    intent: str
    kind: Kind = Kind.WORDING


@dataclass(frozen=True, slots=True)
class Synonym:
    """A phrase that says the same as `concept`."""

    phrase: str
    concept: str


class TrainingError(Exception):
    """A training file cannot be read; the message names the file, the line and what is wrong."""


def read_examples(folder: Path = DATA) -> list[Example]:
    """Return every example of the Rasa YAML files in `folder`, in order of file name.

    Raises TrainingError.
    """
    return [example for path in sorted(folder.glob("*.yml")) for example in read_file(path)]


def read_file(path: Path) -> list[Example]:
    """Return the examples of one Rasa 3.1 YAML file; entity marks `[text](entity)` are taken off.

    Raises TrainingError when the file is no such YAML.
    """
    return [Example(text, name) for kind, name, text in _lines(path) if kind == "intent"]


def read_synonyms(folder: Path = DATA) -> list[Synonym]:
    """Return every synonym of the Rasa YAML files in `folder`, in order of file name.

    Raises TrainingError.
    """
    files = sorted(folder.glob("*.yml"))
    return [Synonym(text, name) for path in files for kind, name, text in _lines(path) if kind == "synonym"]


def read_lookups(folder: Path = DATA) -> list[Synonym]:
    """Return every line of the lookup tables in `folder`; `concept` is the table's name ("place", "course").

    Raises TrainingError.
    """
    files = sorted(folder.glob("*.yml"))
    return [Synonym(text, name) for path in files for kind, name, text in _lines(path) if kind == "lookup"]


def _lines(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield (kind, name, text) for every line of examples; kind is "intent", "synonym" or "lookup"."""
    try:
        source = normalise_unicode(path.read_text("utf-8"))
        root = yaml.compose(source, Loader=_LOADER)
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path.name}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
        raise TrainingError(f"{path.name}, line {line}: is no valid YAML") from error
    fields = _mapping(root, path)
    if not isinstance(fields.get("nlu"), yaml.SequenceNode):
        raise TrainingError(f"{path.name}, line 1: has no list called nlu")
    for item in fields["nlu"].value:
        yield from _item_lines(item, path)


def _mapping(node: Any, path: Path) -> dict[str, Any]:
    if not isinstance(node, yaml.MappingNode):
        line = node.start_mark.line + 1 if node is not None else 1
        raise TrainingError(f"{path.name}, line {line}: a mapping was expected here")
    return {key.value: value for key, value in node.value}


def _item_lines(node: Any, path: Path) -> Iterator[tuple[str, str, str]]:
    fields = _mapping(node, path)
    line = node.start_mark.line + 1
    kind = next((each for each in ("synonym", "lookup") if each in fields), "intent")
    name, examples = fields.get(kind), fields.get("examples")
    if not isinstance(name, yaml.ScalarNode) or not name.value:
        raise TrainingError(f"{path.name}, line {line}: an item of nlu has no intent")
    if not isinstance(examples, yaml.ScalarNode):
        raise TrainingError(f"{path.name}, line {line}: {kind} {name.value} has no examples as `examples: |`")
    first = examples.start_mark.line + 2
    for offset, text in enumerate(examples.value.splitlines()):
        if not text.strip():
            continue
        if not text.startswith("- ") or not text[2:].strip():
            raise TrainingError(f'{path.name}, line {first + offset}: an example must start with "- "')
        yield kind, name.value, _ENTITY.sub(r"\1", text[2:]).strip()


def content_hash(examples: Iterable[Example], synonyms: Iterable[Synonym] = (), salt: str = "") -> str:
    """Return a hex digest that changes whenever an example, a synonym, their order or `salt` changes."""
    digest = hashlib.sha256(salt.encode())
    for example in examples:
        digest.update(f"\0{example.kind}\0{example.intent}\0{example.text}".encode(errors="replace"))
    for synonym in synonyms:
        digest.update(f"\1{synonym.concept}\0{synonym.phrase}".encode(errors="replace"))
    return digest.hexdigest()[:32]


def split_kinds(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """Return the wordings and the answers of `examples`, each in order."""
    wordings = [example for example in examples if example.kind is Kind.WORDING]
    return wordings, [example for example in examples if example.kind is Kind.ANSWER]
