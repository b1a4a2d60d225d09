"""Broadcasts on their way: due ones start, their shards are sent, what a crash left is taken up."""

import asyncio
import os
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

import structlog

from bot.channels.base import Call, Channel
from bot.db import Connection, Database, broadcasts, freezing, recovery, schedules, shards, waiting_shards
from bot.db.house_marks import Progress, hold_everything
from bot.db.reconciling import Balance, keep_outcome, reconcile
from bot.db.shards import Held
from bot.messages import Reply
from bot.outreach import frozen_content
from bot.outreach.broadcast import Status
from bot.outreach.check_code import new_code
from bot.outreach.delivery import Recent
from bot.outreach.pace import USUAL_CAPS, Caps
from bot.outreach.placeholders import PlaceWords
from bot.pacing import ChannelPace, open_paces
from bot.sending import Sending, Surroundings, Window

log = structlog.get_logger()

LEASE = timedelta(seconds=30)
SHARD_SECONDS, SHARD_MIN, SHARD_MAX = 15, 50, 1000
LANES_FROM = 100.0
"""A channel so fast is served by two shards at a time, so that no round trip is idle between them."""

NOTE_EVERY = 1.0
SWEEPS_MAX = 20

Render = Callable[[Mapping[str, Any], str, PlaceWords], Reply]
WordsAt = Callable[[str, str], PlaceWords]
"""The names of a home (a unit's token) and a province (its code), as a text says them."""


