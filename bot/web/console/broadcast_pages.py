"""Broadcasts: the list, one of them with all that can be done to it, its progress as it happens, its results."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any

from openpyxl import Workbook
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from bot.access.rights import Right
from bot.db import audit, broadcast_versions, broadcasts, deliveries, recovery, results, sign_in, taps
from bot.markup import to_plain
from bot.office import deciding
from bot.office.checklist import look_over
from bot.office.links import LinkState, links_of
from bot.office.office import Office
from bot.office.sheets import describe_copy, safe_cell
from bot.outreach.broadcast import WITHDRAW, Act, Broadcast, Forbidden, Status
from bot.outreach.delivery import DeliveryStatus
from bot.outreach.report import audience, because, beside, tap_name
from bot.web.console.file_pages import show_file
from bot.web.console.front import Front, Visitor, go, number_in
from bot.web.console.people_pages import download
from bot.web.console.preview import bubbles, changes, largest_places, plan_lines

LISTED = 200
STREAM_SECONDS = 60.0
_EVERY, _EVERY_BEFORE = 1.0, 3.0
_MOVING = (Status.APPROVED, Status.SCHEDULED, Status.SENDING)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class BroadcastPages:
    """``/console/broadcasts`` and everything below the number of one."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def routes(self) -> list[Route]:
        """The routes of these pages."""
        page, one = self._front.page, "/console/broadcasts/{number}"
        return [
            page("/console/broadcasts", self.index, Right.SEE_BROADCASTS),
            page(one, self.show, Right.SEE_BROADCASTS),
            page(f"{one}/progress", self.progress, Right.SEE_BROADCASTS),
            page(f"{one}/events", self.events, Right.SEE_BROADCASTS),
            page(f"{one}/results", self.results, Right.SEE_BROADCASTS),
            page(f"{one}/results.csv", self.results_csv, Right.SEE_BROADCASTS),
            page(f"{one}/results.xlsx", self.results_xlsx, Right.SEE_BROADCASTS),
            page(f"{one}/ready", self.ready, Right.SEE_BROADCASTS),
            page(f"{one}/submit", self.submit, Right.DRAFT, post=True),
            page(f"{one}/approve", self.approve, Right.APPROVE, post=True),
            page(f"{one}/withdraw", self.withdraw, Right.DRAFT, post=True),
            page(f"{one}/return", self.send_back, Right.APPROVE, post=True),
            page(f"{one}/reject", self.reject, Right.APPROVE, post=True),
            page(f"{one}/pause", self.pause, Right.HALT, post=True),
            page(f"{one}/resume", self.resume, Right.APPROVE, post=True),
            page(f"{one}/stop", self.stop, Right.HALT, post=True),
            page(f"{one}/resolve", self.resolve, Right.APPROVE, post=True),
        ]

    async def index(self, request: Request, visitor: Visitor) -> Response:
        """The broadcasts in the official's scope, newest first; ``?status=`` narrows."""
        office, wanted = self._front.office, request.query_params.get("status", "")
        seen = await self._front.database.read(lambda c: deciding.newest(c, office, visitor.official, LISTED))
        rows = [each for each in seen if not wanted or each.status == wanted]
        used = [each for each in Status if any(row.status is each for row in seen)]
        return self._front.draw(
            request, "broadcasts.html", {"rows": rows, "used": used, "wanted": wanted}, visitor
        )

    async def show(self, request: Request, visitor: Visitor) -> Response:
        """One broadcast: what it is, what to look at, and what may be done to it now."""
        return await self._show(request, visitor)

    async def ready(self, request: Request, visitor: Visitor) -> Response:
        """Answers when the people are counted and the links tried: then the page is worth another look."""
        found = await self._find(request, visitor)
        await self._front.counter.count(found)
        if self._front.links:
            await self._front.links.settle(links_of(found))
        return Response(status_code=204)

    async def progress(self, request: Request, visitor: Visitor) -> Response:
        """How far it is, as a piece of the page."""
        found = await self._find(request, visitor)
        return self._front.draw(request, "progress.html", await self._counts(found), visitor)

    async def events(self, request: Request, visitor: Visitor) -> Response:
        """How far it is, as it happens; ends when nothing more will, when it is no longer in the ``?status=``
        the page was drawn in, or after a minute (browsers come again)."""
        found = await self._find(request, visitor)
        status = request.query_params.get("status", "")

        async def stream() -> AsyncIterator[str]:
            shown = ""
            until = asyncio.get_running_loop().time() + STREAM_SECONDS
            while asyncio.get_running_loop().time() < until and not await request.is_disconnected():
                if await self._front.visitor(request) is None:
                    break
                now = await self._front.database.read(lambda c: broadcasts.find(c, found.id))
                piece = self._front.draw(request, "progress.html", await self._counts(now), visitor)
                text = bytes(piece.body).decode()
                if text != shown:
                    shown = text
                    yield "data: " + "\ndata: ".join(text.splitlines()) + "\n\n"
                if status and now.status != status:
                    # What can be done to it is another thing now.
                    yield f"event: status\ndata: {now.status}\n\n"
                    return
                if now.status not in _MOVING:
                    yield "event: done\ndata: -\n\n"
                    return
                await asyncio.sleep(_EVERY if now.started_at else _EVERY_BEFORE)

        headers = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}
        return StreamingResponse(stream(), media_type="text/event-stream", headers=headers)

    async def results(self, request: Request, visitor: Visitor) -> Response:
        """What came of it: by status, channel and place, and who stopped receiving after it."""
        found = await self._find(request, visitor)
        if found.started_at is None:
            raise Forbidden("rule.not_started", id=found.id)
        office = self._front.office
        by_channel = await self._front.database.read(lambda c: results.by_channel(c, found.id))
        province = request.query_params.get("province", "")[:10]
        by_place = await self._front.database.read(lambda c: results.by_place(c, found.id, province))
        did = await self._front.database.read(lambda c: taps.count(c, found.id))
        places: dict[str, dict[str, int]] = {}
        for (home, status), copies in by_place.items():
            place = places.setdefault(home, {})
            place[status] = place.get(status, 0) + copies
        used = [each for each in DeliveryStatus if any(status is each for _, status in by_channel)]
        context = {
            "found": found,
            "by_channel": by_channel,
            "channels": sorted({name for name, _ in by_channel}),
            "places": sorted(
                (office.place_name(code) if code else "", code, each) for code, each in places.items()
            ),
            "province": office.place_name(province) if province else "",
            "used": used,
            "replied": did.get(taps.REPLIED, 0),
            "opted_out": did.get(taps.OPTED_OUT, 0),
            "did": [
                (tap_name(office.texts, found.content, each), people)
                for each, people in did.items()
                if each not in (taps.REPLIED, taps.OPTED_OUT)
            ],
            **await self._counts(found),
        }
        return self._front.draw(request, "results.html", context, visitor)

    async def results_csv(self, request: Request, visitor: Visitor) -> Response:
        """Every copy in a CSV file, without the people."""
        rows = await self._copies(request, visitor)
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        return download(text.getvalue(), f"dot-{number_in(request)}.csv")

    async def results_xlsx(self, request: Request, visitor: Visitor) -> Response:
        """Every copy in an Excel file, without the people."""
        rows = await self._copies(request, visitor)
        body = await run_in_threadpool(_workbook, rows)
        name = f"dot-{number_in(request)}.xlsx"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(body, media_type=_XLSX, headers=headers)

    async def submit(self, request: Request, visitor: Visitor) -> Response:
        """Submit it; from now on nothing of it may change."""
        return await self._do(
            request,
            "submitted",
            lambda n, now: lambda c: deciding.submit(c, self._front.office, visitor.official, n, now),
        )

    async def approve(self, request: Request, visitor: Visitor) -> Response:
        """Approve what was shown, for the number of people that was typed, with a code of the telephone."""
        found = await self._find(request, visitor)
        now, office, official = self._front.clock(), self._front.office, visitor.official
        if visitor.typed("digest", 64) != found.digest:
            raise Forbidden("rule.changed")
        people = await self._front.database.read(lambda c: deciding.count_people(c, office, found, now))
        if visitor.typed("total", 12).replace(".", "") != str(people.total):
            self._front.counter.forget(found)
            return await self._show(request, visitor, self._front.texts("error.total", total=people.total))
        # Before the code is used up: a rule that says no anyway.
        await self._front.database.read(lambda c: deciding.may_approve(c, office, official, found, now))
        code = visitor.typed("code", 40)
        if (
            await self._front.act(lambda c: sign_in.prove(c, official.login, code, now, knows_password=True))
            is None
        ):
            return await self._show(request, visitor, self._front.texts("error.code"))
        await self._front.act(lambda c: deciding.approve(c, office, official, found, people.total, now))
        return go(f"/console/broadcasts/{found.id}", "approved")

    async def withdraw(self, request: Request, visitor: Visitor) -> Response:
        """Take the approval back."""
        reason = visitor.typed("reason", 300)
        return await self._do(
            request,
            "withdrawn",
            lambda n, now: lambda c: deciding.withdraw(c, self._front.office, visitor.official, n, reason, now),
        )

    async def send_back(self, request: Request, visitor: Visitor) -> Response:
        """Return it to be mended."""
        return await self._turn_back(request, visitor, Act.RETURN, "returned")

    async def reject(self, request: Request, visitor: Visitor) -> Response:
        """Reject it for good."""
        return await self._turn_back(request, visitor, Act.REJECT, "rejected")

    async def pause(self, request: Request, visitor: Visitor) -> Response:
        """Hold it where it is."""
        reason = visitor.typed("reason", 300)
        return await self._do(
            request,
            "paused",
            lambda n, now: lambda c: deciding.pause(c, self._front.office, visitor.official, n, reason, now),
        )

    async def resume(self, request: Request, visitor: Visitor) -> Response:
        """Go on with it."""
        return await self._do(
            request,
            "resumed",
            lambda n, now: lambda c: deciding.resume(c, self._front.office, visitor.official, n, now),
        )

    async def stop(self, request: Request, visitor: Visitor) -> Response:
        """Stop it for good: first the word, which every sender sees at its next message; then the counting."""
        reason, number = visitor.typed("reason", 300), number_in(request)
        await self._do(
            request,
            "stopped",
            lambda n, now: lambda c: deciding.stop(c, self._front.office, visitor.official, n, reason, now),
        )
        now = self._front.clock()
        while await self._front.act(lambda c: recovery.sweep(c, now)):
            pass
        return go(f"/console/broadcasts/{number}", "stopped")

    async def resolve(self, request: Request, visitor: Visitor) -> Response:
        """Settle the copies of which nobody knows whether they arrived."""
        resend = visitor.typed("what", 20) == "resend"
        return await self._do(
            request,
            "resolved",
            lambda n, now: (
                lambda c: deciding.resolve(c, self._front.office, visitor.official, n, now, resend=resend)
            ),
        )

    async def _turn_back(self, request: Request, visitor: Visitor, act: Act, done: str) -> Response:
        reason = visitor.typed("reason", 300)
        return await self._do(
            request,
            done,
            lambda n, now: (
                lambda c: deciding.turn_back(c, self._front.office, visitor.official, n, act, reason, now)
            ),
        )

    async def _do(
        self, request: Request, done: str, make: Callable[[int, datetime], Callable[[Any], object]]
    ) -> Response:
        number = number_in(request)
        await self._front.act(make(number, self._front.clock()))
        return go(f"/console/broadcasts/{number}", done)

    async def _find(self, request: Request, visitor: Visitor) -> Broadcast:
        number, office = number_in(request), self._front.office
        return await self._front.database.read(lambda c: deciding.find(c, office, visitor.official, number))

    async def _show(self, request: Request, visitor: Visitor, fault: str = "") -> Response:
        found = await self._find(request, visitor)
        now, office = self._front.clock(), self._front.office
        waits = found.status in (Status.DRAFT, Status.SUBMITTED, Status.RETURNED, Status.MISSED)
        read: Callable[..., Awaitable[Any]] = self._front.database.read
        # What answers a form is never loaded again by itself, so it waits.
        ask = self._front.counter.count if fault else self._front.counter.glance
        count = await ask(found) if waits else None
        links = self._front.links.glance(links_of(found)) if waits and self._front.links else {}
        findings = await read(lambda c: look_over(c, office, found, count, links, now)) if waits else []
        versions = await read(lambda c: broadcast_versions.versions_of(c, found.id))
        hands = found.authors | {found.created_by, found.submitted_by}
        withdrawable = found.status is Status.APPROVED and found.approved_at is not None
        names = self._front.texts.named("field")
        context = {
            "found": found,
            "waits": waits,
            "people": count.people if count else None,
            # Other words for a channel are seen in its own bubble.
            "beside": list(beside(office.texts, {**found.content, "texts": {}}, to_plain)),
            "plan": plan_lines(office, count, self._front.texts.named("channel")) if count else [],
            "places": largest_places(office, count.people) if count else [],
            "unready": waits and (count is None or LinkState.UNKNOWN in links.values()),
            "findings": findings,
            "blocked": any(each.blocks for each in findings),
            "bubbles": bubbles(office, found),
            "file": await show_file(self._front, found),
            "history": await read(lambda c: audit.newest(c, 50, broadcast_id=found.id)),
            "versions": versions,
            "changes": changes(versions[1].frozen, versions[0].frozen, names) if len(versions) > 1 else [],
            "audience": _audience(office, found),
            "because": lambda reason: because(office.texts, reason),
            "own_hand": visitor.official.login in hands,
            "withdraw_until": found.approved_at + WITHDRAW if withdrawable and found.approved_at else None,
            "fault": fault,
            "today": now,
            **await self._counts(found),
        }
        return self._front.draw(request, "broadcast.html", context, visitor, status=400 if fault else 200)

    async def _counts(self, found: Broadcast) -> dict[str, Any]:
        if found.started_at is None:
            moving = found.status in _MOVING
            nothing = {"counts": [], "total": 0, "done": 0, "because": lambda reason: reason}
            return {"found": found, "moving": moving, **nothing}
        counted = await self._front.database.read(lambda c: deliveries.count_by_status(c, found.id))
        texts = self._front.office.texts
        total = sum(counted.values())
        waiting = sum(
            copies
            for (status, _), copies in counted.items()
            if status in (DeliveryStatus.QUEUED, DeliveryStatus.SENDING)
        )
        rows = [
            (texts(f"delivery.{status}"), because(texts, reason) if reason else "", copies)
            for (status, reason), copies in sorted(
                counted.items(), key=lambda each: (list(DeliveryStatus).index(each[0][0]), each[0][1])
            )
        ]
        doubtful = sum(copies for (status, _), copies in counted.items() if status is DeliveryStatus.UNCERTAIN)
        return {
            "found": found,
            "counts": rows,
            "total": total,
            "done": total - waiting,
            "doubtful": doubtful,
            "moving": found.status in _MOVING,
        }

    async def _copies(self, request: Request, visitor: Visitor) -> list[list[Any]]:
        found = await self._find(request, visitor)
        now, login, office = self._front.clock(), visitor.official.login, self._front.office
        await self._front.act(lambda c: audit.record(c, login, "results_export", now, broadcast_id=found.id))
        each_copy = await self._front.database.read(lambda c: list(results.copies(c, found.id)))

        def rows() -> list[list[Any]]:
            made: list[list[Any]] = [office.texts("results.columns").split("|")]
            made += ([each.sequence, *map(safe_cell, describe_copy(office, each))] for each in each_copy)
            return made

        return await run_in_threadpool(rows)


def _audience(office: Office, found: Broadcast) -> str:
    return audience(office.texts, found.segment, office.place_name, office.topic_name)


def _workbook(rows: list[list[Any]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Ket qua")
    for row in rows:
        sheet.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()
