"""The tokens of an Official Account: renewed once by whoever is first, kept before use, lost with clear words."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.channels.zalo_request import ZaloRequest
from bot.channels.zalo_token import (
    TokenKeeper,
    TokenLater,
    TokenLost,
    TokenPair,
    code_challenge,
    code_verifier,
)
from bot.db import Database
from bot.db.zalo import claim_pair, find_pair
from bot.zalo import DatabaseTokens
from tests.channels.zalo_house import connect
from tests.conftest import KEYS
from tests.zalo_platform import APP_ID, APP_SECRET, Zalo, utc_now


@dataclass
class Clock:
    """A clock that is moved by hand."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


@dataclass
class Bench:
    """The platform, its clock, and keepers that work against it."""

    zalo: Zalo
    clock: Clock
    request: ZaloRequest

    def keeper(self, database: Database) -> TokenKeeper:
        """A keeper of another process."""
        return TokenKeeper(
            self.request,
            DatabaseTokens(database, APP_ID, self.clock),
            self.clock,
            oauth_url=self.zalo.url,
            app_id=APP_ID,
            app_secret=APP_SECRET,
            pause=0.01,
        )


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    clock = Clock()
    async with Zalo(clock=clock) as zalo:
        request = ZaloRequest(1.0, 0.3)
        yield Bench(zalo, clock, request)
        await request.close()


@pytest.fixture
def second_database(database: Database) -> Iterator[Database]:
    """The same database, opened by another process."""
    opened = Database.open(database.engine.url.render_as_string(hide_password=False), KEYS)
    yield opened
    opened.close()


async def kept(database: Database) -> Any:
    return await database.read(lambda c: find_pair(c, APP_ID))


async def test_a_fresh_token_is_given_out_without_asking_zalo(database: Database, bench: Bench) -> None:
    connect(database, bench.zalo)
    keeper = bench.keeper(database)

    assert bench.zalo.access[await keeper.token()] > bench.clock()
    assert bench.zalo.calls == []


async def test_a_token_is_renewed_after_twenty_hours_and_the_new_pair_is_kept(
    database: Database, bench: Bench
) -> None:
    connect(database, bench.zalo)
    keeper = bench.keeper(database)
    first = await keeper.token()
    bench.clock.ahead = timedelta(hours=20, minutes=1)

    second = await keeper.token()

    assert second != first
    assert (await kept(database)).access_token == second
    assert (await kept(database)).version == 2
    assert bench.zalo.refreshes == 1


async def test_many_processes_renew_once(database: Database, second_database: Database, bench: Bench) -> None:
    connect(database, bench.zalo)
    keepers = [bench.keeper(each) for each in (database, second_database) for _ in range(3)]
    bench.clock.ahead = timedelta(hours=21)

    tokens = await asyncio.gather(*(keeper.token() for keeper in keepers for _ in range(4)))

    assert len(set(tokens)) == 1
    assert bench.zalo.refreshes == 1


async def test_the_pair_is_on_disk_before_anybody_gets_it(database: Database, bench: Bench) -> None:
    connect(database, bench.zalo)
    order: list[str] = []

    class Watched(DatabaseTokens):
        async def keep(self, pair: TokenPair) -> bool:
            done = await super().keep(pair)
            order.append("kept")
            return done

    keeper = bench.keeper(database)
    keeper._store = Watched(database, APP_ID, bench.clock)
    bench.clock.ahead = timedelta(hours=21)
    await keeper.token()
    order.append("given out")

    assert order == ["kept", "given out"]


async def test_a_database_that_fails_for_a_moment_does_not_lose_the_new_pair(
    database: Database, bench: Bench
) -> None:
    connect(database, bench.zalo)
    failures = 3

    class Failing(DatabaseTokens):
        async def keep(self, pair: TokenPair) -> bool:
            nonlocal failures
            failures -= 1
            if failures >= 0:
                raise OSError("disk full")
            return await super().keep(pair)

    keeper = bench.keeper(database)
    keeper._store = Failing(database, APP_ID, bench.clock)
    bench.clock.ahead = timedelta(hours=21)

    token = await keeper.token()

    assert (await kept(database)).access_token == token
    assert bench.zalo.refreshes == 1


