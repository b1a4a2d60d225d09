"""``hoctap content export``, ``import`` and ``template``: content in Excel and Word, and back."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.content.check import today
from bot.cli.errors import CommandError
from bot.config import Config
from bot.dialogue.texts import load_texts
from bot.knowledge import exchange
from bot.knowledge.fault import describe, read_sentences

TEMPLATE = "mau-hoi-dap.md"


def export(
    file: Annotated[Path, typer.Argument(help="The workbook to write, for example faq.xlsx.")],
    replace: Annotated[bool, typer.Option(help="Write over a file that is there.")] = False,
) -> None:
    """Write all answers and tables to an Excel workbook, to be edited and imported again."""
    config = Config.load()
    texts = load_texts(config.content / "texts.yml")
    if file.suffix.lower() != exchange.WORKBOOK:
        raise CommandError(texts("cli.not_xlsx", file=file))
    if file.exists() and not replace:
        raise CommandError(texts("cli.file_exists", file=file))
    try:
        count = exchange.export(config.content, file, read_sentences(config.content))
    except OSError as error:
        raise CommandError(texts("cli.cannot_write", file=file)) from error
    typer.echo(texts("cli.exported", count=count, file=file))


def import_(
    file: Annotated[Path, typer.Argument(help="A workbook (.xlsx), a Word document (.docx) or a text (.md).")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """Take the edits of a workbook or the answers of a document into the content folder.

    What somebody else changed meanwhile is reported and left alone (exit code 1); with an error in a cell
    nothing at all is written.
    """
    config = Config.load()
    texts = load_texts(config.content / "texts.yml")
    sentences = read_sentences(config.content)
    if file.suffix.lower() not in exchange.READ:
        raise CommandError(texts("cli.not_importable", file=file))
    if not file.is_file():
        raise CommandError(texts("cli.no_file", file=file))
    plan = exchange.plan(config.content, file, today(), sentences)
    for each in plan.faults:
        typer.echo(describe(each, sentences))
    if plan.refused:
        count = sum(not each.warning for each in plan.faults)
        typer.echo(texts("cli.import_refused", count=count), err=True)
        raise typer.Exit(1)
    for each in plan.merge.conflicts:
        typer.echo(describe(each, sentences))
    if not dry_run:
        exchange.carry_out(config.content, plan)
    numbers = {
        "changed": len(plan.merge.changed),
        "added": len(plan.merge.added),
        "conflicts": len(plan.merge.conflicts),
    }
    typer.echo(texts("cli.import_planned" if dry_run else "cli.imported", **numbers))
    if names := ", ".join((*plan.merge.changed, *plan.merge.added)):
        typer.echo(f"  {names}")
    if plan.merge.conflicts:
        raise typer.Exit(1)


def template(
    file: Annotated[Path | None, typer.Argument(help="Where to write it; none: show it here.")] = None,
) -> None:
    """An example of a file of answers, with every label, to copy and fill in."""
    config = Config.load()
    texts = load_texts(config.content / "texts.yml")
    text = (config.content / TEMPLATE).read_text(encoding="utf-8")
    if file is None:
        typer.echo(text, nl=False)
        return
    if file.exists():
        raise CommandError(texts("cli.file_exists", file=file))
    file.write_text(text, encoding="utf-8")
    typer.echo(texts("cli.template_written", file=file))
