"""Edits that come from a workbook or a document, laid over the files as they are now; nobody's change is lost."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.knowledge import hoi_dap
from bot.knowledge.entry import Answer
from bot.knowledge.fault import Fault, Place, number_cell
from bot.knowledge.tables import CALENDAR, CALENDAR_NAME, FOLDER, Row, Table, Tables
from bot.knowledge.workbook import AnswerRow, TableSheet, fingerprint_of


@dataclass(frozen=True, slots=True)
class Merge:
    """What the content would be with the edits in it.

    *conflicts* are edits that were left out because somebody else changed the same meanwhile. *changed* and
    *added* are codes of answers, or ``table/row``.
    """

    answers: tuple[Answer, ...]
    tables: Tables
    changed: tuple[str, ...]
    added: tuple[str, ...]
    conflicts: tuple[Fault, ...]


def merge_workbook(
    answers: Sequence[Answer], tables: Tables, rows: Iterable[AnswerRow], sheets: Iterable[TableSheet]
) -> Merge:
    """Lay what was edited in a workbook over *answers* and *tables*, row by row.

    A row nobody touched changes nothing, whatever became of its answer; one that was touched is taken only
    if its answer still is what it was when the workbook was written.
    """
    merging = _Merging(answers, tables)
    for row in rows:
        merging.take_answer(row)
    for sheet in sheets:
        merging.take_sheet(sheet)
    return merging.finish()


def merge_document(answers: Sequence[Answer], tables: Tables, written: Iterable[Answer]) -> Merge:
    """Add the answers *written* by hand in a document; one whose code is taken is a conflict."""
    merging = _Merging(answers, tables)
    for answer in written:
        merging.add(answer)
    return merging.finish()


def write_files(merge: Merge, sentences: Mapping[str, str]) -> dict[str, str]:
    """The files of the content folder that hold what the merge changed, by path, whole."""
    touched = {*merge.changed, *merge.added}
    topics = {answer.topic for answer in merge.answers if answer.code in touched}
    files = {
        f"faq/{topic}.md": hoi_dap.write([each for each in merge.answers if each.topic == topic], sentences)
        for topic in sorted(topics)
    }
    for name in sorted({each.partition("/")[0] for each in touched if "/" in each}):
        table = merge.tables[name]
        files[CALENDAR if name == CALENDAR_NAME else f"{FOLDER}/{name}.csv"] = _write_csv(table)
    return files


class _Merging:
    """Takes edits one by one."""

    def __init__(self, answers: Sequence[Answer], tables: Tables) -> None:
        self.answers = {answer.code: answer for answer in answers}
        self.titles = {answer.topic: answer.topic_title for answer in answers}
        self.tables = dict(tables)
        self.changed: list[str] = []
        self.added: list[str] = []
        self.conflicts: list[Fault] = []

    def take_answer(self, row: AnswerRow) -> None:
        answer, code = row.answer, row.answer.code
        now = self.answers.get(code)
        if not row.fingerprint:
            self.add(answer)
        elif answer.fingerprint() == row.fingerprint or (now and now.fingerprint() == answer.fingerprint()):
            pass
        elif now is None:
            self._conflict(answer, "gone_elsewhere", code=code)
        elif now.fingerprint() != row.fingerprint:
            self._conflict(answer, "changed_elsewhere", code=code)
        elif answer.topic != now.topic:
            self._conflict(answer, "topic_changed", code=code, topic=now.topic)
        else:
            self.answers[code] = replace(answer, topic_title=now.topic_title)
            self.changed.append(code)

    def add(self, answer: Answer) -> None:
        now = self.answers.get(answer.code)
        if now and replace(now, topic=answer.topic, topic_title=answer.topic_title) == answer:
            return
        title = self.titles.get(answer.topic) or answer.topic_title
        if now:
            self._conflict(answer, "code_taken", code=answer.code, at=Place(now.file, now.line))
        elif not title:
            self._conflict(answer, "unknown_topic", topic=answer.topic)
        else:
            self.titles[answer.topic] = title
            self.answers[answer.code] = replace(answer, topic_title=title)
            self.added.append(answer.code)

    def take_sheet(self, sheet: TableSheet) -> None:
        table = self.tables.get(sheet.name)
        if table is None:
            self.conflicts.append(Fault(sheet.file, 0, "no_such_table", {"name": sheet.name}))
            return
        missing = [header for header in table.headers if header not in sheet.headers]
        if missing:
            self.conflicts += [Fault(sheet.file, 0, "no_column", {"column": header}) for header in missing]
            return
        order = [sheet.headers.index(header) for header in table.headers]
        rows = dict(table.rows)
        for row in sheet.rows:
            cells = [row.cells[index] for index in order]
            key, now = cells[0], table.rows.get(cells[0])
            current = fingerprint_of([now.cells.get(each, "") for each in table.columns]) if now else ""
            if fingerprint_of(cells) in (row.fingerprint, current):
                continue
            line = number_cell(row.row, 1)
            if current != row.fingerprint:
                arguments = {"key": key, "file": table.file}
                self.conflicts.append(Fault(sheet.file, line, "row_changed_elsewhere", arguments))
                continue
            rows[key] = Row(line, dict(zip(table.columns, cells, strict=True)))
            (self.changed if now else self.added).append(f"{table.name}/{key}")
        self.tables[sheet.name] = replace(table, rows=rows)

    def finish(self) -> Merge:
        return Merge(
            tuple(self.answers.values()),
            self.tables,
            tuple(self.changed),
            tuple(self.added),
            tuple(self.conflicts),
        )

    def _conflict(self, answer: Answer, key: str, **arguments: object) -> None:
        self.conflicts.append(Fault(answer.file, answer.line_of(hoi_dap.Label.CODE), key, arguments))


def _write_csv(table: Table) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.headers)
    for row in table.rows.values():
        writer.writerow([row.cells.get(column, "") for column in table.columns])
    return text.getvalue()
