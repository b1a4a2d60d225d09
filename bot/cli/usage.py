"""What is wrong with a command as it was typed, in Vietnamese; typer itself only knows English."""

from typing import Any

from bot.dialogue.texts import Texts


def explain_usage(error: Any, texts: Texts) -> str:
    """What is wrong by *error*, typer's own, and how the command is typed."""
    what = _explain(error, texts)
    if (context := getattr(error, "ctx", None)) is None:
        return what
    usage = context.get_usage().removeprefix("Usage: ")
    return texts("cli.usage_how", what=what, usage=usage, command=context.command_path)


def _explain(error: Any, texts: Texts) -> str:
    # By name: the classes are private to typer.
    match type(error).__name__:
        case "MissingParameter":
            return texts("cli.usage_missing", what=_name(error.param))
        case "BadParameter":
            return texts(
                f"cli.usage_{'number' if 'integer' in error.message else 'value'}", what=_name(error.param)
            )
        case "NoSuchOption" if error.possibilities:
            return texts("cli.usage_option_near", what=error.option_name, near=", ".join(error.possibilities))
        case "NoSuchOption":
            return texts("cli.usage_option", what=error.option_name)
        case "BadOptionUsage":
            return texts("cli.usage_option_empty", what=error.option_name)
        case "UsageError" if commands := getattr(error.ctx.command, "commands", None):
            return texts("cli.usage_command", known=", ".join(commands))
        case "UsageError":
            return texts("cli.usage_extra")
    return str(error.format_message())


def _name(parameter: Any) -> str:
    """As the usage writes it: an option's, or an argument's in braces."""
    first = str(parameter.opts[0])
    return first if first.startswith("-") else f"{{{first}}}"
