"""The training content as Rasa reads it: the YAML of each topic, the domain, and the names of intents there.

In a Rasa project a name with a slash is a retrieval intent and needs a response selector of its own, so
`faq/<code>` is called `faq.<code>` there. The answers' texts are its responses: they teach words.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from nlu.entities import EntityKind
from nlu.parse import FAQ_PREFIX
from nlu.training import Example, Kind, Synonym, read_lookups, read_synonyms, split_kinds
from nlu.vietnamese import normalise_unicode, tokens

FOLDER: Final = Path(__file__).parent
"""The Rasa project of this package."""

RESPONSE_PREFIX: Final = "utter_"
"""What stands before an intent's name in the name of its responses."""

_RASA_PREFIX: Final = "faq."
_NOT_YAML: Final = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENTITY_MARK: Final = re.compile(r"\](?=[\[({])")
_HEADER: Final = '# Written by `hoctap nlu export`; edit content/ and nlu/data/*.yml instead.\nversion: "3.1"\n'


def rasa_name(intent: str) -> str:
    """Return what the intent is called in the Rasa project."""
    return _RASA_PREFIX + intent.removeprefix(FAQ_PREFIX) if intent.startswith(FAQ_PREFIX) else intent


def intent_name(rasa: str) -> str:
    """Return the intent that is called `rasa` in the Rasa project."""
    return FAQ_PREFIX + rasa.removeprefix(_RASA_PREFIX) if rasa.startswith(_RASA_PREFIX) else rasa


def project_files(dialogue: Sequence[Example], topics: Mapping[str, Sequence[Example]]) -> dict[str, str]:
    """Return the text of each file that is made of the content, by its path in the project.

    `topics` maps the ASCII name of each topic to its examples; `dialogue` are those that the project holds
    already. The same examples always give the same files.
    """
    files = {f"data/content/{name}.yml": data_file(examples) for name, examples in topics.items()}
    every = [*dialogue, *(example for examples in topics.values() for example in examples)]
    return {"domain.yml": _domain({example.intent for example in every}), **files}


def data_file(examples: Sequence[Example]) -> str:
    """Return a file of training data that holds `examples`, whatever was typed in them."""
    wordings, answers = split_kinds(examples)
    lines = [_HEADER, "nlu:"]
    for intent, texts in _by_intent(wordings).items():
        said = [line for line in map(one_line, texts) if tokens(line)]
        lines += [f"- intent: {rasa_name(intent)}", "  examples: |", *(f"    - {line}" for line in said)]
    if answers:
        lines += ["", "responses:"]
    for intent, texts in _by_intent(answers).items():
        lines.append(f"  {RESPONSE_PREFIX}{rasa_name(intent)}:")
        for text in texts:
            # The 2 says how far the text is indented, should it begin with white space.
            lines += ["  - text: |2-", *(f"      {line}".rstrip() for line in _printable(text).split("\n"))]
    return "\n".join(lines) + "\n"


def read_taught(
    wordings: Iterable[tuple[str, str]], responses: Mapping[str, Sequence[Mapping[str, str]]]
) -> list[Example]:
    """Return the examples of a Rasa project: of its (text, intent name) pairs and its responses."""
    answers = {name.removeprefix(RESPONSE_PREFIX): texts for name, texts in responses.items()}
    return [
        *(Example(text, intent_name(name)) for text, name in wordings),
        *(
            Example(said["text"], intent_name(name), Kind.ANSWER)
            for name, texts in answers.items()
            for said in texts
            if said.get("text")
        ),
    ]


def fingerprint(
    examples: Iterable[Example],
    synonyms: Iterable[Synonym] | None = None,
    lookups: Iterable[Synonym] | None = None,
) -> str:
    """Return a hex digest of what is taught and of the code that learns and reads it.

    Order, punctuation and repetition do not matter; `synonyms` and `lookups` are those of the package unless
    given.
    """
    taught = {_line(each.kind.value, each.intent, each.text) for each in examples}
    taught |= {_line("synonym", each.concept, each.phrase) for each in _or_read(synonyms, read_synonyms)}
    taught |= {_line("lookup", each.concept, each.phrase) for each in _or_read(lookups, read_lookups)}
    said = "\n".join([code_digest(), *sorted(taught)])
    return hashlib.sha256(said.encode(errors="replace")).hexdigest()[:32]


@cache
def code_digest() -> str:
    """Return a hex digest of the modules of this package: any of them may change what a text is read as."""
    digest = hashlib.sha256()
    for path in sorted([*FOLDER.glob("*.py"), *FOLDER.glob("components/*.py")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def one_line(text: str) -> str:
    """Return `text` as an example on one line that Rasa takes for nothing but words.

    Only punctuation and white space are changed: what would mark an entity, a list item or a command.
    """
    words = " ".join(_printable(text).split())
    return _ENTITY_MARK.sub("] ", words).lstrip("-/ ")


def _line(kind: str, name: str, text: str) -> str:
    return f"{kind}\0{name}\0{' '.join(tokens(text))}"


def _or_read(given: Iterable[Synonym] | None, read: Callable[[], list[Synonym]]) -> Iterable[Synonym]:
    return read() if given is None else given


def _domain(intents: Iterable[str]) -> str:
    named = "".join(f"- {rasa_name(intent)}\n" for intent in sorted(intents))
    kinds = "".join(f"- {kind.value}\n" for kind in EntityKind)
    return f"{_HEADER}\nintents:\n{named}\nentities:\n{kinds}"


def _by_intent(examples: Iterable[Example]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for example in examples:
        found.setdefault(example.intent, []).append(example.text)
    return found


def _printable(text: str) -> str:
    return _NOT_YAML.sub("", normalise_unicode(text))
