"""``hoctap bench``: measured beside a baseline in the same run; what counts is the ratio."""

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from bot.app import today_in_vietnam
from bot.bench import broadcasting
from bot.bench import inbound as inbound_bench
from bot.bench import millions as millions_bench
from bot.bench import pace as pace_bench
from bot.bench import places as places_bench
from bot.bench import torture as torture_bench
from bot.bench import webhook as webhook_bench
from bot.bench.torture import Ordeal
from bot.cli.errors import CommandError
from bot.config import Config
from bot.knowledge import library
from bot.log import set_up
from bot.outreach.delivery import OnAmbiguous
from nlu import bench as nlu_bench
from nlu import public_bench
from nlu.evaluation import QuestionsError, read_questions
from nlu.rasa_process import RasaFailed
from nlu.rasa_server import Away
from nlu.training import read_examples

app = typer.Typer(help="Measure the bot beside a baseline.", no_args_is_help=True)

_MODELS = Path("var") / "rasa-models"


@app.command()
def inbound(
    messages: Annotated[int, typer.Option(help="How many updates are answered.")] = 2000,
) -> None:
    """A stored update → its answer on the wire, beside a bare python-telegram-bot echo bot."""
    set_up("error")
    inbound_bench.run(messages)


@app.command()
def webhook(
    updates: Annotated[int, typer.Option(help="How many updates a burst holds.")] = 5000,
) -> None:
    """Updates taken a second, on disk before the 200, and answered behind; beside one that keeps nothing."""
    set_up("error")
    webhook_bench.run(updates)


@app.command()
def broadcast(
    messages: Annotated[int, typer.Option(help="How many messages each sends.")] = 50_000,
    low: Annotated[float, typer.Option(help="The shortest round trip, in milliseconds.")] = 0.0,
    high: Annotated[float, typer.Option(help="The longest round trip, in milliseconds.")] = 0.0,
    rounds: Annotated[int, typer.Option(help="How often each sends; the median counts.")] = 3,
    postgresql: Annotated[
        bool, typer.Option("--postgresql", help="On a PostgreSQL cluster of its own, by several workers.")
    ] = False,
    workers: Annotated[int, typer.Option(help="How many workers send on PostgreSQL.")] = 2,
) -> None:
    """Messages a second of a broadcast, beside loops that keep nothing."""
    set_up("error")
    if not broadcasting.run(messages, low, high, rounds, workers if postgresql else 0):
        raise typer.Exit(1)


@app.command()
def pace(
    limit: Annotated[float, typer.Option(help="Messages a second that the platform permits.")] = 30.0,
    seconds: Annotated[float, typer.Option(help="How long the broadcast takes.")] = 60.0,
    postgresql: Annotated[
        bool, typer.Option("--postgresql", help="On a PostgreSQL cluster of its own, by several workers.")
    ] = False,
    workers: Annotated[int, typer.Option(help="How many workers send on PostgreSQL.")] = 2,
) -> None:
    """How much of the permitted rate is used, without a refusal, and how soon a pause holds."""
    set_up("error")
    if not pace_bench.run(limit, seconds, workers if postgresql else 0):
        raise typer.Exit(1)


@app.command()
def millions(
    people: Annotated[int, typer.Option(help="How many recipients.")] = 10_000_000,
    folder: Annotated[Path | None, typer.Option(help="Where the database lies, 500 bytes a person.")] = None,
) -> None:
    """A broadcast to millions on SQLite: first message, progress and memory, beside one to ten thousand."""
    set_up("error")
    millions_bench.run(people, folder)


