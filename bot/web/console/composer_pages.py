"""The composer: a message typed into a form, seen as citizens will see it, counted, and kept as a draft."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.access.rights import Right
from bot.contacts import Topic
from bot.office import deciding
from bot.office.attaching import lay_out
from bot.office.checklist import look_over
from bot.office.drafting import Typed, compose, correct, name_of, read_audience, read_words
from bot.office.links import LinkState, links_of
from bot.outreach.attachment import ALT_MAX, Unfit, describe
from bot.outreach.broadcast import Broadcast, Forbidden
from bot.outreach.campaign import Campaign, CampaignError, Kind, Written
from bot.outreach.delivery import OnAmbiguous
from bot.outreach.quiet_hours import ZONE, next_allowed
from bot.outreach.segments import load_segments
from bot.web.console.file_pages import choose_file, show_chosen
from bot.web.console.front import Front, Visitor, go, number_in
from bot.web.console.preview import bubbles, largest_places, plan_lines

_FIELDS = ("code", "title", "topic", "kind", "text", "buttons", "sources", "dates")
"""In the order of ``campaign.LABELS``, so that a fault's line names its field."""

_FIELD_OF_RULE = {
    "rule.window": "not_after",
    "rule.urgent": "urgent_reason",
    "rule.segment_twice": "to",
    "rule.scope": "provinces",
    "segment": "to",
    "place": "provinces",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the form, and the field it stands in."""

    field: str
    sentence: str


class ComposerPages:
    """``/console/broadcasts/new``, ``…/edit``, ``…/correct``, and their preview, count and save."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def routes(self) -> list[Route]:
        """The routes of these pages."""
        page = self._front.page
        return [
            page("/console/broadcasts/new", self.new, Right.DRAFT),
            page("/console/broadcasts/count", self.count, Right.DRAFT, post=True),
            page("/console/broadcasts/preview", self.preview, Right.DRAFT, post=True, again=self.new),
            page("/console/broadcasts/save", self.save, Right.DRAFT, post=True, again=self.new),
            page("/console/broadcasts/{number}/edit", self.edit, Right.DRAFT),
            page("/console/broadcasts/{number}/correct", self.correct, Right.DRAFT),
        ]

    async def new(self, request: Request, visitor: Visitor) -> Response:
        """An empty form, or one filled from a campaign's file (``?from=``)."""
        if visitor.form:
            return self._form(request, visitor, *await self._read(visitor))
        values = self._empty(self._front.clock())
        if code := request.query_params.get("from", ""):
            campaign = await run_in_threadpool(read_words, self._front.office, code[:80])
            deciding.check_form_of(campaign)
            values |= _filled(campaign) | await self._lay_out(visitor, campaign)
        return self._form(request, visitor, values)

    async def edit(self, request: Request, visitor: Visitor) -> Response:
        """The form filled with a broadcast as it stands."""
        number = number_in(request)
        found = await self._find(visitor, number)
        deciding.check_form(found)
        values = self._values_of(found) | {"number": str(number)} | await self._lay_out(visitor, found)
        if found.segment.is_composed:
            # The form shows only plain conditions; without the name, saving it would reach more people.
            name = await run_in_threadpool(name_of, self._front.office, found.segment, values["topic"])
            if not name:
                raise Forbidden("rule.segment_changed", id=number)
            values |= {"to": name, "provinces": "", "communes": "", "topics": [], "channels": []}
        return self._form(request, visitor, values)

    async def correct(self, request: Request, visitor: Visitor) -> Response:
        """An empty form for a correction to those whom a broadcast reached."""
        number = number_in(request)
        found = await self._find(visitor, number)
        if found.started_at is None:
            raise Forbidden("rule.nothing_to_correct", id=number)
        values = self._values_of(found) | await self._lay_out(visitor, found)
        values |= {"corrects": str(number), "at": self._soon(self._front.clock())}
        values["title"] = self._front.texts("composer.correction", title=found.title)[:200]
        return self._form(request, visitor, values)

    async def count(self, request: Request, visitor: Visitor) -> Response:
        """The people the audience typed so far would reach, as a piece of the page."""
        values = _values_in(visitor)
        try:
            typed = _typed(values)
            topic = values["topic"] or Topic.EVENTS
            segment = await run_in_threadpool(read_audience, self._front.office, typed, topic)
        except Forbidden as error:
            return self._front.draw(request, "count.html", {"sentence": self._front.explain(error)}, visitor)
        now, office = self._front.clock(), self._front.office
        probe = Broadcast("", "", {}, segment, now, now, visitor.official.login, now)
        people = await self._front.database.read(lambda c: deciding.count_people(c, office, probe, now))
        context = {"people": people, "places": largest_places(office, people)}
        return self._front.draw(request, "count.html", context, visitor)

    async def preview(self, request: Request, visitor: Visitor) -> Response:
        """The form again, with the message as citizens will see it, the people, and what to look at."""
        values, faults = await self._read(visitor)
        made, wrong = await self._compose(visitor, values)
        faults += wrong
        if made is None or faults:
            return self._form(request, visitor, values, faults)
        now, office = self._front.clock(), self._front.office
        count = await self._front.counter.glance(made)
        links = self._front.links.glance(links_of(made)) if self._front.links else {}
        findings = await self._front.database.read(lambda c: look_over(c, office, made, count, links, now))
        shown = {
            "people": count.people if count else None,
            "plan": plan_lines(office, count, self._front.texts.named("channel")) if count else [],
            "places": largest_places(office, count.people) if count else [],
            "unready": count is None or LinkState.UNKNOWN in links.values(),
            "findings": findings,
            "bubbles": bubbles(office, made),
        }
        return self._form(request, visitor, values, shown=shown)

    async def save(self, request: Request, visitor: Visitor) -> Response:
        """Keep the draft; back to the form, with everything typed, when something is wrong."""
        values, faults = await self._read(visitor)
        made, wrong = await self._compose(visitor, values)
        faults += wrong
        if made is None or faults:
            return self._form(request, visitor, values, faults)
        now, office, official = self._front.clock(), self._front.office, visitor.official
        try:
            if values["number"]:
                number = int(values["number"])
                await self._front.act(lambda c: deciding.edit(c, office, official, number, made, now))
                return go(f"/console/broadcasts/{number}", "edited")
            kept = await self._front.act(lambda c: deciding.draft(c, office, official, made, now))
        except Forbidden as error:
            return self._form(request, visitor, values, [self._fault(error)])
        return go(f"/console/broadcasts/{kept.id}", "drafted")

    async def _find(self, visitor: Visitor, number: int) -> Broadcast:
        office = self._front.office
        return await self._front.database.read(lambda c: deciding.find(c, office, visitor.official, number))

    async def _read(self, visitor: Visitor) -> tuple[dict[str, Any], list[Fault]]:
        """What was typed and chosen, and what is wrong with the file."""
        values, texts = _values_in(visitor), self._front.office.texts
        try:
            values["file"] = file = await choose_file(self._front, visitor)
        except Unfit as unfit:
            return values, [Fault("file", texts(f"fault.{unfit.key}", **unfit.arguments))]
        try:
            if file:
                values["file"] = replace(file, media=describe(file.media, values["alt"]))
        except Unfit as unfit:
            return values, [Fault("alt", texts(f"fault.{unfit.key}", **unfit.arguments))]
        return values, []

    async def _lay_out(self, visitor: Visitor, source: Broadcast | Campaign) -> dict[str, Any]:
        """The fields of the file that goes with *source*."""
        office, login, now = self._front.office, visitor.official.login, self._front.clock()
        found = await self._front.act(lambda c: lay_out(c, office, source, login, now))
        return {"file": show_chosen(*found), "alt": found[0].alt} if found else {}

    async def _compose(self, visitor: Visitor, values: Mapping[str, Any]) -> tuple[Broadcast | None, list[Fault]]:
        now, office, login = self._front.clock(), self._front.office, visitor.official.login
        try:
            typed = _typed(values)
            if values["corrects"]:
                wrong = await self._find(visitor, int(values["corrects"]))
                plain = replace(typed, to="", provinces=(), communes=(), topics=(), channels=())
                return await run_in_threadpool(correct, office, wrong, plain, login, now), []
            return await run_in_threadpool(compose, office, typed, login, now), []
        except CampaignError as error:
            faults = [
                Fault(_FIELDS[each.line - 1], office.texts(each.key, **each.arguments)) for each in error.faults
            ]
            return None, faults
        except Forbidden as error:
            return None, [self._fault(error)]

    def _fault(self, error: Forbidden) -> Fault:
        group = error.key.partition(".")[0]
        name = _FIELD_OF_RULE.get(error.key) or _FIELD_OF_RULE.get(group) or "at"
        return Fault(name, self._front.explain(error))

    def _form(
        self,
        request: Request,
        visitor: Visitor,
        values: Mapping[str, Any],
        faults: list[Fault] | None = None,
        shown: Mapping[str, Any] | None = None,
    ) -> Response:
        office = self._front.office
        context = {
            "v": values,
            "faults": faults or [],
            "wrong": {each.field: each.sentence for each in faults or []},
            "topics": [(str(each), office.topic_name(each)) for each in Topic],
            "segments": load_segments(office.content / "segments.yml").values(),
            "channels": sorted(office.channels),
            "campaigns": sorted(each.stem for each in (office.content / "campaigns").glob("*.md")),
            "policies": list(OnAmbiguous),
            "shown": shown,
        }
        return self._front.draw(request, "composer.html", context, visitor, status=400 if faults else 200)

    def _empty(self, now: datetime) -> dict[str, Any]:
        values: dict[str, Any] = dict.fromkeys((*_FIELDS, "to", "not_after", "urgent_reason"), "")
        values |= {
            "provinces": "",
            "communes": "",
            "on_ambiguous": "",
            "number": "",
            "corrects": "",
            "holidays": "",
        }
        values |= {"topics": [], "channels": [], "kind": "thuong", "file": None, "alt": ""}
        today = now.astimezone(ZONE)
        values["code"] = f"tin-{today:%Y%m%d-%H%M%S}"
        values["dates"] = f"{today:%d/%m/%Y} – {today + timedelta(days=30):%d/%m/%Y}"
        values["at"] = self._soon(now)
        return values

    def _soon(self, now: datetime) -> str:
        soon = next_allowed(now + timedelta(hours=1))
        return f"{soon.astimezone(ZONE):%d/%m/%Y %H:%M}"

    def _values_of(self, found: Broadcast) -> dict[str, Any]:
        values = self._empty(self._front.clock())
        written = found.content.get("written")
        if written:
            values |= {name: str(written[name]) for name in _FIELDS}
        else:
            values |= _filled(read_words(self._front.office, found.campaign))
        office, segment = self._front.office, found.segment
        return values | {
            "provinces": "\n".join(office.place_name(each) for each in sorted(segment.provinces)),
            "communes": "\n".join(office.place_name(each) for each in sorted(segment.communes)),
            "topics": sorted(segment.topics),
            "channels": sorted(segment.channels),
            "at": f"{found.due_at.astimezone(ZONE):%d/%m/%Y %H:%M}",
            "not_after": f"{found.not_after.astimezone(ZONE):%d/%m/%Y %H:%M}",
            "urgent_reason": found.content.get("urgent_reason", ""),
            "holidays": "1" if found.content.get("holidays") else "",
            "on_ambiguous": str(found.on_ambiguous),
            "corrects": str(found.corrects or ""),
        }


def _values_in(visitor: Visitor) -> dict[str, Any]:
    names = (*_FIELDS, "to", "at", "not_after", "urgent_reason", "on_ambiguous", "holidays", "number", "corrects")
    values: dict[str, Any] = {name: visitor.typed(name).replace("\r\n", "\n") for name in names}
    values |= {name: "\n".join(visitor.chosen(name)) for name in ("provinces", "communes")}
    values |= {name: visitor.chosen(name) for name in ("topics", "channels")}
    values |= {"file": None, "alt": visitor.typed("alt", ALT_MAX + 1)}
    for name in ("number", "corrects"):
        if not (values[name].isascii() and values[name].isdecimal()):
            values[name] = ""
    return values


def _typed(values: Mapping[str, Any]) -> Typed:
    return Typed(
        campaign=Written(**{name: values[name] for name in _FIELDS}),
        at=values["at"],
        not_after=values["not_after"],
        to=values["to"],
        provinces=values["provinces"].splitlines(),
        communes=values["communes"].splitlines(),
        topics=values["topics"],
        channels=values["channels"],
        urgent_reason=values["urgent_reason"],
        on_ambiguous=values["on_ambiguous"],
        holidays=bool(values["holidays"]),
        media=values["file"].media if values["file"] else None,
    )


def _filled(campaign: Campaign) -> dict[str, Any]:
    buttons = [
        f"{each.label} = {each.target or each.token.removeprefix('faq/')}"
        if each.target or each.token.startswith("faq/")
        else each.label
        for each in campaign.buttons
    ]
    return {
        "title": campaign.title,
        "topic": str(campaign.topic),
        "kind": "khan" if campaign.kind is Kind.URGENT else "thuong",
        "text": campaign.text,
        "buttons": "\n".join(buttons),
        "sources": "\n".join(campaign.sources),
        "dates": f"{campaign.valid_from:%d/%m/%Y} – {campaign.valid_to:%d/%m/%Y}",
    }
