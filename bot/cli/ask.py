"""``hoctap ask``: one question from the shell, or a question set as JSON lines."""

import json
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from bot.app import load_mind, today_in_vietnam, utc_now
from bot.cli.errors import CommandError
from bot.config import Config
from bot.dialogue.turn import Turn
from bot.log import set_up
from bot.markup import to_plain
from bot.rehearsal import converse
from nlu.parse import Parse


def ask(
    question: Annotated[list[str] | None, typer.Argument(help="The question, as a citizen would type it.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Read JSON lines from standard input, write one for each.")
    ] = False,
) -> None:
    """Answer a question without a channel or a database."""
    if not as_json and not question:
        raise CommandError('write a question, for example: hoctap ask "hoc xoa mu chu o dau"')
    set_up("error")
    # Read whole first: a broken line is told before the understanding is trained.
    questions = (
        [_read(line, number) for number, line in enumerate(sys.stdin, 1) if line.strip()] if as_json else []
    )
    mind = load_mind(Config.load(), today_in_vietnam())
    if not as_json:
        turn, _ = converse(mind, [" ".join(question or ())], utc_now())
        for reply in turn.replies:
            typer.echo(to_plain(reply.text))
            for choice in reply.all_choices():
                typer.echo(f"  [{choice.label}]")
        return
    for asked_id, turns in questions:
        turn, parse = converse(mind, turns, utc_now())
        typer.echo(json.dumps(_result(asked_id, turn, parse), ensure_ascii=False))


def _read(line: str, number: int) -> tuple[Any, list[str]]:
    try:
        asked = json.loads(line)
    except json.JSONDecodeError as error:
        raise CommandError(f"line {number}: not JSON ({error.msg}); write one object a line") from error
    turns = asked.get("turns") or [asked.get("text")] if isinstance(asked, dict) else [None]
    if not all(isinstance(each, str) for each in turns):
        raise CommandError(f'line {number}: needs "text", or "turns" with a list of texts')
    return asked.get("id", number), list(turns)


def _result(asked_id: Any, turn: Turn, parse: Parse) -> dict[str, Any]:
    choices: Iterator[Any] = (choice for reply in turn.replies for choice in reply.all_choices())
    return {
        "id": asked_id,
        "intent": turn.intent or parse.intent.name,
        "score": round(parse.intent.score, 4),
        "answer": "\n\n".join(to_plain(reply.text) for reply in turn.replies),
        "buttons": [{"label": choice.label, "token": choice.token or choice.target} for choice in choices],
        "sources": list(turn.sources),
        "actions": list(turn.actions),
    }
