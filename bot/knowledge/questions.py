"""The frozen question set (``content/questions.jsonl``): what citizens ask, and what must come of it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.knowledge.fault import Fault
from bot.knowledge.folder import read_text

FILE = "questions.jsonl"
OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True, slots=True)
class Question:
    """A conversation by its id. *expect* is the code of an answer, ``out_of_scope``, or an intent.

    Where *must* is set, a change of what is said needs a person's name before it is published.
    """

    id: str
    turns: tuple[str, ...]
    expect: str
    must: bool = False


def read_questions(content: Path, faults: list[Fault]) -> list[Question]:
    """The questions of the folder *content*, none where there is no file; what is wrong goes to *faults*."""
    path = content / FILE
    text = read_text(path, FILE, faults) if path.exists() else ""
    found: dict[str, Question] = {}
    for number, line in enumerate((text or "").split("\n"), 1):
        if not line.strip():
            continue
        question = _question(line)
        if question is None:
            faults.append(Fault(FILE, number, "bad_question"))
        elif question.id in found:
            faults.append(Fault(FILE, number, "question_twice", {"id": question.id}))
        else:
            found[question.id] = question
    return list(found.values())


def _question(line: str) -> Question | None:
    try:
        written: Any = json.loads(line)
    except json.JSONDecodeError:
        return None
    if not isinstance(written, dict):
        return None
    turns = written.get("turns") or [written.get("text")]
    fits = isinstance(turns, list) and all(isinstance(each, str) and each.strip() for each in turns)
    name, expect, must = written.get("id"), written.get("expect"), written.get("must", False)
    if not (fits and isinstance(name, str) and name and isinstance(expect, str) and expect):
        return None
    return Question(name, tuple(turns), expect, must is True)
