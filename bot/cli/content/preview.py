"""``hoctap content preview``: how an answer looks on a channel, by the channel's own rendering."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Annotated, Any

import typer

from bot.app import utc_now
from bot.channels.base import Call
from bot.channels.telegram_message import render_reply, without_tags
from bot.channels.terminal import TerminalChannel
from bot.channels.webchat import WebChannel
from bot.cli.content.check import today
from bot.cli.errors import CommandError
from bot.config import Config
from bot.dialogue.texts import load_texts
from bot.dialogue.turn import House
from bot.knowledge import library
from bot.markup import to_plain
from bot.messages import Reply
from bot.places.centres import Directory
from bot.places.gazetteer import Gazetteer
from bot.rehearsal import recite


class ChannelName(StrEnum):
    """Where an answer can be looked at."""

    TELEGRAM = "telegram"
    ZALO = "zalo"
    WEB = "web"
    TERMINAL = "terminal"


def preview(
    code: Annotated[str, typer.Argument(help="The code of the answer, for example xmc-01.")],
    channel: Annotated[ChannelName, typer.Option(help="Where to look at it.")] = ChannelName.TELEGRAM,
) -> None:
    """Show an answer, and its detail if there is one, as a citizen would see it."""
    config = Config.load()
    texts = load_texts(config.content / "texts.yml")
    answers = library.load(config.content / "faq", today())
    if code not in answers.by_code:
        near = ", ".join(each.code for each in answers.search_titles(code)) or ", ".join(answers.by_code)
        raise CommandError(texts("cli.unknown_code", code=code, near=near[:200]))
    gazetteer = Gazetteer.load(config.content / "places" / "overlay.csv")
    house = House(texts, answers, gazetteer, Directory((), gazetteer))
    for reply in recite(house, code, utc_now()):
        for lines in _VIEWS[channel](reply):
            _frame(lines)


def _telegram(reply: Reply) -> Iterator[list[str]]:
    for call in render_reply(reply):
        keyboard: Any = call.get("reply_markup") or {}
        rows = keyboard.get("inline_keyboard") or keyboard.get("keyboard") or []
        buttons = [_buttons([str(button["text"]) for button in row]) for row in rows]
        yield [*without_tags(str(call.get("text", ""))).split("\n"), *buttons]


def _web(reply: Reply) -> Iterator[list[str]]:
    for call in WebChannel(_post_nowhere).render(reply):
        rows: Any = call["choices"]
        buttons = [_buttons([str(choice["label"]) for choice in row]) for row in rows]
        yield [*to_plain(str(call["text"])).split("\n"), *buttons]


def _numbered(reply: Reply) -> Iterator[list[str]]:
    for call in TerminalChannel(print).render(reply):
        yield str(call["text"]).split("\n")


_VIEWS: dict[ChannelName, Callable[[Reply], Iterator[list[str]]]] = {
    ChannelName.TELEGRAM: _telegram,
    ChannelName.WEB: _web,
    # Zalo shows no buttons in a plain message: a numbered menu, as on the terminal.
    ChannelName.ZALO: _numbered,
    ChannelName.TERMINAL: _numbered,
}


def _buttons(labels: list[str]) -> str:
    return "  ".join(f"[ {label} ]" for label in labels)


def _frame(lines: list[str]) -> None:
    typer.echo("┌" + "─" * 40)
    for line in lines:
        typer.echo(f"│ {line}")
    typer.echo("└" + "─" * 40)


async def _post_nowhere(peer: str, call: Call) -> str:
    return ""
