"""Work that only one process of several may do at a time, such as polling a platform."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.db import Database, SQLAlchemyError, leases

log = structlog.get_logger()

LASTS: Final = 6.0
"""Seconds after which another takes over from a leader that died; renewed three times as often."""


class Leadership:
    """This process among those that share the database."""

    def __init__(self, database: Database, clock: Callable[[], datetime], lasts: float = LASTS) -> None:
        self._database = database
        self._clock = clock
        self._lasts = lasts
        self._owner = secrets.token_hex(8)

    async def do_alone(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do *work* whenever no other process does the work of that *name*; returns when it returns."""
        while not await self._lead(name, work):
            await asyncio.sleep(self._lasts / 3)

    async def _lead(self, name: str, work: Callable[[], Awaitable[None]]) -> bool:
        """Whether the work came to its end. False when another process leads, or does from now on."""
        if not await self._holds(name):
            return False
        log.info("leads", work=name)
        loop = asyncio.get_running_loop()
        until = loop.time() + self._lasts
        doing = asyncio.ensure_future(work())
        try:
            while True:
                await asyncio.wait({doing}, timeout=self._lasts / 3)
                if doing.done():
                    doing.result()
                    return True
                asked_at = loop.time()
                if (holds := await self._holds(name)) is False or (holds is None and loop.time() > until):
                    log.warning("leads_no_more", work=name)
                    return False
                until = asked_at + self._lasts if holds else until
        finally:
            doing.cancel()
            await asyncio.wait({doing})
            with suppress(SQLAlchemyError):
                await self._database.write(lambda c: leases.release(c, name, self._owner))

    async def _holds(self, name: str) -> bool | None:
        """Whether the lease is ours; None when the database does not say."""
        now = self._clock()
        until = now + timedelta(seconds=self._lasts)
        try:
            return await self._database.write(lambda c: leases.hold(c, name, self._owner, now, until))
        except SQLAlchemyError:
            return None
