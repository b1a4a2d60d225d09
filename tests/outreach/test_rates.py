"""The pace of a channel, one row for all who send."""

import asyncio
import time

import pytest

from bot.db import Connection, Database, rates
from bot.db.rates import Slots
from bot.pacing import ChannelPace


def reserve(connection: Connection, count: int, now: float, ahead: float | None = 0.1) -> Slots:
    return rates.reserve(connection, "telegram", count, 20.0, now, ahead)


async def test_any_second_holds_no_more_than_the_rate_whoever_asks(database: Database) -> None:
    taken: list[float] = []
    now = 1000.0
    while now < 1010.0:
        slots = await database.write(lambda c, now=now: reserve(c, 3, now))  # type: ignore[misc]
        taken += [slots.first + n * slots.gap for n in range(slots.count)]
        now += 0.01

    assert taken == sorted(set(taken))
    for begin in taken:
        assert sum(begin <= each < begin + 0.999 for each in taken) <= 20
    assert len(taken) == pytest.approx(202, abs=2)


async def test_replies_go_before_broadcasts(database: Database) -> None:
    def act(connection: Connection) -> tuple[Slots, Slots, Slots]:
        replies = reserve(connection, 10, 1000.0, None)
        return replies, reserve(connection, 1, 1000.0), reserve(connection, 1, 1000.0, None)

    replies, broadcast, reply = await database.write(act)

    assert replies.count == 10
    assert broadcast.count == 0
    assert reply.first == pytest.approx(1000.5)


async def test_a_rest_holds_everybody_for_exactly_that_long(database: Database) -> None:
    await database.write(lambda c: rates.rest(c, "telegram", 7.0, 1000.0))

    for ahead in (0.1, None):
        held = await database.write(lambda c, a=ahead: reserve(c, 1, 1006.9, a))  # type: ignore[misc]
        assert (held.count, held.first) == (0, 1007.0)
    assert (await database.write(lambda c: reserve(c, 1, 1007.0))).count == 1


async def test_three_floods_halve_the_pace_for_a_minute(database: Database) -> None:
    for second in range(3):
        await database.write(lambda c, s=second: rates.rest(c, "telegram", 1.0, 1000.0 + s))  # type: ignore[misc]

    assert (await database.write(lambda c: reserve(c, 2, 1010.0))).gap == pytest.approx(0.1)
    assert (await database.write(lambda c: reserve(c, 2, 1070.0))).gap == pytest.approx(0.05)


async def test_a_clock_set_back_does_not_stop_the_channel(database: Database) -> None:
    await database.write(lambda c: reserve(c, 2, 5000.0))

    assert (await database.write(lambda c: reserve(c, 1, 1000.0))).first == 1000.0


async def test_a_clock_set_back_ends_the_halved_pace(database: Database) -> None:
    for second in range(3):
        await database.write(lambda c, s=second: rates.rest(c, "telegram", 1.0, 5000.0 + s))  # type: ignore[misc]

    assert (await database.write(lambda c: reserve(c, 2, 1000.0))).gap == pytest.approx(0.05)


async def test_two_processes_together_keep_the_rate(sqlite: Database) -> None:
    loop = asyncio.get_running_loop()
    left: list[float] = []

    async def send(pace: ChannelPace, until: float) -> None:
        woken = asyncio.Event()
        pace.listeners.add(woken.set)
        while (now := loop.time()) < until:
            for _ in range(pace.take(5, now)):
                left.append(now)
            woken.clear()
            wait = min(pace.wait(now), until - now, 0.5)
            try:
                await asyncio.wait_for(woken.wait(), max(wait, 0.001))
            except TimeoutError:
                continue

    begun = time.monotonic()
    until = loop.time() + 2.0
    await asyncio.gather(*(send(ChannelPace(sqlite, "telegram", 50.0), until) for _ in range(2)))

    assert 40 <= len(left) <= 50 * (time.monotonic() - begun) + 2
