"""The calendar of broadcasts: a month as a page, and all that is to come as an .ics file."""

import calendar
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.access.rights import Right
from bot.db import Connection, broadcasts
from bot.office import deciding
from bot.outreach.broadcast import Broadcast, Status
from bot.outreach.quiet_hours import ZONE
from bot.web.console.front import Front, Visitor

_GONE = (Status.REJECTED, Status.RETURNED)
_AHEAD = timedelta(days=366)


class CalendarPages:
    """``/console/calendar`` and ``/console/calendar.ics``."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def routes(self) -> list[Route]:
        """The routes of these pages."""
        page = self._front.page
        return [
            page("/console/calendar", self.month, Right.SEE_BROADCASTS),
            page("/console/calendar.ics", self.ics, Right.SEE_BROADCASTS),
        ]

    async def month(self, request: Request, visitor: Visitor) -> Response:
        """The month of ``?month=2026-11``, by default this one."""
        today = self._front.clock().astimezone(ZONE).date()
        first = _first_day(request.query_params.get("month", ""), today)
        weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
        found = await self._between(visitor, weeks[0][0], weeks[-1][-1])
        days: dict[date, list[Broadcast]] = {}
        for each in found:
            days.setdefault(each.due_at.astimezone(ZONE).date(), []).append(each)
        context = {
            "month": first,
            "weeks": [[(day, days.get(day, [])) for day in week] for week in weeks],
            "today": today,
            "none": not found,
            "before": f"{first - timedelta(days=1):%Y-%m}",
            "after": f"{first + timedelta(days=31):%Y-%m}",
        }
        return self._front.draw(request, "calendar.html", context, visitor)

    async def ics(self, request: Request, visitor: Visitor) -> Response:
        """What is planned from a month ago to a year ahead, for a calendar program (RFC 5545)."""
        now = self._front.clock()
        today = now.astimezone(ZONE).date()
        found = await self._between(visitor, today - timedelta(days=31), today + _AHEAD)
        body = "\r\n".join(_lines(found, now)) + "\r\n"
        headers = {"Content-Disposition": 'attachment; filename="hoc-tap.ics"'}
        return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)

    async def _between(self, visitor: Visitor, first: date, last: date) -> list[Broadcast]:
        begin = datetime.combine(first, time(0), ZONE)
        end = datetime.combine(last + timedelta(days=1), time(0), ZONE)
        office = self._front.office

        def read(connection: Connection) -> list[Broadcast]:
            found = broadcasts.due_between(connection, begin, end)
            return [
                each
                for each in found
                if each.status not in _GONE and deciding.sees(connection, office, visitor.official, each)
            ]

        return await self._front.database.read(read)


def _first_day(wanted: str, today: date) -> date:
    try:
        return datetime.strptime(wanted, "%Y-%m").date()
    except ValueError:
        return today.replace(day=1)


def _lines(found: list[Broadcast], now: datetime) -> Iterator[str]:
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//hoctap//console//VI")
    for each in found:
        yield from (
            "BEGIN:VEVENT",
            f"UID:broadcast-{each.id}@hoctap",
            f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            f"DTSTART:{each.due_at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            *_folded(f"SUMMARY:{_escaped(each.title)}"),
            "END:VEVENT",
        )
    yield "END:VCALENDAR"


def _escaped(text: str) -> str:
    for letter in ("\\", ";", ","):
        text = text.replace(letter, f"\\{letter}")
    return " ".join(text.split())


def _folded(line: str) -> Iterator[str]:
    """Lines of at most 75 bytes, cut between letters."""
    piece = ""
    for letter in line:
        if len((piece + letter).encode()) > 74:
            yield piece
            piece = " "
        piece += letter
    yield piece
