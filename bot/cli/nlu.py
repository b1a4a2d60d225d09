"""``hoctap nlu``: what the understanding is taught, how good it is, and where it is weak."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from bot.app import load_mind, today_in_vietnam, utc_now
from bot.cli import evaluation, suggestions
from bot.cli.engines import Engine, Opened, open_engine
from bot.cli.errors import CommandError
from bot.config import Config
from bot.db import Database, unanswered
from bot.knowledge import library
from bot.knowledge.library import Library
from bot.log import set_up
from nlu.embedded import EmbeddedParser, train
from nlu.evaluation import Question, QuestionsError, ask, read_questions
from nlu.lint import ALIKE, WORDINGS_MIN, find_weaknesses
from nlu.noise import Typing, retype
from nlu.public_bench import read_set
from nlu.rasa_project import FOLDER, project_files
from nlu.training import Example, read_examples

app = typer.Typer(help="Export, evaluate and examine the understanding.", no_args_is_help=True)

_WEAK = 0.5


@app.callback()
def nlu() -> None:
    """Export, evaluate and examine the understanding."""
    set_up("error")


@app.command()
def evaluate(
    questions: Annotated[
        list[Path],
        typer.Option("--set", help="JSON lines; several are one. Or one JSON file of train and test pairs."),
    ],
    engine: Annotated[Engine, typer.Option(help="Which engine is asked.")] = Engine.EMBEDDED,
    typing: Annotated[
        list[Typing] | None, typer.Option("--typing", help="Ask again as typed so; may be given more than once.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the typing noise.")] = 1373,
    html: Annotated[Path | None, typer.Option(help="Also write the report as a page.")] = None,
) -> None:
    """Ask questions that were not taught, and print how many are understood, by style, and what is confused."""
    try:
        with _open(questions, engine) as (opened, asked):
            asked += [
                replace(each, text=retype(each.text, way, seed), style=f"+{way}")
                for way in typing or ()
                for each in asked
            ]
            found = evaluation.describe(ask(opened.parser.parse, asked), opened.megabytes())
    except QuestionsError as error:
        raise CommandError(str(error)) from error
    for line in evaluation.write_table(found):
        typer.echo(line)
    if html:
        evaluation.write_page(found, ", ".join(path.name for path in questions), html)


@contextmanager
def _open(paths: list[Path], engine: Engine) -> Iterator[tuple[Opened, list[Question]]]:
    """An engine and what is asked of it; a public set is taught to the embedded engine first."""
    if paths[0].suffix == ".json":
        if engine is Engine.RASA:
            raise CommandError("--engine rasa: Rasa is taught a public set by hoctap bench public")
        public = read_set(paths[0])
        yield Opened(EmbeddedParser(train(public.taught, [], [])), lambda: None), list(public.asked)
        return
    asked = [question for path in paths for question in read_questions(path)]
    config = Config.load()
    answers = library.load(config.content / "faq", today_in_vietnam())
    with open_engine(engine, config, [*read_examples(), *answers.examples()]) as opened:
        yield opened, asked


@app.command()
def lint(
    limit: Annotated[int, typer.Option(help="How many of each kind are listed.")] = 30,
) -> None:
    """Name the entries that are thin, hardly recognised when a wording is left out, or too like another."""
    answers = library.load(Config.load().content / "faq", today_in_vietnam())
    weak = find_weaknesses([*read_examples(), *answers.examples()])
    for entry in weak.thin[:limit]:
        typer.echo(f"{entry.name}: {entry.wordings} wordings; write at least {WORDINGS_MIN}")
    for entry in [each for each in weak.entries if each.recognised < _WEAK][:limit]:
        taken = ", ".join(f"{name or 'nothing known'} {times}" for name, times in entry.taken_for)
        typer.echo(f"{entry.name}: {entry.recognised:.0%} of {entry.wordings} recognised when left out; {taken}")
    for pair in weak.alike[:limit]:
        typer.echo(f"{pair.first} ~ {pair.second}: {pair.likeness:.2f} “{pair.texts[0]}” / “{pair.texts[1]}”")
    mean = sum(each.recognised for each in weak.entries) / max(len(weak.entries), 1)
    typer.echo(
        f"{len(weak.entries)} entries, {mean:.1%} recognised when left out; {len(weak.thin)} thin; "
        f"{len(weak.alike)} pairs with a likeness of {ALIKE} or more"
    )


@app.command()
def suggest(
    take: Annotated[str, typer.Option("--accept", help="Numbers to take over as wordings: 12,15=xmc-01.")] = "",
) -> None:
    """List what citizens asked in vain beside the answer nearest to it; take over what a person accepts."""
    config = Config.load()
    mind = load_mind(config, today_in_vietnam())
    database = Database.open(config.database, config.keys)
    try:
        asked = database.read_now(lambda c: unanswered.recent(c, utc_now()))
    finally:
        database.close()
    library_now = mind.house.library
    found = {each.number: each for each in suggestions.suggest(asked, mind.parser, library_now)}
    if not take:
        for each in found.values():
            title = library_now.by_code[each.code].short_title
            typer.echo(f"{each.number:5d}  {each.score:.2f}  {each.code:8} {title:40} ← {each.text}")
        typer.echo(f"{len(found)} suggestions; hoctap nlu suggest --accept 12,15=xmc-01")
        return
    chosen = []
    for piece in take.split(","):
        number, _, code = piece.strip().partition("=")
        proposal = found.get(int(number)) if number.isdecimal() else None
        if proposal is None or (code and code not in library_now.by_code):
            raise CommandError(f"--accept {piece}: not in the list; write a number, or number=code of an answer")
        chosen.append(replace(proposal, code=code or proposal.code))
    suggestions.accept(chosen, library_now, config.content)
    typer.echo(f"{len(chosen)} wordings added; next: hoctap content check, compare, publish")


@app.command()
def export() -> None:
    """Write content/ as training data of the Rasa project nlu/: one file a topic, and the domain."""
    answers = library.load(Config.load().content / "faq", today_in_vietnam())
    files = exported(answers)
    for path in (FOLDER / "data" / "content").glob("*.yml"):
        if f"data/content/{path.name}" not in files:
            path.unlink()
    for name, text in files.items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    typer.echo(f"{len(files)} files in {FOLDER}: {len(answers.by_code)} answers")


def exported(answers: Library) -> dict[str, str]:
    """The text of each file that the Rasa project takes from *answers*, by its path there."""
    by_intent: dict[str, list[Example]] = {}
    for example in answers.examples():
        by_intent.setdefault(example.intent, []).append(example)
    topics = {
        topic.name: [example for code in topic.codes for example in by_intent[f"faq/{code}"]]
        for topic in answers.topics
    }
    return project_files(read_examples(), topics)
