"""``hoctap run``: everything in one process, until it is told to stop."""

import asyncio

import typer

from bot.app import App, bind, utc_now
from bot.config import Config
from bot.db import Database
from bot.dialogue.texts import load_texts
from bot.log import set_up
from bot.publication import start


def run() -> None:
    """Serve the web chat, the configured channels and the scheduled broadcasts."""
    config = Config.load()
    texts = load_texts(config.content / "texts.yml")
    listening = bind(config.host, config.port)
    host = "127.0.0.1" if config.host in ("0.0.0.0", "::") else config.host
    port = listening.getsockname()[1]
    typer.echo(texts("cli.ready", url=config.public_url or f"http://{host}:{port}/"))
    set_up(config.log_level)
    database = Database.open(config.database, config.keys)
    began = start(config, database, utc_now())

    async def serve() -> None:
        await App.open(config, database, began).run(listening)

    asyncio.run(serve())
