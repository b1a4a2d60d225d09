"""The command ``hoctap``: one module a group of commands; errors are one sentence and exit code 2."""

import sys

import typer
from sqlalchemy.exc import SQLAlchemyError

from bot.app import CannotStart
from bot.cli import ask, bench, broadcast, chat, content, handover, official, run
from bot.cli.errors import CommandError
from bot.config import ConfigError
from bot.db import DatabaseUnusable
from bot.dialogue.texts import TextsError
from bot.knowledge.library import ContentError
from bot.places.centre import CentresError
from bot.places.overlay import OverlayError
from bot.places.package import PackageMissing
from nlu.training import TrainingError

app = typer.Typer(
    name="hoctap",
    help="Học Tập: the assistant of the scheme that builds a learning society.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("run")(run.run)
app.command("chat")(chat.chat)
app.command("ask")(ask.ask)
app.add_typer(content.app, name="content")
app.add_typer(official.app, name="official")
app.add_typer(broadcast.app, name="broadcast")
app.add_typer(handover.app, name="handover")
app.add_typer(bench.app, name="bench")


_SAYS_ITSELF = (
    CannotStart,
    CommandError,
    ConfigError,
    DatabaseUnusable,
    OverlayError,
    PackageMissing,
    TextsError,
    TrainingError,
)


def main() -> None:
    """Run the command line; a fault the user can mend is one sentence, never a traceback."""
    try:
        app()
    except _SAYS_ITSELF as error:
        _fail(str(error))
    except (ContentError, CentresError) as error:
        _fail(content.describe_faults(error))
    except SQLAlchemyError as error:
        _fail(f"database: {str(getattr(error, 'orig', None) or error).strip().splitlines()[0]}")
    except KeyboardInterrupt:
        sys.exit(130)


def _fail(sentence: str) -> None:
    print(f"hoctap: {sentence}", file=sys.stderr)
    sys.exit(2)
