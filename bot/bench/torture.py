"""A broadcast under torture: the platform fails, workers are killed, frozen and told the wrong time.

Afterwards the far end's own count of what it accepted is held against our rows.
"""

import asyncio
import contextlib
import os
import random
import secrets
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from bot.bench.bot_api import BotApi, Delivered, Fault
from bot.bench.cluster import private_cluster
from bot.bench.crowd import APPROVER, add_crowd, approve_broadcast
from bot.bench.nursery import Nursery, bend
from bot.db import Connection, Database, broadcasts, deliveries, reconciling
from bot.db.crowds import copies_by_peer
from bot.outreach.broadcast import Act, resume
from bot.outreach.delivery import DeliveryStatus, OnAmbiguous
from bot.outreach.quiet_hours import ZONE
from bot.sending import Window

Restart = Callable[[], None]
"""Ends and starts the database's server."""

PER_SECOND: Final = 600.0
LEASE: Final = 3.0
FROZEN_FOR: Final = 4.5
FAULTS: Final = (Fault.FLOOD, Fault.INTERNAL, Fault.HANG, Fault.RESET, Fault.CLOSE)
FAULT_SHARE: Final = 0.01
BLOCKED_SHARE: Final = 0.02
JUMPS: Final = (-3600.0, 90.0, -40.0, 5.0)


@dataclass(frozen=True, slots=True)
class Ordeal:
    """What is done to a broadcast."""

    people: int = 20_000
    kills: int = 200
    freezes: int = 8
    jumps: int = 8
    workers: int = 2
    restarts: int = 0
    policy: OnAmbiguous = OnAmbiguous.HOLD
    engine: str = "embedded"
    seed: int = 0


@dataclass(slots=True)
class Outcome:
    """What came of it; it is well when *faults* is empty."""

    counts: dict[str, int] = field(default_factory=dict)
    kills: int = 0
    freezes: int = 0
    jumps: int = 0
    restarts: int = 0
    resumes: int = 0
    seconds: float = 0.0
    doubtful_by_kill: float = 0.0
    twice: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(slots=True)
class FarEnd:
    """What the platform knows: whom it delivered to, and how often it failed us after that."""

    accepted: Counter[int] = field(default_factory=Counter)
    failed: Counter[Fault] = field(default_factory=Counter)
    chance: random.Random = field(default_factory=random.Random)

    def keep(self, delivered: Delivered) -> None:
        """Somebody got it."""
        self.accepted[delivered.chat] += 1

    def choose(self, method: str) -> Fault | None:
        """One call in a hundred fails in each way."""
        drawn = self.chance.random()
        if method.lower() != "sendmessage" or drawn >= FAULT_SHARE * len(FAULTS):
            return None
        fault = FAULTS[int(drawn / FAULT_SHARE)]
        self.failed[fault] += 1
        return fault


async def run(url: str, ordeal: Ordeal, folder: Path, restart: Restart | None = None) -> Outcome:
    """Put a broadcast through *ordeal* on the database at *url* (which is emptied of nothing: give a new one).

    *restart* ends and starts the database itself.
    """
    chance = random.Random(ordeal.seed or secrets.randbits(32))
    far = FarEnd(chance=random.Random(chance.random()))
    blocked = set(chance.sample(range(1, ordeal.people + 1), int(ordeal.people * BLOCKED_SHARE)))
    # Ten in the morning on a working day, whatever the clock of the machine says.
    noon = datetime.now(ZONE).replace(hour=10, minute=0)
    while noon.weekday() > 3 or noon.month == 2:
        noon += timedelta(days=1)
    base = (noon - datetime.now(ZONE)).total_seconds()
    clock = folder / "clock"
    await asyncio.to_thread(bend, clock, base)
    outcome = Outcome()
    database = Database.open(url)
    now = datetime.fromtimestamp(time.time() + base, UTC)

    def prepare(connection: Connection) -> int:
        add_crowd(connection, ordeal.people, "telegram", now)
        return approve_broadcast(connection, now, on_ambiguous=ordeal.policy)

    number = await database.write(prepare)
    begun = time.monotonic()
    async with BotApi(blocked=blocked, choose_fault=far.choose, on_delivered=far.keep, keeps_calls=False) as api:
        nursery = Nursery(
            {
                "database": url,
                "api_url": api.url,
                "per_second": PER_SECOND,
                "patience": 1.0,
                "lease": LEASE,
                "clock": str(clock),
                "engine": ordeal.engine,
            }
        )
        await nursery.start()
        try:
            await _torment(database, number, ordeal, outcome, nursery, far, chance, clock, base, restart)
        finally:
            await nursery.close()
    outcome.seconds = time.monotonic() - begun
    _judge(database, number, ordeal, outcome, far, blocked)
    database.close()
    return outcome


