"""Counting whom a broadcast reaches, beside the page: for a large audience it takes longer than a page may."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.contacts import Quota
from bot.db import Connection, Database
from bot.db.audience import Audience
from bot.office import deciding
from bot.office.office import Office
from bot.outreach.audience_rule import segment_as_json
from bot.outreach.broadcast import Broadcast
from bot.outreach.reach import ChannelReach

FRESH = timedelta(minutes=1)
PATIENCE = 0.05
"""Seconds a page waits for a count; most are done by then."""
KEPT_MAX = 200


@dataclass(frozen=True, slots=True)
class Count:
    """Whom a broadcast reaches and not, what each channel can really do, and what its plan still holds."""

    people: Audience
    plan: Sequence[ChannelReach]
    quotas: Sequence[Quota]


class Counter:
    """Counts of the last minute; each question is asked once at a time, however many pages wait for it."""

    def __init__(self, database: Database, office: Office, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._office = office
        self._clock = clock
        self._known: OrderedDict[str, tuple[datetime, Count]] = OrderedDict()
        self._asked: dict[str, asyncio.Task[Count]] = {}

    async def glance(self, found: Broadcast) -> Count | None:
        """The count; None when it takes longer than a page may wait: it is then there a little later."""
        if kept := self._kept(found):
            return kept
        try:
            return await asyncio.wait_for(self.count(found), PATIENCE)
        except TimeoutError:
            return None

    async def count(self, found: Broadcast) -> Count:
        """The count, however long it takes."""
        if kept := self._kept(found):
            return kept
        now, key = self._clock(), _key(found)
        if (task := self._asked.get(key)) is None:
            task = self._asked[key] = asyncio.create_task(self._ask(key, found, now))
        return await asyncio.shield(task)

    def forget(self, found: Broadcast) -> None:
        """Count anew the next time."""
        self._known.pop(_key(found), None)

    def _kept(self, found: Broadcast) -> Count | None:
        at, kept = self._known.get(_key(found), (None, None))
        return kept if at is not None and self._clock() - at < FRESH else None

    async def _ask(self, key: str, found: Broadcast, now: datetime) -> Count:
        def ask(connection: Connection) -> Count:
            people = deciding.count_people(connection, self._office, found, now)
            return Count(people, *deciding.plan(connection, self._office, found, now, people))

        try:
            counted = await self._database.read(ask)
        finally:
            del self._asked[key]
        self._known.pop(key, None)
        self._known[key] = (now, counted)
        while len(self._known) > KEPT_MAX:
            self._known.popitem(last=False)
        return counted


def _key(found: Broadcast) -> str:
    return json.dumps([segment_as_json(found.segment), dict(found.content)], sort_keys=True)
