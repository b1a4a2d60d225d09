import asyncio
import re
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text, update

from bot.channels.base import (
    Abilities,
    ContactGone,
    Misconfigured,
    Refused,
    Retryable,
    Unknown,
    WindowClosed,
)
from bot.contacts import Segment, Topic
from bot.db import Database, broadcasts, flushes, recovery, shards
from bot.db.audit import BOT
from bot.db.tables import audit, contacts
from bot.db.tables import broadcasts as broadcast_rows
from bot.db.tables import shards as shard_rows
from bot.dispatch import Dispatcher, shard_size
from bot.outreach import broadcast as rules
from bot.outreach.broadcast import Act, Forbidden
from bot.outreach.delivery import DeliveryStatus, OnAmbiguous
from bot.outreach.quiet_hours import ZONE
from tests.outreach.postroom import (
    CONTENT,
    LAN,
    MINH,
    NOW,
    Clock,
    Recorder,
    add_people,
    approve,
    counted,
    leave,
    new_draft,
    peers_with,
    reasons,
    run_once,
    schedule,
    status_of,
    stop,
    submit,
)


def opened(database: Database, channel: Recorder | None = None, clock: Clock | None = None) -> Dispatcher:
    return Dispatcher(database, {"fake": channel or Recorder()}, clock or Clock())


async def begun(database: Database, people: int, **changes: object) -> int:
    """An approved broadcast to *people*."""

    def act(connection: broadcasts.Connection) -> int:
        add_people(connection, people)
        return schedule(connection, **changes)

    return await database.write(act)


async def test_everybody_who_consented_gets_it_once_and_the_counts_add_up(database: Database) -> None:
    channel = Recorder()
    dispatcher = opened(database, channel)
    number = await begun(database, 120)
    await database.write(lambda c: add_people(c, 5, notices=False, prefix="no"))
    await database.write(lambda c: add_people(c, 3, topics=frozenset({Topic.DIGITAL}), prefix="digital"))

    await run_once(dispatcher, NOW)

    assert sorted(channel.peers()) == sorted(f"p{n}" for n in range(1, 121))
    assert counted(database, number) == {"sent": 120}
    assert status_of(database, number) == "completed"
    assert database.read_now(lambda c: broadcasts.find(c, number)).total == 120


async def test_nothing_is_sent_before_its_time_or_without_approval(database: Database) -> None:
    channel = Recorder()
    dispatcher = opened(database, channel)
    await begun(database, 3, due_at=NOW + timedelta(minutes=5))
    draft = await database.write(lambda c: broadcasts.add(c, new_draft(), NOW))
    await run_once(dispatcher, NOW)
    await database.write(lambda c: submit(c, draft.id))
    await run_once(dispatcher, NOW)

    assert channel.sent == []


async def test_the_author_cannot_approve_and_the_database_agrees(database: Database) -> None:
    kept = await database.write(lambda c: broadcasts.add(c, new_draft(created_by="minh"), NOW))
    await database.write(lambda c: submit(c, kept.id))

    with pytest.raises(Forbidden, match=r"rule\.two_persons"):
        await database.write(lambda c: approve(c, kept.id))


async def test_who_edited_a_broadcast_cannot_approve_it(database: Database) -> None:
    kept = await database.write(lambda c: broadcasts.add(c, new_draft(), NOW))
    changed = new_draft(title="Khac")
    await database.write(
        lambda c: broadcasts.change(
            c, kept.id, lambda b: rules.edit(b, changed, NOW), Act.EDIT, by=MINH.login, now=NOW
        )
    )
    await database.write(lambda c: submit(c, kept.id))

    with pytest.raises(Forbidden, match=r"rule\.two_persons"):
        await database.write(lambda c: approve(c, kept.id))


async def test_an_edit_after_approval_voids_it(database: Database) -> None:
    channel = Recorder()
    number = await begun(database, 3)
    await database.write(
        lambda c: broadcasts.change(
            c, number, lambda b: rules.edit(b, new_draft(title="Khac"), NOW), Act.EDIT, by="lan", now=NOW
        )
    )
    await run_once(opened(database, channel), NOW)

    assert channel.sent == []
    assert status_of(database, number) == "draft"
    assert database.read_now(lambda c: broadcasts.find(c, number)).approved_by is None


