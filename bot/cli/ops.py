"""``hoctap ops``: what operators look after, such as whether the audit is whole."""

from pathlib import Path
from typing import Annotated

import typer

from bot.access.sealing import KeyUnusable, new_key
from bot.cli.errors import CommandError
from bot.cli.official import open_desk
from bot.db import Database, SQLAlchemyError
from bot.db.audit import verify_chain
from bot.db.backups import BackupBad, back_up
from bot.db.copying import Copied, NotEmpty, copy_all
from bot.db.sealing import seal_anew
from bot.db.vitals import note_backup
from bot.outreach.quiet_hours import ZONE

app = typer.Typer(help="Look after the running house.", no_args_is_help=True)
audit_app = typer.Typer(help="The audit of what officials did.", no_args_is_help=True)
app.add_typer(audit_app, name="audit")


@app.callback()
def ops() -> None:
    """Look after the running house."""


@audit_app.callback()
def audit() -> None:
    """The audit of what officials did."""


@audit_app.command()
def verify(
    head: Annotated[
        str, typer.Option("--head", help="A digest noted earlier: proves that nothing was cut off the end since.")
    ] = "",
) -> None:
    """Check that no row of the audit was changed, put in or taken out; shows the digest of the last."""
    with open_desk() as desk:
        seen = head.strip().lower()
        verdict, found = desk.database.read_now(lambda c: verify_chain(c, seen))
        if not verdict.intact:
            raise CommandError(desk.texts("audit.broken", id=verdict.broken_at))
        if seen and not found:
            raise CommandError(desk.texts("audit.cut", head=seen))
        typer.echo(desk.texts("audit.whole", rows=verdict.rows, head=verdict.head))


@app.command()
def key() -> None:
    """Print a new key for HOCTAP_DATABASE_KEY; nothing changes."""
    typer.echo(new_key())


@app.command()
def rekey() -> None:
    """Seal every secret of the database under a new key; the bot may run. The old keys stay for old backups.

    With HOCTAP_DATABASE_KEY set, put the new key before the old one first, in every process.
    """
    with open_desk() as desk:
        try:
            if not desk.config.database_key:
                desk.config.keys.add()
            count = desk.act(seal_anew)
        except KeyUnusable as error:
            raise CommandError(str(error)) from error
        typer.echo(desk.texts("done.rekeyed", count=count))


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="The folder to write the file into.", file_okay=False)],
    made_elsewhere: Annotated[
        bool, typer.Option("--made-elsewhere", help="Only note that pg_dump or another tool made one just now.")
    ] = False,
) -> None:
    """Write a backup into FOLDER while the bot runs, check it, and note it for the page on health."""
    with open_desk() as desk:
        if not made_elsewhere:
            name = f"hoctap-{desk.now.astimezone(ZONE):%Y%m%d-%H%M%S}.db"
            try:
                folder.mkdir(parents=True, exist_ok=True)
                made = back_up(desk.database, folder / name)
            except (OSError, BackupBad, SQLAlchemyError) as error:
                raise CommandError(desk.texts("backup.failed", file=folder / name, why=error)) from error
            megabytes = f"{made.size / 1_000_000:.1f}"
            typer.echo(desk.texts("backup.done", file=made.path, rows=made.rows, megabytes=megabytes))
        desk.act(lambda c: note_backup(c, desk.now))


@app.command()
def copy(
    target: Annotated[
        str, typer.Argument(help="Where to: postgresql+psycopg://user@host/hoctap, an empty database.")
    ],
) -> None:
    """Copy everything into another database, and verify the counts. Stop the bot before."""
    with open_desk() as desk:
        if target == desk.config.database:
            raise CommandError(desk.texts("copy.same"))
        other = Database.open(target, desk.config.keys)
        done: list[Copied] = []
        try:
            for each in copy_all(desk.database.engine, other.engine):
                typer.echo(desk.texts("copy.row", table=each.table, here=each.here, there=each.there))
                done.append(each)
        except NotEmpty as error:
            raise CommandError(desk.texts("copy.not_empty", table=str(error))) from error
        finally:
            other.close()
        typer.echo(desk.texts("copy.done", rows=sum(each.here for each in done), tables=len(done)))
