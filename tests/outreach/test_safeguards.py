"""What keeps a broadcast from harm: the canary, the pauses, the caps, the books, a backup put back."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from bot.channels.base import Refused, Unknown
from bot.contacts import Segment, Topic
from bot.db import Connection, Database, broadcasts, deliveries, reconciling
from bot.db.house_marks import Progress
from bot.db.tables import audit, shards
from bot.db.tables import broadcasts as broadcast_rows
from bot.db.tables import deliveries as delivery_rows
from bot.dispatch import Dispatcher
from bot.outreach import broadcast as rules
from bot.outreach.broadcast import Act, Forbidden, Status, canary_size
from bot.outreach.delivery import DeliveryStatus
from bot.outreach.official import Official, Role
from bot.outreach.quiet_hours import ZONE, is_quiet, next_allowed
from tests.outreach.postroom import (
    CONTENT,
    LAN,
    MINH,
    NOW,
    Clock,
    Recorder,
    add_people,
    counted,
    new_draft,
    peers_with,
    reasons,
    run_once,
    schedule,
    status_of,
    submit,
)


def opened(database: Database, channel: Recorder | None = None, clock: Clock | None = None) -> Dispatcher:
    return Dispatcher(database, {"fake": channel or Recorder()}, clock or Clock())


async def begun(database: Database, people: int, **changes: object) -> int:
    def act(connection: Connection) -> int:
        add_people(connection, people)
        return schedule(connection, **changes)

    return await database.write(act)


async def again(database: Database, **changes: object) -> int:
    return await database.write(lambda c: schedule(c, **changes))


def test_the_canary_is_one_in_a_hundred_within_bounds() -> None:
    assert [canary_size(n) for n in (1, 2000, 2001, 30_000, 10**7)] == [20, 20, 21, 300, 500]


async def test_the_canary_goes_first_and_then_the_rest(database: Database) -> None:
    channel = Recorder()
    number = await begun(database, 300, expected=300)
    await run_once(opened(database, channel), NOW)

    canary = {f"p{n}" for n in range(15, 301, 15)}
    assert set(channel.peers()[:20]) == canary
    assert len(set(channel.peers())) == len(channel.peers()) == 300
    assert counted(database, number) == {"sent": 300}
    acts = database.read_now(lambda c: c.execute(select(audit).where(audit.c.act == "canary")).all())
    assert [each.detail for each in acts] == ["0/20"]


async def test_a_canary_of_nobody_holds_nobody_up(database: Database) -> None:
    # Approved for a thousand, and thirty are left: none of them is a fiftieth.
    number = await begun(database, 30)
    await database.write(lambda c: broadcasts.expect(c, number, 1000))
    await run_once(opened(database), NOW)

    assert counted(database, number) == {"sent": 30}
    assert status_of(database, number) == "completed"


async def test_when_the_canary_fails_nobody_else_gets_it_until_somebody_looks(database: Database) -> None:
    bad = {f"p{n}": [Refused()] for n in range(15, 76, 15)}
    channel = Recorder(failures=dict(bad))
    dispatcher = opened(database, channel)
    number = await begun(database, 300, expected=300)
    await run_once(dispatcher, NOW)

    assert status_of(database, number) == "paused"
    assert database.read_now(lambda c: broadcasts.find(c, number)).reason == "canary_failed"
    assert counted(database, number) == {"sent": 15, "failed": 5, "queued": 280}

    await database.write(
        lambda c: broadcasts.change(
            c, number, lambda b: rules.resume(b, MINH, NOW), Act.RESUME, by=MINH.login, now=NOW
        )
    )
    await run_once(dispatcher, NOW)
    assert counted(database, number) == {"sent": 295, "failed": 5}


@pytest.mark.parametrize("error", [Refused, Unknown])
async def test_a_fifth_of_the_last_fifty_going_wrong_pauses_also_across_shards(
    database: Database, error: type[Exception]
) -> None:
    failing = {f"p{n}": [error()] for n in range(40, 200, 2)}
    channel = Recorder(failures=dict(failing))
    channel.abilities = type(channel.abilities)(text_max=100, choices_max=1, per_second=1)
    dispatcher = Dispatcher(database, {"fake": channel}, Clock())
    dispatcher.sizes = {"fake": 10}
    for around in dispatcher._around.values():
        around.pace._per_second = float("inf")
    number = await begun(database, 200, expected=1)
    await run_once(dispatcher, NOW)

    assert status_of(database, number) == "paused"
    assert database.read_now(lambda c: broadcasts.find(c, number)).reason == "many_failures"
    went_wrong = counted(database, number).get("failed", 0) + counted(database, number).get("uncertain", 0)
    assert 10 <= went_wrong <= 25


async def test_an_approval_can_be_withdrawn_for_ten_minutes_and_then_goes_its_way(database: Database) -> None:
    clock, channel = Clock(), Recorder()
    dispatcher = opened(database, channel, clock)

    def act(connection: Connection) -> int:
        add_people(connection, 3)
        kept = broadcasts.add(connection, new_draft(), NOW)
        submit(connection, kept.id)
        broadcasts.change(
            connection,
            kept.id,
            lambda b: rules.approve(b, MINH, b.digest, NOW),
            Act.APPROVE,
            by=MINH.login,
            now=NOW,
        )
        return kept.id

    number = await database.write(act)
    await run_once(dispatcher, clock.move(minutes=9, seconds=59))
    assert channel.sent == []
    assert status_of(database, number) == "approved"

    found = database.read_now(lambda c: broadcasts.find(c, number))
    back = rules.withdraw(found, LAN, "sai ngày")
    assert (back.status, back.approved_by, back.digest) == ("draft", None, "")
    with pytest.raises(Forbidden, match=r"rule\.role"):
        rules.withdraw(found, Official("ba", "Ba", Role.DRAFTER), "x")

    await run_once(dispatcher, clock.move(seconds=1))
    assert counted(database, number) == {"sent": 3}
    with pytest.raises(Forbidden, match=r"rule\.status|rule\.withdraw_over"):
        rules.withdraw(database.read_now(lambda c: broadcasts.find(c, number)), LAN, "sai")


async def test_nobody_gets_more_routine_messages_than_the_caps_allow(database: Database) -> None:
    channel = Recorder()
    dispatcher = opened(database, channel)
    numbers = [await begun(database, 4)]
    await database.write(lambda c: add_people(c, 1, prefix="new", topics=frozenset({Topic.DIGITAL})))
    numbers.append(await again(database, content={**CONTENT, "text": "hai"}))
    both = Segment(topics=frozenset({Topic.EVENTS, Topic.DIGITAL}))
    numbers.append(await again(database, content={**CONTENT, "text": "ba"}, segment=both))
    urgent = {**CONTENT, "text": "bao", "kind": "urgent", "urgent_reason": "bao"}
    numbers.append(await again(database, content=urgent))
    for _ in range(4):
        await run_once(dispatcher, NOW)

    assert counted(database, numbers[0]) == {"sent": 4}
    # The urgent one went before them and counts, but is never held back itself.
    assert counted(database, numbers[3]) == {"sent": 4}
    assert reasons(database, numbers[1]) == {"too_often": 4} or reasons(database, numbers[1]) == {}
    assert reasons(database, numbers[2]) == {"too_often": 4}
    assert peers_with(database, numbers[2], DeliveryStatus.SENT) == {"new1"}


async def test_an_urgent_broadcast_makes_a_routine_one_give_way(database: Database) -> None:
    channel = Recorder(latency=0.001)
    dispatcher = opened(database, channel)
    routine = await begun(database, 400, expected=1)
    urgent = await database.write(
        lambda c: (
            add_people(c, 30, prefix="u", topics=frozenset({Topic.DIGITAL})),
            schedule(
                c,
                content={**CONTENT, "kind": "urgent", "urgent_reason": "bao"},
                segment=Segment(topics=frozenset({Topic.DIGITAL})),
                due_at=NOW + timedelta(minutes=1),
                expected=1,
            ),
        )[1]
    )
    await dispatcher.tick(NOW)

    async def on_send(peer: str) -> None:
        if len(channel.sent) >= 50 and not started:
            started.append(peer)
            await dispatcher.tick(NOW + timedelta(minutes=1))

    started: list[str] = []
    channel.on_send = on_send
    for around in dispatcher._around.values():
        around.window.size = 8
    dispatcher.clock.move(minutes=1)  # type: ignore[attr-defined]
    await dispatcher.run_ready(NOW)
    await dispatcher.settle()
    await run_once(dispatcher, NOW + timedelta(minutes=1))

    last_urgent = max(n for n, peer in enumerate(channel.peers()) if peer.startswith("u"))
    assert last_urgent < 200
    assert counted(database, routine) == {"sent": 400}
    assert counted(database, urgent) == {"sent": 30}


async def test_the_same_text_goes_to_the_same_people_once_a_day(database: Database) -> None:
    await begun(database, 3)
    twin = new_draft(content={**CONTENT, "text": "Xin  CHÀO!"})
    found = database.read_now(lambda c: broadcasts.same_text_today(c, twin, NOW))
    with pytest.raises(Forbidden, match=r"rule\.same_text"):
        database.read_now(lambda c: broadcasts.check_same_text(c, twin, NOW))

    assert len(found) == 1
    for other in (
        new_draft(content={**CONTENT, "text": "Khác"}),
        new_draft(due_at=NOW + timedelta(days=1)),
        new_draft(segment=Segment(topics=frozenset({Topic.DIGITAL}))),
    ):
        assert database.read_now(lambda c, b=other: broadcasts.same_text_today(c, b, NOW)) == []  # type: ignore[misc]


async def test_of_two_with_the_same_words_approved_at_once_the_second_sees_the_first(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    await database.write(lambda c: add_people(c, 3))
    first, second = [
        await database.write(lambda c, n=each: broadcasts.add(c, new_draft(content={**CONTENT, "code": n}), NOW))  # type: ignore[misc]
        for each in ("A", "B")
    ]
    with database.engine.begin() as one, ThreadPoolExecutor() as pool:
        broadcasts.check_same_text(one, first, NOW)
        one.execute(update(broadcast_rows).where(broadcast_rows.c.id == first.id).values(status=Status.APPROVED))

        def check() -> None:
            with database.engine.begin() as other:
                broadcasts.check_same_text(other, second, NOW)

        late = pool.submit(check)
        with pytest.raises(FutureTimeout):
            late.result(0.2)
        one.commit()
        with pytest.raises(Forbidden, match=r"rule\.same_text"):
            late.result(10)
    database.close()


async def test_a_correction_goes_to_those_reached_and_to_nobody_else(database: Database) -> None:
    channel = Recorder(failures={"p2": [Refused()], "p3": [Unknown()]})
    dispatcher = opened(database, channel)
    wrong = await begun(database, 4)
    await run_once(dispatcher, NOW)
    await database.write(lambda c: add_people(c, 2, prefix="later"))
    segment = Segment(reached=wrong)
    number = await again(database, corrects=wrong, segment=segment, content={**CONTENT, "text": "Đính chính"})
    await run_once(dispatcher, NOW)

    assert peers_with(database, number, DeliveryStatus.SENT) == {"p1", "p3", "p4"}


async def test_books_balance_and_a_row_that_is_lost_or_made_up_is_found(database: Database) -> None:
    dispatcher = opened(database, Recorder(failures={"p1": [Refused()], "p2": [Unknown()]}))
    number = await begun(database, 60)
    await run_once(dispatcher, NOW)
    assert [each.faults for each in await dispatcher.reconcile()] == [()]

    lost = delivery_rows.c.sequence == 7
    await database.write(lambda c: c.execute(delete(delivery_rows).where(lost)).close())
    (balance,) = await dispatcher.reconcile()
    assert balance.broadcast_id == number
    assert (balance.planned, balance.rows) == (60, 59)
    assert len(balance.faults) == 3
    kept = database.read_now(reconciling.last_outcome)
    assert kept is not None and kept[1:] == (1, 1)


async def test_books_that_do_not_balance_hold_what_is_under_way(database: Database) -> None:
    dispatcher = opened(database)
    number = await begun(database, 60)
    await dispatcher.tick(NOW)
    await database.write(lambda c: c.execute(update(broadcast_rows).values(total=61)).close())
    await dispatcher.reconcile()

    assert status_of(database, number) == "paused"


async def test_progress_is_known_without_looking_at_every_copy(database: Database) -> None:
    number = await begun(database, 60)
    await run_once(opened(database), NOW)
    kept = database.read_now(lambda c: c.scalars(select(shards.c.counts)).all())

    assert sum(sum(each.values()) for each in kept) == 60
    assert database.read_now(lambda c: deliveries.count_by_status(c, number)) == database.read_now(
        lambda c: deliveries.count_all(c, number)
    )


async def test_a_large_audience_is_frozen_page_by_page_without_loss(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.db.freezing.PAGE", 70)
    monkeypatch.setattr("bot.db.freezing.freeze_page.__defaults__", (70,))
    channel = Recorder()
    dispatcher = opened(database, channel)
    dispatcher.sizes = {"fake": 30}
    await database.write(lambda c: add_people(c, 5, channel="off", prefix="off"))
    number = await begun(database, 500)
    await run_once(dispatcher, NOW)

    assert sorted(channel.peers()) == sorted(f"p{n}" for n in range(1, 501))
    assert counted(database, number) == {"sent": 500, "skipped": 5}
    assert [each.faults for each in await dispatcher.reconcile()] == [()]


def test_a_public_holiday_is_quiet_unless_the_message_is_for_it() -> None:
    tet = datetime(2027, 2, 6, 9, 0, tzinfo=ZONE)

    assert is_quiet(tet)
    assert not is_quiet(tet, holidays_too=True)
    assert next_allowed(tet) == datetime(2027, 2, 11, 7, 0, tzinfo=ZONE)
    with pytest.raises(Forbidden, match=r"rule\.holiday"):
        rules.check_times(new_draft(due_at=tet, not_after=tet + timedelta(days=1)), NOW)
    for_it = {**CONTENT, "holidays": True}
    rules.check_times(new_draft(due_at=tet, not_after=tet + timedelta(days=1), content=for_it), NOW)


def test_an_official_answers_only_for_their_provinces() -> None:
    hanoi = Official("ha", "Hà", Role.APPROVER, scope=frozenset({"01"}))

    def place(token: str) -> str:
        return {"new:4": "01", "new:26740": "79"}[token]

    rules.check_scope(new_draft(segment=Segment(provinces=frozenset({"01"}))), hanoi, place)
    rules.check_scope(new_draft(segment=Segment(communes=frozenset({"new:4"}))), hanoi, place)
    inside, outside = Segment(provinces=frozenset({"01"})), Segment(provinces=frozenset({"79"}))
    rules.check_scope(new_draft(segment=Segment(any_of=(inside, inside))), hanoi, place)
    for segment in (
        Segment(any_of=(inside, outside)),
        Segment(any_of=(inside, Segment())),
        Segment(none_of=(inside,)),
        Segment(),
        Segment(provinces=frozenset({"01", "79"})),
        Segment(communes=frozenset({"new:4", "new:26740"})),
    ):
        with pytest.raises(Forbidden, match=r"rule\.scope"):
            rules.check_scope(new_draft(segment=segment), hanoi, place)
        rules.check_scope(new_draft(segment=segment), MINH, place)


async def restored(database: Database, number: int, waiting: int) -> None:
    await opened(database).recover_at_start()

    assert status_of(database, number) == "paused"
    assert database.read_now(lambda c: broadcasts.find(c, number)).reason == "restored"
    assert status_of(database, waiting) == "returned"
    assert database.read_now(lambda c: broadcasts.find(c, waiting)).approved_by is None


async def test_a_backup_put_back_within_minutes_sends_nothing_by_itself(tmp_path: Path) -> None:
    url, backup = f"sqlite:///{tmp_path / 'live.db'}", tmp_path / "backup.db"
    database = Database.open(url)
    number = await begun(database, 2500, expected=1)
    waiting = await again(database, due_at=NOW + timedelta(hours=1), content={**CONTENT, "text": "hai"})
    dispatcher = opened(database)
    await dispatcher.recover_at_start()
    await dispatcher.tick(NOW)
    await dispatcher.run_shard("fake")
    database.submit(lambda c: c.exec_driver_sql("SELECT 1").close()).result()
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT", hoctap_reads=True)
        connection.connection.execute(f"VACUUM INTO '{backup}'")  # type: ignore[attr-defined]
    await dispatcher.run_shard("fake")
    database.close()

    unharmed = Database.open(url)
    await opened(unharmed).recover_at_start()
    assert status_of(unharmed, number) == "sending"
    unharmed.close()

    for suffix in ("", "-wal", "-shm"):
        Path(f"{tmp_path / 'live.db'}{suffix}").unlink(missing_ok=True)
    shutil.copy(backup, tmp_path / "live.db")
    again_open = Database.open(url)
    await restored(again_open, number, waiting)
    again_open.close()


async def test_what_is_rolled_back_or_half_written_is_no_backup(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'live.db'}")
    progress = Progress(database.engine)
    assert not await database.write(progress.went_back)
    await database.read(progress.keep)

    def count_and_fail(connection: Connection) -> None:
        progress.note(connection)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await database.write(count_and_fail)
    await database.read(progress.keep)
    file = tmp_path / "live.db.progress"
    assert file.read_text() == "0"

    await database.write(progress.note)
    with file.open() as half_read:
        await database.read(progress.keep)
        assert half_read.read() == "0"
    assert file.read_text() == "1"
    assert not await database.write(Progress(database.engine).went_back)
    database.close()


async def test_a_copy_on_another_machine_sends_nothing_by_itself(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'live.db'}")
    number = await begun(database, 2500, expected=1)
    waiting = await again(database, due_at=NOW + timedelta(hours=1), content={**CONTENT, "text": "hai"})
    dispatcher = opened(database)
    await dispatcher.tick(NOW)
    await dispatcher.run_shard("fake")
    database.close()
    (tmp_path / "elsewhere").mkdir()
    shutil.copy(tmp_path / "live.db", tmp_path / "elsewhere" / "live.db")

    copy = Database.open(f"sqlite:///{tmp_path / 'elsewhere' / 'live.db'}")
    await restored(copy, number, waiting)
    copy.close()


async def test_a_dump_put_back_into_postgresql_sends_nothing_by_itself(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    number = await begun(database, 60, expected=1)
    waiting = await again(database, due_at=NOW + timedelta(hours=1), content={**CONTENT, "text": "hai"})
    await opened(database).recover_at_start()
    await opened(database).tick(NOW)
    await opened(database).recover_at_start()
    assert status_of(database, number) == "sending"

    # What a dump carries into another database is the identity of the one it was made of.
    await database.write(lambda c: c.exec_driver_sql("UPDATE marks SET value = '1:2:3'").close())
    await restored(database, number, waiting)
    database.close()


def test_the_database_too_refuses_an_approval_by_the_author(sqlite: Database) -> None:
    with pytest.raises(Exception, match="two_persons"):
        sqlite.submit(
            lambda c: c.execute(
                update(broadcast_rows)
                .where(broadcast_rows.c.id == broadcasts.add(c, new_draft(), NOW).id)
                .values(approved_by=LAN.login)
            ).close()
        ).result()