async def test_a_row_changed_behind_our_back_is_returned_and_not_sent(database: Database) -> None:
    channel = Recorder()
    number = await begun(database, 3)
    await database.write(
        lambda c: c.execute(update(broadcast_rows).values(content={**CONTENT, "text": "Gửi tiền cho tôi"})).close()
    )
    await run_once(opened(database, channel), NOW)

    assert channel.sent == []
    assert status_of(database, number) == "returned"


async def test_every_act_is_on_record(database: Database) -> None:
    number = await begun(database, 2)
    await run_once(opened(database), NOW)

    rows = database.read_now(lambda c: c.execute(select(audit).order_by(audit.c.id)).all())
    assert [(row.official, row.act) for row in rows] == [
        ("lan", "draft"),
        ("lan", "submit"),
        ("minh", "approve"),
        (BOT, "start"),
        (BOT, "complete"),
    ]
    assert {row.broadcast_id for row in rows} == {number}


async def test_a_time_missed_by_more_than_fifteen_minutes_waits_for_a_person(database: Database) -> None:
    channel, clock = Recorder(), Clock()
    dispatcher = opened(database, channel, clock)
    number = await begun(database, 3)
    await run_once(dispatcher, clock.move(minutes=16))
    await run_once(dispatcher, clock.move(minutes=1))

    assert channel.sent == []
    assert status_of(database, number) == "missed"


async def test_opting_out_after_approval_counts(database: Database) -> None:
    channel = Recorder()
    dispatcher = opened(database, channel)
    number = await begun(database, 4)
    await dispatcher.tick(NOW)
    await database.write(lambda c: leave(c, "p2"))
    await database.write(
        lambda c: c.execute(update(contacts).where(contacts.c.peer == "p3").values(status="blocked")).close()
    )
    await database.write(lambda c: c.execute(contacts.delete().where(contacts.c.peer == "p4")).close())
    await run_once(dispatcher, NOW)

    assert channel.peers() == ["p1"]
    assert reasons(database, number) == {"opted_out": 1, "blocked": 1, "forgotten": 1}
    assert status_of(database, number) == "completed"


async def test_who_drops_the_topic_is_left_out_and_who_joins_later_too(database: Database) -> None:
    channel = Recorder()
    dispatcher = opened(database, channel)
    number = await begun(database, 2)
    await dispatcher.tick(NOW)

    def change(connection: broadcasts.Connection) -> None:
        connection.exec_driver_sql("DELETE FROM contact_topics WHERE contact_id = 1")
        add_people(connection, 1, prefix="late")

    await database.write(change)
    await run_once(dispatcher, NOW)

    assert channel.peers() == ["p2"]
    assert reasons(database, number) == {"left_segment": 1}


async def test_places_and_channels_narrow_together(database: Database) -> None:
    channel = Recorder()
    dispatcher = opened(database, channel)

    def act(connection: broadcasts.Connection) -> int:
        add_people(connection, 2, home=("new:1", "79"), prefix="a")
        add_people(connection, 2, home=("new:2", "79"), prefix="b")
        add_people(connection, 2, home=("new:2", "01"), prefix="c")
        add_people(connection, 2, home=("new:2", "79"), channel="other", prefix="d")
        segment = Segment(frozenset({"79"}), frozenset({"new:2", "new:3"}), channels=frozenset({"fake"}))
        return schedule(connection, segment=segment)

    await database.write(act)
    await run_once(dispatcher, NOW)

    assert sorted(channel.peers()) == ["b1", "b2"]


async def test_people_on_a_channel_that_does_not_run_are_counted_as_skipped(database: Database) -> None:
    number = await begun(database, 2)
    await database.write(lambda c: add_people(c, 3, channel="zalo"))
    await run_once(opened(database), NOW)

    assert counted(database, number) == {"sent": 2, "skipped": 3}
    assert reasons(database, number) == {"no_channel": 3}
    assert status_of(database, number) == "completed"


async def test_an_audience_of_nobody_completes(database: Database) -> None:
    number = await begun(database, 0)
    await run_once(opened(database), NOW)

    assert status_of(database, number) == "completed"


