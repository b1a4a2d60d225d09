"""An edit reviewed before it is published: real questions answered from what stands and from what is to stand."""

import contextlib
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from bot.config import Config
from bot.db import Database, publications, unanswered
from bot.db.publications import Publication
from bot.inbox import ZONE, Mind
from bot.knowledge.comparison import Asked, Comparison, Outcome, Sort, compare
from bot.knowledge.fault import ContentError, Fault
from bot.knowledge.package import Package, pack
from bot.knowledge.questions import Question, read_questions
from bot.publication import load_mind, read_version
from bot.rehearsal import rehearse
from nlu.parse import ANSWER_AT

FOLDER = "rehearsals"
"""Below HOCTAP_DATA: what came of questions put to a version, so that only an edit is asked anew."""

_KEPT = 4

Count = Callable[[int], None]
Progress = Callable[[int, int], None]
"""Hears how many questions are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Review:
    """The edited content, ready to be published, beside what stands; *standing* is None at the first time."""

    standing: Publication | None
    package: Package
    published: Mind | None
    edited: Mind
    comparison: Comparison

    @property
    def unchanged(self) -> bool:
        """Whether the files are those that stand."""
        return self.standing is not None and self.standing.digest == self.package.digest


def review(config: Config, database: Database, content: Path, now: datetime, progress: Progress) -> Review:
    """Read the folder *content*, train on it, and put every question to it and to what stands.

    Raises ContentError, CentresError or TextsError when it cannot be published at all.
    """
    today = now.astimezone(ZONE).date()
    faults: list[Fault] = []
    questions = read_questions(content, faults)
    package = pack(content)
    edited = load_mind(content, config.data, today)
    unknown = [each for each in questions if not _is_known(each.expect, edited)]
    faults += [Fault("questions.jsonl", 0, "unknown_expectation", {"id": q.id, "code": q.expect}) for q in unknown]
    if any(not each.warning for each in faults):
        raise ContentError(faults)
    standing = database.read_now(publications.current)
    published = read_version(config, database, standing, today) if standing else None
    recent = database.read_now(lambda c: unanswered.recent(c, now))
    asked = _gather(published, edited, questions, [each.question for each in recent])
    texts = [each.turns for each in asked]
    total = len(asked) * (2 if published else 1)
    done = 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        progress(done, total)

    memory = config.data / FOLDER
    before = None
    if published and standing:
        before = _ask(published, texts, now, memory / f"{_key(standing.digest, today)}.json", count)
    after = _ask(edited, texts, now, memory / f"{_key(package.digest, today)}.json", count)
    known = published.house.library.by_code if published else {}
    comparison = compare(asked, before, after, known, edited.house.library.by_code, ANSWER_AT)
    return Review(standing, package, published, edited, comparison)


def _ask(mind: Mind, texts: Sequence[tuple[str, ...]], now: datetime, path: Path, count: Count) -> list[Outcome]:
    """The outcome of each conversation; those already known to the file *path* are not asked again."""
    known = _remember(path)
    missing = [each for each in texts if each not in known]
    count(len(texts) - len(missing))
    if missing:
        known |= dict(zip(missing, rehearse(mind, missing, now, count), strict=True))
        _keep(path, known)
    return [known[each] for each in texts]


def _remember(path: Path) -> dict[tuple[str, ...], Outcome]:
    try:
        rows = json.loads(path.read_text("utf-8"))
        return {
            tuple(turns): Outcome(Sort(sort), name, tuple(offered), score, digest)
            for turns, sort, name, offered, score, digest in rows
        }
    except (OSError, ValueError, TypeError):
        return {}


def _keep(path: Path, known: Mapping[tuple[str, ...], Outcome]) -> None:
    rows = [[turns, o.sort, o.name, o.offered, o.score, o.digest] for turns, o in known.items()]
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
        newest = sorted(path.parent.glob("*.json"), key=lambda each: each.stat().st_mtime, reverse=True)
        for old in newest[_KEPT:]:
            old.unlink(missing_ok=True)


def _key(digest: str, today: date) -> str:
    """Names what was said by a version on a day by this very code."""
    code = hashlib.sha256(digest.encode() + today.isoformat().encode())
    root = Path(__file__).parent.parent
    for path in sorted([*root.glob("bot/**/*.py"), *root.glob("nlu/**/*.py"), *root.glob("nlu/data/*.yml")]):
        code.update(path.read_bytes())
    return code.hexdigest()[:20]


def _gather(
    published: Mind | None, edited: Mind, questions: Sequence[Question], recent: Sequence[str]
) -> list[Asked]:
    """Every question once: the frozen set, all wordings of both versions, what citizens asked of late."""
    asked = {each.turns: Asked(each.turns, each.id, each) for each in questions}
    for mind in (edited, published):
        for answer in mind.house.library.by_code.values() if mind else ():
            for wording in (answer.question, *answer.wordings):
                asked.setdefault((wording,), Asked((wording,), answer.code))
    for text in recent:
        asked.setdefault((text,), Asked((text,), "recent"))
    return list(asked.values())


def _is_known(expect: str, mind: Mind) -> bool:
    return expect in mind.house.library.by_code or not any(each.isdigit() for each in expect)
