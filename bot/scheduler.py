"""The clock: interval jobs that look at the rows of the database. APScheduler keeps no jobs of ours."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = structlog.get_logger()

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True, slots=True)
class Tick:
    """An act and how many seconds lie between two runs of it; the first comes after them, or *at_once*."""

    name: str
    seconds: float
    act: Callable[[], Awaitable[None]]
    at_once: bool = False


class Scheduler:
    """Runs ticks, each never beside itself; one that fails is logged and runs again."""

    def __init__(self, ticks: list[Tick]) -> None:
        self._scheduler = AsyncIOScheduler(timezone=ZONE)
        for tick in ticks:
            self._scheduler.add_job(
                _guard(tick),
                "interval",
                seconds=tick.seconds,
                id=tick.name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
                **({"next_run_time": datetime.now(ZONE)} if tick.at_once else {}),
            )

    def start(self) -> None:
        """Start ticking in the running event loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """Start no further tick."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)


def _guard(tick: Tick) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        try:
            await tick.act()
        except Exception:
            log.exception("tick_failed", tick=tick.name)

    return run
