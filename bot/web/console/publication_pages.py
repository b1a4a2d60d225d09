"""From edits to citizens: what waits, its comparison with what stands, publishing, the versions, going back."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.access.rights import Right
from bot.comparing import Comparer
from bot.db import Connection, comparisons, publications
from bot.db.comparisons import Comparison, Status
from bot.db.publications import Publication
from bot.dialogue.texts import TextsError
from bot.knowledge.difference import compare_answers
from bot.knowledge.edit import QUESTION
from bot.knowledge.fault import ContentError
from bot.office import publishing
from bot.office.working_copy import WorkingCopy, Written
from bot.outreach.broadcast import Forbidden
from bot.places.centre import CentresError
from bot.web.console.answer_pages import ANSWERS
from bot.web.console.front import Front, Visitor, go, number_in
from bot.web.console.preview import difference

LISTED = 50
AGAIN_SECONDS = 3

ReadVersion = Callable[[Publication], object]
"""Reads a version whole; raises ContentError, CentresError or TextsError when it cannot be used any more."""


class PublicationPages:
    """``/console/answers/changes``, ``…/comparisons`` and ``…/versions``."""

    def __init__(self, front: Front, copy: WorkingCopy, comparer: Comparer, read_version: ReadVersion) -> None:
        self._front = front
        self._copy = copy
        self._comparer = comparer
        self._read_version = read_version

    def routes(self) -> list[Route]:
        """The routes of these pages."""
        page, one = self._front.page, f"{ANSWERS}/comparisons/{{number}}"
        return [
            page(f"{ANSWERS}/changes", self.changes, Right.EDIT_ANSWERS),
            page(f"{ANSWERS}/compare", self.compare, Right.EDIT_ANSWERS, post=True),
            page(one, self.comparison, Right.EDIT_ANSWERS),
            page(f"{one}/publish", self.publish, Right.EDIT_ANSWERS, post=True),
            page(f"{ANSWERS}/versions", self.versions, Right.SEE_QUESTIONS),
            page(f"{ANSWERS}/versions/{{number}}", self.version, Right.SEE_QUESTIONS),
            page(f"{ANSWERS}/rollback", self.roll_back, Right.EDIT_ANSWERS, post=True),
        ]

    async def changes(self, request: Request, visitor: Visitor) -> Response:
        """The edits that wait, each with its faults; the sound ones may be compared."""
        checked = await asyncio.to_thread(self._copy.check)
        last = await self._front.database.read(comparisons.newest)
        rows = [
            {
                "edit": each,
                "title": each.cells.get(QUESTION, "") if each.is_answer else "",
                "sound": checked.is_sound(key),
                "faults": [(checked.say(fault), fault.warning) for fault in checked.faults.get(key, ())],
            }
            for key, each in checked.edits.items()
        ]
        running = last if last and last.is_alive(self._front.clock()) else None
        context = {"rows": rows, "running": running, "may_edit": not visitor.official.scope}
        return self._front.draw(request, "changes.html", context, visitor)

    async def compare(self, request: Request, visitor: Visitor) -> Response:
        """Begin to compare the chosen edits, in a process of its own."""
        publishing.check(visitor.official)
        wanted = set(visitor.chosen("key"))
        pending = [each for each in await asyncio.to_thread(self._copy.pending) if each.key in wanted]
        if not pending:
            raise Forbidden("rule.nothing_chosen")
        checked = await asyncio.to_thread(self._copy.check, pending)
        if broken := [key for key in checked.edits if not checked.is_sound(key)]:
            raise Forbidden("rule.not_sound", codes=", ".join(broken))
        now, login = self._front.clock(), visitor.official.login
        marks = {each.key: each.mark for each in pending}

        def begin(connection: Connection) -> Comparison | None:
            standing = publications.current(connection)
            return comparisons.begin(connection, standing.number if standing else 0, marks, login, now)

        begun = await self._front.act(begin)
        if begun is None:
            raise Forbidden("rule.comparing")
        self._comparer.start(begun.number, now)
        return go(f"{ANSWERS}/comparisons/{begun.number}")

    async def comparison(self, request: Request, visitor: Visitor) -> Response:
        """How far a comparison is (the page comes again by itself), then what it found and what may be done."""
        number, now = number_in(request), self._front.clock()
        found = await self._front.database.read(lambda c: comparisons.find(c, number))
        if found is None:
            raise Forbidden("rule.unknown_comparison", id=number)
        standing = await self._front.database.read(publications.current)
        pending = {each.key: each.mark for each in await asyncio.to_thread(self._copy.pending)}
        fresh = found.standing == (standing.number if standing else 0) and all(
            pending.get(key) == mark for key, mark in found.marks.items()
        )
        context = {
            "found": found,
            "fresh": fresh,
            "dead": found.status is Status.RUNNING and not found.is_alive(now),
            "report": found.report,
            "blocking": publishing.blocking(found),
            "may_edit": not visitor.official.scope,
        }
        response = self._front.draw(request, "comparison.html", context, visitor)
        if found.is_alive(now):
            # By a header: it needs no script, and no fault of a page is hidden in it.
            response.headers["Refresh"] = str(AGAIN_SECONDS)
        return response

    async def publish(self, request: Request, visitor: Visitor) -> Response:
        """Put what was compared before citizens."""
        number, now, official = number_in(request), self._front.clock(), visitor.official
        accepted = visitor.chosen("accept")
        await self._front.act(lambda c: publishing.publish_comparison(c, official, number, accepted, now))
        return go(f"{ANSWERS}/versions", "published")

    async def versions(self, request: Request, visitor: Visitor) -> Response:
        """Every publication, newest first: who, when, what, and why one went back."""
        history = await self._front.database.read(publications.all_publications)
        may_edit = visitor.has("edit_answers") and not visitor.official.scope
        context = {"history": history[:LISTED], "may_edit": may_edit}
        return self._front.draw(request, "versions.html", context, visitor)

    async def version(self, request: Request, visitor: Visitor) -> Response:
        """What a publication changed, against the one before it or the one ``?with=`` names."""
        number, wanted = number_in(request), request.query_params.get("with", "")
        history = await self._front.database.read(publications.all_publications)
        found = next((each for each in history if each.number == number), None)
        earlier = [each for each in history if each.number < number]
        other = next((each for each in history if str(each.number) == wanted), earlier[0] if earlier else None)
        if found is None:
            raise Forbidden("rule.unknown_version", id=number)
        after = await asyncio.to_thread(self._copy.version, found.digest)
        before = await asyncio.to_thread(self._copy.version, other.digest) if other else None
        changed = compare_answers(before.answers if before else (), after.answers, after.names)
        context = {
            "found": found,
            "other": other,
            "added": changed.added if before else (),
            "removed": changed.removed,
            "changed": [
                (each, [(name, difference(old, new)) for name, old, new in each.fields])
                for each in changed.changed[:LISTED]
            ],
            "more": max(0, len(changed.changed) - LISTED),
            "files": await asyncio.to_thread(_changed_files, before, after) if before else (),
        }
        return self._front.draw(request, "version.html", context, visitor)

    async def roll_back(self, request: Request, visitor: Visitor) -> Response:
        """Put the version of an earlier publication before citizens again, after it was read whole."""
        publishing.check(visitor.official)
        official, now, reason = visitor.official, self._front.clock(), visitor.typed("reason", 200)
        history = await self._front.database.read(publications.all_publications)
        found = publishing.find_earlier(history, visitor.typed("number", 9))
        if not reason:
            raise Forbidden("rule.why")
        try:
            await asyncio.to_thread(self._read_version, found)
        except (ContentError, CentresError, TextsError) as error:
            raise Forbidden("rule.version_unreadable", number=found.number) from error
        await self._front.act(lambda c: publishing.roll_back(c, official, found, reason, now))
        return go(f"{ANSWERS}/versions", "rolled_back")


def _changed_files(before: Written, after: Written) -> list[str]:
    """The files other than those of answers that differ between two versions."""

    def files(folder: Path) -> dict[str, bytes]:
        names = ((path, path.relative_to(folder).as_posix()) for path in folder.rglob("*") if path.is_file())
        return {name: path.read_bytes() for path, name in names if not name.startswith("faq/")}

    old, new = files(before.folder), files(after.folder)
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
