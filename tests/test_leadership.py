"""Work that one process of several does: never two at a time, and soon another when it dies."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.bench.bot_api import TOKEN, BotApi
from bot.channels.telegram import TelegramChannel
from bot.db import Database, leases
from bot.leadership import Leadership
from bot.messages import Heard
from tests.channels.zalo_house import eventually
from tests.zalo_platform import utc_now

LASTS = 0.5


class Process:
    """One of several that poll the same bot; it keeps what it heard."""

    def __init__(self, database: Database, api: BotApi) -> None:
        self.heard: list[Heard] = []
        self._channel = TelegramChannel(TOKEN, api_url=api.url, poll_seconds=1, pause=0.02)
        leadership = Leadership(database, utc_now, LASTS)
        self.task = asyncio.create_task(leadership.do_alone("poll", lambda: self._channel.listen(self._receive)))

    async def _receive(self, heard: Sequence[Heard]) -> None:
        self.heard += heard

    async def end(self) -> None:
        """End as on SIGTERM."""
        self.task.cancel()
        await asyncio.wait({self.task})
        await self._channel.close()


async def test_one_polls_and_another_goes_on_when_it_ends(database: Database) -> None:
    async with BotApi() as api:
        first = Process(database, api)
        await eventually(lambda: bool(api.calls))
        second = Process(database, api)
        for number in range(20):
            api.say(7, str(number))
            await asyncio.sleep(LASTS / 20)
        await eventually(lambda: len(first.heard) == 20)
        assert not second.heard

        await first.end()
        api.say(7, "20")
        await eventually(lambda: "20" in {each.text for each in second.heard})
        await second.end()
    # What was stored and not yet confirmed comes again under its number, by which the inbox knows it.
    texts = {each.event_id: each.text for each in (*first.heard, *second.heard)}
    assert list(texts.values()) == [str(number) for number in range(21)]


async def test_who_died_without_a_word_is_made_up_for_when_its_time_is_over(database: Database) -> None:
    def live_on(seconds: float) -> bool:
        until = utc_now() + timedelta(seconds=seconds)
        return database.submit(lambda c: leases.hold(c, "poll", "dead", utc_now(), until)).result()

    assert live_on(LASTS)
    async with BotApi() as api:
        api.say(7, "?")
        process = Process(database, api)
        await asyncio.sleep(LASTS / 3)
        assert not api.calls
        await eventually(lambda: bool(process.heard))
        assert not live_on(LASTS), "the lease is another's now"
        await process.end()
    assert live_on(LASTS), "who ends in order gives the lease back"


async def test_who_lost_the_lease_polls_no_more(database: Database) -> None:
    async with BotApi() as api:
        process = Process(database, api)
        await eventually(lambda: bool(api.calls))
        far = utc_now() + timedelta(hours=1)
        await database.write(lambda c: leases.hold(c, "poll", "other", far, far + timedelta(hours=1)))
        await asyncio.sleep(LASTS)
        asked = len(api.calls)
        api.say(7, "?")
        await asyncio.sleep(LASTS)
        assert len(api.calls) == asked
        assert not process.heard
        await process.end()


async def test_work_that_ends_is_not_begun_again(database: Database) -> None:
    done = []

    async def work() -> None:
        done.append(1)

    await asyncio.wait_for(Leadership(database, utc_now, LASTS).do_alone("once", work), 30)
    assert done == [1]
    with pytest.raises(ZeroDivisionError):
        await Leadership(database, utc_now, LASTS).do_alone("once", _break)


async def _break() -> None:
    raise ZeroDivisionError