class Dispatcher:
    """Sends broadcasts, one shard of a channel at a time. Any number of processes may each run one."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        clock: Callable[[], datetime],
        render: Render = frozen_content.render,
        words_at: WordsAt = lambda home, province: {},
        *,
        lease: timedelta = LEASE,
        paces: Mapping[str, ChannelPace] | None = None,
        caps: Caps = USUAL_CAPS,
    ) -> None:
        self.database = database
        self.channels = channels
        self.clock = clock
        self.render = render
        self.words_at = words_at
        self.lease = lease
        self.owner = f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.draining = False
        self.by_jobs = False
        """Whether shards come as jobs, not by looking for them."""
        self.paces = paces or open_paces(database, channels)
        self.sizes = {name: shard_size(each.abilities.per_second) for name, each in channels.items()}
        self.windows = {
            name: each.abilities.window.paid for name, each in channels.items() if each.abilities.window
        }
        self.progress = Progress(database.engine)
        self._around = {
            name: Surroundings(
                database,
                each,
                self.paces[name],
                Window(each.abilities.per_second),
                lease,
                clock,
                caps,
                self._note,
            )
            for name, each in channels.items()
        }
        self._recent: dict[int, Recent] = {}
        self._noted_at = 0.0
        self._tasks: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._freezing: dict[int, asyncio.Task[None]] = {}
        self._sending: dict[tuple[str, int], Sending] = {}

    async def recover_at_start(self) -> None:
        """Take up what the last process left; what stood still for too long waits for a person, and so
        does everything in a database that was put back from a backup.

        On SQLite nobody else can be sending, so every lease is taken back at once.
        """
        now = self.clock()
        # In one transaction, or a crash between the two would forget it.
        held = await self.database.write(lambda c: hold_everything(c, now) if self.progress.went_back(c) else None)
        await self.database.read(self.progress.keep)
        if held is not None:
            log.warning("database_restored", held=held, remedy="look at each, then resume or approve it again")
        paused = await self.database.write(lambda c: broadcasts.pause_interrupted(c, now))
        everyone = self.database.is_sqlite
        doubtful = await self.database.write(lambda c: recovery.recover(c, now, everyone=everyone))
        if paused or doubtful:
            log.warning("broadcasts_recovered", paused=paused, doubtful=doubtful)

    async def tick(self, now: datetime) -> None:
        """Start what is due, take back expired leases, close what is over."""
        for schedule, outcome in await self.database.write(lambda c: schedules.run_due(c, now, new_code)):
            log.info("schedule_due", schedule=schedule, outcome=outcome)
        await self.database.write(lambda c: broadcasts.ripen_approved(c, now))
        for broadcast_id in await self.database.read(lambda c: broadcasts.due(c, now)):
            try:
                begun = await self.database.write(partial(self._start, broadcast_id, now))
            except Exception:
                # One that cannot start keeps nobody else from starting; it becomes missed in time.
                log.exception("broadcast_not_started", broadcast=broadcast_id)
                continue
            if begun is not None:
                log.info("broadcast_due", broadcast=broadcast_id, status=begun)
                await self.database.read(freezing.count_anew)
        if not await self.database.read(waiting_shards.anything_open):
            return
        await self.database.read(self.progress.keep)
        for broadcast_id in await self.database.read(freezing.freezing):
            if broadcast_id not in self._freezing and not self.draining:
                self._freezing[broadcast_id] = asyncio.create_task(self._freeze_rest(broadcast_id))
        doubtful = await self.database.write(lambda c: recovery.recover(c, now))
        if doubtful:
            log.warning("lease_expired", doubtful=doubtful)
        for _ in range(SWEEPS_MAX):
            if await self.database.write(lambda c: recovery.sweep(c, now)) < recovery.SWEPT_AT_ONCE:
                break
        for broadcast_id in await self.database.write(lambda c: broadcasts.complete_finished(c, now)):
            log.info("broadcast_completed", broadcast=broadcast_id)

    async def reconcile(self) -> list[Balance]:
        """Look whether the books of every broadcast balance; one that does not is held, and said so."""
        now = self.clock()
        balances = await self.database.read(lambda c: reconcile(c, now))
        await self.database.write(lambda c: keep_outcome(c, balances, now))
        for each in balances:
            if each.faults:
                log.error("books_do_not_balance", broadcast=each.broadcast_id, faults=each.faults)
                number = each.broadcast_id
                await self.database.write(lambda c, n=number: broadcasts.hold(c, n, "unbalanced", now))  # type: ignore[misc]
        log.info("reconciled", broadcasts=len(balances), faults=sum(bool(each.faults) for each in balances))
        return balances

    async def run_ready(self, now: datetime) -> None:
        """Begin to send on every channel where something is ready; returns at once. See ``settle``."""
        for name in await self.database.read(lambda c: waiting_shards.ready_channels(c, now)):
            if name not in self.channels or self.draining:
                continue
            for lane in range(self.lanes(name)):
                task = self._tasks.get((name, lane))
                if task is None or task.done():
                    self._tasks[name, lane] = asyncio.create_task(self._serve(name, lane))

    def lanes(self, name: str) -> int:
        """How many shards of a channel this process sends at a time."""
        return 2 if self.channels[name].abilities.per_second >= LANES_FROM else 1

    async def run_shard(self, name: str, lane: int = 0, only: tuple[int, int] | None = None) -> bool:
        """Send the next shard of a channel, or *only* this one, whole. False when none is ready."""
        now = self.clock()
        held = await self.database.write(lambda c: self._claim(c, name, now, only))
        if held is None:
            return False
        if held.places:
            # A thousand places have a thousand texts: made beside the event loop, on which replies wait.
            sending = await asyncio.to_thread(self._open, name, held)
        else:
            sending = self._open(name, held)
        self._sending[name, lane] = sending
        try:
            if self.draining:
                sending.stop()
            await sending.run()
        finally:
            self._sending.pop((name, lane), None)
        await self.database.read(self.progress.keep)
        return True

    @property
    def is_frozen(self) -> bool:
        """Whether nobody is being frozen in this process at the moment."""
        return not self._freezing

    async def settle(self) -> None:
        """Wait until nothing is being frozen or sent."""
        while tasks := [*self._freezing.values(), *(each for each in self._tasks.values() if not each.done())]:
            await asyncio.gather(*tasks)

    async def drain(self) -> None:
        """Begin nothing more, wait for what is under way, keep its results, give the shards back."""
        self.draining = True
        for sending in self._sending.values():
            sending.stop()
        await self.settle()

    async def _serve(self, name: str, lane: int) -> None:
        """Send the shards of one channel until none is ready."""
        try:
            while not self.draining and await self.run_shard(name, lane):
                pass
        except Exception:
            # What it held is taken back when the lease runs out.
            log.exception("shard_abandoned", channel=name)

    async def _freeze_rest(self, broadcast_id: int) -> None:
        try:
            while not self.draining:
                now = self.clock()
                more = await self.database.write(
                    lambda c, now=now: freezing.freeze_page(  # type: ignore[misc]
                        c, broadcast_id, self.sizes, now, windows=self.windows
                    )
                )
                if not more:
                    await self.database.read(freezing.count_anew)
                    return
                if not self.by_jobs:
                    await self.run_ready(now)
        except Exception:
            log.exception("freezing_failed", broadcast=broadcast_id)
        finally:
            self._freezing.pop(broadcast_id, None)

    def _start(self, broadcast_id: int, now: datetime, connection: Connection) -> Status | None:
        self.progress.note(connection)
        return broadcasts.start(connection, broadcast_id, self.sizes, now, self.windows)

    def _claim(
        self, connection: Connection, name: str, now: datetime, only: tuple[int, int] | None
    ) -> Held | None:
        held = shards.claim_shard(connection, name, self.owner, self.lease, now, only)
        if held is not None:
            self.progress.note(connection)
        return held

    def _note(self, connection: Connection) -> None:
        """Once a second of sending, count it: a backup older than that, and a tick, is known for one."""
        now = time.monotonic()
        if now - self._noted_at > NOTE_EVERY:
            self._noted_at = now
            self.progress.note(connection)

    def _open(self, name: str, held: Held) -> Sending:
        channel = self.channels[name]
        bulk = dict(channel.abilities.bulk)
        recent = self._recent.setdefault(held.broadcast_id, Recent())

        @cache
        def calls_at(home: str, province: str) -> list[Call]:
            reply = self.render(held.content, name, self.words_at(home, province))
            return [{**call, **bulk} for call in channel.render(reply)]

        own = {sequence: calls_at(*place) for sequence, place in held.places.items()}
        return Sending(self._around[name], held, calls_at("", ""), recent, own)


def shard_size(per_second: float) -> int:
    """How many people a shard holds: about 15 seconds of sending, so that another can take over soon."""
    return int(min(max(per_second * SHARD_SECONDS, SHARD_MIN), SHARD_MAX))