async def test_each_failure_has_its_own_end(database: Database) -> None:
    channel = Recorder(
        failures={
            "p1": [Refused("no")],
            "p2": [ContactGone("blocked")],
            "p3": [Unknown("time-out")],
            "p4": [WindowClosed("closed")],
            "p5": [Retryable(0.01)],
            "p6": [RuntimeError("a fault of ours")],
        }
    )
    number = await begun(database, 8)
    await run_once(opened(database, channel), NOW)

    assert counted(database, number) == {"sent": 3, "failed": 2, "skipped": 1, "uncertain": 2}
    assert reasons(database, number) == {
        "refused": 1,
        "blocked": 1,
        "no_answer": 1,
        "window": 1,
        "error": 1,
    }
    assert "p5" in channel.peers()
    blocked = database.read_now(
        lambda c: c.scalars(select(contacts.c.peer).where(contacts.c.status == "blocked")).all()
    )
    assert blocked == ["p2"]


@pytest.mark.parametrize(
    ("policy", "ends"),
    [
        (OnAmbiguous.HOLD, {"sent": 1, "uncertain": 1}),
        (OnAmbiguous.ASSUME_SENT, {"sent": 2}),
        (OnAmbiguous.RESEND, {"sent": 2}),
    ],
)
async def test_a_doubtful_copy_follows_the_policy(
    sqlite: Database, policy: OnAmbiguous, ends: dict[str, int]
) -> None:
    number = await begun(sqlite, 2, on_ambiguous=policy)
    channel = Recorder(failures={"p1": [Unknown("time-out")]})
    await run_once(opened(sqlite, channel), NOW)

    assert counted(sqlite, number) == ends
    assert ("p1" in channel.peers()) is (policy is OnAmbiguous.RESEND)


async def test_a_channel_that_says_wait_is_left_alone_that_long(database: Database) -> None:
    channel = Recorder(failures={"p20": [Retryable(0.8, whole_channel=True)]})
    dispatcher = opened(database, channel)
    number = await begun(database, 300, expected=1)
    left: list[float] = []
    asked = 0.0

    async def on_send(peer: str) -> None:
        nonlocal asked
        left.append(time.monotonic())
        asked = asked or (left[-1] if peer == "p20" else 0.0)

    channel.on_send = on_send
    await run_once(dispatcher, NOW)

    # Who was on their way already, then nobody until the time is over.
    assert not [at for at in left if asked + 0.1 < at < asked + 0.8]
    assert counted(database, number) == {"sent": 300}
    assert len(channel.peers()) == len(set(channel.peers())) == 300


async def test_a_wrong_token_pauses_the_broadcast_and_a_person_resumes_it(database: Database) -> None:
    channel = Recorder(failures={"p2": [Misconfigured("token")]})
    dispatcher = opened(database, channel)
    number = await begun(database, 150)
    await run_once(dispatcher, NOW)
    paused = database.read_now(lambda c: broadcasts.find(c, number))

    assert (paused.status, paused.reason) == ("paused", "misconfigured")
    assert set(counted(database, number)) <= {"sent", "queued"}

    await database.write(
        lambda c: broadcasts.change(
            c, number, lambda b: rules.resume(b, MINH, NOW), Act.RESUME, by="minh", now=NOW
        )
    )
    await run_once(dispatcher, NOW)
    assert counted(database, number) == {"sent": 150}


async def test_many_refusals_in_a_row_pause_the_broadcast(sqlite: Database) -> None:
    channel = Recorder(failures={f"p{n}": [Refused("no")] for n in range(1, 1000)})
    number = await begun(sqlite, 600)
    await run_once(opened(sqlite, channel), NOW)

    assert status_of(sqlite, number) == "paused"
    assert counted(sqlite, number)["queued"] > 300


async def test_the_quiet_hours_hold_what_is_under_way_until_the_morning(database: Database) -> None:
    night = datetime(2026, 11, 25, 20, 59, tzinfo=ZONE)
    clock = Clock(night)
    channel = Recorder()
    dispatcher = opened(database, channel, clock)
    number = await begun(database, 5, due_at=night, not_after=night + timedelta(hours=24))
    await dispatcher.tick(night)
    await run_once(dispatcher, clock.move(minutes=1))
    await run_once(dispatcher, clock.move(hours=9))

    assert channel.sent == []
    await run_once(dispatcher, clock.move(hours=1))
    assert counted(database, number) == {"sent": 5}


