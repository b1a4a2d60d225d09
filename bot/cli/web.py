"""``hoctap web``: the pages and webhooks of a house of several processes; workers do the rest."""

import asyncio

import typer

from bot.app import App, Part, bind, utc_now
from bot.cli.worker import open_shared_database
from bot.config import Config
from bot.dialogue.texts import load_texts
from bot.log import set_up
from bot.publication import start


def web() -> None:
    """Serve pages and webhooks only; any number beside each other, with ``hoctap worker`` behind them."""
    config = Config.load()
    texts = load_texts(config.content / "texts.yml")
    database = open_shared_database(config)
    listening = bind(config.host, config.port)
    host = "127.0.0.1" if config.host in ("0.0.0.0", "::") else config.host
    typer.echo(texts("cli.ready", url=config.public_url or f"http://{host}:{listening.getsockname()[1]}/"))
    set_up(config.log_level)
    began = start(config, database, utc_now())

    async def serve() -> None:
        await App.open(config, database, began, Part.WEB).run(listening)

    asyncio.run(serve())
