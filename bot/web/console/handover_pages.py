"""Conversations handed over: the inbox of a scope, taking a question on, answering it, what is hidden."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.access.rights import Right
from bot.db.handovers import Handover
from bot.office import answering
from bot.web.console.front import Front, Visitor, go, number_in

INBOX = "/console/conversations"


class HandoverPages:
    """``/console/conversations`` and everything below the number of one."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def routes(self) -> list[Route]:
        """The routes of these pages."""
        page, one = self._front.page, f"{INBOX}/{{number}}"
        return [
            page(INBOX, self.index, Right.ANSWER),
            page(one, self.show, Right.ANSWER),
            page(f"{one}/claim", self.claim, Right.ANSWER, post=True),
            page(f"{one}/release", self.release, Right.ANSWER, post=True),
            page(f"{one}/unmask", self.unmask, Right.UNMASK, post=True),
            page(f"{one}/answer", self.answer, Right.ANSWER, post=True, again=self.show),
            page(f"{one}/close", self.close, Right.ANSWER, post=True),
            page(f"{one}/pass-on", self.pass_on, Right.ANSWER, post=True),
        ]

    async def index(self, request: Request, visitor: Visitor) -> Response:
        """The open questions, the most urgent first, what is private hidden."""
        office = self._front.office
        found = await self._front.database.read(lambda c: answering.inbox(c, office, visitor.official))
        rows = [{"found": each, "question": answering.mask(each.question), **self._place(each)} for each in found]
        return self._front.draw(request, "handovers.html", {"rows": rows, "now": self._front.clock()}, visitor)

    async def show(self, request: Request, visitor: Visitor) -> Response:
        """One question, what is private hidden."""
        office, number = self._front.office, number_in(request)
        found = await self._front.database.read(lambda c: answering.find(c, office, visitor.official, number))
        return self._draw(request, visitor, found, masked=True)

    async def claim(self, request: Request, visitor: Visitor) -> Response:
        """Take it on."""
        office, number, now = self._front.office, number_in(request), self._front.clock()
        await self._front.act(lambda c: answering.claim(c, office, visitor.official, number, now))
        return go(f"{INBOX}/{number}", "claimed")

    async def release(self, request: Request, visitor: Visitor) -> Response:
        """Give it back to all."""
        office, number, now = self._front.office, number_in(request), self._front.clock()
        await self._front.act(lambda c: answering.release(c, office, visitor.official, number, now))
        return go(INBOX, "released")

    async def unmask(self, request: Request, visitor: Visitor) -> Response:
        """The question with what was hidden, once, for a reason that stands in the audit."""
        office, number, now = self._front.office, number_in(request), self._front.clock()
        reason = visitor.typed("reason", 200)
        found = await self._front.act(lambda c: answering.unmask(c, office, visitor.official, number, reason, now))
        return self._draw(request, visitor, found, masked=False)

    async def answer(self, request: Request, visitor: Visitor) -> Response:
        """Send the answer to the citizen where they asked."""
        office, number, now = self._front.office, number_in(request), self._front.clock()
        text = visitor.typed("text")
        await self._front.act(lambda c: answering.answer(c, office, visitor.official, number, text, now))
        return go(INBOX, "answered")

    async def close(self, request: Request, visitor: Visitor) -> Response:
        """Close it without an answer; the citizen is told."""
        office, number, now = self._front.office, number_in(request), self._front.clock()
        await self._front.act(lambda c: answering.close(c, office, visitor.official, number, now))
        return go(INBOX, "handover_closed")

    async def pass_on(self, request: Request, visitor: Visitor) -> Response:
        """Give it to the officials of a province."""
        office, number, now = self._front.office, number_in(request), self._front.clock()
        province = visitor.typed("province", 80)
        await self._front.act(lambda c: answering.pass_on(c, office, visitor.official, number, province, now))
        return go(INBOX, "passed_on")

    def _draw(self, request: Request, visitor: Visitor, found: Handover, *, masked: bool) -> Response:
        hidden = answering.mask(found.question)
        wanted = request.query_params.get("canned", "")
        canned = self._front.texts.named("canned")
        context = {
            "found": found,
            "question": hidden if masked else found.question,
            "can_unmask": masked and hidden != found.question and visitor.has("unmask"),
            "mine": found.claimed_by == visitor.official.login,
            "canned": canned,
            "draft": canned.get(wanted, "") or visitor.typed("text"),
            "now": self._front.clock(),
            "open_until": answering.open_until(self._front.office, found),
            "provinces": [unit.full_name for unit in self._front.office.gazetteer.provinces()],
            **self._place(found),
        }
        return self._front.draw(request, "handover.html", context, visitor)

    def _place(self, found: Handover) -> dict[str, str]:
        return {"place": self._front.office.place_name(found.home) if found.home else ""}
