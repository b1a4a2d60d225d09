"""Broadcasts on their way: due ones start, their shards are sent, what a crash left is taken up."""

import asyncio
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from bot.channels.base import Channel
from bot.db import Database, broadcasts, recovery, shards
from bot.db.shards import Held
from bot.messages import Reply
from bot.outreach import campaign
from bot.outreach.broadcast import Status
from bot.outreach.pace import bulk_pace
from bot.sending import Sending

log = structlog.get_logger()

LEASE = timedelta(seconds=30)
SHARD_SECONDS, SHARD_MIN, SHARD_MAX = 15, 50, 1000

Render = Callable[[Mapping[str, Any]], Reply]


class Dispatcher:
    """Sends broadcasts, one shard of a channel at a time. Any number of processes may each run one."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        clock: Callable[[], datetime],
        render: Render = campaign.render,
        *,
        lease: timedelta = LEASE,
    ) -> None:
        self.database = database
        self.channels = channels
        self.clock = clock
        self.render = render
        self.lease = lease
        self.owner = f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.draining = False
        self.paces = {name: bulk_pace(each.abilities.per_second) for name, each in channels.items()}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._sending: dict[str, Sending] = {}

    async def recover_at_start(self) -> None:
        """Take up what the last process left; what stood still for too long waits for a person.

        On SQLite nobody else can be sending, so every lease is taken back at once.
        """
        now = self.clock()
        paused = await self.database.write(lambda c: broadcasts.pause_interrupted(c, now))
        everyone = self.database.is_sqlite
        doubtful = await self.database.write(lambda c: recovery.recover(c, now, everyone=everyone))
        if paused or doubtful:
            log.warning("broadcasts_recovered", paused=paused, doubtful=doubtful)

    async def tick(self, now: datetime) -> None:
        """Start what is due, take back expired leases, close what is over."""
        sizes = {name: shard_size(each.abilities.per_second) for name, each in self.channels.items()}
        for broadcast_id in await self.database.read(lambda c: broadcasts.due(c, now)):
            try:
                begun = await self.database.write(partial(_start, broadcast_id, sizes, now))
            except Exception:
                # One that cannot start keeps nobody else from starting; it becomes missed in time.
                log.exception("broadcast_not_started", broadcast=broadcast_id)
                continue
            if begun is not None:
                log.info("broadcast_due", broadcast=broadcast_id, status=begun)
        if not await self.database.read(shards.anything_open):
            return
        doubtful = await self.database.write(lambda c: recovery.recover(c, now))
        if doubtful:
            log.warning("lease_expired", doubtful=doubtful)
        await self.database.write(lambda c: recovery.sweep(c, now))
        for broadcast_id in await self.database.write(lambda c: broadcasts.complete_finished(c, now)):
            log.info("broadcast_completed", broadcast=broadcast_id)

    async def run_ready(self, now: datetime) -> None:
        """Begin to send on every channel where something is ready; returns at once. See ``settle``."""
        for name in await self.database.read(lambda c: shards.ready_channels(c, now)):
            task = self._tasks.get(name)
            if name in self.channels and not self.draining and (task is None or task.done()):
                self._tasks[name] = asyncio.create_task(self._serve(name), name=f"broadcasts-{name}")

    async def settle(self) -> None:
        """Wait until nothing is being sent."""
        await asyncio.gather(*self._tasks.values())

    async def drain(self) -> None:
        """Begin nothing more, wait for what is under way, keep its results, give the shards back."""
        self.draining = True
        for sending in self._sending.values():
            sending.stop()
        await self.settle()

    async def _serve(self, name: str) -> None:
        """Send the shards of one channel until none is ready."""
        try:
            while not self.draining:
                now = self.clock()
                held = await self.database.write(
                    lambda c, now=now: shards.claim_shard(c, name, self.owner, self.lease, now)  # type: ignore[misc]
                )
                if held is None:
                    return
                sending = self._sending[name] = self._open(name, held)
                if self.draining:
                    sending.stop()
                await sending.run()
        except Exception:
            # What it held is taken back when the lease runs out.
            log.exception("shard_abandoned", channel=name)
        finally:
            self._sending.pop(name, None)

    def _open(self, name: str, held: Held) -> Sending:
        channel = self.channels[name]
        return Sending(
            self.database,
            channel,
            held,
            channel.render(self.render(held.content)),
            pace=self.paces[name],
            lease=self.lease,
            clock=self.clock,
        )


def shard_size(per_second: float) -> int:
    """How many people a shard holds: about 15 seconds of sending, so that another can take over soon."""
    return int(min(max(per_second * SHARD_SECONDS, SHARD_MIN), SHARD_MAX))


def _start(broadcast_id: int, sizes: Mapping[str, int], now: datetime, connection: Any) -> Status | None:
    return broadcasts.start(connection, broadcast_id, sizes, now)
