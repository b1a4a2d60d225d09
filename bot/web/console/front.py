"""The front of the console: who is there, what they may open, forms that prove where they come from, errors."""

import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from bot.access import rights
from bot.access.rights import Right
from bot.access.sign_in import Session, digest, form_token, is_form_token, new_secret
from bot.db import Act, Database, sign_in
from bot.dialogue.texts import Texts
from bot.office.checklist import Finding
from bot.office.counting import Counter
from bot.office.links import LinkChecker
from bot.office.office import Office
from bot.outreach.broadcast import Forbidden
from bot.outreach.campaign import CampaignError
from bot.outreach.official import Official
from bot.outreach.report import explain, explain_faults, moment
from bot.web.console.kept_forms import KeptForms
from bot.web.safety import comes_from_us

T = TypeVar("T")

HOME = "/console/broadcasts"
SIGN_IN = "/console/sign-in"
FIELDS_MAX = 200


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in official at this request; *secret* is their cookie's, *form* what they sent."""

    official: Official
    session: Session
    secret: str
    form: FormData = field(default_factory=FormData)

    def typed(self, name: str, most: int = 4000) -> str:
        """What was typed into the field *name*; empty when nothing was."""
        value = self.form.get(name, "")
        return "" if isinstance(value, UploadFile) else value.strip()[:most]

    def chosen(self, name: str) -> list[str]:
        """Everything chosen or typed line by line in the field *name*."""
        values = [each for each in self.form.getlist(name) if isinstance(each, str)]
        return [line.strip() for each in values for line in each.splitlines() if line.strip()]

    def has(self, right: str) -> bool:
        """Whether the official's role gives *right*; for templates, which then leave a button out."""
        return rights.has(self.official, Right(right))


Handler = Callable[[Request, Visitor], Awaitable[Response]]


