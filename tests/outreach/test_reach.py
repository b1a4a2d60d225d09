"""How many a broadcast can really reach: by window, template and plan; once a person; and what receipts change."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, update

from bot.channels.base import Abilities
from bot.contacts import Quota, Segment, Topic, Window
from bot.db import Database, deliveries, receipts, series
from bot.db.audience import count_audience, count_routes, members
from bot.db.reconciling import reconcile
from bot.db.tables import contacts
from bot.dispatch import Dispatcher
from bot.messages import Address
from bot.outreach.delivery import DeliveryStatus
from bot.outreach.reach import Limits, Route, Share, plan_reach
from tests.outreach.postroom import CONTENT, NOW, Clock, Recorder, add_people, leave, run_once, schedule

WINDOW = Window(timedelta(hours=48), timedelta(days=7), 55, 800)
EVENTS = Segment(topics=frozenset({Topic.EVENTS}))
TEMPLATE = {"id": "7895417", "data": {"lop": "Xóa mù chữ"}}


def age(database: Database, peer: str, days: float) -> None:
    change = update(contacts).where(contacts.c.peer == peer).values(last_heard_at=NOW - timedelta(days=days))
    database.submit(lambda c: c.execute(change)).result()


def link(database: Database, preferred: str, *peers: str, person: int = 1) -> None:
    for peer in peers:
        change = (
            update(contacts).where(contacts.c.peer == peer).values(person_id=person, preferred=peer == preferred)
        )
        database.submit(lambda c, change=change: c.execute(change)).result()


def windowed() -> Recorder:
    return Recorder(abilities=Abilities(text_max=2000, choices_max=5, per_second=2000, window=WINDOW))


async def begun(database: Database, *people: tuple[str, str], content: dict[str, object] = CONTENT) -> int:  # type: ignore[assignment]
    for channel, prefix in people:
        await database.write(lambda c, where=channel, p=prefix: add_people(c, 1, channel=where, prefix=p))
    return await database.write(lambda c: schedule(c, content=content))


def ends(database: Database, number: int) -> dict[str, int]:
    found = database.read_now(lambda c: deliveries.count_by_status(c, number))
    return {f"{status}:{reason}".rstrip(":"): copies for (status, reason), copies in found.items()}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (CONTENT, {"sent": 2, "skipped:window": 1}),
        ({**CONTENT, "template": TEMPLATE}, {"sent": 3}),
    ],
    ids=["without a template", "with a template"],
)
async def test_who_is_away_for_a_week_is_skipped_unless_there_is_a_template(
    database: Database, content: dict[str, object], expected: dict[str, int]
) -> None:
    number = await begun(database, ("fake", "a"), ("fake", "b"), ("fake", "c"), content=content)
    age(database, "b1", 6.9)
    age(database, "c1", 7.1)
    channel = windowed()

    await run_once(Dispatcher(database, {"fake": channel}, Clock()), NOW)

    assert ends(database, number) == expected
    assert ("c1" in channel.peers()) is ("template" in content)


async def test_one_person_on_two_channels_gets_one_copy_where_they_prefer(database: Database) -> None:
    number = await begun(database, ("fake", "a"), ("other", "b"), ("other", "c"))
    link(database, "b1", "a1", "b1")
    fake, other = Recorder(), Recorder()
    running = {"fake": fake, "other": other}

    audience = database.read_now(lambda c: count_audience(c, EVENTS, running.keys(), NOW))
    await run_once(Dispatcher(database, running, Clock()), NOW)

    assert (dict(audience.channels), dict(audience.excluded)) == ({"other": 2}, {"linked": 1})
    assert (fake.peers(), sorted(other.peers())) == ([], ["b1", "c1"])
    assert ends(database, number) == {"sent": 2}


async def test_that_one_person_was_reached_keeps_no_other_person_from_theirs(database: Database) -> None:
    await database.write(lambda c: add_people(c, 12, channel="fake", prefix="a"))
    number = await begun(database, ("other", "b"), ("other", "c"))
    link(database, "a1", "a1", "b1", person=1)
    link(database, "a12", "a12", "c1", person=2)
    # So slow that the last are asked for after the first were reached.
    fake = Recorder(abilities=Abilities(text_max=2000, choices_max=5, per_second=16))

    await run_once(Dispatcher(database, {"fake": fake, "other": Recorder()}, Clock()), NOW)

    assert ends(database, number) == {"sent": 12}
    assert "a12" in fake.peers()


async def test_a_preferred_channel_that_does_not_run_is_no_reason_for_silence(database: Database) -> None:
    await begun(database, ("fake", "a"), ("other", "b"))
    link(database, "b1", "a1", "b1")
    fake = Recorder()

    await run_once(Dispatcher(database, {"fake": fake}, Clock()), NOW)

    assert fake.peers() == ["a1"]


@pytest.mark.parametrize(
    ("days", "other_days", "content", "expected"),
    [
        (6.9, 0, CONTENT, (["a1"], [], {"sent": 1})),
        (7.1, 0, CONTENT, ([], ["b1"], {"sent": 1})),
        (7.1, 400, CONTENT, ([], ["b1"], {"sent": 1})),
        (7.1, 0, {**CONTENT, "template": TEMPLATE}, (["a1"], [], {"sent": 1})),
    ],
    ids=["window open", "window closed", "closed, and silent where none is", "a template"],
)
async def test_a_closed_window_moves_a_linked_person_to_their_other_channel(
    database: Database,
    days: float,
    other_days: float,
    content: dict[str, object],
    expected: tuple[list[str], list[str], dict[str, int]],
) -> None:
    number = await begun(database, ("fake", "a"), ("other", "b"), content=content)
    link(database, "a1", "a1", "b1")
    age(database, "a1", days)
    age(database, "b1", other_days)
    fake, other = windowed(), Recorder()
    windows = {"fake": WINDOW.paid} if content is CONTENT else {}

    audience = database.read_now(lambda c: count_audience(c, EVENTS, {"fake", "other"}, NOW, windows))
    routes = database.read_now(lambda c: count_routes(c, EVENTS, {"fake": WINDOW, "other": None}, NOW, windows))
    await run_once(Dispatcher(database, {"fake": fake, "other": other}, Clock()), NOW)

    assert (fake.peers(), other.peers(), ends(database, number)) == expected
    assert dict(audience.channels) == ({"fake": 1} if expected[0] else {"other": 1})
    assert sorted(routes) == sorted(audience.channels)


@pytest.mark.parametrize("fallen", ["closed too", "left", "not running"])
async def test_a_closed_window_without_another_way_is_said_so(database: Database, fallen: str) -> None:
    number = await begun(database, ("fake", "a"), ("other", "b"))
    link(database, "a1", "a1", "b1")
    age(database, "a1", 7.1)
    fake, other = windowed(), windowed()
    running = {"fake": fake, "other": other}
    if fallen == "closed too":
        age(database, "b1", 8)
    elif fallen == "left":
        await database.write(lambda c: leave(c, "b1"))
    else:
        del running["other"]

    await run_once(Dispatcher(database, running, Clock()), NOW)

    assert (fake.peers(), other.peers()) == ([], [])
    assert ends(database, number) == {"skipped:window": 1}


async def test_who_is_linked_while_it_is_sent_gets_no_second_copy(database: Database) -> None:
    number = await begun(database, ("fake", "a"), ("other", "b"))
    fake, other = Recorder(), Recorder()
    dispatcher = Dispatcher(database, {"fake": fake, "other": other}, Clock())
    await dispatcher.tick(NOW)
    await dispatcher.run_shard("fake")
    link(database, "b1", "a1", "b1")
    await dispatcher.run_shard("other")

    assert (fake.peers(), other.peers()) == (["a1"], [])
    assert ends(database, number) == {"sent": 1, "skipped:linked": 1}


async def test_receipts_are_kept_forward_only_and_the_books_still_balance(database: Database) -> None:
    number = await begun(database, ("fake", "a"), ("fake", "b"))
    await run_once(Dispatcher(database, {"fake": Recorder()}, Clock()), NOW)
    ids = database.read_now(
        lambda c: [
            row.message_id for row in c.exec_driver_sql("SELECT message_id FROM deliveries ORDER BY sequence")
        ]
    )

    async def tell(status: DeliveryStatus, peer: str = "a1") -> bool:
        return await database.write(lambda c: receipts.keep_receipt(c, Address("fake", peer), ids, status))

    assert await tell(DeliveryStatus.READ)
    assert await tell(DeliveryStatus.DELIVERED)
    assert await tell(DeliveryStatus.READ, "nobody")

    assert ends(database, number) == {"read": 1, "sent": 1}
    assert [each.faults for each in database.read_now(lambda c: reconcile(c, NOW))] == [()]


async def test_a_receipt_before_the_answer_asks_to_be_told_again(database: Database) -> None:
    await begun(database, ("fake", "a"))
    told: list[bool] = []

    async def tell(peer: str) -> None:
        told.append(
            await database.write(
                lambda c: receipts.keep_receipt(c, Address("fake", peer), ["1"], DeliveryStatus.DELIVERED)
            )
        )

    await run_once(Dispatcher(database, {"fake": Recorder(on_send=tell)}, Clock()), NOW)

    assert told == [False]


async def test_people_are_counted_by_how_long_ago_they_acted(database: Database) -> None:
    await begun(database, ("zalo", "a"), ("zalo", "b"), ("zalo", "c"), ("web", "d"))
    age(database, "b1", 3)
    age(database, "c1", 8)

    counted = database.read_now(lambda c: count_routes(c, EVENTS, {"zalo": WINDOW, "web": None}, NOW))

    assert counted == {
        "web": {Route.OPEN: 1},
        "zalo": {Route.FREE: 1, Route.PAID: 1, Route.CLOSED: 1},
    }


PEOPLE = {"zalo": {Route.FREE: 300, Route.PAID: 200, Route.CLOSED: 500}}


def test_the_package_pays_for_the_first_of_the_paid_and_nobody_reaches_the_closed() -> None:
    (zalo,) = plan_reach(
        PEOPLE, {"zalo": Limits(50, WINDOW)}, [Quota("zalo", "reply", "2026-11", 1850, 2000)], has_template=False
    )

    assert zalo.shares == (Share(Route.FREE, 300), Share(Route.PAID, 150), Share(Route.PAID, 50, 55))
    assert (zalo.people, zalo.closed, zalo.cost, zalo.seconds) == (500, 500, 2750, 10)


def test_with_a_template_everybody_is_reached_at_its_price() -> None:
    (zalo,) = plan_reach(PEOPLE, {"zalo": Limits(50, WINDOW)}, [], has_template=True, parts=2)

    assert (zalo.people, zalo.closed, zalo.cost, zalo.seconds) == (1000, 0, 200 * 55 + 500 * 800, 40)


@pytest.mark.parametrize(("used", "people"), [(0, 50), (2990, 10), (3100, 0)])
def test_a_plan_ends_the_reach(used: int, people: int) -> None:
    (bot,) = plan_reach(
        {"bot": {Route.OPEN: 70}},
        {"bot": Limits(5, None, 50, 3000)},
        [Quota("bot", "messages", "2026-11", used, 3000)],
        has_template=False,
    )

    assert (bot.people, bot.over_plan) == (people, 70 - people)


def test_who_cannot_get_the_picture_is_told_of_a_message_that_has_one() -> None:
    def bare(*, has_file: bool) -> dict[str, bool]:
        people = {"bot": {Route.OPEN: 7}, "web": {Route.OPEN: 7}}
        limits = {"bot": Limits(5, files=False), "web": Limits(5)}
        planned = plan_reach(people, limits, [], has_template=False, has_file=has_file)
        return {each.channel: each.bare for each in planned}

    assert bare(has_file=True) == {"bot": True, "web": False}
    assert bare(has_file=False) == {"bot": False, "web": False}


def test_a_channel_that_does_not_run_is_not_planned() -> None:
    assert plan_reach(PEOPLE, {}, [], has_template=False) == ()


async def test_a_segment_means_and_or_and_not(database: Database) -> None:
    def begin(connection: Connection) -> None:
        for prefix, home in (("ha", ("new:4", "01")), ("hcm", ("new:26740", "79")), ("xa", ("", ""))):
            add_people(connection, 2, prefix=prefix, home=home)
        joining = connection.scalars(select(contacts.c.id).where(contacts.c.peer == "hcm2")).one()
        series.join(connection, "hoc-chu", joining, NOW - timedelta(days=3))

    await database.write(begin)
    age(database, "ha2", 40)
    hanoi, hcm = (Segment(provinces=frozenset({code})) for code in ("01", "79"))

    def people(segment: Segment) -> set[str]:
        query = select(contacts.c.peer).where(members(segment, NOW))
        return set(database.read_now(lambda c: c.scalars(query).all()))

    assert people(Segment(any_of=(hanoi, hcm))) == {"ha1", "ha2", "hcm1", "hcm2"}
    assert people(Segment(any_of=(hanoi, hcm), active_days=30)) == {"ha1", "hcm1", "hcm2"}
    assert people(Segment(any_of=(hanoi, hcm), none_of=(Segment(series="hoc-chu"), hanoi))) == {"hcm1"}
    assert people(Segment(none_of=(Segment(none_of=(hanoi, hcm)),))) == people(Segment(any_of=(hanoi, hcm)))
