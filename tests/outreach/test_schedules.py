"""Recurrence and schedules: a year passes, on four instances that come and go, and nothing is lost or doubled."""

import random
from collections import Counter
from concurrent.futures import wait
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.db import Connection, Database, broadcasts, schedules, series, taps
from bot.db.audience import count_audience
from bot.db.tables import broadcasts as broadcast_rows
from bot.db.tables import contacts as contact_rows
from bot.db.tables import runs
from bot.db.tables import schedules as schedule_rows
from bot.outreach import schedule as rules
from bot.outreach.broadcast import Forbidden, Status, is_intact
from bot.outreach.check_code import find_code, new_code
from bot.outreach.quiet_hours import ZONE
from bot.outreach.recurrence import check_rule, next_due
from bot.outreach.schedule import PLACEHOLDER, Kind, Schedule
from bot.outreach.working_days import is_working_day
from tests.outreach.postroom import CONTENT, LAN, MINH, NOW, add_people

MORNING = NOW + timedelta(days=1) - timedelta(minutes=80)
EVENTS = {"provinces": [], "communes": [], "topics": ["events"], "channels": []}
AT = {"hour": 8, "minute": 30}


def message(**more: Any) -> dict[str, Any]:
    content = {**CONTENT, "code": PLACEHOLDER, "text": f"Chào. Mã tin: {PLACEHOLDER}"}
    valid = ["2026-01-01", "2099-12-31"]
    return {
        "campaign": "thu",
        "title": "Thử",
        "content": content,
        "segment": EVENTS,
        "valid": valid,
        **more,
    }


def active(connection: Connection, rule: dict[str, Any], now: datetime = NOW, **more: Any) -> int:
    """A schedule by Lan, approved by Minh."""
    kind = more.pop("kind", Kind.RECURRING)
    plan = {"rule": {**AT, **rule}, "messages": more.pop("messages", [message()]), **more}
    kept = schedules.add(connection, Schedule(kind, "Thử", plan, LAN.login), now)
    schedules.change(connection, kept.id, lambda s: rules.submit(s, LAN), "submit", by=LAN.login, now=now)
    schedules.change(
        connection, kept.id, lambda s: rules.approve(s, MINH, s.digest), "approve", by=MINH.login, now=now
    )
    return kept.id


def times(rule: dict[str, Any], count: int, after: datetime = NOW) -> list[str]:
    found: list[str] = []
    at: datetime | None = after
    while len(found) < count and at is not None:
        at = next_due({**AT, **rule}, at)
        found.append(f"{at.astimezone(ZONE):%d/%m/%Y %H:%M}" if at else "")
    return found


def test_each_rule_comes_when_the_calendar_says() -> None:
    assert times({"every": "daily"}, 2) == ["26/11/2026 08:30", "27/11/2026 08:30"]
    assert times({"every": "weekly", "weekday": 0}, 2) == ["30/11/2026 08:30", "07/12/2026 08:30"]
    last = times({"every": "monthly", "day": "last"}, 5)
    assert last == [
        f"{day} 08:30" for day in ("30/11/2026", "31/12/2026", "31/01/2027", "28/02/2027", "31/03/2027")
    ]
    assert times({"every": "monthly", "day": 31}, 2) == ["31/12/2026 08:30", "31/01/2027 08:30"]
    assert times({"every": "yearly", "day": 29, "month": 2}, 1) == ["29/02/2028 08:30"]


def test_the_lunar_year_is_vietnams() -> None:
    tet = times({"every": "lunar", "day": 1, "month": 1}, 4)
    assert tet == [f"{day} 08:30" for day in ("06/02/2027", "26/01/2028", "13/02/2029", "02/02/2030")]
    assert times({"every": "lunar", "day": 10, "month": 3}, 1) == ["16/04/2027 08:30"]
    # In a year whose last month has 29 days, its last day.
    assert times({"every": "lunar", "day": 30, "month": 12}, 2) == ["05/02/2027 08:30", "25/01/2028 08:30"]


def test_reminders_fall_on_working_days_and_never_after_the_deadline() -> None:
    rule = {"every": "deadline", "day": 20, "month": 12, "before": [19, 10, 0]}
    # The 20th of December 2026 is a Sunday.
    assert times(rule, 4) == [f"{day} 08:30" for day in ("01/12/2026", "10/12/2026", "18/12/2026", "01/12/2027")]
    tet = {"every": "deadline", "day": 12, "month": 2, "before": [4, 3, 2, 1]}
    assert times(tet, 2) == ["03/02/2027 08:30", "11/02/2027 08:30"]
    for each in times(rule, 40):
        assert is_working_day(datetime.strptime(each, "%d/%m/%Y %H:%M").date())


@pytest.mark.parametrize(
    "rule",
    [
        {"every": "hourly"},
        {"every": "weekly"},
        {"every": "yearly", "day": 31, "month": 2},
        {"every": "lunar", "day": 1},
        {"every": "lunar", "day": 32, "month": 3},
        {"every": "lunar", "day": 1, "month": 13},
    ],
)
def test_a_rule_that_never_comes_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(Forbidden, match=r"schedule\.rule"):
        check_rule({**AT, **rule})


