"""``hoctap worker``: sends broadcasts and answers citizens for a house of several processes."""

import asyncio

from bot.app import App, CannotStart, Part, utc_now
from bot.cli.greeting import warn
from bot.config import Config
from bot.db import Database
from bot.dialogue.texts import load_texts
from bot.log import set_up
from bot.publication import start


def worker() -> None:
    """Send broadcasts and answer what ``hoctap web`` receives; any number beside each other."""
    config = Config.load()
    database = open_shared_database(config)
    warn(config, load_texts(config.content / "texts.yml"))
    set_up(config.log_level)
    began = start(config, database, utc_now())

    async def work() -> None:
        await App.open(config, database, began, Part.WORKER).work()

    asyncio.run(work())


def open_shared_database(config: Config) -> Database:
    """The database that several processes share. Raises CannotStart for SQLite."""
    if not config.database_url.startswith("postgresql"):
        raise CannotStart(
            "hoctap web and hoctap worker need PostgreSQL: set HOCTAP_DATABASE_URL, or use hoctap run"
        )
    return Database.open(config.database, config.keys)
