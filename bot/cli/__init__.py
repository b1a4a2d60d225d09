"""The command ``hoctap``: one module a group of commands; errors are one sentence and exit code 2."""

import sys
from importlib import import_module
from types import ModuleType

import typer
from typer.exceptions import TyperException

from bot.cli.errors import CommandError

COMMANDS = {
    "run": "Serve the web chat, the configured channels and the scheduled broadcasts.",
    "web": "Serve pages and webhooks only; any number beside each other, with ``hoctap worker`` behind them.",
    "worker": "Send broadcasts and answer what ``hoctap web`` receives; any number beside each other.",
    "chat": "Talk to the bot here.",
    "ask": "Answer a question without a channel or a database.",
    "content": "Everything staff write.",
    "places": "Administrative units, old and new.",
    "centres": "Learning centres.",
    "official": "Accounts of officials.",
    "broadcast": "Broadcasts: messages to the citizens who asked for them.",
    "outreach": "Schedules, the year's plan, and results of broadcasts.",
    "handover": "Questions handed to officials.",
    "zalo": "The Zalo Official Account.",
    "nlu": "Export, evaluate and examine the understanding.",
    "ops": "Look after the running house.",
    "bench": "Measure the bot beside a baseline.",
}
"""Each is the name of a module here: with an ``app`` of its own, a function of that name, or COMMANDS again.

Beside it stands what ``hoctap --help`` says of it, which then imports none of them.
"""


def main() -> None:
    """Run the command line; a fault the user can mend is one sentence, never a traceback."""
    try:
        sys.exit(_build_app(sys.argv[1:3])(standalone_mode=False))
    except KeyboardInterrupt:
        sys.exit(130)
    except typer.Abort:
        print(file=sys.stderr)
        sys.exit(1)
    except Exception as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # Private to typer.
            print(error, file=sys.stderr)
            sys.exit(2)
        sentence = _usage_of(error) if isinstance(error, TyperException) else _sentence_of(error)
        if sentence is None:
            raise
        print(f"hoctap: {sentence}", file=sys.stderr)
        sys.exit(2)


def _build_app(asked: list[str]) -> typer.Typer:
    """The commands. Only the one *asked* for is imported: checking content needs no database, no Telegram."""
    app = typer.Typer(
        name="hoctap",
        help="Học Tập: the assistant of the scheme that builds a learning society.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def hoctap() -> None:
        """Học Tập: the assistant of the scheme that builds a learning society."""

    if not asked or asked[0] not in COMMANDS:
        for name, what in COMMANDS.items():
            app.command(name, help=what)(_refuse)
        return app
    name = asked[0]
    module = import_module(f"bot.cli.{name}")
    if hasattr(module, "app"):
        app.add_typer(module.app, name=name)
    elif hasattr(module, "COMMANDS"):
        app.add_typer(_build_group(module, asked[1:]), name=name)
    else:
        app.command(name)(getattr(module, name))
    return app


def _refuse() -> None:
    """Stands for a command that is not the first word, and so was not imported."""
    raise CommandError("write the command right after hoctap, for example: hoctap run")


def _build_group(package: ModuleType, asked: list[str]) -> typer.Typer:
    group = typer.Typer(help=package.HELP, no_args_is_help=True)
    group.callback()(lambda: None)
    for name in asked if asked and asked[0] in package.COMMANDS else package.COMMANDS:
        module, _, function = package.COMMANDS[name].partition(":")
        group.command(name)(getattr(import_module(f"{package.__name__}.{module}"), function))
    return group


def _usage_of(error: TyperException) -> str:
    """What *error*, typer's own, says of the command as it was typed; without content, in typer's words."""
    from bot.cli.usage import explain_usage  # noqa: PLC0415
    from bot.config import Config, ConfigError  # noqa: PLC0415
    from bot.dialogue.texts import TextsError, load_texts  # noqa: PLC0415

    try:
        return explain_usage(error, load_texts(Config.load().content / "texts.yml"))
    except (ConfigError, TextsError):
        return error.format_message()


def _sentence_of(error: Exception) -> str | None:
    """What *error* tells the person at the keyboard; None for a fault of ours."""
    # Imported when something is wrong: no command waits for them otherwise.
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    from bot.app import CannotStart  # noqa: PLC0415
    from bot.cli.content.check import describe_faults  # noqa: PLC0415
    from bot.config import ConfigError  # noqa: PLC0415
    from bot.db import DatabaseUnusable  # noqa: PLC0415
    from bot.dialogue.texts import TextsError  # noqa: PLC0415
    from bot.knowledge.fault import ContentError  # noqa: PLC0415
    from bot.places.centre import CentresError  # noqa: PLC0415
    from bot.places.overlay import OverlayError  # noqa: PLC0415
    from bot.places.package import PackageMissing  # noqa: PLC0415
    from nlu.training import TrainingError  # noqa: PLC0415

    match error:
        case ContentError() | CentresError():
            return describe_faults(error)
        case SQLAlchemyError():
            return f"database: {str(getattr(error, 'orig', None) or error).strip().splitlines()[0]}"
        case (
            CannotStart()
            | CommandError()
            | ConfigError()
            | DatabaseUnusable()
            | OverlayError()
            | PackageMissing()
            | TextsError()
            | TrainingError()
        ):
            return str(error)
        case _:
            return None
