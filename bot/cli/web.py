"""``hoctap web``: the pages and webhooks of a house of several processes; workers do the rest."""

import asyncio

from bot.app import App, Part, bind, utc_now
from bot.cli.greeting import say_address, warn
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
    say_address(config, texts, listening)
    warn(config, texts)
    set_up(config.log_level)
    began = start(config, database, utc_now())

    async def serve() -> None:
        await App.open(config, database, began, Part.WEB).run(listening)

    asyncio.run(serve())
