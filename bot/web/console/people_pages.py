"""Me, people and the audit: sessions, accounts, and what was done."""

import asyncio
import csv
import io

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.access.rights import Right
from bot.access.sign_in import LINK_LASTS, PASSWORD_MAX, new_recovery_codes, new_secret
from bot.db import audit, officials, sign_in
from bot.office.accounts import new_official
from bot.office.sheets import safe_cell
from bot.outreach.broadcast import Forbidden
from bot.outreach.official import PASSWORD_MIN, Role, hash_password, is_password
from bot.web.console.front import Front, Visitor, go
from bot.web.console.sign_in_pages import password_fault

AUDIT_PAGE = 100


class PeoplePages:
    """``/console/me``, ``/console/people`` and ``/console/audit``."""

    def __init__(self, front: Front, base: str) -> None:
        self._front = front
        self._base = base

    def routes(self) -> list[Route]:
        """The routes of these pages."""
        page = self._front.page
        return [
            page("/console/me", self.me),
            page("/console/me/end-session", self.end_session, post=True),
            page("/console/me/password", self.change_password, post=True),
            page("/console/me/recovery", self.renew_codes, post=True),
            page("/console/people", self.people, Right.MANAGE_PEOPLE),
            page("/console/people/add", self.add, Right.MANAGE_PEOPLE, post=True),
            page("/console/people/{login}/assign", self.assign, Right.MANAGE_PEOPLE, post=True),
            page("/console/people/{login}/link", self.link, Right.MANAGE_PEOPLE, post=True),
            page("/console/people/{login}/disable", self.disable, Right.MANAGE_PEOPLE, post=True),
            page("/console/people/{login}/enable", self.enable, Right.MANAGE_PEOPLE, post=True),
            page("/console/audit", self.audit, Right.READ_AUDIT),
            page("/console/audit.csv", self.audit_csv, Right.READ_AUDIT),
        ]

    async def me(self, request: Request, visitor: Visitor) -> Response:
        """My account, my sessions, my recovery codes."""
        return await self._me(request, visitor)

    async def end_session(self, request: Request, visitor: Visitor) -> Response:
        """End one of my sessions."""
        login, now, session_id = visitor.official.login, self._front.clock(), visitor.typed("session", 64)
        await self._front.act(lambda c: sign_in.end_session(c, login, session_id, login, now))
        return go("/console/me", "session_ended")

    async def change_password(self, request: Request, visitor: Visitor) -> Response:
        """A new password; needs the old one and a code, and ends all other sessions."""
        login, now = visitor.official.login, self._front.clock()
        password = str(visitor.form.get("password", ""))
        if fault := password_fault(password, str(visitor.form.get("again", ""))):
            return await self._me(request, visitor, fault)
        old = str(visitor.form.get("old", ""))[: PASSWORD_MAX + 1]
        found = await self._front.database.read(lambda c: officials.find(c, login))
        right = await asyncio.to_thread(is_password, found[1] if found else None, old)
        code = visitor.typed("code", 40)
        if await self._front.act(lambda c: sign_in.prove(c, login, code, now, knows_password=right)) is None:
            return await self._me(request, visitor, "error.sign_in")
        password_hash = await asyncio.to_thread(hash_password, password)
        kept = visitor.session.id
        await self._front.act(lambda c: sign_in.change_password(c, login, password_hash, kept, now))
        return go("/console/me", "password_changed")

    async def renew_codes(self, request: Request, visitor: Visitor) -> Response:
        """New recovery codes, shown once; needs a code."""
        login, now, code = visitor.official.login, self._front.clock(), visitor.typed("code", 40)
        if await self._front.act(lambda c: sign_in.prove(c, login, code, now, knows_password=True)) is None:
            return await self._me(request, visitor, "error.code")
        codes = new_recovery_codes()
        await self._front.act(lambda c: sign_in.replace_recovery_codes(c, login, codes, now))
        context = {"codes": codes, "official": visitor.official}
        return self._front.draw(request, "recovery_codes.html", context, visitor)

    async def people(self, request: Request, visitor: Visitor) -> Response:
        """Every account, and the form for a new one."""
        return await self._people(request, visitor)

    async def add(self, request: Request, visitor: Visitor) -> Response:
        """A new account; shows its one-time link."""
        now = self._front.clock()
        official = new_official(
            self._front.office,
            visitor.typed("login", 80),
            visitor.typed("name", 200),
            visitor.typed("role", 20),
            visitor.chosen("provinces"),
            visitor.chosen("communes"),
        )
        if not await self._front.act(lambda c: officials.add(c, official, "", visitor.official.login, now)):
            raise Forbidden("rule.login_taken", login=official.login)
        return await self._show_link(request, visitor, official.login)

    async def assign(self, request: Request, visitor: Visitor) -> Response:
        """Another role or scope; acts at the official's next request."""
        now, login = self._front.clock(), str(request.path_params["login"])
        _not_oneself(visitor, login)
        official = new_official(
            self._front.office,
            login,
            visitor.typed("name", 200),
            visitor.typed("role", 20),
            visitor.chosen("provinces"),
            visitor.chosen("communes"),
        )
        if not await self._front.act(lambda c: officials.assign(c, official, visitor.official.login, now)):
            raise Forbidden("rule.no_official", login=login)
        return go("/console/people", "assigned")

    async def link(self, request: Request, visitor: Visitor) -> Response:
        """A new one-time link; the old password, factor and sessions end."""
        login = str(request.path_params["login"])
        _not_oneself(visitor, login)
        return await self._show_link(request, visitor, login)

    async def disable(self, request: Request, visitor: Visitor) -> Response:
        """Take an account out of use."""
        now, login = self._front.clock(), str(request.path_params["login"])
        _not_oneself(visitor, login)
        if not await self._front.act(lambda c: officials.disable(c, login, visitor.official.login, now)):
            raise Forbidden("rule.no_official", login=login)
        return go("/console/people", "disabled")

    async def enable(self, request: Request, visitor: Visitor) -> Response:
        """Put an account into use again."""
        now, login = self._front.clock(), str(request.path_params["login"])
        if not await self._front.act(lambda c: officials.enable(c, login, visitor.official.login, now)):
            raise Forbidden("rule.no_official", login=login)
        return go("/console/people", "enabled")

    async def audit(self, request: Request, visitor: Visitor) -> Response:
        """What was done, newest first, and whether the chain is whole."""
        before = request.query_params.get("before", "0")
        official = request.query_params.get("official", "")[:60]
        last = int(before) if before.isdecimal() and len(before) < 10 else 0
        rows = await self._front.database.read(
            lambda c: audit.newest(c, AUDIT_PAGE, before=last, official=official)
        )
        verdict, _ = await self._front.database.read(audit.verify_chain)
        older = rows[-1].id if len(rows) == AUDIT_PAGE else 0
        context = {"rows": rows, "verdict": verdict, "older": older, "official": official}
        return self._front.draw(request, "audit.html", context, visitor)

    async def audit_csv(self, request: Request, visitor: Visitor) -> Response:
        """The whole audit with its digests, for whoever checks it elsewhere."""
        now, login = self._front.clock(), visitor.official.login
        await self._front.act(lambda c: audit.record(c, login, "audit_export", now))
        rows = await self._front.database.read(lambda c: list(audit.every_record(c)))
        text = io.StringIO()
        sheet = csv.writer(text)
        sheet.writerow(self._front.texts("audit.columns").split("|"))
        for row in rows:
            cells = (row.official, row.act, row.detail)
            who, act, detail = (safe_cell(each) for each in cells)
            sheet.writerow([row.id, row.at.isoformat(), who, act, row.broadcast_id or "", detail, row.digest])
        return download(text.getvalue(), "nhat-ky.csv")

    async def _me(self, request: Request, visitor: Visitor, fault: str = "") -> Response:
        login, now = visitor.official.login, self._front.clock()
        sessions = await self._front.database.read(lambda c: sign_in.sessions_of(c, login, now))
        left = await self._front.database.read(lambda c: sign_in.recovery_left(c, login))
        context = {
            "sessions": sessions,
            "left": left,
            "least": PASSWORD_MIN,
            "scope": [self._front.office.place_name(each) for each in sorted(visitor.official.scope)],
            "fault": self._front.texts(fault, least=PASSWORD_MIN) if fault else "",
        }
        return self._front.draw(request, "me.html", context, visitor, status=400 if fault else 200)

    async def _people(self, request: Request, visitor: Visitor) -> Response:
        known = await self._front.database.read(officials.all_officials)
        office = self._front.office
        rows = [
            {
                "official": each,
                "provinces": [office.place_name(code) for code in sorted(each.scope) if ":" not in code],
                "communes": [office.place_name(code) for code in sorted(each.scope) if ":" in code],
            }
            for each in known
        ]
        return self._front.draw(request, "people.html", {"rows": rows, "roles": list(Role)}, visitor)

    async def _show_link(self, request: Request, visitor: Visitor, login: str) -> Response:
        now, secret = self._front.clock(), new_secret()
        until, by = now + LINK_LASTS, visitor.official.login
        if not await self._front.act(lambda c: sign_in.issue_link(c, login, secret, until, by, now)):
            raise Forbidden("rule.no_official", login=login)
        base = self._base or str(request.base_url).rstrip("/")
        context = {"login": login, "link": f"{base}/console/welcome/{secret}", "until": until}
        return self._front.draw(request, "link.html", context, visitor)


def download(text: str, name: str) -> Response:
    """A CSV file that Excel opens with the right letters."""
    return Response(
        "\ufeff" + text,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _not_oneself(visitor: Visitor, login: str) -> None:
    if login == visitor.official.login:
        raise Forbidden("rule.oneself")
