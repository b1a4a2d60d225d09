"""All answers as an Excel workbook, and the edits of a workbook or Word document taken in again."""

import asyncio
import tempfile
from pathlib import Path

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.access.rights import Right
from bot.knowledge.edit import Edit
from bot.knowledge.fault import Fault, describe
from bot.office import editing, publishing
from bot.office.working_copy import WorkingCopy
from bot.outreach.broadcast import Forbidden
from bot.outreach.official import Official
from bot.web.console.answer_pages import ANSWERS
from bot.web.console.front import Front, Visitor, file_name, go

LISTED = 100
FILE_MAX = 5_000_000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class WorkbookPages:
    """``/console/answers/workbook``: down, and up again."""

    def __init__(self, front: Front, copy: WorkingCopy) -> None:
        self._front = front
        self._copy = copy

    def routes(self) -> list[Route]:
        """The routes of these pages."""
        page, here = self._front.page, f"{ANSWERS}/workbook"
        return [
            page(here, self.show, Right.SEE_QUESTIONS),
            page(f"{here}/hoi-dap.xlsx", self.download, Right.SEE_QUESTIONS),
            page(here, self.upload, Right.EDIT_ANSWERS, post=True),
        ]

    async def show(self, request: Request, visitor: Visitor) -> Response:
        """Where to fetch the workbook and bring it back."""
        return self._draw(request, visitor)

    async def download(self, request: Request, visitor: Visitor) -> Response:
        """What stands, with the edits in it that have no fault."""
        body = await asyncio.to_thread(self._write)
        headers = {"Content-Disposition": 'attachment; filename="hoi-dap.xlsx"'}
        return Response(body, media_type=_XLSX, headers=headers)

    async def upload(self, request: Request, visitor: Visitor) -> Response:
        """Take in what was edited; with a fault nothing is kept, and each is told by sheet and cell."""
        publishing.check(visitor.official)
        file = visitor.form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            raise Forbidden("rule.no_file")
        if (file.size or 0) > FILE_MAX:
            raise Forbidden("rule.file_large", megabytes=FILE_MAX // 1_000_000)
        raw, name = await file.read(), file_name(file.filename)
        if not name:
            raise Forbidden("rule.no_file")
        made, faults, left = await asyncio.to_thread(self._plan, raw, name, visitor.official)
        if made is None:
            return self._draw(request, visitor, faults, status=400)
        if made:
            now, official = self._front.clock(), visitor.official
            await self._front.act(lambda c: editing.save_import(c, official, made, name, now))
        if left or not made:
            return self._draw(request, visitor, left, len(made))
        return go(f"{ANSWERS}/changes", "imported")

    def _write(self) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "hoi-dap.xlsx"
            editing.export(self._copy.sound(), path)
            return path.read_bytes()

    def _plan(self, raw: bytes, name: str, official: Official) -> tuple[list[Edit] | None, list[str], list[str]]:
        """The edits (None: refused), the faults that refuse them, and what was left out of them."""
        pending, checked = self._copy.pending(), self._copy.sound()

        def say(faults: list[Fault]) -> list[str]:
            return [describe(each, checked.written.names) for each in faults]

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(raw)
            plan = editing.plan_import(checked, path, self._copy.today())
        if plan.refused:
            return None, say([each for each in plan.faults if not each.warning]), []
        made, left = editing.edits_of(plan, checked, pending, official, self._front.clock())
        return made, [], say([*plan.merge.conflicts, *left])

    def _draw(
        self,
        request: Request,
        visitor: Visitor,
        faults: list[str] | None = None,
        kept: int | None = None,
        status: int = 200,
    ) -> Response:
        context = {
            "faults": (faults or [])[:LISTED],
            "more": max(0, len(faults or []) - LISTED),
            "kept": kept,
            "may_edit": visitor.has("edit_answers") and not visitor.official.scope,
        }
        return self._front.draw(request, "workbook.html", context, visitor, status=status)
