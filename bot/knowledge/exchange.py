"""Content out to a workbook, and in again from a workbook or a Word document, planned before a file changes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from bot.knowledge import document, editing, folder, hoi_dap, workbook
from bot.knowledge.check import check
from bot.knowledge.editing import Merge
from bot.knowledge.entry import Answer
from bot.knowledge.fault import ContentError, Fault
from bot.knowledge.tables import Tables, fill_answers

WORKBOOK, DOCUMENT = ".xlsx", ".docx"
TEXTS = (".md", ".txt")
READ = (WORKBOOK, DOCUMENT, *TEXTS)


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do: the *files* it writes, by path below the content folder, whole.

    With an error among *faults* it writes none. Conflicts are in the merge, and leave their row out.
    """

    merge: Merge
    files: Mapping[str, str]
    faults: tuple[Fault, ...]

    @property
    def refused(self) -> bool:
        """Whether an error keeps everything out."""
        return any(not each.warning for each in self.faults)


def export(content: Path, path: Path, sentences: Mapping[str, str]) -> int:
    """Write the answers and tables of the folder *content* to the workbook *path*; how many answers.

    Raises ContentError when a file cannot be read: what it holds would be missing from the workbook.
    """
    answers, tables = _read(content)
    workbook.write(path, answers, tables, sentences)
    return len(answers)


def plan(content: Path, path: Path, today: date, sentences: Mapping[str, str]) -> Plan:
    """What importing *path* into the folder *content* would do; nothing is written.

    Raises ContentError when the content as it is cannot be read.
    """
    answers, tables = _read(content)
    faults: list[Fault] = []
    if path.suffix.lower() in (DOCUMENT, *TEXTS):
        merge = editing.merge_document(answers, tables, _read_typed(path, answers, faults))
    else:
        found = workbook.read(path, sentences)
        faults += found.faults
        merge = editing.merge_workbook(answers, tables, found.answers, found.tables)
    if not any(not each.warning for each in faults):
        filled = fill_answers(merge.answers, merge.tables, faults)
        faults += check(filled, today, folder.read_rules(content, []))
    touched = path.name
    faults = [each for each in faults if not each.warning or each.file.startswith(touched)]
    return Plan(merge, editing.write_files(merge, sentences), tuple(faults))


def carry_out(content: Path, plan: Plan) -> None:
    """Write the files of *plan*, each whole or not at all; a reader never sees half of one."""
    for name, text in plan.files.items():
        path = content / name
        path.parent.mkdir(exist_ok=True)
        draft = path.with_name(f".{path.name}.new")
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(path)


def _read(content: Path) -> tuple[list[Answer], Tables]:
    faults: list[Fault] = []
    answers = folder.read_answers(content / "faq", faults)
    tables = folder.read_tables(content, faults)
    if any(not each.warning for each in faults):
        raise ContentError(faults)
    return answers, tables


def _read_typed(path: Path, known: list[Answer], faults: list[Fault]) -> list[Answer]:
    """The answers typed in a document or a text, in the topic that has its title, else in one of its own."""
    try:
        lines = _lines(path, faults)
    except document.UnreadableDocument:
        faults.append(Fault(path.name, 0, "not_a_document"))
        return []
    if not lines:
        return []
    paragraphs = [paragraph for paragraph, _ in lines]
    reading = hoi_dap.read("\n".join(line for _, line in lines), path.name)
    topics = {answer.topic_title: answer.topic for answer in known}

    def at(line: int) -> int:
        return paragraphs[line - 1] if 0 < line <= len(paragraphs) else line

    faults += [replace(fault, line=at(fault.line)) for fault in reading.faults]
    return [
        replace(
            answer,
            topic=topics.get(answer.topic_title, answer.topic),
            line=at(answer.line),
            lines={label: tuple(map(at, values)) for label, values in answer.lines.items()},
        )
        for answer in reading.answers
    ]


def _lines(path: Path, faults: list[Fault]) -> list[tuple[int, str]]:
    if path.suffix.lower() == DOCUMENT:
        return document.read_lines(path)
    text = folder.read_text(path, path.name, faults)
    return list(enumerate((text or "").split("\n"), 1)) if text is not None else []