async def _torment(
    database: Database,
    number: int,
    ordeal: Ordeal,
    outcome: Outcome,
    nursery: Nursery,
    far: FarEnd,
    chance: random.Random,
    clock: Path,
    base: float,
    restart: Restart | None,
) -> None:
    """Kill, freeze and mislead until all of it was done and the broadcast is over."""
    for _ in range(ordeal.workers):
        await nursery.fork()
    # Some are blocked and some stay in doubt: fewer arrive than there are people.
    every = ordeal.people * 0.75 / (ordeal.kills + 1)
    deadline = time.monotonic() + 3600
    seen, stalled = 0, time.monotonic()
    while time.monotonic() < deadline:
        await asyncio.sleep(chance.uniform(0.02, 0.06))
        done = far.accepted.total()
        if done != seen:
            seen, stalled = done, time.monotonic()
        quiet = time.monotonic() - stalled
        if outcome.kills < ordeal.kills and done >= every * (outcome.kills + 1):
            victim = chance.choice(list(nursery.alive))
            if nursery.alive[victim] + 0.1 > time.monotonic():
                continue
            nursery.kill(victim)
            outcome.kills += 1
            if ordeal.freezes and outcome.kills % max(1, ordeal.kills // ordeal.freezes) == 1:
                await _freeze(nursery, chance)
                outcome.freezes += 1
            if ordeal.jumps and outcome.kills % max(1, ordeal.kills // ordeal.jumps) == 2:
                jump = JUMPS[outcome.jumps % len(JUMPS)] * (outcome.jumps % 3 != 2)
                await asyncio.to_thread(bend, clock, base + jump)
                outcome.jumps += 1
            if restart and ordeal.restarts and outcome.kills % max(1, ordeal.kills // ordeal.restarts) == 3:
                await asyncio.to_thread(restart)
                outcome.restarts += 1
            await nursery.fork()
        elif quiet > 2.0:
            if await _resume(database, number, datetime.fromtimestamp(time.time() + base, UTC)):
                outcome.resumes += 1
            elif _is_over(database, number):
                return
            await asyncio.sleep(0.5)
        if quiet > 120:
            outcome.faults.append(f"nothing moved for {quiet:.0f} s")
            return


async def _freeze(nursery: Nursery, chance: random.Random) -> None:
    """SIGSTOP for longer than the lease: a zombie that wakes and believes it still holds its shard."""
    pid = chance.choice(list(nursery.alive))
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
        if len(nursery.alive) == 1:
            await nursery.fork()
        await asyncio.sleep(FROZEN_FOR)
        os.kill(pid, signal.SIGCONT)


async def _resume(database: Database, number: int, now: datetime) -> bool:
    """As an official would who looked at it: go on after a pause for too many errors."""

    def act(connection: Connection) -> bool:
        found = broadcasts.find(connection, number)
        if found.status != "paused" or found.reason not in ("many_failures", "canary_failed"):
            return False
        broadcasts.change(
            connection, number, lambda b: resume(b, APPROVER, now), Act.RESUME, by=APPROVER.login, now=now
        )
        return True

    with contextlib.suppress(SQLAlchemyError):
        return await database.write(act)
    return False


def _is_over(database: Database, number: int) -> bool:
    try:
        return database.read_now(lambda c: broadcasts.find(c, number)).status not in ("sending", "scheduled")
    except SQLAlchemyError:
        return False


def _judge(
    database: Database, number: int, ordeal: Ordeal, outcome: Outcome, far: FarEnd, blocked: set[int]
) -> None:
    """Hold the rows against what the far end accepted."""
    outcome.counts = {
        f"{status}:{reason}" if reason else str(status): copies
        for (status, reason), copies in database.read_now(lambda c: deliveries.count_all(c, number)).items()
    }
    found = database.read_now(lambda c: broadcasts.find(c, number))
    if found.status != "completed":
        outcome.faults.append(f"the broadcast is {found.status} ({found.reason})")
    for each in database.read_now(lambda c: reconciling.reconcile(c, datetime.now(UTC))):
        outcome.faults += each.faults
    rows = database.read_now(lambda c: copies_by_peer(c, number))
    if len(rows) != ordeal.people:
        outcome.faults.append(f"{len(rows)} rows for {ordeal.people} people")
    for fault in _faults(rows, far.accepted, blocked, ordeal.policy):
        outcome.faults.append(fault)
        if len(outcome.faults) > 20:
            return
    doubtful = sum(status is DeliveryStatus.UNCERTAIN and why == "crash" for status, why, _ in rows.values())
    outcome.twice = sum(times > 1 for times in far.accepted.values())
    ended = max(1, outcome.kills + outcome.freezes + outcome.restarts * ordeal.workers)
    outcome.doubtful_by_kill = (doubtful if ordeal.policy is OnAmbiguous.HOLD else outcome.twice) / ended
    if outcome.doubtful_by_kill > Window(PER_SECOND).size:
        outcome.faults.append("more doubtful than the windows hold")


def _faults(
    rows: dict[str, tuple[DeliveryStatus, str, int]],
    accepted: Counter[int],
    blocked: set[int],
    policy: OnAmbiguous,
) -> Iterator[str]:
    for peer, (status, reason, attempts) in rows.items():
        times = accepted[int(peer)]
        if status in (DeliveryStatus.QUEUED, DeliveryStatus.SENDING):
            yield f"{peer} is still {status}"
        if status is DeliveryStatus.SKIPPED:
            yield f"{peer} is lost: skipped ({reason}), and nobody left"
        if status is DeliveryStatus.SENT and times == 0:
            yield f"{peer} is lost: sent, but nothing arrived"
        if times and status not in (DeliveryStatus.SENT, DeliveryStatus.UNCERTAIN):
            yield f"{peer} got it and is {status}:{reason}"
        if times > 1 and (policy is OnAmbiguous.HOLD or attempts < times):
            yield f"{peer} got it {times} times, recorded {attempts}"
        if (reason == "blocked") and int(peer) not in blocked:
            yield f"{peer} is called blocked and is not"


def report(ordeal: Ordeal, outcome: Outcome) -> Iterator[str]:
    """What happened, a line each."""
    yield (
        f"{ordeal.engine}, {ordeal.policy}: {ordeal.people} people, {ordeal.workers} workers, "
        f"{outcome.kills} kills, {outcome.freezes} freezes, {outcome.jumps} clock jumps, "
        f"{outcome.restarts} restarts of the database, {outcome.resumes} pauses for errors, "
        f"{outcome.seconds:.0f} s"
    )
    for name, copies in sorted(outcome.counts.items()):
        yield f"  {name:24}{copies:8}"
    word = "doubtful" if ordeal.policy is OnAmbiguous.HOLD else "twice"
    window = Window(PER_SECOND).size
    yield f"  {word} a kill {outcome.doubtful_by_kill:.1f} (window {window}); twice {outcome.twice}"
    for fault in outcome.faults:
        yield f"  FAULT {fault}"
    yield (
        "  every row final, nobody lost, nothing twice that is not recorded" if not outcome.faults else "  FAILED"
    )


def main(ordeal: Ordeal, *, postgresql: bool = False) -> bool:
    """Run it in a folder of its own and print what came of it. Returns whether all was well."""

    async def go(folder: Path) -> Outcome:
        if not postgresql:
            return await run(f"sqlite:///{folder / 'torture.db'}", ordeal, folder)
        with private_cluster(folder) as cluster:
            return await run(cluster.url, ordeal, folder, cluster.restart)

    with tempfile.TemporaryDirectory(prefix="hoctap-torture-") as folder:
        outcome = asyncio.run(go(Path(folder)))
    for line in report(ordeal, outcome):
        print(line, flush=True)
    return not outcome.faults
