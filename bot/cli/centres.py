"""``hoctap centres``: staff's lists of centres in and out, what is near a place, what citizens report."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from bot.app import today_in_vietnam, utc_now
from bot.cli.centre_desk import Desk
from bot.cli.errors import CommandError
from bot.db import centres as centre_db
from bot.db.centres import Outcome
from bot.db.nearby import open_nearest
from bot.dialogue.centre_words import tell_date
from bot.dialogue.place_names import name_both
from bot.dialogue.texts import Texts
from bot.inbox import ZONE
from bot.office import centre_lists
from bot.places.centre import Centre, CentreType
from bot.places.centre_fields import show_phone
from bot.places.centres import Directory, Finding, Found, nearest
from bot.places.coverage_map import MapIncomplete, coverage, draw_map, table
from bot.places.opening import describe_hours, state_at
from bot.places.resolver import resolve
from bot.places.units import AdminUnit, Level
from bot.places.wishes import Wish

app = typer.Typer(help="Learning centres.", no_args_is_help=True)

Files = Annotated[list[Path], typer.Argument(help="CSV or Excel files (.xlsx).", exists=True, dir_okay=False)]
By = Annotated[str, typer.Option("--as", help="The login of the official who does this.")]


@app.callback()
def group() -> None:
    """Learning centres."""


@app.command()
def check(files: Files, whole: Annotated[bool, typer.Option(help="As for import.")] = False) -> None:
    """Say what is wrong in FILES and what an import would change; nothing is kept. Exit code 1 for a fault."""
    desk = Desk.open()
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
    desk = Desk.open()
    try:
        person, now = desk.person(by), utc_now()
        read = desk.read(files, whole=whole)
        name, atlas, changes = ", ".join(path.name for path in files), desk.atlas, read.changes
        number = desk.act(lambda c: centre_lists.stage(c, atlas, person, name, read, now, whole=whole))
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
    desk = Desk.open()
    try:
        person, now, atlas = desk.person(by), utc_now(), desk.atlas
        desk.act(lambda c: centre_lists.publish(c, atlas, person, number, now, removing=removing))
        typer.echo(desk.texts("cli.centres_published", id=number))
    finally:
        desk.close()


@app.command()
def withdraw(number: Annotated[int, typer.Argument(help="The number of the import.")], by: By) -> None:
    """Drop a waiting import."""
    desk = Desk.open()
    try:
        person, now = desk.person(by), utc_now()
        desk.act(lambda c: centre_lists.withdraw(c, person, number, now))
        typer.echo(desk.texts("cli.centres_withdrawn", id=number))
    finally:
        desk.close()


@app.command("imports")
def list_imports() -> None:
    """Show the imports, the newest first: those that wait, those published, those withdrawn."""
    desk = Desk.open()
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
    desk = Desk.open()
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
    desk = Desk.open()
    if out.suffix.lower() != ".xlsx":
        raise CommandError(desk.texts("cli.not_xlsx", file=out))
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
    desk = Desk.open()
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
    desk = Desk.open()
    if out.suffix.lower() != ".svg":
        raise CommandError(desk.texts("cli.not_svg", file=out))
    directory, words = desk.directory(), desk.texts.named("map")
    try:
        out.write_text(draw_map(directory, words), "utf-8")
    except MapIncomplete as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(desk.texts("cli.not_written", file=out)) from error
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
    desk = Desk.open()
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
def close_report(
    number: Annotated[int, typer.Argument(help="The number of the report.")],
    by: By,
    refuse: Annotated[bool, typer.Option(help="It is not so: the directory stays as it is.")] = False,
) -> None:
    """Mark a report as dealt with; the citizen's words are deleted."""
    desk = Desk.open()
    try:
        person, now, atlas = desk.person(by), utc_now(), desk.atlas
        outcome = Outcome.REFUSED if refuse else Outcome.ACCEPTED
        desk.act(lambda c: centre_lists.settle_report(c, atlas, person, number, outcome, now))
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
