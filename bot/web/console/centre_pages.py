"""Centres: found and shown, the map of their coverage, and what citizens say is wrong about them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.access.rights import Right
from bot.db import Connection
from bot.db import centres as centre_db
from bot.db.centres import Outcome
from bot.dialogue.turn import House
from bot.office import centre_lists
from bot.office.centre_lists import OF_CENTRE, OF_SITE, Atlas, ListRead
from bot.outreach.broadcast import Forbidden
from bot.places.centre import Centre, CentreStatus
from bot.places.coverage_map import coverage, draw_country, shades
from bot.web.console.centre_list_pages import CENTRES, TOLD, column_name, open_atlas, tell_faults, touches
from bot.web.console.front import Front, Visitor, go, number_in
from nlu.vietnamese import fold

LISTED = 50
SETTLED = 20


class CentrePages:
    """``/console/centres``, the map, one centre, the reports. *house* is what stands before citizens now."""

    def __init__(self, front: Front, house: Callable[[], House]) -> None:
        self._front = front
        self._house = house

    def routes(self) -> list[Route]:
        """The routes of these pages."""
        page, one = self._front.page, f"{CENTRES}/of/{{id}}"
        return [
            page(CENTRES, self.index, Right.SEE_CENTRES),
            page(f"{CENTRES}/map", self.map, Right.SEE_CENTRES),
            page(f"{CENTRES}/reports", self.reports, Right.EDIT_CENTRES),
            page(f"{CENTRES}/reports/{{number}}/refuse", self.refuse, Right.EDIT_CENTRES, post=True),
            page(one, self.show_centre, Right.SEE_CENTRES),
            page(f"{one}/correct", self.correct, Right.EDIT_CENTRES, post=True, again=self.show_centre),
        ]

    async def index(self, request: Request, visitor: Visitor) -> Response:
        """The centres in the official's scope that fit a search, a page at a time."""
        typed, province = request.query_params.get("q", "")[:100], request.query_params.get("province", "")[:10]
        at = request.query_params.get("page", "1")
        number = int(at) if at.isdecimal() and 0 < len(at) < 5 else 1
        directory, official = self._house().directory, visitor.official
        wanted = fold(typed, words=True)
        mine = [each for each in directory.centres if touches(each, visitor)]
        found = [
            each
            for each in mine
            if (not province or each.province_code == province)
            and (not wanted or wanted in fold(each.name, words=True))
        ]
        provinces = [
            unit for unit in directory.gazetteer.provinces() if any(c.province_code == unit.code for c in mine)
        ]
        context = {
            "q": typed,
            "province": province,
            "provinces": provinces,
            "found": found[(max(number, 1) - 1) * LISTED : max(number, 1) * LISTED],
            "count": len(found),
            "total": len(mine),
            "number_of_page": max(number, 1),
            "pages": -(-len(found) // LISTED),
            "place": self._front.office.place_name,
            "scoped": bool(official.scope),
        }
        return self._front.draw(request, "centres.html", context, visitor)

    async def map(self, request: Request, visitor: Visitor) -> Response:
        """The provinces shaded by coverage, with the figures in a table beside them."""
        directory, words = self._house().directory, self._front.office.chat_texts.named("map")
        rows = coverage(directory)
        context = {
            "map": Markup(await asyncio.to_thread(draw_country, directory, words)),
            "words": words,
            "shades": shades(words),
            "rows": rows,
            "covered": sum(row.covered for row in rows),
            "communes": sum(row.communes for row in rows),
            "centres": sum(row.centres for row in rows),
        }
        return self._front.draw(request, "map.html", context, visitor)

    async def reports(self, request: Request, visitor: Visitor) -> Response:
        """What citizens say is wrong in the official's scope, and what became of the reports before."""
        atlas, official, read = (
            open_atlas(self._house().directory, self._front.clock()),
            visitor.official,
            self._front.database.read,
        )
        waiting = await read(lambda c: centre_lists.open_reports(c, atlas, official))
        settled = await read(lambda c: centre_db.settled_reports(c, TOLD))
        directory = self._house().directory
        named = [(each, centre) for each in settled if (centre := directory.centre(each.centre))]
        context = {
            "waiting": waiting,
            "settled": [(each, centre) for each, centre in named if touches(centre, visitor)][:SETTLED],
            "wrong": self._front.office.chat_texts.named("report"),
        }
        return self._front.draw(request, "centre_reports.html", context, visitor)

    async def refuse(self, request: Request, visitor: Visitor) -> Response:
        """It is not so: the directory stays as it is, and the citizen's words are deleted."""
        number, now, atlas, official = (
            number_in(request),
            self._front.clock(),
            open_atlas(self._house().directory, self._front.clock()),
            visitor.official,
        )
        await self._front.act(
            lambda c: centre_lists.settle_report(c, atlas, official, number, Outcome.REFUSED, now)
        )
        return go(f"{CENTRES}/reports", "report_refused")

    async def show_centre(self, request: Request, visitor: Visitor) -> Response:
        """One centre, and for its editors the form that corrects it, beside what a citizen says of it."""
        atlas, id = open_atlas(self._house().directory, self._front.clock()), str(request.path_params["id"])[:40]
        centre = await self._front.database.read(lambda c: atlas.standing_one(c, id))
        if centre is None or not touches(centre, visitor):
            raise Forbidden("rule.centre_unknown", id=id)
        report = request.query_params.get("report", "")[:9] or visitor.typed("report", 9)
        rows = _rows(visitor, centre, atlas) if visitor.form else ()
        return await self._draw_centre(request, visitor, centre, report, rows)

    async def correct(self, request: Request, visitor: Visitor) -> Response:
        """Publish the centre as typed, and settle the citizen's report it came from; or say what is wrong."""
        atlas, id, official = (
            open_atlas(self._house().directory, self._front.clock()),
            str(request.path_params["id"])[:40],
            visitor.official,
        )
        now, seen, report = self._front.clock(), visitor.typed("seen", 16), visitor.typed("report", 9)
        standing = await self._front.database.read(atlas.standing)
        centre = next((each for each in standing if each.id == id), None)
        if centre is None or not centre_lists.covers(official, centre):
            raise Forbidden("rule.centre_unknown", id=id)
        rows = _rows(visitor, centre, atlas)
        found = await asyncio.to_thread(centre_lists.read_correction, atlas, standing, centre, rows)
        if found.errors:
            return await self._draw_centre(request, visitor, centre, report, rows, found)

        def act(connection: Connection) -> None:
            if report.isascii() and report.isdecimal():
                number = int(report)
                if centre_lists.find_report(connection, atlas, official, number)[1].id != id:
                    raise Forbidden("rule.no_report", id=number)
                centre_lists.settle_report(connection, atlas, official, number, Outcome.ACCEPTED, now)
            centre_lists.correct(connection, atlas, official, seen, found, now)

        await self._front.act(act)
        return go(f"{CENTRES}/reports" if report else f"{CENTRES}/of/{id}", "centre_corrected")

    async def _draw_centre(
        self,
        request: Request,
        visitor: Visitor,
        centre: Centre,
        report: str,
        typed: Sequence[Mapping[str, str]] = (),
        read: ListRead | None = None,
    ) -> Response:
        atlas, official = open_atlas(self._house().directory, self._front.clock()), visitor.official
        mine = visitor.has("edit_centres") and centre_lists.covers(official, centre)
        told = None
        if mine and report.isascii() and report.isdecimal():
            number = int(report)
            told, about = await self._front.database.read(
                lambda c: centre_lists.find_report(c, atlas, official, number)
            )
            if about.id != centre.id:
                raise Forbidden("rule.no_report", id=number)
        words = self._front.office.chat_texts.named("centre_file")
        context = {
            "centre": centre,
            "place": self._front.office.place_name,
            "rows": typed or centre_lists.sheet_of(centre, atlas.gazetteer),
            "label": lambda column: column_name(words, column),
            "statuses": list(CentreStatus),
            "seen": centre_lists.fingerprint(centre),
            "mine": mine,
            "report": told,
            "wrong": self._front.office.chat_texts.named("report"),
            **(tell_faults(self._front, read) if read else {"faults": []}),
        }
        return self._front.draw(request, "centre.html", context, visitor, status=422 if read else 200)


def _rows(visitor: Visitor, centre: Centre, atlas: Atlas) -> list[dict[str, str]]:
    """The centre as it was typed."""
    rows = centre_lists.sheet_of(centre, atlas.gazetteer)
    for at, row in enumerate(rows):
        row.update({column: visitor.typed(column, 1000) for column in OF_CENTRE})
        row.update({column: visitor.typed(f"{column} {at}", 1000) for column in OF_SITE})
    return rows
