"""What a process says when it starts: where its pages are, and what is left to set up."""

import socket

import typer

from bot.config import Config
from bot.dialogue.texts import Texts


def say_address(config: Config, texts: Texts, listening: socket.socket) -> None:
    """Say where to open the web chat."""
    host = "127.0.0.1" if config.host in ("0.0.0.0", "::") else config.host
    typer.echo(texts("cli.ready", url=config.public_url or f"http://{host}:{listening.getsockname()[1]}/"))


def warn(config: Config, texts: Texts) -> None:
    """Say what works less than well as it is configured."""
    if (config.zalo_oa_app_id or config.zalo_bot_token) and not config.public_url:
        typer.echo(texts("cli.zalo_no_files"), err=True)
