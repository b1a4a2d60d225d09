"""Forms that came after their session had ended: kept for who typed them, and drawn again after signing in."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.routing import Match, Route

from bot.access.rights import Right
from bot.access.sealing import MARK, KeyUnusable
from bot.db import Database, drawers
from bot.db.sealing import keys_of
from bot.web.safety import Pace, comes_from_us

if TYPE_CHECKING:
    from bot.web.console.front import Handler

AGAIN = "/console/again"
PATH_MAX = 200
FORM_MAX = 200_000
"""Letters: more than any form of ours takes."""
_OWNER = "form-owner"
_NEVER_KEPT = ("form_token", "owner")


class KeptForms:
    """Which forms are kept, whose they are, and where to find them again.

    A form names its official in the field ``owner``, sealed, so that it needs no session to be known: only that
    account ever gets it back.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._pages: list[tuple[Route, Right | None, Handler]] = []
        self._pace = Pace(per_minute=60, burst=60)

    def add(self, route: Route, right: Right | None, again: "Handler") -> None:
        """Keep the forms sent to *route*; *again* draws one, filled, for an official with *right*."""
        self._pages.append((route, right, again))

    def seal_owner(self, login: str) -> str:
        """The field ``owner`` of the forms of *login*."""
        return keys_of(self._database.engine).seal(_OWNER, login)

    def owner_of(self, form: FormData) -> str:
        """Whose form it is; empty when it does not say."""
        sealed = form.get("owner")
        if not isinstance(sealed, str) or not sealed.startswith(MARK):
            return ""
        try:
            return keys_of(self._database.engine).unseal(_OWNER, sealed)
        except KeyUnusable:
            return ""

    def may_keep(self, request: Request) -> bool:
        """Whether a form of somebody who is not signed in is worth reading."""
        return comes_from_us(request) and self._pace.allows(request.client.host if request.client else "")

    async def keep(self, request: Request, form: FormData) -> str:
        """Keep what was typed. Returns the page that draws it again; empty when nobody knows whose it is."""
        login, path, now = self.owner_of(form), request.url.path, self._clock()
        if not login or len(path) > PATH_MAX or self.find_page(path) is None:
            return ""
        typed = [(name, text) for name, text in form.multi_items() if isinstance(text, str)]
        fields = [(name, text) for name, text in typed if name not in _NEVER_KEPT]
        if sum(len(name) + len(text) for name, text in fields) > FORM_MAX:
            return ""
        await self._database.write(lambda c: drawers.keep_form(c, login, path, fields, now))
        return f"{AGAIN}?form={quote(path)}"

    async def find(self, login: str, path: str) -> FormData:
        """What *login* typed into the form at *path*; empty when it is not kept any more."""
        now = self._clock()
        return FormData([*await self._database.read(lambda c: drawers.find_form(c, login, path, now))])

    def find_page(self, path: str) -> tuple[Right | None, "Handler", dict[str, object]] | None:
        """What draws the form at *path* again: the right it takes, the page, and what stands in the path."""
        scope = {"type": "http", "method": "POST", "path": path, "root_path": ""}
        for route, right, again in self._pages:
            matched, found = route.matches(scope)
            if matched is Match.FULL:
                return right, again, found["path_params"]
        return None
