"""What the commands on centres need at hand: the directory, the files read and told, who may do what."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import typer

from bot.access import rights
from bot.access.rights import Right
from bot.app import today_in_vietnam
from bot.centre_directory import load_directory
from bot.cli.errors import CommandError
from bot.config import Config
from bot.db import Connection, Database, officials
from bot.db import centres as centre_db
from bot.dialogue.place_names import question_of
from bot.dialogue.texts import Texts, load_texts
from bot.knowledge.fault import Fault as Told
from bot.knowledge.fault import Severity, describe, read_sentences
from bot.outreach.official import Official, clean_login
from bot.places.centre import Centre, Fault
from bot.places.centre_export import write_csv, write_workbook
from bot.places.centre_files import CentreReader
from bot.places.centres import Directory
from bot.places.changes import Changes, compare
from bot.places.gazetteer import Gazetteer
from bot.places.resolver import resolve
from bot.places.units import AdminUnit
from bot.places.wishes import Catalogue


class Desk:
    """What the commands need at hand."""

    def __init__(self, config: Config, today: date) -> None:
        self.config, self.today = config, today
        self.texts = load_texts(config.content / "texts.yml")
        self.gazetteer = Gazetteer.load(config.content / "places" / "overlay.csv", today)
        self.catalogue = Catalogue.load(config.content)
        self.database = Database.open(config.database)

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

    def check_scope(self, person: Official, changes: Changes) -> None:
        """Raises CommandError where *changes* touch a province that *person* does not answer for."""
        outside = {
            centre.province_code
            for centre in changes.touched
            if not all(
                rights.covers(person, f"new:{site.commune}" if site.commune else "", centre.province_code)
                for site in centre.sites
            )
        }
        names = [unit.full_name for code in sorted(outside) if (unit := self.gazetteer.province(code))]
        if outside:
            raise CommandError(self.texts("cli.centres_out_of_scope", login=person.login, places=", ".join(names)))

    def directory(self) -> Directory:
        """The directory citizens see."""
        return load_directory(self.config, self.database, self.gazetteer, self.today)

    def published(self, connection: Connection) -> Sequence[Centre]:
        """Its centres, within the caller's transaction."""
        if centre_db.version(connection):
            return centre_db.published(connection)
        return Directory.load(self.config.content / "centres", self.gazetteer, self.today).centres

    def read(self, files: Sequence[Path], *, whole: bool) -> tuple[list[Centre], Changes]:
        """The centres of *files* and what they change, told line by line; exits with 1 for a fault."""
        reader = CentreReader(self.gazetteer, self.catalogue, self.today)
        for path in files:
            reader.read(path)
        incoming = reader.centres()
        changes = compare(self.directory().centres, incoming, whole=whole)
        faults = [
            *reader.faults,
            *(replace(reader.warn(id, "no_successor", id=to), warning=False) for id, to in changes.orphans),
            *(reader.warn(id, "twin_published", other=other) for id, other in changes.twins),
        ]
        sentences = read_sentences(self.config.content)
        faults.sort(key=lambda fault: (fault.warning, fault.file, fault.sheet, fault.line))
        for fault in faults:
            typer.echo(tell_fault(fault, sentences, self.texts))
        errors = sum(not fault.warning for fault in faults)
        if not incoming and not errors:
            raise CommandError(self.texts("cli.centres_empty"))
        if errors:
            typer.echo(self.texts("cli.centres_faults", count=errors), err=True)
            self.close()
            raise typer.Exit(1)
        typer.echo(self.texts("cli.centres_counts", **changes.counts()))
        for id in [*changes.removed, *changes.dissolved][:20]:
            typer.echo(f"  - {id}")
        return incoming, changes

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
                raise CommandError(f"{out}: name a file ….csv or ….xlsx")
        except OSError as error:
            raise CommandError(f"{out}: cannot be written ({error.strerror})") from error


def tell_fault(fault: Fault, sentences: dict[str, str], texts: Texts) -> str:
    """One line for staff: ``file!sheet:cell: sentence``; a warning says that it is one."""
    told = describe(Told(fault.file, fault.line, fault.key, fault.arguments, Severity.ERROR), sentences)
    sentence = told.partition(f":{fault.line}: ")[2]
    return f"{fault.place}: {texts('cli.warning')} {sentence}" if fault.warning else f"{fault.place}: {sentence}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
