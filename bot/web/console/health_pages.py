"""How the house is: what waits, the channels with their tokens and quotas, the last backup, the version."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.access.rights import Right
from bot.db.vitals import Vitals
from bot.web.console.front import Front, Visitor

Health = Callable[[], Awaitable[dict[str, Any]]]
ReadVitals = Callable[[], Awaitable[Vitals]]

LATE = timedelta(minutes=2)
BACKUP_OLD = timedelta(days=2)


class HealthPages:
    """``/console/health``; *health* is what ``/health`` says, *vitals* what the database knows beyond it."""

    def __init__(self, front: Front, health: Health, vitals: ReadVitals) -> None:
        self._front = front
        self._health = health
        self._vitals = vitals

    def routes(self) -> list[Route]:
        """The routes of these pages."""
        return [self._front.page("/console/health", self.show, Right.SEE_HEALTH)]

    async def show(self, request: Request, visitor: Visitor) -> Response:
        """How the house is."""
        state, vitals, now = await self._health(), await self._vitals(), self._front.clock()
        waiting = (("inbound", vitals.inbound), ("reply", vitals.reply), ("shard", vitals.shard))
        quotas: dict[str, list[Any]] = {}
        for each in vitals.quotas:
            quotas.setdefault(each.channel, []).append(each)
        context = {
            "state": state,
            "waiting": [(name, _age(since, now), since and now - since > LATE) for name, since in waiting],
            "channels": [
                {
                    "name": name,
                    "state": state["channels"][name],
                    "hearing": channel.hearing(),
                    "heard_at": vitals.heard_at.get(name),
                    "token_until": vitals.token_until if name == "zalo_oa" else None,
                    "quotas": quotas.get(name, []),
                }
                for name, channel in self._front.office.channels.items()
            ],
            "backup": vitals.backup,
            "backup_old": vitals.backup is None or now - vitals.backup > BACKUP_OLD,
            "published_at": datetime.fromisoformat(state["content"]["published_at"]),
        }
        return self._front.draw(request, "health.html", context, visitor)


def _age(since: datetime | None, now: datetime) -> tuple[int, int] | None:
    """Minutes and seconds since then; None when nothing waits."""
    return divmod(max(0, round((now - since).total_seconds())), 60) if since else None
