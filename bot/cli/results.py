"""What came of a broadcast, as ``hoctap outreach`` says it: figures, files, quizzes, a progress bar, the books."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.drafting import look_at
from bot.cli.official import PasswordStdin, Whose, open_desk
from bot.cli.tables import save_table
from bot.db import broadcasts, deliveries, reconciling, results, taps
from bot.office.place_names import province_code
from bot.office.sheets import describe_copy
from bot.outreach import report
from bot.outreach.broadcast import Forbidden
from bot.outreach.notice import QUIZ

app = typer.Typer()

Number = Annotated[int, typer.Argument(help="The number of the broadcast.")]


@app.command("results")
def show_results(
    number: Number,
    login: Whose = "",
    password_stdin: PasswordStdin = False,
    province: Annotated[str, typer.Option("--province", help="The communes of this province.")] = "",
    save: Annotated[Path | None, typer.Option("--save", help="Every copy into a .csv or .xlsx file.")] = None,
) -> None:
    """Show what became of a broadcast, by status, channel and place, and what people did."""
    with open_desk() as desk:
        office = desk.office
        found = look_at(desk, number, desk.reader(login, from_stdin=password_stdin))
        code = province_code(office.gazetteer, province) if province else ""
        by_status = desk.database.read_now(lambda c: deliveries.count_by_status(c, number))
        typer.echo(desk.texts("show.head", id=found.id, title=found.title, campaign=found.campaign))
        for line in report.counts(desk.texts, by_status):
            typer.echo(line)
        by_channel = desk.database.read_now(lambda c: results.by_channel(c, number))
        by_place = desk.database.read_now(lambda c: results.by_place(c, number, code))
        for key, counted, name in (
            ("results.channels", by_channel, str),
            ("results.places", by_place, office.place_name),
        ):
            typer.echo(desk.texts(key))
            for (place, status), copies in sorted(counted.items()):
                word = desk.texts(f"delivery.{status}")
                shown = name(place) if place else desk.texts("results.nowhere")
                typer.echo(desk.texts("results.row", name=shown, status=word, count=copies))
        typer.echo(desk.texts("results.taps"))
        for token, people in desk.database.read_now(lambda c: taps.count(c, number)).items():
            typer.echo(
                desk.texts("results.tap", name=report.tap_name(desk.texts, found.content, token), count=people)
            )
        if save is not None:
            sent = desk.database.read_now(lambda c: list(results.copies(c, number)))
            rows = [tuple(desk.texts("results.columns").split("|"))]
            rows += ((str(each.sequence), *describe_copy(office, each)) for each in sent)
            typer.echo(desk.texts("results.saved", count=save_table(save, rows), file=save.name))


@app.command()
def tally(number: Number, login: Whose = "", password_stdin: PasswordStdin = False) -> None:
    """Show how many chose each answer of a quiz."""
    with open_desk() as desk:
        found = look_at(desk, number, desk.reader(login, from_stdin=password_stdin))
        quiz: dict[str, Any] = found.content.get("quiz") or {}
        if not quiz:
            raise Forbidden("results.no_quiz", id=number)
        chosen = desk.database.read_now(lambda c: taps.count(c, number))
        total = sum(people for token, people in chosen.items() if token.startswith(QUIZ))
        for index, option in enumerate(quiz["options"]):
            people = chosen.get(f"{QUIZ}{index}", 0)
            mark = "✓" if index == quiz["right"] else " "
            share = round(100 * people / total) if total else 0
            typer.echo(f"{mark} {people:6} {share:3}%  {option}")


@app.command()
def watch(number: Number, login: Whose = "", password_stdin: PasswordStdin = False) -> None:
    """Show a progress bar while a broadcast is being sent."""
    with open_desk() as desk:
        total = look_at(desk, number, desk.reader(login, from_stdin=password_stdin)).total
        with typer.progressbar(length=max(total, 1), label=desk.texts("results.progress", id=number)) as bar:
            done = 0
            while True:
                found = desk.database.read_now(lambda c: broadcasts.find(c, number))
                counts = desk.database.read_now(lambda c: deliveries.count_by_status(c, number))
                bar.length = max(found.total, 1)
                settled = sum(n for (status, _), n in counts.items() if status not in ("queued", "sending"))
                bar.update(settled - done)
                done = settled
                if found.status not in ("scheduled", "sending"):
                    break
                time.sleep(1)
        typer.echo(desk.texts("show.status", status=desk.texts(f"status.{found.status}")))
        if found.reason:
            typer.echo(desk.texts("show.because", reason=report.because(desk.texts, found.reason)))
        for line in report.counts(desk.texts, counts):
            typer.echo(line)


@app.command()
def reconcile() -> None:
    """For who runs the machine: prove that planned = sent + failed + skipped + uncertain + waiting, for every
    broadcast of the last days."""
    with open_desk() as desk:
        balances = desk.database.read_now(lambda c: reconciling.reconcile(c, desk.now))
        desk.act(lambda c: reconciling.keep_outcome(c, balances, desk.now))
        for each in balances:
            said = "; ".join(each.faults) or desk.texts("books.balance")
            typer.echo(desk.texts("books.row", id=each.broadcast_id, planned=each.planned, said=said))
        if any(each.faults for each in balances):
            raise typer.Exit(1)
        typer.echo(desk.texts("books.all", count=len(balances)))
