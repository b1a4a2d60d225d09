"""The folder staff write in, read file by file: answers as written, tables, lists."""

from pathlib import Path

from bot.knowledge import legacy_text, tables
from bot.knowledge.entry import Answer
from bot.knowledge.fault import Fault, Severity
from bot.knowledge.hoi_dap import read
from bot.knowledge.rules import (
    ABBREVIATIONS,
    JARGON,
    REPEALED,
    Rules,
    read_abbreviations,
    read_jargon,
    read_repealed,
)
from bot.knowledge.tables import Table, Tables

_SUFFIXES = (".md", ".txt")


def read_answers(folder: Path, faults: list[Fault]) -> list[Answer]:
    """The answers of every file in *folder* as written, file by file; what is wrong goes to *faults*."""
    answers: list[Answer] = []
    for path in _files(folder, faults):
        text = read_text(path, f"{folder.name}/{path.name}", faults)
        if text is not None:
            reading = read(text, f"{folder.name}/{path.name}")
            answers += reading.answers
            faults += reading.faults
    return answers


def read_tables(content: Path, faults: list[Fault]) -> Tables:
    """The tables of the folder *content* and its calendar, by name; what is wrong goes to *faults*."""
    found: dict[str, Table] = {}
    paths = {path.stem: path for path in sorted((content / tables.FOLDER).glob("*.csv"))}
    calendar = content / tables.CALENDAR
    if calendar.exists():
        paths[tables.CALENDAR_NAME] = calendar
    for name, path in paths.items():
        file = path.relative_to(content).as_posix()
        text = read_text(path, file, faults)
        if text is not None:
            found[name] = tables.read_table(text, name, file, faults)
    return found


def read_rules(content: Path, faults: list[Fault]) -> Rules:
    """The lists answers are checked by; what is wrong goes to *faults*."""
    repealed = read_text(content / REPEALED, REPEALED, faults)
    abbreviations = read_text(content / ABBREVIATIONS, ABBREVIATIONS, faults)
    gone, excuses = read_repealed(repealed, faults) if repealed is not None else ((), frozenset())
    known = read_abbreviations(abbreviations, faults) if abbreviations is not None else frozenset()
    jargon = read_text(content / JARGON, JARGON, faults)
    phrases = read_jargon(jargon, faults) if jargon is not None else ()
    return Rules(gone, excuses, known, phrases)


def read_text(path: Path, file: str, faults: list[Fault]) -> str | None:
    """The text of *path*, called *file* in what is told; None when it cannot be read."""
    try:
        decoded = legacy_text.decode(path.read_bytes())
    except OSError as error:
        key = "no_list" if isinstance(error, FileNotFoundError) else "unreadable"
        faults.append(Fault(file, 1, key))
        return None
    except legacy_text.UnreadableText as error:
        faults.append(Fault(file, error.line, error.key))
        return None
    faults += [
        Fault(file, notice.line, notice.key, notice.arguments, Severity.WARNING) for notice in decoded.notices
    ]
    return decoded.text


def _files(folder: Path, faults: list[Fault]) -> list[Path]:
    """The files to read; what else lies there is told of, or an editor would wonder why nothing changes."""
    try:
        found = sorted(each for each in folder.iterdir() if not each.name.startswith((".", "~")))
    except OSError as error:
        key = "no_folder" if isinstance(error, FileNotFoundError) else "unreadable"
        faults.append(Fault(folder.name, 1, key, {"folder": str(folder)}))
        return []
    files = [each for each in found if each.suffix.lower() in _SUFFIXES]
    for each in found:
        if each not in files:
            faults.append(Fault(f"{folder.name}/{each.name}", 0, "not_read", {}, Severity.WARNING))
    if not files:
        faults.append(Fault(folder.name, 1, "no_files", {"folder": str(folder)}))
    return files
