"""``hoctap handover``: the questions citizens handed to officials, and answering them."""

from typing import Annotated

import typer

from bot.cli.errors import CommandError
from bot.cli.official import open_desk
from bot.config import Config
from bot.db import Database, handovers
from bot.dialogue.texts import load_texts
from bot.inbox import ZONE
from bot.office import answering

app = typer.Typer(help="Questions handed to officials.", no_args_is_help=True)


@app.command("list")
def list_open() -> None:
    """For who runs the machine: show the questions that wait, of all places, the most urgent first."""
    config = Config.load()
    texts = load_texts(config.content / "texts.yml")
    database = Database.open(config.database, config.keys)
    waiting = database.read_now(handovers.open_handovers)
    database.close()
    if not waiting:
        typer.echo(texts("cli.no_handovers"))
    for each in waiting:
        due = f"{each.due_at.astimezone(ZONE):%d/%m/%Y %H:%M}"
        typer.echo(f"{each.id}\t{due}\t{each.address.channel}\t{each.question}")


@app.command()
def answer(
    number: Annotated[int, typer.Argument(help="The number shown by the list.")],
    text: Annotated[str, typer.Argument(help="The answer, sent to the citizen word for word.")],
    official: Annotated[str, typer.Option("--as", help="Who answers.")],
) -> None:
    """Answer a question; the running bot sends it to the citizen where they asked."""
    with open_desk() as desk:
        texts = desk.office.chat_texts
        found = desk.database.read_now(lambda c: handovers.find(c, number))
        if found is None or found.status != "open":
            raise CommandError(texts("cli.handover_unknown", id=number))
        if found.address.channel not in desk.office.channels:
            raise CommandError(texts("cli.channel_closed", channel=found.address.channel))
        desk.act(lambda c: answering.send(c, desk.office, found, official, text, desk.now))
        typer.echo(texts("cli.handover_answered", id=number))