class Front:
    """What all pages of the console share: the database, the words, the clock, and the way a page is drawn."""

    def __init__(
        self,
        database: Database,
        office: Office,
        templates: Jinja2Templates,
        texts: Texts,
        clock: Callable[[], datetime],
        *,
        secure: bool,
        training: bool = False,
    ) -> None:
        self.database = database
        self.office = office
        self.texts = texts
        self.clock = clock
        self.secure = secure
        self.training = training
        self.counter = Counter(database, office, clock)
        self.links = None if training else LinkChecker(clock)
        self.kept = KeptForms(database, clock)
        self._templates = templates
        # The prefix makes browsers refuse the cookie from any other host or without TLS.
        self.cookie = "__Host-hoctap" if secure else "hoctap_console"
        self.form_cookie = "__Host-hoctap-form" if secure else "hoctap_form"

    def page(
        self,
        path: str,
        handler: Handler,
        right: Right | None = None,
        *,
        post: bool = False,
        again: Handler | None = None,
    ) -> Route:
        """A route only signed-in officials with *right* may use; *post*: it changes something.

        *again* draws the form with what was typed in it, and does nothing: for a form whose session had ended.
        """

        async def endpoint(request: Request) -> Response:
            visitor = await self.visitor(request)
            if visitor is None:
                return await self._to_sign_in(request, keep=again is not None)
            if not post:
                return await self._answer(request, visitor, handler, right)
            form = await self.read_form(request)
            visitor = replace(visitor, form=form)
            if comes_from_us(request) and is_form_token(visitor.secret, str(form.get("form_token", ""))):
                return await self._answer(request, visitor, handler, right)
            if again and comes_from_us(request) and self.kept.owner_of(form) == visitor.official.login:
                # They signed in anew on another page meanwhile: what they typed here is theirs all the same.
                return await self.draw_again(request, visitor, again, right)
            return self.draw(request, "forged.html", {}, visitor, status=403)

        route = Route(path, endpoint, methods=["POST"] if post else ["GET"])
        if again:
            self.kept.add(route, right, again)
        return route

    async def draw_again(
        self, request: Request, visitor: Visitor, again: Handler, right: Right | None
    ) -> Response:
        """The page of *again* with the sentence that nothing is lost and nothing done."""
        told = Request({**request.scope, "method": "GET", "query_string": b"done=form_back"})
        return await self._answer(told, visitor, again, right)

    async def _answer(self, request: Request, visitor: Visitor, handler: Handler, right: Right | None) -> Response:
        try:
            if right is not None and not rights.has(visitor.official, right):
                return self.draw(request, "refused.html", {}, visitor, status=403)
            return await handler(request, visitor)
        except (Forbidden, CampaignError) as error:
            status = 404 if isinstance(error, Forbidden) and error.key == "rule.unknown" else 409
            context = {"sentence": self.explain(error), "back": request.url.path}
            return self.draw(request, "error.html", context, visitor, status=status)
        finally:
            # A file that was sent lies open until then.
            await visitor.form.close()

    async def visitor(self, request: Request) -> Visitor | None:
        """Who sent the request; None when nobody is signed in, or no longer."""
        secret = request.cookies.get(self.cookie, "")
        if not secret:
            return None
        now = self.clock()
        session_id = digest(secret)
        found = await self.database.read(lambda c: sign_in.find_session(c, session_id, now))
        if found is None:
            return None
        session, official = found
        watches = request.url.path.endswith("/events")
        if not watches and now - session.seen_at > sign_in.TOUCHED_EVERY:
            await self.database.write(lambda c: sign_in.touch_session(c, session_id, now))
        return Visitor(official, session, secret)

    async def read_form(self, request: Request) -> FormData:
        """The fields of the form that was sent."""
        return await request.form(max_files=1, max_fields=FIELDS_MAX)

    async def act(self, act: Act[T]) -> T:
        """Do *act* in a transaction, and wait until it is kept."""
        return await self.database.write(act)

    def draw(
        self,
        request: Request,
        template: str,
        context: Mapping[str, Any],
        visitor: Visitor | None = None,
        *,
        status: int = 200,
    ) -> Response:
        """The page *template* of the console, filled."""
        done = request.query_params.get("done", "")
        said = self.texts.named("done").get(done, "")
        shared = {
            "t": self.texts,
            "b": self.office.texts,
            "moment": moment,
            "number": show_number,
            "sentence_of": self._sentence_of,
            "visitor": visitor,
            "token": form_token(visitor.secret) if visitor else "",
            "owner": lambda: self.kept.seal_owner(visitor.official.login) if visitor else "",
            "path": request.url.path,
            "said": said,
            "training": self.training,
        }
        return self._templates.TemplateResponse(
            request, f"console/{template}", {**shared, **context}, status_code=status
        )

    def draw_with_token(
        self, request: Request, template: str, context: Mapping[str, Any], *, status: int = 200
    ) -> Response:
        """A page with a form for somebody who is not signed in; the token's cookie never becomes a session."""
        secret = request.cookies.get(self.form_cookie) or new_secret()
        response = self.draw(request, template, {**context, "token": form_token(secret)}, status=status)
        self.set_cookie(response, self.form_cookie, secret, "Strict")
        return response

    def is_own_form(self, request: Request, form: FormData) -> bool:
        """Whether a form of somebody who is not signed in came from the page we drew for that browser."""
        secret = request.cookies.get(self.form_cookie, "")
        return bool(secret) and comes_from_us(request) and is_form_token(secret, str(form.get("form_token", "")))

    def set_cookie(self, response: Response, name: str, value: str, same_site: str = "Lax") -> None:
        """Keep *value* in the browser until it is closed, out of the reach of scripts."""
        secure = "; Secure" if self.secure else ""
        ends = "; Max-Age=0" if not value else ""
        response.headers.append(
            "Set-Cookie", f"{name}={value}; HttpOnly; Path=/; SameSite={same_site}{secure}{ends}"
        )

    def explain(self, error: Forbidden | CampaignError) -> str:
        """Why a rule said no, as officials read it."""
        if isinstance(error, CampaignError):
            return explain_faults(self.office.texts, error.faults)
        return explain(self.office.texts, error)

    def _sentence_of(self, finding: Finding) -> str:
        arguments = dict(finding.arguments)
        if name := self.texts.named("channel").get(str(arguments.get("channel"))):
            arguments["channel"] = name
        return self.explain(Forbidden(finding.key, **arguments))

    async def _to_sign_in(self, request: Request, *, keep: bool) -> Response:
        if request.method == "GET":
            return RedirectResponse(f"{SIGN_IN}?next={quote(request.url.path)}", 303)
        if keep and self.kept.may_keep(request):
            form = await self.read_form(request)
            onward = await self.kept.keep(request, form)
            await form.close()
            if onward:
                return RedirectResponse(f"{SIGN_IN}?done=form_kept&next={quote(onward)}", 303)
        return RedirectResponse(f"{SIGN_IN}?done=not_done", 303)


def go(path: str, done: str = "") -> Response:
    """See another page next; *done* names the sentence it begins with."""
    return RedirectResponse(f"{path}?done={done}" if done else path, 303)


def safe_path(path: str) -> str:
    """*path* when it is a page of the console, else the first page: never somebody else's address."""
    plain = path.startswith("/console/") and "//" not in path and "\\" not in path and path.isprintable()
    return path if plain and ":" not in path else HOME


def file_name(sent: str) -> str:
    """The name of a file that was sent, without folders and signs nobody sees; empty when that leaves nothing."""
    plain = "".join(letter for letter in unicodedata.normalize("NFC", sent) if letter.isprintable())
    return plain.replace("\\", "/").rpartition("/")[2].lstrip(".")[-80:]


def show_number(number: int) -> str:
    """A number as Vietnamese write it: 1.234.567."""
    return f"{number:,}".replace(",", ".")


def number_in(request: Request, name: str = "number") -> int:
    """The number in the path. Raises Forbidden when it is none."""
    value = str(request.path_params[name])
    if not value.isascii() or not value.isdecimal() or len(value) > 9:
        raise Forbidden("rule.unknown", id=value[:20])
    return int(value)


Pages = Sequence[Route]
