"""The content as published: packed whole, kept in the database, read into a Mind, swapped in the running bot."""

import asyncio
import contextlib
import gc
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path

import structlog

from bot.config import Config
from bot.db import Database, publications
from bot.db.audit import BOT
from bot.db.publications import Act, Publication
from bot.dialogue.texts import Texts, TextsError, load_texts
from bot.dialogue.turn import House
from bot.inbox import ZONE, Inbox, Mind
from bot.knowledge import library
from bot.knowledge.fault import ContentError
from bot.knowledge.package import pack, unpack
from bot.places.centre import CentresError
from bot.places.centres import Directory
from bot.places.gazetteer import Gazetteer
from nlu.embedded import open_parser
from nlu.parse import Parser
from nlu.rasa_project import fingerprint
from nlu.rasa_server import RasaParser, RasaServer
from nlu.training import read_examples

log = structlog.get_logger()


@cache
def open_rasa(config: Config) -> RasaServer | None:
    """The Rasa server that is to understand texts; None where the embedded engine does."""
    return RasaServer(config.rasa_url, config.rasa_token) if config.nlu == "rasa" else None


def load_mind(content: Path, data: Path, today: date, rasa: RasaServer | None = None) -> Mind:
    """Everything the bot knows from the folder *content*, checked, and its parser, trained or from the cache.

    Given *rasa*, that server understands texts, and the embedded engine what the server does not.
    Raises ContentError, CentresError or TextsError with every fault found.
    """
    texts = load_texts(content / "texts.yml")
    answers = library.load(content / "faq", today)
    gazetteer = Gazetteer.load(content / "places" / "overlay.csv", today)
    directory = Directory.load(content / "centres", gazetteer, today)
    examples = [*read_examples(), *answers.examples()]
    parser: Parser = open_parser(examples, data / "nlu")
    if rasa:
        parser = RasaParser(rasa, parser, fingerprint(examples))
    return Mind(House(texts, answers, gazetteer, directory), parser)


@dataclass(frozen=True, slots=True)
class Start:
    """What the bot starts with. *trouble* says why it is not what the content folder holds; "" if it is."""

    mind: Mind
    publication: Publication
    trouble: str = ""


def start(config: Config, database: Database, now: datetime) -> Start:
    """What to put before citizens at the start.

    Until a person publishes for the first time, the content folder is published by itself at each start, so
    one command is enough to begin with; a folder with a fault never replaces what stood before. Afterwards
    only what was published counts. Raises what ``load_mind`` raises when there is nothing good at all.
    """
    today = now.astimezone(ZONE).date()
    history = database.read_now(publications.all_publications)
    by_person = any(each.act is not Act.START for each in history)
    trouble = ""
    for standing in history[:1] if by_person else ():
        try:
            return Start(read_version(config, database, standing, today), standing)
        except (ContentError, CentresError, TextsError) as error:
            # Written under older rules: better what is in the folder than nothing.
            trouble = f"version {standing.number}: {explain(error)}"
            log.error("content.version_unreadable", version=standing.number, reason=explain(error))
    try:
        mind = load_mind(config.content, config.data, today, open_rasa(config))
    except (ContentError, CentresError, TextsError) as error:
        if not history or by_person:
            raise
        log.error("content.not_published", reason=explain(error))
        return Start(read_version(config, database, history[0], today), history[0], explain(error))
    package = pack(config.content)
    if history and history[0].digest == package.digest:
        return Start(mind, history[0], trouble)
    count = len(mind.house.library.by_code)
    publication = database.submit(
        lambda c: publications.publish(c, package.digest, package.archive, count, Act.START, BOT, now)
    ).result()
    return Start(mind, publication, trouble)


def read_version(config: Config, database: Database, publication: Publication, today: date) -> Mind:
    """The Mind of what *publication* put before citizens. Raises what ``load_mind`` raises.

    A phrase that came with newer code, and that the version cannot know, is taken from the content folder.
    """
    archive = database.read_now(lambda c: publications.archive_of(c, publication.digest))
    mind = load_mind(unpack(config.data, publication.digest, archive), config.data, today, open_rasa(config))
    with contextlib.suppress(TextsError):
        newer = load_texts(config.content / "texts.yml").phrases
        texts = Texts({**newer, **mind.house.texts.phrases})
        return replace(mind, house=replace(mind.house, texts=texts))
    return mind


def explain(error: Exception) -> str:
    """One line on why content could not be used, for the log and for health."""
    if isinstance(error, ContentError | CentresError):
        errors = [each for each in error.faults if not getattr(each, "warning", False)]
        faults = [f"{each.file}:{each.line}: {each.key}" for each in errors]
        more = f" (+{len(faults) - 3})" if len(faults) > 3 else ""
        return "; ".join(faults[:3]) + more
    return f"{type(error).__name__}: {error}"


def spare_collector() -> None:
    """Have the collector of cycles leave alone what is loaded by now: a walk through all that the bot knows
    lets everybody wait for a fifth of a second, whenever many write at once."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


class Newsstand:
    """Watches for a new publication and puts it before citizens; one that fails leaves the old one standing."""

    def __init__(
        self, config: Config, database: Database, inbox: Inbox, began: Start, clock: Callable[[], datetime]
    ) -> None:
        self.publication = began.publication
        self.trouble = began.trouble
        self._seen = began.publication.number
        self._config = config
        self._database = database
        self._inbox = inbox
        self._clock = clock

    async def look(self) -> bool:
        """Swap in what was published since the last look; whether something was.

        The new Mind is read in a thread, and trained, where it must be, in a process of its own; one reference
        changes, so a message is answered wholly by the old or wholly by the new.
        """
        latest = await self._database.read(publications.current)
        if latest is None or latest.number == self._seen:
            return False
        today = self._clock().astimezone(ZONE).date()
        self._seen = latest.number
        try:
            mind = await asyncio.to_thread(read_version, self._config, self._database, latest, today)
        except Exception as error:
            self.trouble = f"version {latest.number}: {explain(error)}"
            log.error("content.not_swapped", version=latest.number, reason=explain(error))
            return False
        self._inbox.mind = mind
        self.publication, self.trouble = latest, ""
        spare_collector()
        log.info("content.swapped", version=latest.number, answers=latest.answers)
        return True
