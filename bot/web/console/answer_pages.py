"""Answers: the list, one of them with what citizens make of it, and the form in which it is written and edited."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.access.rights import Right
from bot.db import edits, feedback, question_counts, unanswered
from bot.dialogue.turn import House
from bot.inbox import Mind
from bot.knowledge.difference import changed_fields, name_field
from bot.knowledge.edit import FIELDS, QUESTION, TOPIC, TOPIC_TITLE, Edit, cells_of, field_of, read_edit
from bot.knowledge.entry import Answer
from bot.knowledge.fields import read_code
from bot.knowledge.grouping import Group, group
from bot.knowledge.hoi_dap import Label
from bot.markup import to_plain
from bot.office import editing, publishing
from bot.office.statistics import LEAST, tell
from bot.office.working_copy import Checked, WorkingCopy, Written
from bot.outreach.broadcast import Forbidden
from bot.outreach.quiet_hours import ZONE
from bot.rehearsal import recite
from bot.web.console.front import Front, Visitor, go
from bot.web.console.preview import bubble, difference
from nlu.vietnamese import fold

ANSWERS = "/console/answers"
LISTED = 30
NEAREST = 5
CELL_MOST = 20_000
DAYS = 30
_ATTEMPTS = 3
_SOON = timedelta(days=60)


class AnswerPages:
    """``/console/answers`` and everything below the code of one."""

    def __init__(self, front: Front, copy: WorkingCopy, mind: Callable[[], Mind]) -> None:
        self._front = front
        self._copy = copy
        self._mind = mind

    def routes(self) -> list[Route]:
        """The routes of these pages."""
        page, one = self._front.page, f"{ANSWERS}/{{code}}"
        return [
            page(ANSWERS, self.index, Right.SEE_QUESTIONS),
            page(f"{ANSWERS}/new", self.begin, Right.EDIT_ANSWERS),
            page(f"{ANSWERS}/new", self.add, Right.EDIT_ANSWERS, post=True, again=self.begin),
            page(f"{ANSWERS}/pick", self.pick, Right.EDIT_ANSWERS),
            page(one, self.show, Right.SEE_QUESTIONS),
            page(f"{one}/edit", self.edit, Right.EDIT_ANSWERS),
            page(f"{one}/edit", self.save, Right.EDIT_ANSWERS, post=True, again=self.edit),
            page(f"{one}/end", self.end, Right.EDIT_ANSWERS, post=True),
            page(f"{ANSWERS}/discard", self.discard, Right.EDIT_ANSWERS, post=True),
        ]

    async def index(self, request: Request, visitor: Visitor) -> Response:
        """The answers that stand, of a topic or as searched for, with how often they are given and liked."""
        asked = request.query_params
        wanted, topic, only = asked.get("q", "")[:100].strip(), asked.get("topic", ""), asked.get("only", "")
        library, today = self._mind().house.library, self._copy.today()
        pending = {each.key: each for each in await self._front.database.read(edits.all_edits)}
        found = list(library.by_code.values()) if not wanted else library.search_titles(wanted)
        if wanted and not found:
            words = fold(wanted, words=True)
            said = {a.code: fold(" ".join((a.code, *a.wordings)), words=True) for a in library.by_code.values()}
            found = [library.by_code[code] for code, text in said.items() if words in text]
        given, votes = await self._figures()
        keep: Mapping[str, Callable[[Any], bool]] = {
            "pending": lambda a: a.code in pending,
            "due": lambda a: any(day and day - today <= _SOON for day in (a.validity.end, a.review_by)),
            "disliked": lambda a: (votes.get(a.code, (0, 0))[1]) >= LEAST,
        }
        found = [each for each in found if (not topic or each.topic == topic) and keep.get(only, bool)(each)]
        if only == "given":
            found.sort(key=lambda each: -given.get(each.code, 0))
        number = int(asked.get("page", "1")) if asked.get("page", "1").isdecimal() else 1
        pages = max(1, -(-len(found) // LISTED))
        number = min(max(1, number), pages)
        context = {
            "found": found[(number - 1) * LISTED : number * LISTED],
            "count": len(found),
            "page": number,
            "pages": pages,
            "wanted": wanted,
            "topic": topic,
            "topics": [(each.name, each.title) for each in library.topics],
            "only": only,
            "pending": pending,
            "fresh": [each for each in pending.values() if each.is_answer and each.key not in library.by_code],
            "given": given,
            "votes": votes,
            "tell": tell,
            "today": today,
            "may_edit": _may_edit(visitor),
        }
        return self._front.draw(request, "answers.html", context, visitor)

    async def show(self, request: Request, visitor: Visitor) -> Response:
        """One answer: what stands, what an edit would change, and what citizens make of it."""
        code = _code(request)
        checked = await asyncio.to_thread(self._copy.check)
        edit, standing = checked.edits.get(code), checked.written.find(code)
        if edit is None and standing is None:
            raise Forbidden("rule.unknown_answer", code=code)
        given, votes = await self._figures()
        house = self._mind().house
        edited = read_edit(edit)[0] if edit else None
        names = checked.written.names
        changes = changed_fields(standing, edited, names) if standing and edited else ()
        said, today = house.library.by_code.get(code), self._copy.today()
        ends = _is_over(edited, today)
        may_end = said and not ends and said.validity.holds_on(today)
        ended = editing.end_answer(said, names, today)[0] if said and (ends or may_end) else None
        context = {
            "code": code,
            "answer": said or checked.filled.get(code),
            "stands": said is not None,
            "cells": [
                (name_field(field, names), text)
                for field, text in cells_of(standing or edited or checked.filled[code], names).items()
                if field not in (TOPIC, TOPIC_TITLE, QUESTION)
            ],
            "edit": edit,
            "changes": [(name, difference(old, new)) for name, old, new in changes],
            "given": tell(given.get(code, 0)),
            "useful": tell(votes.get(code, (0, 0))[0]),
            "not_useful": tell(votes.get(code, (0, 0))[1]),
            "least": LEAST,
            "bubbles": self._bubbles(house, code) if said else [],
            "instead": self._bubbles(_with(house, ended), code)[:1] if ended else [],
            "ends": ends,
            "seen": edit.mark if edit else "",
            "may_edit": _may_edit(visitor),
            "today": today,
        }
        return self._front.draw(request, "answer.html", context, visitor)

    async def begin(self, request: Request, visitor: Visitor) -> Response:
        """The form of a new answer, with what citizens asked in it when it comes from a group."""
        publishing.check(visitor.official)
        written = await asyncio.to_thread(self._copy.standing)
        pending = await asyncio.to_thread(self._copy.pending)
        topic = request.query_params.get("topic", "")
        cells = editing.begin_answer(written, pending, topic, self._copy.today())
        if visitor.form:
            cells = _typed(visitor, written.topics())
        if found := await self._group(request):
            cells = editing.with_wordings(cells, found.questions)
        return await self._form(request, visitor, Edit("", cells, "", visitor.official.login, self._front.clock()))

    async def add(self, request: Request, visitor: Visitor) -> Response:
        """Keep a new answer under the next code of its topic."""
        publishing.check(visitor.official)
        written = await asyncio.to_thread(self._copy.standing)
        cells = _typed(visitor, written.topics())
        for _ in range(_ATTEMPTS):
            pending = await asyncio.to_thread(self._copy.pending)
            typed = read_code(cells.get(Label.CODE, ""))
            free = typed if typed and not written.find(typed) and typed not in {e.key for e in pending} else None
            code = free or editing.new_code(written, pending, cells)
            edit = Edit(code, {**cells, Label.CODE: code}, "", visitor.official.login, self._front.clock())
            if not code:
                return await self._form(request, visitor, edit, status=400)
            try:
                await self._front.act(lambda c, edit=edit: editing.save(c, visitor.official, edit, ""))  # type: ignore[misc]
            except editing.EditedMeanwhile:
                continue
            return await self._after(edit)
        raise Forbidden("rule.overtaken")

    async def pick(self, request: Request, visitor: Visitor) -> Response:
        """Which answer the wordings of a group are added to: the nearest, or one searched for."""
        found = await self._group(request)
        if found is None:
            raise Forbidden("rule.unknown_group")
        library, wanted = self._mind().house.library, request.query_params.get("q", "")[:100].strip()
        parse = await asyncio.to_thread(self._mind().parser.parse, found.questions[0])
        near = [library.by_code[each.faq_code] for each in parse.ranking if each.faq_code in library.by_code]
        context = {
            "group": found,
            "answers": library.search_titles(wanted)[:LISTED] if wanted else near[:NEAREST],
            "wanted": wanted,
            "plain": to_plain,
        }
        return self._front.draw(request, "answer_pick.html", context, visitor)

    async def edit(self, request: Request, visitor: Visitor) -> Response:
        """The form of an answer: as it stands, or as somebody already edits it."""
        publishing.check(visitor.official)
        code = _code(request)
        written = await asyncio.to_thread(self._copy.standing)
        if visitor.form:
            typed = self._read(visitor, written, code)
            return await self._form(request, visitor, typed, seen=visitor.typed("seen", 16))
        edit = await self._front.database.read(lambda c: edits.find(c, code))
        seen = edit.mark if edit else ""
        if edit is None:
            standing = written.find(code)
            if standing is None:
                raise Forbidden("rule.unknown_answer", code=code)
            cells = cells_of(standing, written.names)
            edit = Edit(code, cells, standing.fingerprint(), visitor.official.login, self._front.clock())
        if found := await self._group(request):
            edit = replace(edit, cells=editing.with_wordings(dict(edit.cells), found.questions))
        return await self._form(request, visitor, edit, seen=seen)

    async def save(self, request: Request, visitor: Visitor) -> Response:
        """Keep what was typed, faults and all; nobody else's edit is overwritten unseen."""
        code = _code(request)
        written = await asyncio.to_thread(self._copy.standing)
        before = await self._front.database.read(lambda c: edits.find(c, code))
        if written.find(code) is None and before is None:
            raise Forbidden("rule.unknown_answer", code=code)
        edit = self._read(visitor, written, code)
        try:
            await self._front.act(lambda c: editing.save(c, visitor.official, edit, visitor.typed("seen", 16)))
        except editing.EditedMeanwhile as other:
            seen = before.mark if before else ""
            return await self._form(request, visitor, edit, seen=seen, other=other.by or "–", status=409)
        return await self._after(edit)

    async def end(self, request: Request, visitor: Visitor) -> Response:
        """Begin the edit by which yesterday was the answer's last day; other edits of it stay in it."""
        publishing.check(visitor.official)
        code, now = _code(request), self._front.clock()
        written = await asyncio.to_thread(self._copy.standing)
        standing = written.find(code)
        if standing is None:
            raise Forbidden("rule.unknown_answer", code=code)
        before = await self._front.database.read(lambda c: edits.find(c, code))
        cells = editing.end_answer(standing, written.names, self._copy.today())[1]
        if before:
            cells = {**before.cells, Label.VALIDITY: cells[Label.VALIDITY]}
        based_on = before.based_on if before else standing.fingerprint()
        edit = Edit(code, cells, based_on, visitor.official.login, now)
        try:
            await self._front.act(lambda c: editing.save(c, visitor.official, edit, visitor.typed("seen", 16)))
        except editing.EditedMeanwhile as other:
            raise Forbidden("rule.overtaken") from other
        return go(f"{ANSWERS}/changes", "answer_ends")

    async def discard(self, request: Request, visitor: Visitor) -> Response:
        """Drop an edit."""
        key, now = visitor.typed("discard", 100), self._front.clock()
        await self._front.act(lambda c: editing.discard(c, visitor.official, key, now))
        return go(f"{ANSWERS}/changes", "discarded")

    def _read(self, visitor: Visitor, written: Written, code: str) -> Edit:
        """What was typed into the form of *code*."""
        standing = written.find(code)
        based_on = visitor.typed("based_on", 16)
        if visitor.typed("mine") and standing:
            # They saw what was published meanwhile, and want their own words all the same.
            based_on = standing.fingerprint()
        cells = {**_typed(visitor, written.topics()), Label.CODE: code}
        if standing:
            cells |= {TOPIC: standing.topic, TOPIC_TITLE: standing.topic_title}
        return Edit(code, cells, based_on, visitor.official.login, self._front.clock())

    async def _after(self, edit: Edit) -> Response:
        checked = await asyncio.to_thread(self._copy.check)
        if checked.is_sound(edit.key):
            return go(f"{ANSWERS}/changes", "answer_kept")
        return go(f"{ANSWERS}/{edit.key}/edit", "answer_unfinished")

    async def _form(
        self,
        request: Request,
        visitor: Visitor,
        edit: Edit,
        *,
        seen: str = "",
        other: str = "",
        status: int = 200,
    ) -> Response:
        """The form with everything in it that was typed, and each fault beside its field."""
        pending = [each for each in await asyncio.to_thread(self._copy.pending) if each.key != edit.key]
        checked = await asyncio.to_thread(self._copy.check, [*pending, edit])
        untouched = edit.key == "" and request.method == "GET"
        faults = [] if untouched else checked.faults.get(edit.key, ())
        wrong: dict[str, list[tuple[str, bool]]] = {}
        for each in sorted(faults, key=lambda each: each.line):
            wrong.setdefault(name_input(field_of(each)), []).append((checked.say(each), each.warning))
        names = checked.written.names
        context = {
            "v": {name_input(field): edit.cells.get(field, "") for field in FIELDS},
            "edit": edit,
            "seen": seen,
            "other": other,
            "refused": status != 200 or "done" in request.query_params,
            "wrong": wrong,
            "blockers": [(n, s) for n, said in wrong.items() for s, warning in said if not warning],
            "names": names,
            "topics": sorted(checked.written.topics().items(), key=lambda each: each[1]),
            "audiences": [text for key, text in names.items() if key.startswith("audience.")],
            "conflict": any(each.key in ("changed_elsewhere", "gone_elsewhere") for each in faults),
            "shown": self._shown(checked, edit) if seen else [],
        }
        return self._front.draw(request, "answer_form.html", context, visitor, status=status)

    def _shown(self, checked: Checked, edit: Edit) -> list[Any]:
        """How the edited answer will look, when enough of it is there."""
        answer = checked.filled.get(edit.key)
        if answer is None or not answer.text or not checked.is_sound(edit.key):
            return []
        return self._bubbles(_with(self._mind().house, answer), edit.key)

    def _bubbles(self, house: House, code: str) -> list[Any]:
        replies = recite(house, code, self._front.clock())
        return [
            bubble(name, channel, reply)
            for name, channel in sorted(self._front.office.channels.items())
            for reply in replies
        ]

    async def _figures(self) -> tuple[Mapping[str, int], Mapping[str, tuple[int, int]]]:
        """How often each answer was given of late, and the votes on it, useful and not."""
        now, read = self._front.clock(), self._front.database.read
        # Up to last night, as on the page of questions: who watches does not see one vote come.
        midnight = now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
        first, last = midnight.date() - timedelta(days=DAYS), midnight.date() - timedelta(days=1)
        votes: dict[str, tuple[int, int]] = {}
        for each in await read(lambda c: feedback.count(c, midnight)):
            good, bad = votes.get(each.code, (0, 0))
            votes[each.code] = (good + each.useful, bad + each.not_useful)
        return await read(lambda c: question_counts.answers_given(c, first, last)), votes

    async def _group(self, request: Request) -> Group | None:
        """The group of unanswered questions the address names, if it is still there."""
        number, now = request.query_params.get("group", ""), self._front.clock()
        if not number.isdecimal():
            return None
        asked = await self._front.database.read(lambda c: unanswered.recent(c, now))
        groups = group([(each.id, each.question) for each in asked])
        return next((each for each in groups if int(number) in each.ids), None)


