"""``hoctap nlu``: the training content of the understanding."""

import typer

from bot.app import today_in_vietnam
from bot.config import Config
from bot.knowledge import library
from bot.knowledge.library import Library
from nlu.rasa_project import FOLDER, project_files
from nlu.training import Example, read_examples

app = typer.Typer(help="Export what the understanding is taught.", no_args_is_help=True)


@app.callback()
def nlu() -> None:
    """Export what the understanding is taught."""


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
