"""``hoctap centres``: staff's lists of centres in and out, what is near a place, what citizens report."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from bot.access import rights
from bot.access.rights import Right
from bot.app import today_in_vietnam, utc_now
from bot.centre_directory import load_directory
from bot.cli.errors import CommandError
from bot.config import Config
from bot.db import Connection, Database, audit, officials
from bot.db import centres as centre_db
from bot.db.nearby import open_nearest
from bot.dialogue.centre_words import tell_date
from bot.dialogue.place_names import name_both, question_of
from bot.dialogue.texts import Texts, load_texts
from bot.inbox import ZONE
from bot.knowledge.fault import Fault as Told
from bot.knowledge.fault import Severity, describe, read_sentences
from bot.outreach.official import Official, clean_login
from bot.places.centre import Centre, CentreType, Fault
from bot.places.centre_export import write_csv, write_workbook
from bot.places.centre_fields import show_phone
from bot.places.centre_files import CentreReader
from bot.places.centres import Directory, Finding, Found, nearest
from bot.places.changes import Changes, compare
from bot.places.coverage_map import MapIncomplete, coverage, draw_map, table
from bot.places.gazetteer import Gazetteer
from bot.places.opening import describe_hours, state_at
from bot.places.resolver import resolve
from bot.places.units import AdminUnit, Level
from bot.places.wishes import Catalogue, Wish

app = typer.Typer(help="Learning centres.", no_args_is_help=True)

Files = Annotated[list[Path], typer.Argument(help="CSV or Excel files (.xlsx).", exists=True, dir_okay=False)]
By = Annotated[str, typer.Option("--as", help="The login of the official who does this.")]


@app.callback()
def group() -> None:
    """Learning centres."""


@app.command()
def check(files: Files, whole: Annotated[bool, typer.Option(help="As for import.")] = False) -> None:
    """Say what is wrong in FILES and what an import would change; nothing is kept. Exit code 1 for a fault."""
    desk = _Desk.open()
    desk.read(files, whole=whole)
    desk.close()


@app.command("import")
def import_files(
    files: Files,
    by: By,
    whole: Annotated[
        bool, typer.Option(help="FILES list all centres of their provinces: those missing are removed.")
    ] = False,
) -> None:
    """Read FILES; without a fault they wait, as one import, for a person to publish them."""
    desk = _Desk.open()
    try:
        person = desk.person(by)
        login = person.login
        incoming, changes = desk.read(files, whole=whole)
        desk.check_scope(person, changes)
        name, now = ", ".join(path.name for path in files), utc_now()

        def act(connection: Connection) -> int:
            number = centre_db.stage(
                connection, name, incoming, dict(changes.counts()), whole=whole, by=login, now=now
            )
            audit.record(connection, login, "centres_import", now, detail=f"{number} {name}")
            return number

        number = desk.database.submit(act).result()
        typer.echo(desk.texts("cli.centres_staged", id=number))
        if changes.removes_too_many:
            typer.echo(desk.texts("cli.centres_many_gone", gone=changes.gone, before=changes.before))
    finally:
        desk.close()


@app.command()
def publish(
    number: Annotated[int, typer.Argument(help="The number of the import.")],
    by: By,
    removing: Annotated[
        int, typer.Option(help="How many centres go, to say that so many are meant to.", min=0)
    ] = 0,
) -> None:
    """Make a waiting import the directory citizens see, all of it or nothing."""
    desk = _Desk.open()
    try:
        person, now = desk.person(by), utc_now()
        login = person.login

        def act(connection: Connection) -> Changes | None:
            found, incoming = centre_db.staged(connection, number)
            changes = compare(desk.published(connection), incoming, whole=found.whole)
            desk.check_scope(person, changes)
            if changes.removes_too_many and removing != changes.gone:
                return changes
            centre_db.rebase(connection, number, dict(changes.counts()))
            centre_db.publish(connection, number, changes.result, by=login, now=now)
            audit.record(connection, login, "centres_publish", now, detail=f"{number} {found.file}")
            return None

        try:
            blocked = desk.database.submit(act).result()
        except centre_db.NotStaged as error:
            raise CommandError(desk.texts("cli.centres_not_staged", id=number)) from error
        if blocked is not None:
            sentence = desk.texts("cli.centres_blocked", gone=blocked.gone, before=blocked.before, id=number)
            names = [*blocked.removed, *blocked.dissolved]
            raise CommandError("\n".join([sentence, *(f"  - {id}" for id in names[:20])]))
        typer.echo(desk.texts("cli.centres_published", id=number))
    finally:
        desk.close()


@app.command()
def withdraw(number: Annotated[int, typer.Argument(help="The number of the import.")], by: By) -> None:
    """Drop a waiting import."""
    desk = _Desk.open()
    try:
        login, now = desk.person(by).login, utc_now()

        def act(connection: Connection) -> None:
            centre_db.withdraw(connection, number, by=login, now=now)
            audit.record(connection, login, "centres_withdraw", now, detail=str(number))

        try:
            desk.database.submit(act).result()
        except centre_db.NotStaged as error:
            raise CommandError(desk.texts("cli.centres_not_staged", id=number)) from error
        typer.echo(desk.texts("cli.centres_withdrawn", id=number))
    finally:
        desk.close()


@app.command("imports")
def list_imports() -> None:
    """Show the imports, the newest first: those that wait, those published, those withdrawn."""
    desk = _Desk.open()
    for each in desk.database.read_now(centre_db.imports):
        at = f"{each.created_at.astimezone(ZONE):%d/%m/%Y %H:%M}"
        status = desk.texts(f"cli.centres_{each.status}_word")
        counts = desk.texts("cli.centres_counts_short", **each.summary)
        typer.echo(f"{each.id}\t{status}\t{at}\t{each.created_by}\t{each.file}\t{counts}")
    desk.close()


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="The file to write: .csv or .xlsx.")],
    province: Annotated[str, typer.Option(help="Only the centres of this province.")] = "",
) -> None:
    """Write the directory as citizens see it, to be edited and imported again."""
    desk = _Desk.open()
    centres: Sequence[Centre] = desk.directory().centres
    if province:
        unit = resolve(desk.gazetteer, province).unit
        if unit is None or unit.level is not Level.PROVINCE:
            raise CommandError(desk.texts("cli.no_province", name=province))
        code = desk.gazetteer.province_of(unit).code
        centres = [centre for centre in centres if centre.province_code == code]
    desk.write(out, centres)
    typer.echo(desk.texts("cli.centres_exported", count=len(centres), file=out))
    desk.close()


@app.command()
def template(out: Annotated[Path, typer.Argument(help="The Excel file to write.")]) -> None:
    """Write an empty Excel file with the columns, choices to pick from, and how to fill it in."""
    if out.suffix.lower() != ".xlsx":
        raise CommandError(f"{out}: the template is an Excel file; name it ….xlsx")
    desk = _Desk.open()
    desk.write(out, [])
    typer.echo(desk.texts("cli.centres_template", file=out))
    desk.close()


@app.command()
def near(
    place: Annotated[list[str], typer.Argument(help="A place as a citizen would type it, or latitude,longitude.")],
    type_: Annotated[CentreType | None, typer.Option("--type", help="Only this type.")] = None,
    course: Annotated[str, typer.Option(help="Only who teaches this.")] = "",
    open_now: Annotated[bool, typer.Option("--open", help="Only those surely open now.")] = False,
    count: Annotated[int, typer.Option(help="How many of the nearest.", min=1, max=20)] = 3,
) -> None:
    """Show the centres that a citizen at PLACE is told of, with distances and how well they are known."""
    desk = _Desk.open()
    texts, directory = desk.texts, desk.directory()
    where = desk.place(" ".join(place))
    wanted = directory.catalogue.course_of(course) if course else None
    if course and wanted is None:
        raise CommandError(texts("cli.no_course", name=course))
    engine, note = open_nearest(desk.database, directory)
    directory.nearest_sites = engine
    wish = Wish(frozenset({type_} if type_ else ()), wanted.code if wanted else "", open_now)
    finding = nearest(directory, where, count, wish=wish, now=utc_now())
    if note:
        typer.echo(texts(f"cli.{note}"), err=True)
    if isinstance(where, AdminUnit):
        typer.echo(name_both(texts, desk.gazetteer, where))
    elif finding.commune is not None:
        typer.echo(name_both(texts, desk.gazetteer, finding.commune))
    for line in _lines(texts, finding, directory):
        typer.echo(line)
    desk.close()


@app.command("map")
def draw(out: Annotated[Path, typer.Argument(help="The SVG file to write.")]) -> None:
    """Draw the provinces shaded by coverage with the sites as pins; print the same figures as a table."""
    if out.suffix.lower() != ".svg":
        raise CommandError(f"{out}: the map is an SVG file; name it ….svg")
    desk = _Desk.open()
    directory, words = desk.directory(), desk.texts.named("map")
    try:
        out.write_text(draw_map(directory, words), "utf-8")
    except MapIncomplete as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{out}: cannot be written ({error.strerror})") from error
    rows = coverage(directory)
    typer.echo("\t".join(words[f"table_{at}"] for at in range(7)))
    for line in table(rows):
        typer.echo("\t".join(line))
    covered, total = sum(row.covered for row in rows), sum(row.communes for row in rows)
    centres = sum(row.centres for row in rows)
    typer.echo(desk.texts("cli.centres_map", file=out, centres=centres, communes=covered, total=total))
    desk.close()


@app.command("reports")
def list_reports() -> None:
    """Show what citizens say is wrong about centres."""
    desk = _Desk.open()
    directory = desk.directory()
    found = desk.database.read_now(centre_db.open_reports)
    if not found:
        typer.echo(desk.texts("cli.no_reports"))
    for each in found:
        centre = directory.centre(each.centre)
        at = f"{each.created_at.astimezone(ZONE):%d/%m/%Y %H:%M}"
        wrong = desk.texts(f"report.{each.wrong}")
        typer.echo(f"{each.id}\t{at}\t{each.centre}\t{centre.name if centre else ''}\t{wrong}\t{each.note}")
    desk.close()


@app.command("close-report")
def close_report(number: Annotated[int, typer.Argument(help="The number of the report.")], by: By) -> None:
    """Mark a report as dealt with; the citizen's words are deleted."""
    desk = _Desk.open()
    try:
        login, now = desk.person(by).login, utc_now()
        if not desk.database.submit(lambda c: centre_db.close_report(c, number, by=login, now=now)).result():
            raise CommandError(desk.texts("cli.report_unknown", id=number))
        typer.echo(desk.texts("cli.report_closed", id=number))
    finally:
        desk.close()


