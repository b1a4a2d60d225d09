"""The pace of the channels in this process: slots taken from the row that all processes share.

Replies take the next slot, however far; broadcasts only what is free within a tenth of a second. So
replies always go first, and never wait behind more than that.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.channels.base import Channel
from bot.db import Database, SQLAlchemyError, rates
from bot.db.rates import Slots
from bot.outreach.pace import ChatPace

AHEAD = 0.1
LATE = 0.05
"""A slot not used within this time is lost, so that no second holds more than its share."""


class ChannelPace:
    """The pace of one channel. *wake* is called when slots came, or when it is worth asking again."""

    def __init__(self, database: Database, channel: str, per_second: float) -> None:
        self.chats = ChatPace()
        self.listeners: set[Callable[[], None]] = set()
        self._database = database
        self._channel = channel
        self._per_second = per_second
        self._slots: deque[float] = deque()
        self._debt = 0
        self._rests_until = 0.0
        self._refill: asyncio.Task[None] | None = None

    @property
    def is_free(self) -> bool:
        """Whether this channel has no limit at all."""
        return math.isinf(self._per_second)

    async def turn(self, chat: str, count: int = 1) -> float | None:
        """Wait until a reply to *chat* may leave. Not allowed for now: the seconds to wait, at once."""
        delay = 0.0
        if not self.is_free:
            asked_at = time.monotonic()
            slots = await self._reserve(count, None)
            delay = max(0.0, slots.first - (time.monotonic() - asked_at))
            if not slots.count:
                return delay
            delay = max(delay, self.chats.delay(chat, time.monotonic()))
        if delay:
            await asyncio.sleep(delay)
        return None

    async def hold_back(self, chat: str) -> None:
        """Wait until *chat* may get another message."""
        if not self.is_free and (delay := self.chats.delay(chat, time.monotonic())):
            await asyncio.sleep(delay)

    def take(self, wanted: int, now: float) -> int:
        """How many of *wanted* messages of a broadcast may leave at *now*, by the event loop's clock."""
        if self.is_free or wanted <= 0:
            return max(0, wanted)
        while self._slots and self._slots[0] < now - LATE:
            self._slots.popleft()
        while self._slots and self._debt:
            self._slots.popleft()
            self._debt -= 1
        taken = 0
        while self._slots and taken < wanted and self._slots[0] <= now:
            self._slots.popleft()
            taken += 1
        if len(self._slots) < wanted - taken:
            self._ask()
        return taken

    def spend(self, extra: int) -> None:
        """Count *extra* messages as gone too: the further parts of long ones."""
        self._debt += extra

    def wait(self, now: float) -> float:
        """The seconds until the next slot known of; infinite when the listeners will be told."""
        if self.is_free:
            return 0.0
        if not self._slots:
            self._ask()
            return math.inf
        return max(0.0, self._slots[0] - now)

    def rests(self, now: float) -> float:
        """The seconds for which the platform still wants nothing, as far as this process was told."""
        return max(0.0, self._rests_until - now)

    async def rest(self, seconds: float) -> None:
        """Nothing on this channel for *seconds*, in any process: the platform said so."""
        self._rests_until = max(self._rests_until, asyncio.get_running_loop().time() + seconds)
        self._slots.clear()
        if not self.is_free:
            await self._database.write(lambda c: rates.rest(c, self._channel, seconds, time.time()))

    def _ask(self) -> None:
        if self._refill is None or self._refill.done():
            self._refill = asyncio.create_task(self._fill())

    async def _fill(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            asked_at = loop.time()
            slots = await self._reserve(max(1, int(self._per_second * AHEAD)), AHEAD)
            begins = asked_at + slots.first
            self._slots.extend(begins + number * slots.gap for number in range(slots.count))
            if not slots.count:
                # Others have them; a rest of the channel is looked at again in a while.
                await asyncio.sleep(min(max(begins - loop.time(), 0.005), 1.0))
        except SQLAlchemyError:
            # A database that is away for a moment; whoever needs a slot asks again.
            await asyncio.sleep(0.5)
        finally:
            self._refill = None
            for wake in self.listeners:
                wake()

    async def _reserve(self, count: int, ahead: float | None) -> Slots:
        """Slots with their first in seconds from now: a clock that is set meanwhile moves none of them."""
        now = time.time()
        slots = await self._database.reserve(
            lambda c: rates.reserve(c, self._channel, count, self._per_second, now, ahead)
        )
        return replace(slots, first=slots.first - now)


def open_paces(database: Database, channels: Mapping[str, Channel]) -> dict[str, ChannelPace]:
    """The pace of every channel."""
    return {name: ChannelPace(database, name, each.abilities.per_second) for name, each in channels.items()}
