"""The working copy: what stands before citizens with the edits in it – its answers, its faults, its folder."""

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from bot.db import Database, publications
from bot.db import edits as edits_table
from bot.db.publications import Publication
from bot.knowledge import exchange, folder
from bot.knowledge.check import check
from bot.knowledge.edit import Edit, lay_over, read_edit
from bot.knowledge.editing import Merge, write_files
from bot.knowledge.entry import Answer
from bot.knowledge.fault import Fault, Place, read_sentences, sentence
from bot.knowledge.package import unpack
from bot.knowledge.rules import Rules
from bot.knowledge.tables import Tables, fill_answers, find_typed
from bot.outreach.broadcast import Forbidden
from bot.outreach.quiet_hours import ZONE


@dataclass(frozen=True)
class Written:
    """A version as staff wrote it: no place in it is filled from a table."""

    folder: Path
    answers: tuple[Answer, ...]
    tables: Tables
    rules: Rules
    names: Mapping[str, str]

    def find(self, code: str) -> Answer | None:
        """The answer of *code*."""
        return next((each for each in self.answers if each.code == code), None)

    def of_topic(self, topic: str) -> list[Answer]:
        """The answers of a topic, in order."""
        return [each for each in self.answers if each.topic == topic]

    def topics(self) -> dict[str, str]:
        """The title of each topic, by its name."""
        return {each.topic: each.topic_title for each in self.answers}


@dataclass(frozen=True)
class Checked:
    """Edits laid over what stands, and every fault that is theirs, by the key of the edit.

    *filled* are all answers then, by code, with what the tables hold in their places.
    """

    written: Written
    merge: Merge
    filled: Mapping[str, Answer]
    edits: Mapping[str, Edit]
    faults: Mapping[str, tuple[Fault, ...]]

    def is_sound(self, key: str) -> bool:
        """Whether nothing of the edit keeps it from being published."""
        return all(each.warning for each in self.faults.get(key, ()))

    def sound(self) -> list[Edit]:
        """The edits that may be compared and published."""
        return [each for key, each in self.edits.items() if self.is_sound(key)]

    def say(self, fault: Fault) -> str:
        """The sentence of a fault; other answers in it are called by their names, not by files and lines."""
        spelt = {
            name: self._name(value) if isinstance(value, Place) else value
            for name, value in fault.arguments.items()
        }
        return sentence(replace(fault, arguments=spelt), self.written.names, "form.")

    def _name(self, place: Place) -> str:
        if place.file in self.edits:
            found: Answer | None = read_edit(self.edits[place.file])[0]
        else:
            before = [each for each in self.written.answers if each.file == place.file and each.line <= place.line]
            found = before[-1] if before else None
        if found is None:
            return place.spell(self.written.names)
        return f"“{found.short_title or found.question}” ({found.code})"


def open_standing(database: Database, data: Path) -> tuple[Publication, Written]:
    """What stands before citizens, as written; slow the first time. Raises Forbidden when nothing does."""
    standing = database.read_now(publications.current)
    if standing is None:
        raise Forbidden("rule.nothing_published")
    return standing, read_version(database, data, standing.digest)


def read_version(database: Database, data: Path, digest: str) -> Written:
    """The version of *digest* as written. Raises Forbidden when nothing of it can be read any more."""
    archive = database.read_now(lambda c: publications.archive_of(c, digest))
    try:
        return read_written(unpack(data, digest, archive))
    except (OSError, ValueError, KeyError) as error:
        raise Forbidden("rule.version_gone", digest=digest[:12]) from error


@lru_cache(maxsize=4)
def read_written(content: Path) -> Written:
    """The version in the folder *content*, which never changes."""
    faults: list[Fault] = []
    return Written(
        content,
        tuple(folder.read_answers(content / "faq", faults)),
        folder.read_tables(content, faults),
        folder.read_rules(content, faults),
        read_sentences(content),
    )


def look_over(written: Written, edits: Iterable[Edit], today: date) -> Checked:
    """Lay *edits* over what is *written*, and check it all as of *today*."""
    by_key = {each.key: each for each in edits}
    merge, unreadable = lay_over(written.answers, written.tables, by_key.values())
    faults = [*unreadable, *merge.conflicts]
    filled = fill_answers(merge.answers, merge.tables, faults)
    faults += find_typed([each for each in merge.answers if each.file in by_key], merge.tables)
    faults += check(filled, today, written.rules)
    theirs: dict[str, list[Fault]] = {}
    for each in (_turn(fault, by_key) for fault in faults):
        if each.file in by_key and each not in theirs.setdefault(each.file, []):
            theirs[each.file].append(each)
    answers = {each.code: each for each in filled}
    return Checked(written, merge, answers, by_key, {key: tuple(each) for key, each in theirs.items()})


class WorkingCopy:
    """What the pages ask for. Everything here reads files and may take a second: not on the event loop."""

    def __init__(self, database: Database, data: Path, clock: Callable[[], datetime]) -> None:
        self.data = data
        self._database = database
        self._clock = clock

    def today(self) -> date:
        """The day in Vietnam."""
        return self._clock().astimezone(ZONE).date()

    def standing(self) -> Written:
        """What stands before citizens, as written. Raises Forbidden when nothing does."""
        return open_standing(self._database, self.data)[1]

    def version(self, digest: str) -> Written:
        """An earlier version. Raises Forbidden when it cannot be read any more."""
        return read_version(self._database, self.data, digest)

    def pending(self) -> list[Edit]:
        """The edits that wait, the oldest first."""
        return self._database.read_now(edits_table.all_edits)

    def check(self, edits: Iterable[Edit] | None = None) -> Checked:
        """What stands with *edits* in it; none given: with all that wait."""
        return look_over(self.standing(), self.pending() if edits is None else edits, self.today())

    def sound(self) -> Checked:
        """What stands with the edits in it that have no fault."""
        checked = self.check()
        return look_over(checked.written, checked.sound(), self.today())


def materialise(written: Written, merge: Merge, target: Path) -> None:
    """Write the whole content with the merge in it to the folder *target*."""
    shutil.copytree(written.folder, target, dirs_exist_ok=True)
    exchange.carry_out(target, exchange.Plan(merge, write_files(merge, written.names), ()))


def _turn(fault: Fault, edits: Mapping[str, Edit]) -> Fault:
    """What an edit causes elsewhere is its fault: the later of two that collide need not be the new one."""
    if fault.file in edits:
        return fault
    for name, value in fault.arguments.items():
        if isinstance(value, Place) and value.file in edits:
            here = Place(fault.file, fault.line)
            return replace(fault, file=value.file, line=value.line, arguments={**fault.arguments, name: here})
    return fault


def chosen(edits: Sequence[Edit], keys: Iterable[str]) -> list[Edit]:
    """The edits of *keys*, in order."""
    wanted = set(keys)
    return [each for each in edits if each.key in wanted]
