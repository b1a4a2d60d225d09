"""Questions: what people ask and miss, and how answers are found."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.access import rights
from bot.access.rights import Right
from bot.db import audit, feedback, handovers, question_counts, unanswered
from bot.db.feedback import Votes
from bot.dialogue.turn import House
from bot.knowledge.grouping import group
from bot.office.statistics import LEAST, tell, tell_sums, tell_tables
from bot.outreach.broadcast import Forbidden
from bot.outreach.quiet_hours import ZONE
from bot.web.console.front import Front, Visitor, go, number_in

DAYS = 30
LISTED = 50


class QuestionPages:
    """``/console/questions``."""

    def __init__(self, front: Front, house: Callable[[], House]) -> None:
        self._front = front
        self._house = house

    def routes(self) -> list[Route]:
        """The routes of these pages."""
        page = self._front.page
        return [
            page("/console/questions", self.questions, Right.SEE_QUESTIONS),
            page("/console/questions/{number}/settle", self.settle, Right.EDIT_ANSWERS, post=True),
        ]

    async def questions(self, request: Request, visitor: Visitor) -> Response:
        """What people asked in the last thirty days, what came of it, and what nobody could answer."""
        now, read = self._front.clock(), self._front.database.read
        asked = await read(lambda c: unanswered.recent(c, now))
        groups = group([(each.id, each.question) for each in asked]) if visitor.has("edit_answers") else []
        context = {"groups": groups[:LISTED], "least": LEAST, **await self._figures(visitor, now)}
        return self._front.draw(request, "questions.html", context, visitor)

    async def settle(self, request: Request, visitor: Visitor) -> Response:
        """Take a group of questions that needs no answer of its own off the list."""
        number, now = number_in(request), self._front.clock()
        asked = await self._front.database.read(lambda c: unanswered.recent(c, now))
        found = next((each for each in group([(a.id, a.question) for a in asked]) if number in each.ids), None)
        if found is None:
            raise Forbidden("rule.unknown", id=number)
        ids, login = list(found.ids), visitor.official.login

        def act(connection: Any) -> None:
            unanswered.settle(connection, ids)
            audit.record(connection, login, "unanswered_settle", now, detail=f"{len(ids)}")

        await self._front.act(act)
        return go("/console/questions", "settled")

    async def _figures(self, visitor: Visitor, now: datetime) -> dict[str, Any]:
        """The counts of the thirty days before today: who watches the page does not see one question come."""
        midnight = now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
        start, last = midnight - timedelta(days=DAYS), midnight.date() - timedelta(days=1)
        read, office = self._front.database.read, self._front.office
        asked = {
            name: await read(lambda c, name=name: question_counts.sums(c, name, start.date(), last))  # type: ignore[misc]
            for name in ("day", "subject", "outcome", "place")
        }
        counts = {name: {key: each.count for key, each in rows.items()} for name, rows in asked.items()}
        province = {code: office.province_of(code) or code for code in counts["place"]}
        told = tell_tables(counts)
        places = {
            code: count
            for code, count in told["place"].items()
            if rights.covers(visitor.official, code, province[code])
        }
        days = {each: f"{date.fromisoformat(each):%d/%m}" for each in told["day"]}
        total, spent = (
            sum(counts["outcome"].values()),
            sum(each.milliseconds for each in asked["outcome"].values()),
        )
        votes = await read(lambda c: feedback.count(c, midnight))
        handed = await read(lambda c: handovers.answered_between(c, start, midnight))
        return {
            "first": start,
            "last": last,
            "tables": [
                ("outcome", _by_count(told["outcome"], self._front.texts.named("outcome"))),
                ("subject", _by_count(told["subject"], self._titles())),
                (
                    "province",
                    _by_count(tell_sums(places, province), {c: self._place(c) for c in province.values()}),
                ),
                ("place", _by_count(places, {code: self._place(code) for code in places})),
                ("day", [(days[each], count) for each, count in told["day"].items()]),
            ],
            "votes": self._votes(votes),
            "milliseconds": spent // total if total >= LEAST else None,
            "handed": tell(len(handed)),
            "in_time": tell(sum(in_time for _, in_time in handed)),
            "hours": round(median(waited.total_seconds() for waited, _ in handed) / 3600) if handed else 0,
        }

    def _votes(self, votes: Sequence[Votes]) -> list[tuple[str, int | None, int | None]]:
        """Each answer with how many found it useful and how many did not, the most complained of first."""
        useful: Counter[str] = Counter()
        not_useful: Counter[str] = Counter()
        for each in votes:
            useful[each.code] += each.useful
            not_useful[each.code] += each.not_useful
        library = self._house().library.by_code
        told = [
            (library[code].short_title if code in library else code, tell(useful[code]), tell(not_useful[code]))
            for code in useful
        ]
        seen = [row for row in told if row[1] or row[2]]
        return sorted(seen, key=lambda row: (-(row[2] or 0), -(row[1] or 0), row[0]))[:LISTED]

    def _titles(self) -> dict[str, str]:
        none = self._front.texts("outcome.no_subject")
        return {"": none} | {each.name: each.title for each in self._house().library.topics}

    def _place(self, code: str) -> str:
        return self._front.office.place_name(code) if code else self._front.texts("outcome.no_place")


def _by_count(told: Mapping[str, int], names: Mapping[str, str]) -> list[tuple[str, int]]:
    return sorted(((names.get(key, key), count) for key, count in told.items()), key=lambda row: -row[1])