async def test_a_clock_set_back_does_not_prolong_the_quiet_hours(database: Database) -> None:
    night = datetime(2026, 11, 25, 20, 59, tzinfo=ZONE)
    clock = Clock(night)
    dispatcher = opened(database, Recorder(), clock)
    number = await begun(database, 5, due_at=night, not_after=night + timedelta(hours=24))
    await dispatcher.tick(night)
    await run_once(dispatcher, clock.move(minutes=1))
    assert counted(database, number) == {"queued": 5}

    await run_once(dispatcher, clock.move(hours=-6))

    assert counted(database, number) == {"sent": 5}


async def test_an_urgent_broadcast_with_a_reason_goes_at_night(database: Database) -> None:
    night = datetime(2026, 11, 25, 23, 0, tzinfo=ZONE)
    content = {**CONTENT, "kind": "urgent", "urgent_reason": "bao"}
    number = await begun(database, 5, due_at=night, not_after=night + timedelta(hours=2), content=content)
    await run_once(opened(database, clock=Clock(night)), night)

    assert counted(database, number) == {"sent": 5}


async def test_nothing_is_sent_after_its_time_is_over(database: Database) -> None:
    clock = Clock()
    channel = Recorder()
    dispatcher = opened(database, channel, clock)
    number = await begun(database, 120, not_after=NOW + timedelta(minutes=10))
    await dispatcher.tick(NOW)
    await run_once(dispatcher, clock.move(minutes=10))

    assert channel.sent == []
    assert reasons(database, number) == {"expired": 120}
    assert status_of(database, number) == "completed"


async def test_stop_acts_while_it_is_being_sent(database: Database) -> None:
    """Seen within one flush: after the word is on disk at most the copies already permitted leave."""
    stopped_after = 0
    channel = Recorder(Abilities(text_max=100, choices_max=1, per_second=400), latency=0.005)
    dispatcher = opened(database, channel)
    number = await begun(database, 1500)

    async def stop_soon() -> None:
        nonlocal stopped_after
        while len(channel.sent) < 100:
            await asyncio.sleep(0.005)
        await database.write(lambda c: stop(c, number))
        stopped_after = len(channel.sent)

    await dispatcher.tick(NOW)
    await dispatcher.run_ready(NOW)
    await stop_soon()
    await dispatcher.settle()
    await dispatcher.tick(NOW)

    assert len(channel.sent) - stopped_after <= 64
    counts = counted(database, number)
    assert set(counts) == {"sent", "skipped"}
    assert sum(counts.values()) == 1500
    assert status_of(database, number) == "stopped"


async def test_a_broadcast_stopped_before_it_began_is_closed(database: Database) -> None:
    number = await begun(database, 3)
    dispatcher = opened(database)
    await dispatcher.tick(NOW)
    await database.write(lambda c: stop(c, number))
    await run_once(dispatcher, NOW)

    assert counted(database, number) == {"skipped": 3}


async def test_the_window_and_the_pace_are_kept(sqlite: Database) -> None:
    channel = Recorder(Abilities(text_max=100, choices_max=1, per_second=100), latency=0.05)
    number = await begun(sqlite, 100)
    loop = asyncio.get_running_loop()
    start = loop.time()
    await run_once(opened(sqlite, channel), NOW)
    took = loop.time() - start

    assert counted(sqlite, number) == {"sent": 100}
    assert channel.most_at_once <= 64
    # 80 % of 100 a second; the other fifth belongs to replies.
    assert took >= 100 / 80 - 0.2


async def test_draining_finishes_what_left_and_gives_the_rest_back(database: Database) -> None:
    channel = Recorder(Abilities(text_max=100, choices_max=1, per_second=300), latency=0.02)
    dispatcher = opened(database, channel)
    number = await begun(database, 900)
    await dispatcher.tick(NOW)
    await dispatcher.run_ready(NOW)
    while len(channel.sent) < 50:
        await asyncio.sleep(0.005)
    await dispatcher.drain()

    counts = counted(database, number)
    assert set(counts) == {"sent", "queued"}
    assert counts["sent"] == len(channel.sent) < 900

    after = Recorder()
    await run_once(opened(database, after), NOW)
    assert counted(database, number) == {"sent": 900}
    assert not set(after.peers()) & set(channel.peers())


