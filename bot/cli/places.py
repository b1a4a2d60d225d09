"""``hoctap places``: which unit a text names, as the bot understands it."""

import json
import sys
from datetime import date
from typing import Annotated, Any

import typer

from bot.app import today_in_vietnam
from bot.cli.errors import CommandError
from bot.config import Config
from bot.dialogue.place_names import name_both, question_of
from bot.dialogue.texts import Texts, load_texts
from bot.places.gazetteer import Gazetteer
from bot.places.paths import find_path, write_path
from bot.places.resolver import Resolution, ResolutionKind, resolve
from bot.places.units import AdminUnit

app = typer.Typer(help="Administrative units, old and new.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Administrative units, old and new."""


@app.command("resolve")
def resolve_texts(
    text: Annotated[list[str] | None, typer.Argument(help="A place, as a citizen would type it.")] = None,
    saved: Annotated[str, typer.Option(help="The citizen's saved place, as new:… or old:…")] = "",
    on: Annotated[str, typer.Option(help="The day whose names count, YYYY-MM-DD; by default today.")] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Read JSON lines from standard input, write one for each.")
    ] = False,
) -> None:
    """Say which unit a text names, or what would be asked."""
    if not as_json and not text:
        raise CommandError('write a place, for example: hoctap places resolve "xa tan phu dong nai"')
    config = Config.load()
    gazetteer = Gazetteer.load(config.content / "places" / "overlay.csv", _day(on))
    texts = load_texts(config.content / "texts.yml")
    if not as_json:
        resolution = resolve(gazetteer, " ".join(text or ()), _saved(gazetteer, saved, ""))
        _show(gazetteer, texts, resolution)
        return
    for number, line in enumerate(sys.stdin, 1):
        if line.strip():
            asked, home = _read(line, number)
            resolution = resolve(gazetteer, asked, _saved(gazetteer, home, f"line {number}: "))
            typer.echo(json.dumps(_result(gazetteer, texts, resolution), ensure_ascii=False))


def _day(on: str) -> date:
    try:
        return date.fromisoformat(on) if on else today_in_vietnam()
    except ValueError as error:
        raise CommandError(f"{on!r} is no day; write it as 2026-11-24") from error


def _read(line: str, number: int) -> tuple[str, str]:
    try:
        asked: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise CommandError(f"line {number}: not JSON ({error.msg}); write one object a line") from error
    text = asked.get("text") if isinstance(asked, dict) else None
    home = (asked.get("saved_place") or "") if isinstance(asked, dict) else None
    if not isinstance(text, str) or not isinstance(home, str):
        raise CommandError(f'line {number}: needs "text"; "saved_place" is a text or left out')
    return text, home


def _saved(gazetteer: Gazetteer, path: str, where: str) -> AdminUnit | None:
    unit = find_path(gazetteer, path) if path else None
    if path and unit is None:
        raise CommandError(
            f"{where}no unit is {path!r}; write new:province/commune or old:province/district/commune"
        )
    return unit


def _result(gazetteer: Gazetteer, texts: Texts, resolution: Resolution) -> dict[str, Any]:
    asks = resolution.kind in (ResolutionKind.ASK, ResolutionKind.ASK_PROVINCE)
    return {
        "kind": "ask" if asks else resolution.kind.value,
        "units": [write_path(gazetteer, unit) for unit in resolution.candidates],
        "question": question_of(texts, resolution) if asks else None,
    }


def _show(gazetteer: Gazetteer, texts: Texts, resolution: Resolution) -> None:
    match resolution.kind:
        case ResolutionKind.NONE:
            typer.echo(texts("centre.unknown"))
        case ResolutionKind.RESOLVED if resolution.unit:
            typer.echo(f"{name_both(texts, gazetteer, resolution.unit)}  [{resolution.unit.token}]")
        case _:
            typer.echo(question_of(texts, resolution))
            for choice in resolution.choices:
                typer.echo(f"  [{choice.label}]")
