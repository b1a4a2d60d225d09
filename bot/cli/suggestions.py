"""Wordings proposed from what citizens asked in vain, for a person to accept; nothing is learnt by itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.db.unanswered import Unanswered
from bot.knowledge.hoi_dap import Label
from bot.knowledge.library import Library
from bot.redaction import MARK
from nlu.parse import ANSWER_AT, Parser
from nlu.vietnamese import fold

_NEAR = 0.2
_WORDS_MIN = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question nobody answered, the code of the answer nearest to it, and how near."""

    number: int
    text: str
    code: str
    score: float


def suggest(asked: Iterable[Unanswered], parser: Parser, answers: Library) -> list[Suggestion]:
    """The questions that some answer nearly fits and no wording says yet, nearest first.

    What was redacted, is answered today or has hardly a word is left out.
    """
    known = {fold(each.text, words=True) for each in answers.examples()}
    found: dict[str, Suggestion] = {}
    for each in asked:
        key = fold(each.question, words=True)
        if MARK in each.question or key in known or len(key.split()) < _WORDS_MIN:
            continue
        best = next((i for i in parser.parse(each.question).ranking if i.faq_code in answers.by_code), None)
        if best and _NEAR <= best.score < ANSWER_AT:
            found.setdefault(key, Suggestion(each.id, each.question, best.faq_code, best.score))
    return sorted(found.values(), key=lambda each: (-each.score, each.number))


def accept(chosen: Sequence[Suggestion], answers: Library, content: Path) -> None:
    """Add each chosen question to the wordings of its answer, in the answer's own file. Raises OSError."""
    by_file: dict[str, list[tuple[int, str]]] = {}
    for each in chosen:
        answer = answers.by_code[each.code]
        last = answer.lines[Label.WORDINGS][-1]
        by_file.setdefault(answer.file, []).append((last, f"- {each.text}"))
    for file, additions in by_file.items():
        path = content / file
        lines = path.read_text("utf-8").split("\n")
        for after, line in sorted(additions, reverse=True):
            lines.insert(after, line)
        path.write_text("\n".join(lines), "utf-8")