def _lines(texts: Texts, finding: Finding, directory: Directory) -> list[str]:
    if not finding.found:
        return [texts("cli.nothing_near")]
    lines = [] if finding.fulfilled else [texts("cli.wish_unfulfilled")]
    return lines + [_line(texts, found) for found in finding.found]


def _line(texts: Texts, found: Found) -> str:
    centre, site = found.centre, found.site
    km = texts("centre.distance", km=found.about_km).lstrip(", ") if found.about_km is not None else ""
    state = state_at(site.opening_hours, utc_now())
    open_now = "" if state is None else texts("cli.is_open" if state.open else "cli.is_closed")
    hours = site.opening_hours and describe_hours(site.opening_hours, texts.named("hours"), today_in_vietnam())
    parts = (
        str(found.group), km, str(site.precision), centre.id, centre.name, site.label, site.address,
        show_phone(centre.phone), hours, open_now, "; ".join(centre.courses), str(centre.status),
        tell_date(centre.as_of),
    )  # fmt: skip
    return "\t".join(parts)


class _Desk:
    """What the commands need at hand."""

    def __init__(self, config: Config, today: date) -> None:
        self.config, self.today = config, today
        self.texts = load_texts(config.content / "texts.yml")
        self.gazetteer = Gazetteer.load(config.content / "places" / "overlay.csv", today)
        self.catalogue = Catalogue.load(config.content)
        self.database = Database.open(config.database)

    @classmethod
    def open(cls) -> "_Desk":
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
