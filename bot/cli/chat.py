"""``hoctap chat``: the bot on the terminal, with the same inbox and database as every channel."""

import asyncio
import secrets
import unicodedata

import typer

from bot.app import load_mind, today_in_vietnam, utc_now
from bot.centre_directory import with_published_centres
from bot.channels.terminal import TerminalChannel
from bot.config import Config
from bot.db import Database
from bot.inbox import Inbox
from bot.log import set_up
from bot.messages import Address, Heard, HeardKind
from bot.outbox import Outbox


def chat() -> None:
    """Talk to the bot here. A number chooses from the menu; Ctrl-D ends."""
    config = Config.load()
    set_up("error")
    mind = load_mind(config, today_in_vietnam())
    database = Database.open(config.database, config.keys)
    mind = with_published_centres(config, database, mind, today_in_vietnam())
    texts = mind.house.texts
    channels = {"terminal": TerminalChannel(typer.echo)}
    outbox = Outbox(database, channels, utc_now)

    async def talk() -> None:
        inbox = Inbox(database, channels, outbox, mind, utc_now)
        address = Address("terminal", "me")

        async def say(kind: HeardKind, text: str = "") -> None:
            event_id = secrets.token_hex(8)
            await inbox.receive([Heard(address, event_id, utc_now(), kind, unicodedata.normalize("NFC", text))])
            await inbox.settle()

        typer.echo(texts("cli.chat_hello"))
        await say(HeardKind.START)
        while True:
            try:
                text = await asyncio.to_thread(input, texts("cli.you") + " ")
            except EOFError:
                typer.echo("")
                return
            await say(HeardKind.TEXT, text)

    asyncio.run(talk())
    database.close()
