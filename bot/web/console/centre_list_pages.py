"""Lists of centres: taken in with a report of every fault, compared, published or dropped, and given out."""

import asyncio
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.access import rights
from bot.access.rights import Right
from bot.db import centres as centre_db
from bot.dialogue.turn import House
from bot.knowledge.fault import read_sentences
from bot.office import centre_lists
from bot.office.centre_lists import Atlas, ListRead
from bot.outreach.broadcast import Forbidden
from bot.outreach.quiet_hours import ZONE
from bot.places.centre import Centre
from bot.places.centre_export import write_workbook
from bot.places.centres import Directory
from bot.places.changes import Changes
from bot.places.sheets import BIGGEST_FILE
from bot.web.console.front import Front, Visitor, file_name, go, number_in

CENTRES = "/console/centres"
LISTED = 50
TOLD = 200
"""So many faults or centres a page tells of at most; it says how many more there are."""

_KINDS = (".csv", ".xlsx", ".xlsm", ".xls")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class CentreListPages:
    """``/console/centres/import``, the imports, and the files that go out. *house* is what citizens have."""

    def __init__(self, front: Front, house: Callable[[], House]) -> None:
        self._front = front
        self._house = house
        # A large workbook takes much memory to read.
        self._reading = asyncio.Semaphore(1)

    def routes(self) -> list[Route]:
        """The routes of these pages."""
        page, one = self._front.page, f"{CENTRES}/imports/{{number}}"
        return [
            page(f"{CENTRES}/export.xlsx", self.export, Right.SEE_CENTRES),
            page(f"{CENTRES}/template.xlsx", self.template, Right.EDIT_CENTRES),
            page(f"{CENTRES}/import", self.show_lists, Right.EDIT_CENTRES),
            page(f"{CENTRES}/import", self.take_in, Right.EDIT_CENTRES, post=True),
            page(one, self.show_import, Right.EDIT_CENTRES),
            page(f"{one}/publish", self.publish, Right.EDIT_CENTRES, post=True),
            page(f"{one}/withdraw", self.withdraw, Right.EDIT_CENTRES, post=True),
        ]

    async def export(self, request: Request, visitor: Visitor) -> Response:
        """The centres in the official's scope as Excel, to be edited and taken in again."""
        mine = [each for each in self._house().directory.centres if touches(each, visitor)]
        return await self._workbook(mine, "trung-tam.xlsx")

    async def template(self, request: Request, visitor: Visitor) -> Response:
        """An empty Excel file with the columns, choices to pick from, and how to fill it in."""
        return await self._workbook([], "mau-trung-tam.xlsx")

    async def show_lists(self, request: Request, visitor: Visitor) -> Response:
        """The form that takes a list in, and every list before it."""
        known = await self._front.database.read(centre_db.imports)
        seen = [each for each in known if centre_lists.sees(visitor.official, each)]
        context = {"imports": seen[:LISTED], "megabytes": BIGGEST_FILE // 1_000_000}
        return self._front.draw(request, "centre_lists.html", context, visitor)

    async def take_in(self, request: Request, visitor: Visitor) -> Response:
        """Read a list; without a fault it waits to be published, with one its report is shown."""
        sent, whole = visitor.form.get("file"), visitor.typed("whole") == "1"
        if not isinstance(sent, UploadFile) or not sent.filename:
            raise Forbidden("rule.no_file")
        name, atlas = file_name(sent.filename), open_atlas(self._house().directory, self._front.clock())
        if Path(name).suffix.lower() not in _KINDS:
            raise Forbidden("rule.file_kind", name=name)
        content = await sent.read()
        standing = await self._front.database.read(atlas.standing)

        def read() -> ListRead:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / name
                path.write_bytes(content)
                return centre_lists.read_list([path], atlas, standing, whole=whole)

        async with self._reading:
            found = await asyncio.to_thread(read)
        if found.errors:
            context = {"file": name, "errors": found.errors, **tell_faults(self._front, found)}
            return self._front.draw(request, "centre_faults.html", context, visitor, status=422)
        now, official = self._front.clock(), visitor.official
        number = await self._front.act(
            lambda c: centre_lists.stage(c, atlas, official, name, found, now, whole=whole)
        )
        return await self._draw_import(
            request, visitor, number, {"taken_in": True, **tell_faults(self._front, found)}
        )

    async def show_import(self, request: Request, visitor: Visitor) -> Response:
        """One list: what it would change, or what became of it."""
        return await self._draw_import(request, visitor, number_in(request), {})

    async def publish(self, request: Request, visitor: Visitor) -> Response:
        """Make it the directory citizens see, all of it or nothing."""
        number, now, atlas, official = (
            number_in(request),
            self._front.clock(),
            open_atlas(self._house().directory, self._front.clock()),
            visitor.official,
        )
        said = visitor.typed("removing", 9)
        removing = int(said) if said.isascii() and said.isdecimal() else 0
        await self._front.act(lambda c: centre_lists.publish(c, atlas, official, number, now, removing=removing))
        return go(f"{CENTRES}/imports/{number}", "centres_published")

    async def withdraw(self, request: Request, visitor: Visitor) -> Response:
        """Drop it."""
        number, now, official = number_in(request), self._front.clock(), visitor.official
        await self._front.act(lambda c: centre_lists.withdraw(c, official, number, now))
        return go(f"{CENTRES}/import", "centres_withdrawn")

    async def _draw_import(
        self, request: Request, visitor: Visitor, number: int, more: Mapping[str, Any]
    ) -> Response:
        atlas, read = open_atlas(self._house().directory, self._front.clock()), self._front.database.read
        found = await read(lambda c: centre_lists.find(c, visitor.official, number))
        context = {"found": found, "counts": found.summary, **more}
        if found.status == "staged":
            standing = await read(atlas.standing)
            changes = await read(lambda c: centre_lists.difference(c, atlas, number))
            context |= {"counts": changes.counts(), **self._difference(changes, standing)}
        return self._front.draw(request, "centre_import.html", context, visitor)

    def _difference(self, changes: Changes, standing: Sequence[Centre]) -> dict[str, Any]:
        """The first of what is added, changed and gone, what is changed cell by cell."""
        before = {each.id: each for each in standing}
        after = {each.id: each for each in changes.touched}
        gazetteer, words = self._house().directory.gazetteer, self._front.office.chat_texts.named("centre_file")

        def cells(centre: Centre) -> dict[tuple[int, str], str]:
            sheet = enumerate(centre_lists.sheet_of(centre, gazetteer))
            return {(at, column): text for at, row in sheet for column, text in row.items()}

        def compared(id: str) -> list[tuple[str, str, str]]:
            old, new = cells(before[id]), cells(after[id])
            keys = [key for key in {**old, **new} if old.get(key, "") != new.get(key, "")]
            return [
                (column_name(words, column), old.get((at, column), ""), new.get((at, column), ""))
                for at, column in keys
            ]

        gone = (*changes.removed, *changes.dissolved)
        return {
            "added": [after[id] for id in islice(changes.added, TOLD)],
            "changed": [(after[id], compared(id)) for id in islice(changes.changed, TOLD)],
            "gone": [before[id] for id in islice(gone, TOLD)],
            "too_many": changes.gone if changes.removes_too_many else 0,
        }

    async def _workbook(self, centres: Sequence[Centre], name: str) -> Response:
        directory, words = self._house().directory, self._front.office.chat_texts.named("centre_file")

        def write() -> bytes:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / name
                write_workbook(path, centres, directory.gazetteer, directory.catalogue, words)
                return path.read_bytes()

        async with self._reading:
            content = await asyncio.to_thread(write)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type=_XLSX, headers=headers)


def open_atlas(directory: Directory, now: datetime) -> Atlas:
    """What a list is read with, beside the *directory* that stands."""
    today = now.astimezone(ZONE).date()
    return Atlas(directory.gazetteer, directory.catalogue, today, lambda: directory.centres)


def tell_faults(front: Front, read: ListRead) -> dict[str, Any]:
    """Each fault with the remedy, and how many more there are."""
    sentences = read_sentences(front.office.content)
    told = [(fault, centre_lists.tell(fault, sentences)) for fault in read.faults[:TOLD]]
    return {"faults": told, "more_faults": len(read.faults) - len(told)}


def touches(centre: Centre, visitor: Visitor) -> bool:
    """Whether any place of *centre* lies in the visitor's scope."""
    return rights.covers(visitor.official, "", centre.province_code) or any(
        rights.covers(visitor.official, f"new:{site.commune}", centre.province_code) for site in centre.sites
    )


def column_name(words: Mapping[str, str], column: str) -> str:
    """What a column of a list is called."""
    return words[f"column_{column.replace(' ', '_').replace('/', '_')}"]
