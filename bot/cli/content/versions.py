"""``hoctap content compare``, ``publish``, ``rollback``, ``fetch``, ``versions``: what stands, and what will."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from bot.app import utc_now
from bot.cli.content.report import print_report, write_html
from bot.cli.errors import CommandError
from bot.cli.official import As, PasswordStdin, open_desk
from bot.config import Config
from bot.db import Database, publications
from bot.dialogue.texts import Texts, load_texts
from bot.inbox import ZONE
from bot.knowledge.package import list_files, pack, unpack
from bot.log import set_up
from bot.office import publishing
from bot.publication import read_version
from bot.review import Progress, review

Accept = Annotated[
    list[str] | None, typer.Option("--accept", help="A mandatory question whose new answer you accept, by its id.")
]
_DATE = "%d/%m/%Y %H:%M"


def compare(
    content: Annotated[Path | None, typer.Option(help="The edited folder; none: HOCTAP_CONTENT.")] = None,
    html: Annotated[Path | None, typer.Option(help="Also write the report as a web page.")] = None,
) -> None:
    """What the edited content would change for citizens. Exit code 1 when something stands in the way."""
    config = Config.load()
    set_up("error")
    texts = load_texts(config.content / "texts.yml")
    database = Database.open(config.database, config.keys)
    now = utc_now()
    try:
        with _bar(texts) as progress:
            found = review(config, database, content or config.content, now, progress)
    finally:
        database.close()
    print_report(found, texts)
    if html:
        write_html(found, texts, html, now)
        typer.echo(texts("compare.written", file=html))
    if found.comparison.blocking(()):
        raise typer.Exit(1)


def publish(login: As, accept: Accept = None, password_stdin: PasswordStdin = False) -> None:
    """Put the content folder before citizens. A running bot takes it in within seconds."""
    accepted = [each.strip() for given in accept or () for each in given.split(",") if each.strip()]
    with open_desk() as desk:
        official = desk.sign_in(login, from_stdin=password_stdin)
        publishing.check(official)
        texts = load_texts(desk.config.content / "texts.yml")
        with _bar(texts) as progress:
            found = review(desk.config, desk.database, desk.config.content, desk.now, progress)
        if found.unchanged:
            typer.echo(texts("publish.unchanged"))
            return
        print_report(found, texts)
        blocking = found.comparison.blocking(accepted)
        if blocking:
            ids = ", ".join(change.asked.source for change in blocking)
            typer.echo(texts("publish.blocked", ids=ids, login=official.login), err=True)
            raise typer.Exit(1)
        count = len(found.edited.house.library.by_code)
        named = [c.asked.source for c in found.comparison.changes if c.mandatory and c.asked.source in accepted]

        standing = found.standing.number if found.standing else 0
        done = desk.act(lambda c: publishing.publish(c, official, found.package, count, standing, named, desk.now))
        typer.echo(texts("publish.done", number=done.number, count=count))


def rollback(
    login: As,
    to: Annotated[int, typer.Option(help="The number of the publication to go back to; 0: the one before.")] = 0,
    reason: Annotated[str, typer.Option(help="Why; it stands in the history.")] = "",
    password_stdin: PasswordStdin = False,
) -> None:
    """Put an earlier version before citizens again, at once and without comparing."""
    with open_desk() as desk:
        official = desk.sign_in(login, from_stdin=password_stdin)
        publishing.check(official)
        texts = load_texts(desk.config.content / "texts.yml")
        history = desk.database.read_now(publications.all_publications)
        fitting = [
            each
            for each in history
            if (each.number == to if to else each.digest != history[0].digest and _is_before(each, history))
        ]
        if not fitting:
            raise CommandError(texts("publish.nothing_to_go_back_to"))
        # Read first: what cannot be read is not put before citizens, and its model lies ready.
        read_version(desk.config, desk.database, fitting[0], desk.now.astimezone(ZONE).date())
        done = desk.act(lambda c: publishing.roll_back(c, official, fitting[0], reason, desk.now))
        typer.echo(texts("publish.rolled_back", number=done.number, to=fitting[0].number, count=done.answers))


def fetch(
    replace: Annotated[
        bool, typer.Option(help="Write over edits of the folder that were never published.")
    ] = False,
) -> None:
    """Bring the content folder to what stands, where it was published from the console or another machine."""
    with open_desk() as desk:
        content, texts = desk.config.content, load_texts(desk.config.content / "texts.yml")
        history = desk.database.read_now(publications.all_publications)
        if not history:
            raise CommandError(texts("publish.none"))
        if not replace and pack(content).digest not in {each.digest for each in history}:
            raise CommandError(texts("publish.not_fetched", folder=content))
        archive = desk.database.read_now(lambda c: publications.archive_of(c, history[0].digest))
        fetched = unpack(desk.config.data, history[0].digest, archive)
        for gone in {*list_files(content)} - {*list_files(fetched)}:
            (content / gone).unlink()
        shutil.copytree(fetched, content, dirs_exist_ok=True)
        typer.echo(texts("publish.fetched", folder=content, number=history[0].number))


def versions() -> None:
    """Every publication, newest first; the first line is what stands."""
    config = Config.load()
    set_up("error")
    texts = load_texts(config.content / "texts.yml")
    database = Database.open(config.database, config.keys)
    try:
        history = database.read_now(publications.all_publications)
    finally:
        database.close()
    for each in history:
        typer.echo(
            texts(
                "publish.line",
                number=each.number,
                at=each.at.astimezone(ZONE).strftime(_DATE),
                act=texts(f"publish.act_{each.act}"),
                official=each.official,
                count=each.answers,
                digest=each.digest[:12],
                accepted=f" [{', '.join(each.accepted)}]" if each.accepted else "",
            )
        )
    if not history:
        typer.echo(texts("publish.none"))


def _is_before(each: publications.Publication, history: list[publications.Publication]) -> bool:
    """Whether *each* stood before the version that stands now first came, so that going back twice goes on."""
    first = min(other.number for other in history if other.digest == history[0].digest)
    return each.number < first


@contextmanager
def _bar(texts: Texts) -> Iterator[Progress]:
    with typer.progressbar(length=1, label=texts("compare.progress"), file=sys.stderr) as bar:

        def show(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield show
