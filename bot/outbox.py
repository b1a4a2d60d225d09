"""Replies to citizens, from the turn to the platform: sent at once, tried again when that may help."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from bot.channels.base import (
    Channel,
    ContactGone,
    Misconfigured,
    Refused,
    Retryable,
    SendError,
    Unknown,
    WindowClosed,
)
from bot.db import Connection, Database, contacts, conversations
from bot.db.conversations import Outgoing
from bot.pacing import ChannelPace, open_paces

log = structlog.get_logger()

ATTEMPTS_MAX = 8
BACKOFF_MAX = 600.0
MISCONFIGURED_WAIT = 60.0


class Outbox:
    """Sends replies. A reply may come twice after a crash or a time-out; it is never lost in silence."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        clock: Callable[[], datetime],
        paces: Mapping[str, ChannelPace] | None = None,
    ) -> None:
        self._database = database
        self._channels = channels
        self._clock = clock
        self._paces = paces or open_paces(database, channels)
        self._in_flight: set[int] = set()
        self._resting: dict[str, datetime] = {}

    async def send(self, outgoing: Sequence[Outgoing]) -> None:
        """Send calls to one citizen in their order; what has to wait makes those behind it wait too."""
        self._in_flight.update(each.id for each in outgoing)
        try:
            for position, each in enumerate(outgoing):
                wait = await self._send_one(each)
                if wait is not None:
                    behind = [one.id for one in outgoing[position:]]
                    await self._postpone(behind, wait)
                    return
        finally:
            self._in_flight.difference_update(each.id for each in outgoing)

    async def retry_due(self) -> None:
        """Send what waited for its time, and what a crash left behind."""
        now = self._clock()
        for name in self._channels:
            if self._resting.get(name, now) > now:
                continue
            # On PostgreSQL whoever asks holds them, so that no other process sends them too.
            ask = self._database.read if self._database.is_sqlite else self._database.write
            due = await ask(lambda c, name=name: conversations.due_replies(c, name, now))  # type: ignore[misc]
            by_peer: dict[str, list[Outgoing]] = {}
            for each in due:
                if each.id not in self._in_flight:
                    by_peer.setdefault(each.address.peer, []).append(each)
            await asyncio.gather(*(self.send(each) for each in by_peer.values()))

    async def _send_one(self, outgoing: Outgoing) -> float | None:
        """Send one call. None when it is settled, else the seconds to wait."""
        address = outgoing.address
        now = self._clock()
        resting = self._resting.get(address.channel)
        if resting is not None and resting > now:
            return (resting - now).total_seconds()
        if (wait := await self._paces[address.channel].turn(address.peer)) is not None:
            return wait
        try:
            await self._channels[address.channel].send(address.peer, outgoing.call)
        except SendError as error:
            log.warning("reply_not_sent", reply=outgoing.id, channel=address.channel, error=type(error).__name__)
            return await self._settle_failure(outgoing, error)
        await self._drop(outgoing.id)
        return None

    async def _settle_failure(self, outgoing: Outgoing, error: SendError) -> float | None:
        address = outgoing.address
        backoff = min(2.0**outgoing.attempts, BACKOFF_MAX)
        match error:
            case Retryable(wait=wait, whole_channel=whole):
                if whole:
                    self._resting[address.channel] = self._clock() + timedelta(seconds=wait)
                    await self._paces[address.channel].rest(wait)
                return max(wait, 0.0 if outgoing.attempts == 0 else backoff)
            case Misconfigured():
                self._resting[address.channel] = self._clock() + timedelta(seconds=MISCONFIGURED_WAIT)
                return MISCONFIGURED_WAIT
            case Unknown() if outgoing.attempts + 1 < ATTEMPTS_MAX:
                # An answer that comes twice is a small fault, one that never comes is silence.
                return backoff
            case ContactGone():
                await self._database.write(lambda c: contacts.block(c, address))
                await self._drop(outgoing.id)
                return None
            case WindowClosed() if outgoing.id:
                await self._database.write(lambda c: conversations.hold_reply(c, outgoing.id, self._clock()))
                return None
            case Refused() | _:
                await self._drop(outgoing.id)
                return None

    async def _drop(self, reply_id: int) -> None:
        if reply_id:
            await self._database.write(lambda c: conversations.drop_reply(c, reply_id))

    async def _postpone(self, reply_ids: Sequence[int], wait: float) -> None:
        until = self._clock() + timedelta(seconds=wait)

        def act(connection: Connection) -> None:
            for reply_id in reply_ids:
                if reply_id:
                    conversations.postpone_reply(connection, reply_id, until)

        await self._database.write(act)