async def test_a_long_message_is_decided_by_its_first_part(database: Database) -> None:
    class Halting(Recorder):
        async def send(self, peer: str, call: object) -> str:
            if call["part"] == 1 and peer == "p1":  # type: ignore[index]
                raise Refused("no")
            return await super().send(peer, call)  # type: ignore[arg-type]

    channel = Halting(parts=3)
    number = await begun(database, 4)
    await run_once(opened(database, channel), NOW)

    assert counted(database, number) == {"sent": 4}
    assert len(channel.sent) == 1 + 3 * 3
    per_peer = [call["part"] for peer, call in channel.sent if peer == "p2"]
    assert per_peer == [0, 1, 2]


async def test_a_lost_lease_fences_the_one_who_comes_back(database: Database) -> None:
    clock = Clock()
    number = await begun(database, 3)
    await opened(database, clock=clock).tick(NOW)
    lease = timedelta(seconds=30)
    held = await database.write(lambda c: shards.claim_shard(c, "fake", "zombie", lease, NOW))
    assert held is not None
    await database.write(lambda c: flushes.flush(c, held, [], [1, 2], lease=lease, now=NOW))
    later = clock.move(seconds=31)
    assert await database.write(lambda c: recovery.recover(c, later)) == 2

    flushed = await database.write(lambda c: flushes.flush(c, held, [], [3], lease=lease, now=later))
    assert (flushed.verdict, flushed.granted) == (flushes.Verdict.FENCED, {})
    assert counted(database, number) == {"uncertain": 2, "queued": 1}


async def test_a_flush_may_be_repeated(database: Database) -> None:
    await begun(database, 3)
    await opened(database).tick(NOW)
    lease = timedelta(seconds=30)
    held = await database.write(lambda c: shards.claim_shard(c, "fake", "me", lease, NOW))
    assert held is not None
    for _ in range(2):
        flushed = await database.write(lambda c: flushes.flush(c, held, [], [1, 2], lease=lease, now=NOW))
        assert set(flushed.granted) == {1, 2}


async def test_what_stood_still_for_long_is_paused_at_the_next_start(database: Database) -> None:
    clock = Clock()
    number = await begun(database, 3)
    await opened(database, clock=clock).tick(NOW)
    clock.move(minutes=20)
    channel = Recorder()
    again = opened(database, channel, clock)
    await again.recover_at_start()
    await run_once(again, clock())

    assert channel.sent == []
    assert database.read_now(lambda c: broadcasts.find(c, number)).reason == "interrupted"


async def test_the_doubtful_are_sent_again_when_an_official_says_so(database: Database) -> None:
    channel = Recorder(failures={"p1": [Unknown("time-out")]})
    dispatcher = opened(database, channel)
    number = await begun(database, 3)
    await run_once(dispatcher, NOW)
    assert status_of(database, number) == "completed"
    assert peers_with(database, number, DeliveryStatus.UNCERTAIN) == {"p1"}

    with pytest.raises(Forbidden, match=r"rule\.role"):
        await database.write(lambda c: broadcasts.settle_doubts(c, number, LAN, NOW, resend=True))
    assert await database.write(lambda c: broadcasts.settle_doubts(c, number, MINH, NOW, resend=True)) == 1
    await run_once(dispatcher, NOW)

    assert counted(database, number) == {"sent": 3}
    assert status_of(database, number) == "completed"


async def test_the_doubtful_are_taken_as_sent_when_an_official_says_so(database: Database) -> None:
    channel = Recorder(failures={"p1": [Unknown("time-out")]})
    dispatcher = opened(database, channel)
    number = await begun(database, 3)
    await run_once(dispatcher, NOW)
    await database.write(lambda c: broadcasts.settle_doubts(c, number, MINH, NOW, resend=False))
    await run_once(dispatcher, NOW)

    assert counted(database, number) == {"sent": 3}
    assert "p1" not in channel.peers()
    with pytest.raises(Forbidden, match=r"rule\.no_doubts"):
        await database.write(lambda c: broadcasts.settle_doubts(c, number, MINH, NOW, resend=False))


async def test_an_urgent_broadcast_overtakes(sqlite: Database) -> None:
    channel = Recorder()
    dispatcher = opened(sqlite, channel)
    await begun(sqlite, 3, content={**CONTENT, "text": "slow"})
    urgent = {**CONTENT, "kind": "urgent", "urgent_reason": "bao", "text": "bao"}
    await sqlite.write(lambda c: schedule(c, content=urgent))
    await run_once(dispatcher, NOW)

    assert [call["text"] for _, call in channel.sent] == ["bao"] * 3 + ["slow"] * 3


