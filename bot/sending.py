"""One shard of a broadcast on its way: intents, sendings, results, in that order on disk.

Read ``Sending.run`` first: it is the whole protocol.
"""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.channels.base import (
    Call,
    Channel,
    ContactGone,
    Misconfigured,
    Refused,
    Retryable,
    SendError,
    Unknown,
    WindowClosed,
)
from bot.db import Connection, Database, SQLAlchemyError, broadcasts, flushes, shards
from bot.db.flushes import Flushed, Verdict
from bot.db.shards import Held
from bot.outreach.delivery import DeliveryStatus, Recent, Result, after_doubt
from bot.outreach.pace import USUAL_CAPS, Caps
from bot.outreach.quiet_hours import next_allowed
from bot.pacing import ChannelPace

log = structlog.get_logger()

WINDOW_MIN, WINDOW_MAX = 8, 256
WINDOW_SECONDS = 0.5
GATHER = 0.02
WAIT_HERE = 5.0
FLUSH_WAIT_MAX = 2.0
FOLLOWER_TRIES = 3


class Window:
    """How many copies may be on the wire at once in this process and channel: as many as are in doubt
    after a crash."""

    def __init__(self, per_second: float) -> None:
        self.size = int(min(max(per_second * WINDOW_SECONDS, WINDOW_MIN), WINDOW_MAX))
        self.used = 0
        self.hungry: set[Callable[[], None]] = set()

    def free(self, count: int = 1) -> None:
        """So many have landed, or never left; whoever waited for room is told."""
        self.used -= count
        if self.hungry and self.room() > 0:
            waiting, self.hungry = self.hungry, set()
            for wake in waiting:
                wake()

    def room(self) -> int:
        """How many more may leave."""
        return self.size - self.used


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the shards of a channel share in this process. *noted* is called in each transaction, so that
    a database that went back in time is known at the next start."""

    database: Database
    channel: Channel
    pace: ChannelPace
    window: Window
    lease: timedelta
    clock: Callable[[], datetime]
    caps: Caps = USUAL_CAPS
    noted: Callable[[Connection], None] = lambda _: None


class Sending:
    """One shard being sent."""

    def __init__(
        self,
        around: Surroundings,
        held: Held,
        calls: list[Call],
        recent: Recent,
        own: Mapping[int, list[Call]] | None = None,
    ) -> None:
        """*own* are the calls for single sequences, where copies differ by whom they go to."""
        self._database = around.database
        self._channel = around.channel
        self._held = held
        self._calls = calls
        self._own = own or {}
        self._parts = max(map(len, (calls, *self._own.values())))
        self._pace = around.pace
        self._window = around.window
        self._lease = around.lease
        self._clock = around.clock
        self._around = around
        self._queue = deque(sequence for sequence, _ in held.queued)
        self._attempts = dict(held.queued)
        self._later: list[tuple[float, int]] = []
        self._in_flight: set[asyncio.Task[None]] = set()
        self._followers: set[asyncio.Task[None]] = set()
        self._results: list[Result] = []
        self._recent = recent
        self._woken = asyncio.Event()
        self._all_landed = asyncio.Event()
        self._stopping = False
        self._verdict = Verdict.GO
        self._pause_reason = ""
        self._resting: asyncio.Task[None] | None = None
        self._flushed_at = 0.0

    def stop(self) -> None:
        """Begin nothing more; what is under way is settled."""
        self._stopping = True
        self._woken.set()

    @property
    def going(self) -> bool:
        """Whether more may be sent."""
        return self._verdict is Verdict.GO and not self._pause_reason and not self._stopping

    async def run(self) -> None:
        """Send the shard. Each round: one transaction keeps the finished and permits the next, then
        the permitted leave. So at most ``window`` copies are ever in doubt."""
        loop = asyncio.get_running_loop()
        self._pace.listeners.add(self._woken.set)
        try:
            await self._run(loop)
        finally:
            self._pace.listeners.discard(self._woken.set)

    async def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        while True:
            wanted = self._take(loop.time())
            if wanted or self._results or loop.time() - self._flushed_at > self._lease.total_seconds() / 3:
                # Taken before the rows say so, or two shards would fill the window twice.
                self._window.used += len(wanted)
                try:
                    flushed = await self._flush(wanted)
                except BaseException:
                    self._window.free(len(wanted))
                    raise
                self._window.free(len(wanted) - len(flushed.granted))
                self._flushed_at = loop.time()
                self._verdict = flushed.verdict
                for sequence, peer in flushed.granted.items():
                    task = asyncio.create_task(self._send(sequence, peer))
                    self._in_flight.add(task)
                    task.add_done_callback(self._landed)
            if self._verdict is Verdict.FENCED:
                break
            if not self._in_flight and not self._results and not (self.going and self._more_soon(loop.time())):
                break
            await self._wait(loop)
        await asyncio.gather(*self._in_flight, *self._followers)
        await self._give_back(loop.time())

    def _take(self, now: float) -> list[int]:
        """The copies that may leave now, by window and pace."""
        if not self.going:
            return []
        due = [pair for pair in self._later if pair[0] <= now]
        if due:
            self._later = [pair for pair in self._later if pair[0] > now]
            self._queue.extend(sequence for _, sequence in due)
        room = min(self._window.room(), len(self._queue))
        allowed = self._pace.take(room, now) if room > 0 else 0
        self._pace.spend(allowed * (self._parts - 1))
        return [self._queue.popleft() for _ in range(allowed)]

    def _more_soon(self, now: float) -> bool:
        return bool(self._queue) or any(at - now <= WAIT_HERE for at, _ in self._later)

    async def _flush(self, wanted: list[int]) -> Flushed:
        """One transaction; a database that is away is asked again, for as long as a lease: then the shard
        is another's, and the results, dear as they are, nobody's."""
        results, self._results = self._results, []
        loop = asyncio.get_running_loop()
        until = loop.time() + self._lease.total_seconds()
        for attempt in itertools.count():
            now = self._clock()
            try:
                return await self._database.write(
                    lambda c, now=now: self._write(c, results, wanted, now)  # type: ignore[misc]
                )
            except SQLAlchemyError:
                if loop.time() > until:
                    raise
                log.warning("flush_failed", broadcast=self._held.broadcast_id, attempt=attempt)
                await asyncio.sleep(min(0.1 * 2**attempt, FLUSH_WAIT_MAX))
        raise AssertionError("unreachable")

    def _write(self, connection: Connection, results: list[Result], wanted: list[int], now: datetime) -> Flushed:
        self._around.noted(connection)
        window = self._channel.abilities.window
        return flushes.flush(
            connection,
            self._held,
            results,
            wanted,
            lease=self._lease,
            now=now,
            caps=self._around.caps,
            closes_after=window.paid if window and not self._held.content.get("template") else None,
        )

    async def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        """Until something landed, the next slot, a retry is due, or the lease wants renewing."""
        now = loop.time()
        until = self._flushed_at + self._lease.total_seconds() / 3
        if self.going and self._queue and self._window.room() > 0:
            until = min(until, now + self._pace.wait(now))
        if self.going and self._later:
            until = min(until, *(at for at, _ in self._later))
        if not self._results and until > now:
            self._woken.clear()
            if self._queue and self._window.room() <= 0:
                self._window.hungry.add(self._woken.set)
            timer = loop.call_at(until, self._woken.set)
            await self._woken.wait()
            timer.cancel()
        if self._in_flight and self._results:
            # A little later more have landed, and one disk sync does for all.
            self._all_landed.clear()
            timer = loop.call_later(GATHER, self._all_landed.set)
            await self._all_landed.wait()
            timer.cancel()

    async def _send(self, sequence: int, peer: str) -> None:
        now = asyncio.get_running_loop().time()
        if wait := self._pace.rests(now):
            # Permitted before the platform said so.
            self._later.append((now + wait, sequence))
            self._results.append(Result(sequence, DeliveryStatus.QUEUED))
            return
        self._attempts[sequence] += 1
        await self._pace.hold_back(peer)
        first, *rest = self._own.get(sequence, self._calls)
        try:
            message_id = await self._channel.send(peer, first)
        except SendError as error:
            self._results.append(self._judge(sequence, error))
        except Exception:
            log.exception("send_broke", broadcast=self._held.broadcast_id, sequence=sequence)
            self._results.append(self._doubt(sequence, "error"))
        else:
            self._results.append(Result(sequence, DeliveryStatus.SENT, message_id=message_id))
            self._recent.add(bad=False)
            if rest:
                follower = asyncio.create_task(self._follow(sequence, peer, rest))
                self._followers.add(follower)
                follower.add_done_callback(self._followers.discard)

    def _judge(self, sequence: int, error: SendError) -> Result:
        """What a failed sending means for the copy, its person, and everybody behind it."""
        match error:
            case Retryable(wait=wait, whole_channel=whole):
                if whole:
                    self._resting = asyncio.create_task(self._pace.rest(wait))
                self._later.append((asyncio.get_running_loop().time() + wait, sequence))
                return Result(sequence, DeliveryStatus.QUEUED)
            case Misconfigured():
                self._pause_reason = "misconfigured"
                return Result(sequence, DeliveryStatus.QUEUED)
            case ContactGone():
                self._recent.add(bad=False)
                return Result(sequence, DeliveryStatus.FAILED, "blocked", gone=True)
            case Unknown():
                return self._doubt(sequence, "no_answer")
            case WindowClosed():
                # Nothing is wrong with the sending: this person may not be written to now.
                self._recent.add(bad=False)
                return Result(sequence, DeliveryStatus.SKIPPED, "window")
            case Refused() | _:
                self._count_error()
                return Result(sequence, DeliveryStatus.FAILED, "refused")

    def _count_error(self) -> None:
        slept = asyncio.get_running_loop().time() - self._flushed_at
        if slept > self._lease.total_seconds():
            return  # This process stood still; that answers are missing is no fault of the platform's.
        if self._recent.add(bad=True):
            self._pause_reason = self._pause_reason or "many_failures"

    def _doubt(self, sequence: int, reason: str) -> Result:
        self._count_error()
        status = after_doubt(self._held.on_ambiguous, self._attempts[sequence])
        if status is DeliveryStatus.QUEUED:
            self._later.append((asyncio.get_running_loop().time() + 1.0, sequence))
        return Result(sequence, status, reason)

    async def _follow(self, sequence: int, peer: str, rest: list[Call]) -> None:
        """The rest of a long message, after its first part was taken; it decides nothing any more."""
        for call in rest:
            for attempt in range(FOLLOWER_TRIES):
                try:
                    await self._pace.hold_back(peer)
                    await self._channel.send(peer, call)
                    break
                except Retryable as error:
                    await asyncio.sleep(min(error.wait, WAIT_HERE))
                except Exception as error:
                    log.warning(
                        "part_not_sent",
                        broadcast=self._held.broadcast_id,
                        sequence=sequence,
                        attempt=attempt,
                        error=type(error).__name__,
                    )
                    return

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._in_flight.discard(task)
        if not self._in_flight:
            self._all_landed.set()
        self._woken.set()
        self._window.free()

    async def _give_back(self, mono: float) -> None:
        now = self._clock()
        not_before: datetime | None = None
        if self._verdict is Verdict.QUIET:
            not_before = next_allowed(now, holidays_too=bool(self._held.content.get("holidays")))
        elif self._later and not self._queue:
            not_before = now + timedelta(seconds=max(0.0, min(at for at, _ in self._later) - mono))
        until, held = not_before, self._held

        def act(connection: Any) -> bool:
            done = shards.release(connection, held, until, now)
            if self._pause_reason:
                broadcasts.hold(connection, held.broadcast_id, self._pause_reason, now)
            return done

        if self._resting is not None:
            await self._resting
        done = await self._database.write(act)
        log.info(
            "shard_given_back",
            broadcast=held.broadcast_id,
            shard=held.number,
            channel=held.channel,
            done=done,
            verdict=self._verdict,
            pause=self._pause_reason,
        )
