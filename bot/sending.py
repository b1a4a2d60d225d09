"""One shard of a broadcast on its way: intents, sendings, results, in that order on disk.

Read ``Sending.run`` first: it is the whole protocol.
"""

import asyncio
from collections import deque
from collections.abc import Callable
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
from bot.db import Database, SQLAlchemyError, broadcasts, shards
from bot.db.shards import Flushed, Held, Verdict
from bot.outreach.delivery import DeliveryStatus, Result, after_doubt
from bot.outreach.pace import Pace
from bot.outreach.quiet_hours import next_allowed

log = structlog.get_logger()

WINDOW_MAX = 64
GATHER = 0.005
WAIT_HERE = 5.0
BACKOFF_MAX = 600.0
FLUSH_TRIES = 6
FAILURES_SEEN, FAILURES_MAX = 50, 10
FOLLOWER_TRIES = 3


class Sending:
    """One shard being sent."""

    def __init__(
        self,
        database: Database,
        channel: Channel,
        held: Held,
        calls: list[Call],
        *,
        pace: Pace,
        lease: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._channel = channel
        self._held = held
        self._calls = calls
        self._pace = pace
        self._lease = lease
        self._clock = clock
        self._window = max(1, min(int(channel.abilities.per_second), WINDOW_MAX))
        self._queue = deque(sequence for sequence, _ in held.queued)
        self._attempts = dict(held.queued)
        self._later: list[tuple[float, int]] = []
        self._in_flight: set[asyncio.Task[None]] = set()
        self._followers: set[asyncio.Task[None]] = set()
        self._results: list[Result] = []
        self._recent: deque[bool] = deque(maxlen=FAILURES_SEEN)
        self._woken = asyncio.Event()
        self._stopping = False
        self._verdict = Verdict.GO
        self._pause_reason = ""
        self._rest: float | None = None
        self._flushed_at = 0.0

    def stop(self) -> None:
        """Begin nothing more; ``run`` ends when what is under way is settled."""
        self._stopping = True
        self._woken.set()

    @property
    def going(self) -> bool:
        """Whether more may be sent."""
        return self._verdict is Verdict.GO and not self._pause_reason and self._rest is None and not self._stopping

    async def run(self) -> None:
        """Send the shard. Each round: one transaction keeps the finished and permits the next, then
        the permitted leave. So at most ``window`` copies are ever in doubt."""
        loop = asyncio.get_running_loop()
        while True:
            wanted = self._take(loop.time())
            if wanted or self._results or loop.time() - self._flushed_at > self._lease.total_seconds() / 3:
                flushed = await self._flush(wanted)
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
        room = min(self._window - len(self._in_flight), len(self._queue))
        allowed = self._pace.take(room, now) if room > 0 else 0
        self._pace.spend(allowed * (len(self._calls) - 1))
        return [self._queue.popleft() for _ in range(allowed)]

    def _more_soon(self, now: float) -> bool:
        return bool(self._queue) or any(at - now <= WAIT_HERE for at, _ in self._later)

    async def _flush(self, wanted: list[int]) -> Flushed:
        """One transaction; a database that fails for a moment is asked again, the results are dear."""
        results, self._results = self._results, []
        for attempt in range(FLUSH_TRIES):
            now = self._clock()
            try:
                return await self._database.write(
                    lambda c, now=now: shards.flush(  # type: ignore[misc]
                        c, self._held, results, wanted, lease=self._lease, now=now
                    )
                )
            except SQLAlchemyError:
                if attempt == FLUSH_TRIES - 1:
                    raise
                log.warning("flush_failed", broadcast=self._held.broadcast_id, attempt=attempt)
                await asyncio.sleep(0.1 * 2**attempt)
        raise AssertionError("unreachable")

    async def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        """Until something landed, the next slot, a retry is due, or the lease wants renewing."""
        now = loop.time()
        until = self._flushed_at + self._lease.total_seconds() / 3
        if self.going and self._queue and len(self._in_flight) < self._window:
            until = min(until, now + self._pace.wait(now))
        if self.going and self._later:
            until = min(until, *(at for at, _ in self._later))
        if not self._results and until > now:
            self._woken.clear()
            timer = loop.call_at(until, self._woken.set)
            await self._woken.wait()
            timer.cancel()
        if self._in_flight and self._results:
            # A little later more have landed, and one disk sync does for all.
            await asyncio.wait(self._in_flight, timeout=GATHER)

    async def _send(self, sequence: int, peer: str) -> None:
        self._attempts[sequence] += 1
        try:
            message_id = await self._channel.send(peer, self._calls[0])
        except SendError as error:
            self._results.append(self._judge(sequence, error))
        except Exception:
            log.exception("send_broke", broadcast=self._held.broadcast_id, sequence=sequence)
            self._results.append(self._doubt(sequence, "error"))
        else:
            self._results.append(Result(sequence, DeliveryStatus.SENT, message_id=message_id))
            self._recent.append(False)
            if len(self._calls) > 1:
                follower = asyncio.create_task(self._follow(sequence, peer))
                self._followers.add(follower)
                follower.add_done_callback(self._followers.discard)

    def _judge(self, sequence: int, error: SendError) -> Result:
        """What a failed sending means for the copy, its person, and everybody behind it."""
        match error:
            case Retryable(wait=wait, whole_channel=whole):
                if whole:
                    self._rest = max(wait, self._rest or 0.0)
                else:
                    backoff = min(2.0 ** min(self._attempts[sequence], 10), BACKOFF_MAX) if wait >= 1 else wait
                    self._later.append((asyncio.get_running_loop().time() + max(wait, backoff), sequence))
                return Result(sequence, DeliveryStatus.QUEUED)
            case Misconfigured():
                self._pause_reason = "misconfigured"
                return Result(sequence, DeliveryStatus.QUEUED)
            case ContactGone():
                return Result(sequence, DeliveryStatus.FAILED, "blocked", gone=True)
            case Unknown():
                return self._doubt(sequence, "no_answer")
            case Refused() | WindowClosed() | _:
                self._recent.append(True)
                if sum(self._recent) >= FAILURES_MAX and len(self._recent) == FAILURES_SEEN:
                    self._pause_reason = "many_failures"
                reason = "window_closed" if isinstance(error, WindowClosed) else "refused"
                return Result(sequence, DeliveryStatus.FAILED, reason)

    def _doubt(self, sequence: int, reason: str) -> Result:
        status = after_doubt(self._held.on_ambiguous, self._attempts[sequence])
        if status is DeliveryStatus.QUEUED:
            self._later.append((asyncio.get_running_loop().time() + 1.0, sequence))
        return Result(sequence, status, reason)

    async def _follow(self, sequence: int, peer: str) -> None:
        """The rest of a long message, after its first part was taken; it decides nothing any more."""
        for call in self._calls[1:]:
            for attempt in range(FOLLOWER_TRIES):
                try:
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
        self._woken.set()

    async def _give_back(self, mono: float) -> None:
        now = self._clock()
        not_before: datetime | None = None
        if self._verdict is Verdict.QUIET:
            not_before = next_allowed(now)
        elif self._rest is not None:
            not_before = now + timedelta(seconds=self._rest)
        elif self._later and not self._queue:
            not_before = now + timedelta(seconds=max(0.0, min(at for at, _ in self._later) - mono))
        until, held = not_before, self._held

        def act(connection: Any) -> bool:
            done = shards.release(connection, held, until, now)
            if self._rest is not None and until is not None:
                shards.rest_channel(connection, held.channel, until)
            if self._pause_reason:
                broadcasts.hold(connection, held.broadcast_id, self._pause_reason, now)
            return done

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
