"""``hoctap handover``: the questions citizens handed to officials, and answering them."""

from typing import Annotated

import typer

from bot.app import open_channels, utc_now
from bot.cli.errors import CommandError
from bot.config import Config
from bot.db import Connection, Database, conversations, handovers
from bot.dialogue.texts import load_texts
from bot.inbox import ZONE
from bot.messages import Reply

app = typer.Typer(help="Questions handed to officials.", no_args_is_help=True)


@app.command("list")
def list_open() -> None:
    """Show the questions that wait, the most urgent first."""
    config = Config.load()
    texts = load_texts(config.content / "texts.yml")
    database = Database.open(config.database)
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
    config = Config.load()
    texts = load_texts(config.content / "texts.yml")
    database = Database.open(config.database)
    try:
        found = next((each for each in database.read_now(handovers.open_handovers) if each.id == number), None)
        if found is None:
            raise CommandError(texts("cli.handover_unknown", id=number))
        channel = open_channels(config, database, texts).get(found.address.channel)
        if channel is None:
            raise CommandError(texts("cli.channel_closed", channel=found.address.channel))
        asked = f"{found.created_at.astimezone(ZONE):%d/%m/%Y}"
        calls = channel.render(Reply(texts("handover.answer", asked=asked, answer=text)))
        now = utc_now()

        def act(connection: Connection) -> bool:
            if not handovers.close_handover(connection, number, official, now):
                return False
            for call in calls:
                conversations.queue_call(connection, found.address, call, now)
            return True

        if not database.submit(act).result():
            raise CommandError(texts("cli.handover_unknown", id=number))
    finally:
        database.close()
    typer.echo(texts("cli.handover_answered", id=number))
