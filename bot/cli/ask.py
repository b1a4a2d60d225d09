"""``hoctap ask``: one question from the shell, or a question set as JSON lines."""

import json
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

import typer

from bot.app import load_mind, today_in_vietnam, utc_now
from bot.cli.errors import CommandError
from bot.config import Config
from bot.contacts import Contact, ContactStatus
from bot.dialogue.engine import respond
from bot.dialogue.turn import Consented, Conversation, HomeSet, Situation, Subscribed, Turn, Unsubscribed
from bot.inbox import NOT_PARSED, Mind
from bot.log import set_up
from bot.markup import to_plain
from bot.messages import Address, Heard
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
        turn, _ = _converse(mind, [" ".join(question or ())])
        for reply in turn.replies:
            typer.echo(to_plain(reply.text))
            for choice in reply.all_choices():
                typer.echo(f"  [{choice.label}]")
        return
    for asked_id, turns in questions:
        turn, parse = _converse(mind, turns)
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


def _converse(mind: Mind, texts: list[str]) -> tuple[Turn, Parse]:
    """The last turn of one conversation with a stranger, and what its text was understood to be."""
    address = Address("terminal", "ask")
    contact = Contact(0, address, ContactStatus.ACTIVE)
    conversation = Conversation()
    turn, parse = Turn(()), NOT_PARSED
    now = utc_now()
    for number, text in enumerate(texts):
        heard = Heard(address, str(number), now, text=unicodedata.normalize("NFC", text))
        parse = mind.parser.parse(heard.text, mind.house.library.question(conversation.last_answer))
        turn = respond(Situation(heard, parse, contact, conversation, mind.house, now, today_in_vietnam()))
        conversation = turn.conversation
        contact = _after(contact, turn)
    return turn, parse


def _after(contact: Contact, turn: Turn) -> Contact:
    for event in turn.events:
        match event:
            case Consented(given=given):
                contact = replace(contact, notices=given)
            case Subscribed(topics):
                contact = replace(contact, topics=topics)
            case HomeSet(unit, province):
                contact = replace(contact, home=unit, home_province=province)
            case Unsubscribed():
                contact = replace(contact, notices=False, topics=frozenset())
            case _:
                pass
    return contact


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