async def test_two_dispatchers_on_postgresql_never_send_twice(postgres_url: str) -> None:
    first, second = Database.open(postgres_url), Database.open(postgres_url)
    try:
        number = await begun(first, 2500)
        channel = Recorder(latency=0.002)
        both = [opened(first, channel), opened(second, channel)]
        await asyncio.gather(*(each.tick(NOW) for each in both))
        starts = first.read_now(lambda c: c.scalars(select(audit.c.act).where(audit.c.act == "start")).all())
        while status_of(first, number) != "completed":
            await asyncio.gather(*(run_once(each, NOW) for each in both))

        assert starts == ["start"]
        assert len(channel.peers()) == len(set(channel.peers())) == 2500
        assert counted(first, number) == {"sent": 2500}
        numbers = first.read_now(lambda c: c.scalars(select(shard_rows.c.number)).all())
        assert sorted(numbers) == [1, 2, 3, 4]  # the canary and the rest
    finally:
        first.close()
        second.close()


async def test_two_workers_hold_different_shards(database: Database) -> None:
    await begun(database, 1500, expected=1)
    await opened(database).tick(NOW)
    lease = timedelta(seconds=30)
    mine = await database.write(lambda c: shards.claim_shard(c, "fake", "a", lease, NOW))
    other = await database.write(lambda c: shards.claim_shard(c, "fake", "b", lease, NOW))
    third = await database.write(lambda c: shards.claim_shard(c, "fake", "c", lease, NOW))

    assert mine is not None and other is not None
    assert not {each for each, _ in mine.queued} & {each for each, _ in other.queued}
    assert len(mine.queued) + len(other.queued) == 1500
    assert third is None


def test_a_shard_is_a_quarter_of_a_minute_of_sending() -> None:
    assert [shard_size(rate) for rate in (1, 30, 1000)] == [50, 450, 1000]


async def test_a_dead_database_loses_no_result(sqlite_url: str, tmp_path: Path) -> None:
    database = Database.open(sqlite_url)
    number = await begun(database, 200)
    channel = Recorder(Abilities(text_max=100, choices_max=1, per_second=2000), latency=0.01)
    dispatcher = opened(database, channel)
    real, broken = database._commit, 3

    def commit(group: list[object]) -> None:
        nonlocal broken
        if len(channel.sent) > 50 and broken:
            broken -= 1
            for _, future in group:  # type: ignore[misc]
                from sqlalchemy.exc import OperationalError

                future.set_exception(OperationalError("COMMIT", {}, Exception("disk I/O error")))
            return
        real(group)  # type: ignore[arg-type]

    database._commit = commit  # type: ignore[method-assign,assignment]
    await run_once(dispatcher, NOW)

    assert broken == 0
    assert counted(database, number) == {"sent": 200}
    assert len(channel.peers()) == 200
    database.close()


async def test_no_statement_of_a_shard_walks_through_its_whole_broadcast(sqlite: Database) -> None:
    await sqlite.write(lambda c: add_people(c, 60))
    await sqlite.write(schedule)
    dispatcher = Dispatcher(sqlite, {"fake": Recorder()}, Clock())
    await dispatcher.tick(NOW)
    asked: set[tuple[str, Any]] = set()
    listen = (sqlite.engine, "before_cursor_execute", lambda *said: asked.add((said[2], said[3])))
    event.listen(*listen)
    while await dispatcher.run_shard("fake"):
        pass
    event.remove(*listen)

    with sqlite.engine.connect() as connection:
        steps = {
            step.detail
            for statement, values in asked
            if statement.startswith(("SELECT", "UPDATE"))
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        }

    copies = {step for step in steps if re.search(r"\b(deliveries|theirs)\b", step)}
    assert len(copies) >= 3
    assert not {step for step in copies if "SCAN" in step or step.endswith("PRIMARY KEY (broadcast_id=?)")}


async def test_postgresql_knows_how_large_a_broadcast_is_from_its_start(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    await database.write(lambda c: add_people(c, 60))
    await database.write(schedule)
    known = "SELECT most_common_freqs[1] FROM pg_stats WHERE tablename = 'deliveries' AND attname = 'broadcast_id'"

    await Dispatcher(database, {"fake": Recorder()}, Clock()).tick(NOW)

    assert await database.read(lambda c: c.scalar(text(known))) == 1.0
    database.close()
