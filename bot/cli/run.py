"""``hoctap run``: everything in one process, until it is told to stop."""

import asyncio

from bot.app import App, bind, utc_now
from bot.cli.greeting import say_address, warn
from bot.config import Config
from bot.db import Database
from bot.dialogue.texts import load_texts
from bot.log import set_up
from bot.publication import start


def run() -> None:
    """Serve the web chat, the configured channels and the scheduled broadcasts."""
    config = Config.load()
    texts = load_texts(config.content / "texts.yml")
    with bind(config.host, config.port) as listening:
        say_address(config, texts, listening)
        warn(config, texts)
        set_up(config.log_level)
        database = Database.open(config.database, config.keys)
        began = start(config, database, utc_now())

        async def serve() -> None:
            await App.open(config, database, began).run(listening)

        asyncio.run(serve())
