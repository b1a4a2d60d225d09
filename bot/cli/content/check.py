"""``hoctap content check``: what is wrong in everything staff write, in Vietnamese, with line and remedy."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bot.config import Config
from bot.contacts import Topic
from bot.dialogue.place_words import longest_words
from bot.dialogue.texts import load_texts
from bot.knowledge import library
from bot.knowledge.fault import ContentError, Fault, describe, read_sentences
from bot.knowledge.folder import read_tables
from bot.knowledge.tables import list_cells
from bot.outreach.broadcast import Forbidden
from bot.outreach.campaign import Vocabulary, check_campaigns
from bot.outreach.report import explain, explain_faults
from bot.outreach.segments import load_segments
from bot.places.centre import CentresError
from bot.places.centres import Directory
from bot.places.gazetteer import Gazetteer
from nlu.vietnamese import fold


def check(
    warnings: Annotated[bool, typer.Option(help="Also show what does not stop publishing.")] = True,
) -> None:
    """Name every fault at once as file:line: what is wrong, what to do. Exit code 1 when there is one."""
    config = Config.load()
    texts = load_texts(config.content / "texts.yml")
    sentences = read_sentences(config.content)
    faults: list[Fault] = []
    count = 0
    codes: set[str] = set()
    try:
        answers = library.load(config.content / "faq", today())
        faults += answers.warnings
        count = len(answers.by_code)
        codes = set(answers.by_code)
    except ContentError as error:
        faults += error.faults
    try:
        gazetteer = Gazetteer.load(config.content / "places" / "overlay.csv")
        Directory.load(config.content / "centres", gazetteer)
    except CentresError as error:
        faults += [Fault(each.file, each.line, each.key, each.arguments) for each in error.faults]
    outreach = [*_check_campaigns(config, frozenset(codes)), *_check_segments(config)]
    for told in outreach:
        typer.echo(told)
    wrong = [each for each in faults if not each.warning]
    for each in faults if warnings else wrong:
        typer.echo(describe(each, sentences))
    if wrong or outreach:
        typer.echo(texts("cli.faults", count=len(wrong) + len(outreach)), err=True)
        raise typer.Exit(1)
    typer.echo(texts("cli.checked", count=count, warnings=len(faults)))


def _check_campaigns(config: Config, codes: frozenset[str]) -> list[str]:
    """The faults of all campaign files as staff read them.

    Where the answers themselves are broken, *codes* is empty, and buttons to answers are not looked at.
    """
    phrase = load_texts(config.content / "broadcast_texts.yml")
    texts = load_texts(config.content / "texts.yml")
    topics = {fold(name): Topic(topic) for topic, name in texts.named("topic").items()}
    topics |= {str(topic): topic for topic in Topic}
    buttons = {fold(label): token for token, label in phrase.named("fixed_button").items()}
    values = list_cells(read_tables(config.content, []))
    frame = phrase.phrases["citizen.frame"]
    overlay = config.content / "places" / "overlay.csv"
    vocabulary = Vocabulary(
        topics, buttons, codes or None, frame, values, lambda: longest_words(texts, Gazetteer.load(overlay))
    )
    faults = check_campaigns(config.content / "campaigns", vocabulary)
    return explain_faults(phrase, faults).splitlines()


def _check_segments(config: Config) -> list[str]:
    """The first fault of ``segments.yml`` as staff read it."""
    try:
        load_segments(config.content / "segments.yml")
    except Forbidden as error:
        return [explain(load_texts(config.content / "broadcast_texts.yml"), error)]
    return []


def describe_faults(error: ContentError | CentresError) -> str:
    """All faults of *error* as staff read them, a line each."""
    sentences = read_sentences(_content())
    return "\n".join(
        describe(Fault(each.file, each.line, each.key, each.arguments), sentences) for each in error.faults
    )


def today() -> date:
    """The date in Vietnam now."""
    return datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()


def _content() -> Path:
    return Config.load().content