RULES: dict[str, dict[str, Any]] = {
    "tet": {"every": "lunar", "day": 1, "month": 1},
    "weekly": {"every": "weekly", "weekday": 2},
    "month end": {"every": "monthly", "day": "last"},
    "solar": {"every": "yearly", "day": 21, "month": 4},
    "lunar": {"every": "lunar", "day": 10, "month": 3},
    "report": {"every": "deadline", "day": 20, "month": 12, "before": [19, 10, 2]},
}


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_year_on_four_instances_loses_and_doubles_nothing(kind: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue("sqlite_url" if kind == "sqlite" else "postgres_url")
    chance = random.Random(7)
    instances = [Database.open(url) for _ in range(4)]
    add = instances[0].submit
    add(lambda c: add_people(c, 2)).result()
    numbers = {
        name: add(lambda c, r=rule: active(c, r, catch_up=30 * 24 * 60)).result()  # type: ignore[misc]
        for name, rule in RULES.items()
    }
    now, ends = NOW, NOW + timedelta(days=365)
    while now < ends:
        # Sometimes nobody is there for weeks; sometimes all look at the same moment; some stop in between.
        now += timedelta(hours=chance.choice([*[1, 4, 8, 12, 60] * 4, 400]), seconds=chance.random() * 600)
        awake = chance.sample(instances, chance.choice([1, 2, 4]))
        wait([each.submit(lambda c, n=now: schedules.run_due(c, n, new_code)) for each in awake])  # type: ignore[misc]
        if chance.random() < 0.01:
            gone = instances.pop(0)
            gone.close()
            instances.append(Database.open(url))

    rows = instances[0].read_now(lambda c: c.execute(select(runs)).all())
    made = instances[0].read_now(lambda c: c.scalars(select(broadcast_rows.c.run_id)).all())
    for name, rule in RULES.items():
        expected = [
            at for at in times(rule, 60) if datetime.strptime(at, "%d/%m/%Y %H:%M").replace(tzinfo=ZONE) <= now
        ]
        got = sorted(row.due_at for row in rows if row.schedule_id == numbers[name])
        assert [f"{at.astimezone(ZONE):%d/%m/%Y %H:%M}" for at in got] == expected, name
    assert {row.status for row in rows} == {"made"}
    assert Counter(made) == Counter(row.id for row in rows)
    for each in instances:
        each.close()


async def test_what_is_made_is_intact_under_its_own_code_and_two_persons(database: Database) -> None:
    await database.write(lambda c: (add_people(c, 2), active(c, {"every": "daily"})))
    await database.write(lambda c: schedules.run_due(c, MORNING, new_code))
    found = database.read_now(broadcasts.newest)[0]

    assert is_intact(found)
    assert (found.status, found.created_by, found.approved_by) == ("scheduled", "lan", "minh")
    code = find_code(found.content["text"])
    assert code and code == found.content["code"] != PLACEHOLDER


async def test_a_time_missed_by_too_much_is_reported_and_not_made_up_for(database: Database) -> None:
    number = await database.write(lambda c: (add_people(c, 2), active(c, {"every": "daily"}))[1])
    await database.write(lambda c: schedules.run_due(c, NOW + timedelta(days=2, hours=5), new_code))

    kept = database.read_now(lambda c: schedules.runs_of(c, number))
    assert [status for _, status, _ in kept] == ["skipped", "skipped"]
    assert database.read_now(broadcasts.newest) == []


async def test_a_plan_changed_behind_our_back_makes_nothing(database: Database) -> None:
    number = await database.write(lambda c: (add_people(c, 2), active(c, {"every": "daily"}))[1])
    await database.write(lambda c: c.execute(update(schedule_rows).values(title="Khác")).close())
    await database.write(lambda c: schedules.run_due(c, MORNING, new_code))

    assert database.read_now(lambda c: schedules.find(c, number)).status == "paused"
    assert database.read_now(broadcasts.newest) == []


async def test_what_some_get_that_day_already_waits_for_a_person(database: Database) -> None:
    def begin(connection: Connection) -> None:
        add_people(connection, 1)
        active(connection, {"every": "daily"})
        active(connection, {"every": "daily"})

    await database.write(begin)
    await database.write(lambda c: schedules.run_due(c, MORNING, new_code))

    second, first = database.read_now(broadcasts.newest)
    assert (first.status, first.reason) == (Status.SCHEDULED, "")
    assert (second.status, second.reason, second.approved_by) == (Status.RETURNED, "same_text", None)


def test_a_plan_needs_two_persons() -> None:
    plan = Schedule(Kind.RECURRING, "Thử", {"rule": {}, "messages": []}, MINH.login)
    submitted = rules.submit(plan, LAN)
    with pytest.raises(Forbidden, match=r"rule\.two_persons"):
        rules.approve(submitted, MINH, submitted.digest)
    with pytest.raises(Forbidden, match=r"rule\.changed"):
        rules.approve(replace(submitted, created_by="x", title="Khác"), MINH, submitted.digest)


async def test_outside_its_dates_a_campaign_is_not_sent(database: Database) -> None:
    old = [message(valid=["2026-01-01", "2026-11-25"])]
    number = await database.write(lambda c: (add_people(c, 2), active(c, {"every": "daily"}, messages=old))[1])
    await database.write(lambda c: schedules.run_due(c, MORNING, new_code))

    assert [each[1] for each in database.read_now(lambda c: schedules.runs_of(c, number))] == ["expired"]


async def test_a_learning_path_sends_each_step_on_its_day_also_after_an_outage(database: Database) -> None:
    steps = [message(day=day, content={**CONTENT, "code": PLACEHOLDER, "text": f"bài {day}"}) for day in (0, 2, 5)]

    def begin(connection: Connection) -> None:
        add_people(connection, 3)
        active(connection, {"every": "daily"}, kind=Kind.SERIES, messages=steps, series="hoc-chu")
        ids = connection.scalars(select(contact_rows.c.id).order_by(contact_rows.c.id)).all()
        for number, contact_id in enumerate(ids):
            series.join(connection, "hoc-chu", contact_id, NOW + timedelta(days=number))

    await database.write(begin)
    got: list[tuple[str, int]] = []
    for day in (1, 2, 3, 6, 7, 8):  # Nobody was there on days 4 and 5.
        now = NOW + timedelta(days=day)
        await database.write(lambda c, n=now: schedules.run_due(c, n, new_code))  # type: ignore[misc]
        if day == 3:
            await database.write(lambda c, n=now: series.leave(c, "hoc-chu", 3, n))  # type: ignore[misc]
    for each in database.read_now(broadcasts.newest):
        people = database.read_now(
            lambda c, b=each: count_audience(c, b.segment, {"fake"}, NOW).total  # type: ignore[misc]
        )
        got += [(each.content["text"], people)]

    steps_sent = Counter(dict.fromkeys(["bài 0", "bài 2", "bài 5"], 0))
    for text, people in got:
        steps_sent[text] += people
    # The third left after the first step; nobody else missed one or had it twice.
    assert steps_sent == {"bài 0": 2, "bài 2": 2, "bài 5": 2}


async def test_reminders_stop_for_who_confirmed_and_go_up_at_the_end(database: Database) -> None:
    officials = {**EVENTS, "topics": [], "roles": ["commune"]}
    superiors = {**EVENTS, "topics": [], "roles": ["province"]}
    rule = {"every": "deadline", "day": 20, "month": 12, "before": [19, 10, 2]}
    messages = [message(segment=officials), message(segment=superiors, title="Lên cấp trên", escalates=1)]

    def begin(connection: Connection) -> None:
        add_people(connection, 3)
        roles = {"p1": "commune", "p2": "commune", "p3": "province"}
        for peer, role in roles.items():
            connection.execute(update(contact_rows).where(contact_rows.c.peer == peer).values(role=role))
        active(connection, rule, kind=Kind.REMINDER, messages=messages, catch_up=1440)

    await database.write(begin)
    sizes: list[tuple[str, int]] = []
    for day in (1, 10, 18):
        now = datetime(2026, 12, day, 2, 0, tzinfo=UTC)
        before = {each.id for each in database.read_now(broadcasts.newest)}
        await database.write(lambda c, n=now: schedules.run_due(c, n, new_code))  # type: ignore[misc]
        fresh = [each for each in database.read_now(broadcasts.newest) if each.id not in before]
        for each in sorted(fresh, key=lambda b: b.id):
            people = database.read_now(
                lambda c, b=each: count_audience(c, b.segment, {"fake"}, NOW).total  # type: ignore[misc]
            )
            sizes.append((each.title, people))
            if day == 1:
                await database.write(lambda c, b=each, n=now: taps.add(c, b.id, 1, "ack", n))  # type: ignore[misc]

    assert sizes == [("Thử", 2), ("Thử", 1), ("Thử", 1), ("Lên cấp trên", 1)]


async def test_nothing_goes_up_when_everybody_confirmed(database: Database) -> None:
    roles = {"p1": "commune", "p2": "province"}
    rule = {"every": "deadline", "day": 20, "month": 12, "before": [10, 2]}
    below, above = ({**EVENTS, "topics": [], "roles": [role]} for role in roles.values())
    messages = [message(segment=below), message(segment=above, escalates=1)]

    def begin(connection: Connection) -> None:
        add_people(connection, 2)
        for peer, role in roles.items():
            connection.execute(update(contact_rows).where(contact_rows.c.peer == peer).values(role=role))
        active(connection, rule, kind=Kind.REMINDER, messages=messages, catch_up=1440)

    await database.write(begin)
    first, last = (datetime(2026, 12, day, 2, 0, tzinfo=UTC) for day in (10, 18))
    await database.write(lambda c: schedules.run_due(c, first, new_code))
    (only,) = database.read_now(broadcasts.newest)
    await database.write(lambda c: taps.add(c, only.id, 1, "ack", first))

    assert await database.write(lambda c: schedules.run_due(c, last, new_code)) == [(1, "empty")]
    assert database.read_now(broadcasts.newest) == [only]