def name_input(field: str) -> str:
    """What a field is called in a page."""
    return str(field).replace(" ", "-")


def _typed(visitor: Visitor, topics: Mapping[str, str]) -> dict[str, str]:
    """The cells as they were typed; a topic that is there has its own title."""
    cells = {str(field): visitor.typed(name_input(field), CELL_MOST).replace("\r\n", "\n") for field in FIELDS}
    cells[Label.AUDIENCES] = ", ".join(visitor.chosen(name_input(Label.AUDIENCES)))
    cells[TOPIC_TITLE] = topics.get(cells[TOPIC], cells[TOPIC_TITLE])
    return cells


def _with(house: House, answer: Answer) -> House:
    """The house with *answer* in it, in the place of what it says under that code."""
    by_code = {**house.library.by_code, answer.code: answer}
    return replace(house, library=replace(house.library, by_code=by_code))


def _is_over(answer: Answer | None, today: date) -> bool:
    return bool(answer and answer.validity.end and answer.validity.end < today)


def _may_edit(visitor: Visitor) -> bool:
    return visitor.has("edit_answers") and not visitor.official.scope


def _code(request: Request) -> str:
    code = str(request.path_params["code"])
    if read_code(code) != code:
        raise Forbidden("rule.unknown_answer", code=code[:20])
    return code
