"""Editing answers in the console: an edit kept as typed, dropped, begun from citizens' questions or from Excel."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from bot.db import Connection, audit, edits
from bot.knowledge import exchange
from bot.knowledge.edit import QUESTION, TOPIC, TOPIC_TITLE, Edit, cells_of, next_code
from bot.knowledge.entry import Answer, Validity
from bot.knowledge.exchange import Plan
from bot.knowledge.fault import Fault
from bot.knowledge.fields import write_date
from bot.knowledge.hoi_dap import Label
from bot.knowledge.workbook import fingerprint_of
from bot.office import publishing
from bot.office.working_copy import Checked, Written, materialise
from bot.outreach.broadcast import Forbidden
from bot.outreach.official import Official
from bot.redaction import MARK
from nlu.vietnamese import fold


class EditedMeanwhile(Exception):
    """Somebody else kept an edit of the same answer since the form was opened; *by* is their login."""

    def __init__(self, by: str) -> None:
        super().__init__(by)
        self.by = by


def save(connection: Connection, official: Official, edit: Edit, seen: str) -> None:
    """Keep *edit*, faults and all; *seen* is the mark of the edit its author saw, "" for none.

    Raises Forbidden, and EditedMeanwhile when it would undo what somebody else wrote.
    """
    publishing.check(official)
    now = edits.find(connection, edit.key)
    if (now.mark if now else "") != seen:
        raise EditedMeanwhile(now.official if now else "")
    edits.keep(connection, edit)
    audit.record(connection, official.login, "content_edit", edit.at, detail=edit.key)


def discard(connection: Connection, official: Official, key: str, now: datetime) -> None:
    """Drop an edit: what stands stays."""
    publishing.check(official)
    if edits.drop(connection, [key]):
        audit.record(connection, official.login, "content_discard", now, detail=key)


def save_import(
    connection: Connection, official: Official, made: Sequence[Edit], file: str, now: datetime
) -> None:
    """Keep what a workbook or document changed."""
    publishing.check(official)
    for each in made:
        edits.keep(connection, each)
    audit.record(connection, official.login, "content_import", now, detail=f"{file}: {len(made)}")


def begin_answer(written: Written, pending: Sequence[Edit], topic: str, today: date) -> dict[str, str]:
    """The cells of a new answer, its code the next of *topic*."""
    title = written.topics().get(topic, "")
    cells = {TOPIC: topic if title else "", TOPIC_TITLE: title, Label.CHECKED_ON: write_date(today)}
    return {
        **{str(key): value for key, value in cells.items()},
        str(Label.CODE): new_code(written, pending, cells),
    }


def new_code(written: Written, pending: Sequence[Edit], cells: dict[str, str]) -> str:
    """The code a new answer of the topic in *cells* is given; "" while it has none."""
    topic, title = cells.get(TOPIC, ""), cells.get(TOPIC_TITLE, "")
    if not topic and not title:
        return ""
    codes = [each.code for each in written.answers]
    of_topic = [each.code for each in written.answers if each.topic == topic or each.topic_title == title]
    waiting = [each.key for each in pending if each.is_answer]
    return next_code(title, of_topic, [*codes, *waiting])


def clean_wordings(questions: Sequence[str]) -> list[str]:
    """Questions as wordings, each once; where something was taken out of one, it is none."""
    clean = {fold(each, words=True): each for each in reversed(questions) if MARK not in each}
    return [*reversed(clean.values())]


def with_wordings(cells: dict[str, str], questions: Sequence[str]) -> dict[str, str]:
    """The cells with *questions* among the wordings; the first is the question where there is none."""
    added = clean_wordings(questions)
    wordings = [line for line in cells.get(Label.WORDINGS, "").split("\n") if line.strip()]
    question = cells.get(QUESTION, "") or (added.pop(0) if added else "")
    known = {fold(each, words=True) for each in (*wordings, question)}
    wordings += [each for each in added if fold(each, words=True) not in known]
    return {**cells, QUESTION: question, str(Label.WORDINGS): "\n".join(wordings)}


def end_answer(answer: Answer, names: Mapping[str, str], today: date) -> tuple[Answer, dict[str, str]]:
    """*answer* as it is when yesterday was its last day, and its cells then.

    It is never deleted: what was said yesterday must still be explained.
    """
    start, last = answer.validity.start, today - timedelta(days=1)
    ended = replace(answer, validity=Validity(start if start and start <= last else None, last))
    return ended, cells_of(ended, names)


def export(checked: Checked, path: Path) -> int:
    """Write what stands, with the sound edits in it, to the workbook *path*; how many answers."""
    with tempfile.TemporaryDirectory() as temporary:
        materialise(checked.written, checked.merge, Path(temporary))
        return exchange.export(Path(temporary), path, checked.written.names)


def plan_import(checked: Checked, path: Path, today: date) -> Plan:
    """What taking in the file *path* would change in what stands with its sound edits."""
    if path.suffix.lower() not in exchange.READ:
        raise Forbidden("rule.not_importable")
    with tempfile.TemporaryDirectory() as temporary:
        materialise(checked.written, checked.merge, Path(temporary))
        return exchange.plan(Path(temporary), path, today, checked.written.names)


def edits_of(
    plan: Plan, checked: Checked, pending: Sequence[Edit], official: Official, now: datetime
) -> tuple[list[Edit], list[Fault]]:
    """The edits a plan makes, and those left out because an unfinished edit of the same answer is there."""
    written, unfinished = checked.written, {each.key for each in pending} - {each.key for each in checked.sound()}
    made: list[Edit] = []
    left: list[Fault] = []
    changed = {*plan.merge.changed, *plan.merge.added}
    answers = {each.code: each for each in plan.merge.answers if each.code in changed}
    for key in sorted(changed):
        answer = answers.get(key)
        if key in unfinished:
            left.append(Fault(answer.file if answer else key, 0, "changed_elsewhere", {"code": key}))
        elif answer:
            stands = written.find(key)
            based_on = stands.fingerprint() if stands else ""
            made.append(Edit(key, cells_of(answer, written.names), based_on, official.login, now))
        else:
            made.append(_edit_of_row(key, plan, written, official, now))
    return made, left


def _edit_of_row(key: str, plan: Plan, written: Written, official: Official, now: datetime) -> Edit:
    name, _, row = key.partition("/")
    table = plan.merge.tables[name]
    cells = {
        header: table.rows[row].cells.get(column, "")
        for header, column in zip(table.headers, table.columns, strict=True)
    }
    stands = written.tables[name].rows.get(row)
    based_on = fingerprint_of([stands.cells.get(each, "") for each in table.columns]) if stands else ""
    return Edit(key, cells, based_on, official.login, now)
