"""What the commands on centres need at hand: the directory, the files read and told, who may do what."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

import typer

from bot.access import rights
from bot.access.rights import Right
from bot.app import today_in_vietnam
from bot.centre_directory import load_directory
from bot.cli.errors import CommandError
from bot.config import Config
from bot.db import Act, Database, officials
from bot.dialogue.place_names import question_of
from bot.dialogue.texts import Texts, load_texts
from bot.knowledge.fault import read_sentences
from bot.office import centre_lists
from bot.office.centre_lists import Atlas, ListRead, tell
from bot.outreach.broadcast import Forbidden
from bot.outreach.official import Official, clean_login
from bot.outreach.report import explain
from bot.places.centre import Centre, Fault
from bot.places.centre_export import write_csv, write_workbook
from bot.places.centres import Directory
from bot.places.gazetteer import Gazetteer
from bot.places.resolver import resolve
from bot.places.units import AdminUnit
from bot.places.wishes import Catalogue

T = TypeVar("T")


class Desk:
    """What the commands need at hand."""

    def __init__(self, config: Config, today: date) -> None:
        self.config, self.today = config, today
        self.texts = load_texts(config.content / "texts.yml")
        self.gazetteer = Gazetteer.load(config.content / "places" / "overlay.csv", today)
        self.catalogue = Catalogue.load(config.content)
        self.database = Database.open(config.database, config.keys)

    @classmethod
    def open(cls) -> "Desk":
        return cls(Config.load(), today_in_vietnam())

    def close(self) -> None:
        self.database.close()

    def person(self, login: str) -> Official:
        """The official of *login*, if they may edit centres. Raises CommandError."""
        found = self.database.read_now(lambda c: officials.find(c, clean_login(login)))
        if found is None or not rights.has(found[0], Right.EDIT_CENTRES):
            raise CommandError(self.texts("cli.no_official", login=login))
        return found[0]

    def directory(self) -> Directory:
        """The directory citizens see."""
        return load_directory(self.config, self.database, self.gazetteer, self.today)

    @property
    def atlas(self) -> Atlas:
        """What a list is read with."""
        shipped = self.config.content / "centres"
        return Atlas(
            self.gazetteer,
            self.catalogue,
            self.today,
            lambda: Directory.load(shipped, self.gazetteer, self.today).centres,
        )

    def act(self, act: Act[T]) -> T:
        """Do *act* in a transaction and wait for it. Raises CommandError where a rule says no."""
        try:
            return self.database.submit(act).result()
        except Forbidden as error:
            raise CommandError(explain(load_texts(self.config.content / "broadcast_texts.yml"), error)) from error

    def read(self, files: Sequence[Path], *, whole: bool) -> ListRead:
        """The list in *files* and what it changes, told line by line; exits with 1 for a fault."""
        read = centre_lists.read_list(files, self.atlas, self.directory().centres, whole=whole)
        sentences = read_sentences(self.config.content)
        for fault in read.faults:
            typer.echo(f"{fault.place}: {tell_fault(fault, sentences, self.texts)}")
        if not read.incoming and not read.errors:
            raise CommandError(self.texts("cli.centres_empty"))
        if read.errors:
            typer.echo(self.texts("cli.centres_faults", count=read.errors), err=True)
            self.close()
            raise typer.Exit(1)
        changes = read.changes
        typer.echo(self.texts("cli.centres_counts", **changes.counts()))
        for id in [*changes.removed, *changes.dissolved][:20]:
            typer.echo(f"  - {id}")
        return read

    def place(self, said: str) -> AdminUnit | tuple[float, float]:
        """The unit or point that *said* names. Raises CommandError with the question to settle it."""
        numbers = said.replace(" ", "").split(",")
        if len(numbers) == 2 and all(_is_number(each) for each in numbers):
            return float(numbers[0]), float(numbers[1])
        resolution = resolve(self.gazetteer, said)
        if resolution.unit is not None:
            return resolution.unit
        if not resolution.choices:
            raise CommandError(self.texts("centre.unknown"))
        choices = [f"  - {choice.label}" for choice in resolution.choices]
        raise CommandError("\n".join([question_of(self.texts, resolution), *choices]))

    def write(self, out: Path, centres: Sequence[Centre]) -> None:
        """*centres* to a file. Raises CommandError for one that cannot be written."""
        words = self.texts.named("centre_file")
        try:
            if out.suffix.lower() == ".csv":
                write_csv(out, centres, self.gazetteer, words)
            elif out.suffix.lower() == ".xlsx":
                write_workbook(out, centres, self.gazetteer, self.catalogue, words)
            else:
                raise CommandError(self.texts("cli.not_table", file=out))
        except OSError as error:
            raise CommandError(self.texts("cli.not_written", file=out)) from error


def tell_fault(fault: Fault, sentences: dict[str, str], texts: Texts) -> str:
    """What is wrong and how to mend it; a warning says that it is one."""
    sentence = tell(fault, sentences)
    return f"{texts('cli.warning')} {sentence}" if fault.warning else sentence


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
