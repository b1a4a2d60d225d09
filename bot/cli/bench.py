"""``hoctap bench``: measured beside a baseline in the same run; what counts is the ratio."""

from typing import Annotated

import typer

from bot.app import today_in_vietnam
from bot.bench import inbound as inbound_bench
from bot.config import Config
from bot.knowledge import library
from bot.log import set_up
from nlu import bench as nlu_bench
from nlu.training import read_examples

app = typer.Typer(help="Measure the bot beside a baseline.", no_args_is_help=True)


@app.command()
def inbound(
    messages: Annotated[int, typer.Option(help="How many updates are answered.")] = 2000,
) -> None:
    """A stored update → its answer on the wire, beside a bare python-telegram-bot echo bot."""
    set_up("error")
    inbound_bench.run(messages)


@app.command()
def nlu() -> None:
    """Milliseconds a parse, training seconds and memory, beside a plain nearest-example scan."""
    set_up("error")
    config = Config.load()
    answers = library.load(config.content / "faq", today_in_vietnam())
    nlu_bench.run([*read_examples(), *answers.examples()])
