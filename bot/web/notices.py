"""The public pages of what was sent to citizens: anybody may look whether a message is ours."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from bot.db import Database, notices
from bot.dialogue.audience_words import describe_audience
from bot.dialogue.place_words import words_for_anybody
from bot.dialogue.texts import Texts
from bot.inbox import ZONE, Inbox
from bot.markup import to_html
from bot.outreach.check_code import find_code
from bot.outreach.frozen_content import media_of
from bot.outreach.notice import Notice
from bot.outreach.placeholders import fill_person
from bot.web.safety import Pace

PAGE = 20


class NoticePages:
    """The list at ``/tin``, newest first, and each message at ``/tin/<code>``."""

    def __init__(self, database: Database, inbox: Inbox, templates: Jinja2Templates, texts: Texts) -> None:
        self._database = database
        self._inbox = inbox
        self._templates = templates
        self._texts = texts
        self._pace = Pace(per_minute=60, burst=30)

    def routes(self) -> list[Route]:
        """``/tin`` and ``/tin/<code>``."""
        return [Route("/tin", self.list), Route("/tin/{code}", self.one)]

    async def list(self, request: Request) -> Response:
        """What was sent; with ``?ma=`` the message of that code."""
        if not self._may_look(request):
            return self._draw(request, 429, too_often=True)
        if asked := request.query_params.get("ma", "").strip()[:40]:
            code = find_code(asked) or find_code(f"HT-{asked}")
            return RedirectResponse(f"/tin/{code or 'khong-co'}", 303)
        before = request.query_params.get("truoc", "")
        found = await self._database.read(
            lambda c: notices.newest(c, PAGE, int(before) if before.isdecimal() and len(before) < 10 else 0)
        )
        older = found[-1].broadcast_id if len(found) == PAGE else 0
        return self._draw(request, 200, notices=[self._shown(each) for each in found], older=older)

    async def one(self, request: Request) -> Response:
        """One message, or that it is not ours."""
        if not self._may_look(request):
            return self._draw(request, 429, too_often=True)
        code = find_code(request.path_params["code"])
        found = await self._database.read(lambda c: notices.find(c, code)) if code else None
        if found is None:
            return self._draw(request, 404, unknown=True)
        return self._draw(request, 200, notices=[self._shown(found)], alone=True)

    def _may_look(self, request: Request) -> bool:
        return self._pace.allows(request.client.host if request.client else "")

    def _shown(self, notice: Notice) -> dict[str, object]:
        return {
            "notice": notice,
            "sent": f"{notice.sent_at.astimezone(ZONE):%d/%m/%Y %H:%M}",
            "audience": describe_audience(notice.segment, self._texts, self._inbox.mind.house.gazetteer),
            "html": to_html(fill_person(str(notice.content["text"]), words_for_anybody(self._texts))),
            "files": media_of(notice.content),
        }

    def _draw(self, request: Request, status: int, **values: object) -> Response:
        page = self._templates.TemplateResponse(
            request, "notices.html", {"t": self._texts, "notices": (), **values}, status_code=status
        )
        return page
