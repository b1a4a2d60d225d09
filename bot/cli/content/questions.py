"""``hoctap content unanswered``, ``draft`` and ``feedback``: what citizens miss, and what they find wrong."""

from datetime import timedelta
from typing import Annotated

import typer

from bot.app import utc_now
from bot.cli.content.check import today
from bot.cli.errors import CommandError
from bot.config import Config
from bot.db import Database, feedback, unanswered
from bot.dialogue.texts import load_texts
from bot.inbox import ZONE
from bot.knowledge import folder, library
from bot.knowledge.edit import next_code
from bot.knowledge.entry import Answer
from bot.knowledge.fault import Fault, read_sentences
from bot.knowledge.fields import write_date
from bot.knowledge.grouping import Group, group
from bot.knowledge.hoi_dap import Label
from bot.knowledge.package import DRAFTS
from bot.log import set_up
from bot.office.editing import clean_wordings


def list_unanswered(
    days: Annotated[int, typer.Option(help="Of how many days.", min=1, max=30)] = 30,
    shown: Annotated[int, typer.Option(help="How many groups are shown.", min=1)] = 20,
) -> None:
    """What citizens asked and nobody has answered yet: grouped by meaning, the most frequent first."""
    config = Config.load()
    texts = load_texts(config.content / "texts.yml")
    groups, waiting = _groups(config, days)
    for each in groups[:shown]:
        typer.echo(texts("unanswered.group", number=each.number, count=each.count, question=each.questions[0]))
        for other in each.questions[1:4]:
            typer.echo(f"      {other}")
    typer.echo(texts("unanswered.sum", groups=len(groups), count=sum(g.count for g in groups), waiting=waiting))


def draft(
    number: Annotated[int, typer.Argument(help="The number of the group, from hoctap content unanswered.")],
    topic: Annotated[str, typer.Option(help="The topic's file name, for example xoa-mu-chu.")] = "",
) -> None:
    """Write a draft of an answer to a group of questions, to be filled in and imported."""
    config = Config.load()
    texts = load_texts(config.content / "texts.yml")
    groups, _ = _groups(config, 30)
    found = next((each for each in groups if number in each.ids), None)
    if found is None:
        raise CommandError(texts("unanswered.unknown", number=number))
    faults: list[Fault] = []
    answers = folder.read_answers(config.content / "faq", faults)
    of_topic = [each for each in answers if each.topic == topic]
    if topic and not of_topic:
        raise CommandError(texts("unanswered.no_topic", topic=topic, known=", ".join({a.topic for a in answers})))
    path = config.content / DRAFTS / f"{topic or 'cau-hoi'}-{number}.md"
    if path.exists():
        raise CommandError(texts("cli.file_exists", file=path))
    path.parent.mkdir(exist_ok=True)
    taken = [each.code for each in answers]
    path.write_text(_write_draft(found, of_topic, taken, read_sentences(config.content)), encoding="utf-8")
    typer.echo(texts("unanswered.drafted", file=path))


def report_feedback(
    shown: Annotated[int, typer.Option(help="How many answers are shown.", min=1)] = 20,
) -> None:
    """The answers citizens find useful least: votes on the answers as they stand in the content folder."""
    config = Config.load()
    set_up("error")
    texts = load_texts(config.content / "texts.yml")
    database = Database.open(config.database, config.keys)
    try:
        counted = database.read_now(feedback.count)
    finally:
        database.close()
    known = library.load(config.content / "faq", today()).by_code
    for each in [each for each in counted if each.not_useful][:shown]:
        answer = known.get(each.code)
        same = answer is not None and answer.fingerprint() == each.version
        typer.echo(
            texts(
                "votes.line",
                code=each.code,
                title=answer.short_title if answer else "–",
                bad=each.not_useful,
                good=each.useful,
                version=texts("votes.now" if same else "votes.earlier"),
            )
        )
    good, bad = sum(each.useful for each in counted), sum(each.not_useful for each in counted)
    typer.echo(texts("votes.sum", good=good, bad=bad))


def _groups(config: Config, days: int) -> tuple[list[Group], int]:
    set_up("error")
    now = utc_now()
    database = Database.open(config.database, config.keys)
    try:
        asked = database.read_now(lambda c: unanswered.recent(c, now))
        waiting = database.read_now(unanswered.waiting)
    finally:
        database.close()
    since = now.astimezone(ZONE) - timedelta(days=days)
    return group([(each.id, each.question) for each in asked if each.at >= since]), len(waiting)


def _write_draft(found: Group, of_topic: list[Answer], taken: list[str], names: dict[str, str]) -> str:
    """A Hỏi – Đáp file with what is known; where something was taken out of a question, it is no wording."""
    question, *others = clean_wordings(found.questions) or [names["draft.question"]]
    title = of_topic[0].topic_title if of_topic else names["draft.topic"]
    wordings = "\n".join(f"- {each}" for each in others or [""])
    filled = {
        Label.CODE: next_code(title, [each.code for each in of_topic], taken) if of_topic else "",
        Label.SHORT_TITLE: "",
        Label.WORDINGS: f"\n{wordings}",
        Label.TEXT: "\n",
        Label.SOURCES: "\n- ",
        Label.CHECKED_ON: write_date(today()),
    }
    lines = []
    for label, value in filled.items():
        name = f"{names[f'label.{label}']}:"
        lines.append(name + value if value.startswith("\n") else f"{name} {value}".rstrip())
    return "\n".join([f"# {title}", "", f"## {question}", *lines, ""])
