"""Edits compared with what stands, in a process of its own: sixteen seconds of work that no page waits for."""

import asyncio
import multiprocessing
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from multiprocessing.context import SpawnProcess
from pathlib import Path

import structlog

from bot.config import Config
from bot.db import Database, comparisons, edits
from bot.dialogue.texts import TextsError
from bot.inbox import ZONE
from bot.knowledge.edit import Edit
from bot.knowledge.fault import ContentError, describe
from bot.log import set_up
from bot.office.working_copy import chosen, look_over, materialise, open_standing
from bot.outreach.broadcast import Forbidden
from bot.places.centre import CentresError
from bot.review import review
from bot.review_report import tell

log = structlog.get_logger()

_TOLD = 60
"""Questions of each kind that the report tells."""

_POLITE = 10
"""How far the comparison stands back behind citizens who wait for an answer."""


class Comparer:
    """Starts comparisons and sees that none is left unfinished when its process dies."""

    def __init__(self, config: Config, database: Database) -> None:
        self._config = config
        self._database = database
        self._running: dict[SpawnProcess, asyncio.Task[None]] = {}

    def start(self, number: int, now: datetime) -> None:
        """Carry out comparison *number*, as of *now*, in a process of its own."""
        process = multiprocessing.get_context("spawn").Process(
            target=carry_out, args=(self._config, number, now), name=f"comparison-{number}"
        )
        process.start()
        self._running[process] = asyncio.create_task(self._watch(process, number, now))

    def close(self) -> None:
        """End what is under way."""
        for process in self._running:
            process.terminate()

    async def _watch(self, process: SpawnProcess, number: int, now: datetime) -> None:
        await asyncio.to_thread(process.join)
        del self._running[process]
        if process.exitcode:
            log.error("content.not_compared", comparison=number, exit=process.exitcode)
            await self._database.write(lambda c: comparisons.finish(c, number, {"broken": True}, now))


def carry_out(config: Config, number: int, now: datetime) -> None:
    """Compare the edits of comparison *number*, and keep what came of it in the database."""
    os.nice(_POLITE)
    set_up("error")
    database = Database.open(config.database, config.keys)
    try:
        found = database.read_now(lambda c: comparisons.find(c, number))
        assert found is not None
        pending = database.read_now(edits.all_edits)
        with tempfile.TemporaryDirectory() as folder:
            _compare(config, database, number, chosen(pending, found.marks), Path(folder), now)
    finally:
        database.close()


def _compare(
    config: Config, database: Database, number: int, chosen_edits: Sequence[Edit], folder: Path, now: datetime
) -> None:
    last = time.monotonic()

    def count(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= 1:
            last = time.monotonic()
            database.submit(lambda c: comparisons.count(c, number, done, total, now)).result()

    try:
        standing, written = open_standing(database, config.data)
        checked = look_over(written, chosen_edits, now.astimezone(ZONE).date())
        materialise(written, checked.merge, folder)
        reviewed = review(config, database, folder, now, count)
    except ContentError as error:
        faults = [describe(each, written.names) for each in error.faults if not each.warning]
        finish = partial(comparisons.finish, report={"faults": faults})
    except (CentresError, TextsError, Forbidden) as error:
        finish = partial(comparisons.finish, report={"faults": [str(error)]})
    else:
        report = asdict(tell(reviewed, reviewed.edited.house.texts, now, _TOLD))
        if reviewed.standing and reviewed.standing.number == standing.number and not reviewed.unchanged:
            finish = partial(
                comparisons.finish,
                report=report,
                digest=reviewed.package.digest,
                archive=reviewed.package.archive,
                answers=len(reviewed.edited.house.library.by_code),
            )
        else:
            finish = partial(comparisons.finish, report={"unchanged": reviewed.unchanged})
    database.submit(lambda c: finish(c, number, now=now)).result()
