"""Every phrase of the bot that is not an answer, by key, from ``content/texts.yml``."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any

import yaml

# The parser in C, where PyYAML has it: a tenth of the time.
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class TextsError(Exception):
    """The phrases cannot be used; the message names the file, the line or key, and the remedy."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Phrases with ``{placeholders}``. Ask for a phrase with its key and what it needs."""

    phrases: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The phrase of *key* filled with *values*. Raises KeyError for a key that is not there."""
        return self.phrases[key].format(**values)

    def named(self, prefix: str) -> dict[str, str]:
        """The phrases below *prefix*, by the rest of their key."""
        return {key[len(prefix) + 1 :]: text for key, text in self.phrases.items() if key.startswith(prefix + ".")}


def load_texts(path: Path) -> Texts:
    """The phrases in the YAML file *path*. Raises TextsError when it is missing or broken."""
    try:
        raw = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise TextsError(f"{path}: missing; put the file back or set HOCTAP_CONTENT") from error
    except (OSError, UnicodeDecodeError) as error:
        raise TextsError(f"{path}: cannot be read; save it as UTF-8") from error
    try:
        tree = yaml.load(raw, Loader=_LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise TextsError(f"{path}:{line}: not readable as YAML; check the quotes and indents") from error
    phrases: dict[str, str] = {}
    _flatten(tree, "", phrases)
    for key, text in phrases.items():
        try:
            list(Formatter().parse(text))
        except ValueError as error:
            raise TextsError(f"{path}: {key}: unbalanced braces") from error
    return Texts(phrases)


def _flatten(tree: Any, prefix: str, phrases: dict[str, str]) -> None:
    if isinstance(tree, dict):
        for key, value in tree.items():
            _flatten(value, f"{prefix}.{key}" if prefix else str(key), phrases)
    elif tree is not None:
        # Blanks before a phrase are meant: they indent a line of a list.
        phrases[prefix] = str(tree).strip("\n").rstrip()
