"""How two versions of the answers differ: what came, what went, and field by field what was changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.knowledge.edit import QUESTION, cells_of
from bot.knowledge.entry import Answer


@dataclass(frozen=True, slots=True)
class Changed:
    """An answer that is not what it was: each field that differs, before and after."""

    code: str
    title: str
    fields: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What is in the later version only, in the earlier only, and in both but not the same."""

    added: tuple[Answer, ...]
    removed: tuple[Answer, ...]
    changed: tuple[Changed, ...]


def compare_answers(before: Iterable[Answer], after: Iterable[Answer], names: Mapping[str, str]) -> Difference:
    """The difference of two versions as written; *names* are those of ``faults.yml``."""
    old, new = ({each.code: each for each in version} for version in (before, after))
    changed = (
        Changed(code, answer.short_title or answer.question, changed_fields(old[code], answer, names))
        for code, answer in new.items()
        if code in old and old[code] != answer
    )
    return Difference(
        tuple(answer for code, answer in new.items() if code not in old),
        tuple(answer for code, answer in old.items() if code not in new),
        tuple(changed),
    )


def changed_fields(before: Answer, after: Answer, names: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    """The name of each field that differs, and what it was and is."""
    old, new = cells_of(before, names), cells_of(after, names)
    return tuple(
        (name_field(field, names), old.get(field, ""), new.get(field, ""))
        for field in {**old, **new}
        if old.get(field, "") != new.get(field, "")
    )


def name_field(field: str, names: Mapping[str, str]) -> str:
    """A field as staff call it."""
    key = f"sheet.{field}" if field in ("topic", "topic_title", QUESTION) else f"label.{field}"
    return names.get(key, field)