@app.command()
def torture(
    people: Annotated[int, typer.Option(help="How many recipients.")] = 20_000,
    kills: Annotated[int, typer.Option(help="How often a worker is killed.")] = 200,
    workers: Annotated[int, typer.Option(help="How many workers run at a time.")] = 2,
    policy: Annotated[str, typer.Option(help="hold or resend.")] = "hold",
    seed: Annotated[int, typer.Option(help="Repeats an ordeal; 0: another each time.")] = 0,
    postgresql: Annotated[
        bool, typer.Option("--postgresql", help="On a PostgreSQL cluster of its own, restarted meanwhile.")
    ] = False,
) -> None:
    """A broadcast while the platform fails and workers are killed, frozen and told the wrong time."""
    freezes, restarts = max(1, kills // 25), max(1, kills // 25) if postgresql else 0
    ordeal = Ordeal(
        people=people,
        kills=kills,
        freezes=freezes,
        jumps=freezes,
        workers=workers,
        restarts=restarts,
        policy=OnAmbiguous(policy),
        engine="procrastinate" if postgresql else "embedded",
        seed=seed,
    )
    if not torture_bench.main(ordeal, postgresql=postgresql):
        raise typer.Exit(1)


@app.command()
def nlu(
    rasa: Annotated[bool, typer.Option("--rasa", help="Also a Rasa server with our components.")] = False,
    stock: Annotated[bool, typer.Option("--stock", help="Also a Rasa server with the stock pipeline.")] = False,
    epochs: Annotated[int, typer.Option(help="Train the stock pipeline so long only; 0: in full, hours.")] = 0,
    models: Annotated[Path, typer.Option(help="Where the stock model is kept for the next run.")] = _MODELS,
) -> None:
    """What is understood of the frozen questions, in how many milliseconds and megabytes, beside baselines."""
    set_up("error")
    config = Config.load()
    answers = library.load(config.content / "faq", today_in_vietnam())
    questions = read_questions(config.content / "questions.jsonl")
    beside = nlu_bench.Beside(models, ours=rasa, stock=stock, epochs=epochs)
    _measure(lambda: nlu_bench.run([*read_examples(), *answers.examples()], questions, beside))


@app.command()
def public(
    sets: Annotated[list[Path], typer.Argument(help="JSON files of train and test, or folders like PhoATIS.")],
    foreign: Annotated[Path | None, typer.Option(help="A JSON file of texts out of scope, by kind.")] = None,
    stock: Annotated[bool, typer.Option(help="Train the stock pipeline too: half an hour a set.")] = True,
    models: Annotated[Path, typer.Option(help="Where Rasa's models are kept for the next run.")] = _MODELS,
) -> None:
    """Public sets: our engine and stock Rasa taught the same examples, asked as typed and without diacritics."""
    set_up("error")
    _measure(
        lambda: public_bench.run(
            [public_bench.read_set(path) for path in sets],
            public_bench.read_foreign(foreign) if foreign else [],
            models,
            stock=stock,
        )
    )


def _measure(run: Callable[[], None]) -> None:
    try:
        run()
    except (QuestionsError, RasaFailed, Away) as error:
        raise CommandError(str(error)) from error


@app.command()
def places(
    seed: Annotated[int, typer.Option(help="Seed of the made-up inputs; 0 for a fresh one.")] = 0,
    each: Annotated[int, typer.Option(help="Inputs of each of the ten forms.")] = 300,
    centres: Annotated[int, typer.Option(help="Made-up centres to search.")] = 11_000,
    queries: Annotated[int, typer.Option(help="Points to search from.")] = 2_000,
) -> None:
    """Load, resolve and find the nearest: times and verdicts, beside measuring every centre."""
    set_up("error")
    places_bench.run(seed or secrets.randbelow(10**9), each, centres, queries)


@app.command()
def console(
    people: Annotated[int, typer.Option(help="Contacts; each got ten broadcasts.")] = 100_000,
    postgresql: Annotated[bool, typer.Option("--postgresql", help="On a PostgreSQL cluster of its own.")] = False,
) -> None:
    """The console's pages with a million copies in the database, beside a page that asks nothing."""
    # httpx, which plays the browser, is there for developers only.
    from bot.bench import console as console_bench  # noqa: PLC0415

    set_up("error")
    if postgresql:
        asyncio.run(console_bench.run_on_postgresql(typer.echo, people))
    else:
        console_bench.run(typer.echo, people)