async def test_a_lost_pair_says_what_an_admin_must_do_and_the_old_token_serves_to_its_end(
    database: Database, bench: Bench
) -> None:
    connect(database, bench.zalo)
    keeper = bench.keeper(database)
    bench.zalo.refresh.clear()
    bench.clock.ahead = timedelta(hours=21)
    with capture_logs() as logs:
        still = await keeper.token()
    assert still in bench.zalo.access
    assert keeper.is_lost()
    assert "hoctap zalo connect" in str(logs)

    bench.clock.ahead = timedelta(hours=26)
    with pytest.raises(TokenLost, match="hoctap zalo connect"):
        await keeper.token()


async def test_a_refused_refresh_token_is_not_asked_for_again_and_again(database: Database, bench: Bench) -> None:
    connect(database, bench.zalo)
    keeper = bench.keeper(database)
    bench.zalo.refresh.clear()
    bench.clock.ahead = timedelta(hours=26)
    for _ in range(20):
        with pytest.raises(TokenLost):
            await keeper.token()

    assert len(bench.zalo.calls) == 1


async def test_a_new_consent_heals_a_running_bot(
    database: Database, second_database: Database, bench: Bench
) -> None:
    connect(database, bench.zalo)
    keeper = bench.keeper(database)
    bench.zalo.refresh.clear()
    bench.clock.ahead = timedelta(hours=26)
    with pytest.raises(TokenLost):
        await keeper.token()

    code = bench.zalo.consent(code_challenge(APP_SECRET))
    grant = {"grant_type": "authorization_code", "code": code, "code_verifier": code_verifier(APP_SECRET)}
    pair = await bench.keeper(second_database).connect(grant)

    assert await keeper.token() == pair.access_token
    assert not keeper.is_lost()


async def test_an_answer_lost_on_the_way_leaves_the_old_pair_and_then_says_it_is_lost(
    database: Database, bench: Bench
) -> None:
    connect(database, bench.zalo)
    keeper = bench.keeper(database)
    bench.clock.ahead = timedelta(hours=26)
    bench.zalo.fail("access_token_lost", "close")
    with pytest.raises(TokenLater):
        await keeper.token()

    with pytest.raises(TokenLost, match="consent again"):
        await keeper.token()


@pytest.mark.parametrize("fault", ["gateway", "flood", "hang"])
async def test_a_sign_in_that_does_not_answer_is_asked_again(database: Database, bench: Bench, fault: str) -> None:
    connect(database, bench.zalo)
    keeper = bench.keeper(database)
    bench.clock.ahead = timedelta(hours=26)
    bench.zalo.fail("access_token", fault)
    with pytest.raises(TokenLater):
        await keeper.token()

    assert await keeper.token() in bench.zalo.access


async def test_the_claim_of_a_process_that_died_is_taken_over(database: Database, bench: Bench) -> None:
    connect(database, bench.zalo)
    keeper = bench.keeper(database)
    bench.clock.ahead = timedelta(hours=26)
    now = bench.clock()
    dead = await database.write(lambda c: claim_pair(c, APP_ID, 1, "dead", now, now + timedelta(milliseconds=200)))

    assert dead
    assert await keeper.token() in bench.zalo.access


async def test_before_the_account_is_connected_it_says_so(database: Database, bench: Bench) -> None:
    with pytest.raises(TokenLost, match="not connected"):
        await bench.keeper(database).token()


async def test_a_token_that_zalo_refuses_is_renewed_once_for_all_who_were_refused(
    database: Database, bench: Bench
) -> None:
    connect(database, bench.zalo)
    keeper = bench.keeper(database)
    refused = await keeper.token()

    renewed = await asyncio.gather(*(keeper.renew(refused) for _ in range(5)))

    assert len(set(renewed)) == 1
    assert bench.zalo.refreshes == 1


def test_the_challenge_is_the_same_every_time_and_tells_nothing_of_the_secret() -> None:
    assert code_challenge("a") == code_challenge("a") != code_challenge("b")
    assert len(code_verifier("a")) == 43
    assert "token" not in repr(TokenPair("token-a", "token-r", utc_now())).replace("TokenPair", "")
