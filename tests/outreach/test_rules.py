from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.outreach import broadcast as rules
from bot.outreach.broadcast import TRANSITIONS, Act, Forbidden, Status, digest_of, follow
from bot.outreach.official import Official, Role, hash_password, is_password
from bot.outreach.pace import ChatPace
from bot.outreach.quiet_hours import ZONE, is_quiet, next_allowed
from tests.outreach.postroom import LAN, MINH, NOW, new_draft


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 25, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("moment", "quiet"), [(at(20, 59), False), (at(21), True), (at(6, 59), True), (at(7), False)]
)
def test_quiet_hours_begin_at_21_and_end_at_7(moment: datetime, quiet: bool) -> None:
    assert is_quiet(moment) is quiet
    assert is_quiet(moment.astimezone(UTC)) is quiet


def test_the_next_allowed_moment_is_the_following_morning() -> None:
    assert next_allowed(at(21, 30)) == at(7) + timedelta(days=1)
    assert next_allowed(at(3)) == at(7)
    assert next_allowed(at(12)) == at(12)


def test_only_what_the_table_says_may_follow() -> None:
    for act, (allowed, after) in TRANSITIONS.items():
        for status in Status:
            given = new_draft(status=status)
            if status in allowed:
                assert follow(given, act).status is after
            else:
                with pytest.raises(Forbidden):
                    follow(given, act)


def test_nothing_is_approved_by_who_wrote_changed_or_submitted_it() -> None:
    submitted = rules.submit(new_draft(), LAN, NOW)
    for login in ("lan", "hoa"):
        official = Official(login, "", Role.APPROVER)
        given = replace(submitted, authors=frozenset({"hoa"}))
        with pytest.raises(Forbidden, match=r"rule\.two_persons"):
            rules.approve(given, official, given.digest, NOW)


def test_a_drafter_does_not_approve() -> None:
    submitted = rules.submit(new_draft(), LAN, NOW)
    with pytest.raises(Forbidden, match=r"rule\.role"):
        rules.approve(submitted, Official("hoa", "", Role.DRAFTER), submitted.digest, NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Khac"},
        {"content": {"text": "Khac", "buttons": []}},
        {"due_at": NOW + timedelta(minutes=1)},
        {"not_after": NOW + timedelta(hours=2)},
        {"segment": replace(new_draft().segment, provinces=frozenset({"79"}))},
        {"on_ambiguous": rules.OnAmbiguous.RESEND},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_any_change_after_submission_voids_the_approval(changes: dict[str, object]) -> None:
    submitted = rules.submit(new_draft(), LAN, NOW)
    changed = replace(submitted, **changes)

    assert digest_of(changed) != submitted.digest
    with pytest.raises(Forbidden, match=r"rule\.changed"):
        rules.approve(changed, MINH, submitted.digest, NOW)


def test_an_approver_approves_what_they_saw_and_nothing_else() -> None:
    submitted = rules.submit(new_draft(), LAN, NOW)
    with pytest.raises(Forbidden, match=r"rule\.changed"):
        rules.approve(submitted, MINH, "seen another", NOW)
    assert rules.approve(submitted, MINH, submitted.digest, NOW).approved_by == "minh"


def test_a_broadcast_is_not_due_in_the_quiet_hours() -> None:
    with pytest.raises(Forbidden, match=r"rule\.quiet") as error:
        rules.check_times(new_draft(due_at=at(22), not_after=at(22) + timedelta(days=1)), NOW)
    assert error.value.arguments["allowed"] == at(7) + timedelta(days=1)


def test_what_is_over_is_refused_for_that_and_not_for_its_time() -> None:
    with pytest.raises(Forbidden, match=r"rule\.status"):
        rules.submit(new_draft(status=Status.COMPLETED), LAN, NOW + timedelta(days=3))


def test_an_urgent_broadcast_disturbs_only_with_a_reason() -> None:
    night = {"due_at": at(22), "not_after": at(23)}
    with pytest.raises(Forbidden):
        rules.check_times(new_draft(content={"kind": "urgent", "urgent_reason": ""}, **night), NOW)
    rules.check_times(new_draft(content={"kind": "urgent", "urgent_reason": "bao"}, **night), NOW)
    with pytest.raises(Forbidden):
        rules.check_times(new_draft(content={"kind": "ordinary", "urgent_reason": "bao"}, **night), NOW)


def test_a_time_that_passed_is_refused() -> None:
    with pytest.raises(Forbidden, match=r"rule\.past"):
        rules.submit(new_draft(due_at=NOW - timedelta(minutes=16)), LAN, NOW)


@pytest.mark.parametrize("act", [Act.RETURN, Act.REJECT])
def test_a_broadcast_is_not_turned_back_without_a_reason(act: Act) -> None:
    with pytest.raises(Forbidden, match=r"rule\.reason"):
        rules.turn_back(rules.submit(new_draft(), LAN, NOW), act, MINH, "  ")


def test_a_stopped_broadcast_is_never_sent_again() -> None:
    stopped = rules.stop(new_draft(status=Status.SENDING), "sai", NOW)
    for act in (Act.RESUME, Act.START, Act.REOPEN, Act.SCHEDULE, Act.EDIT):
        with pytest.raises(Forbidden):
            follow(stopped, act)


def test_a_password_is_the_same_in_composed_and_decomposed_letters() -> None:
    stored = hash_password("m\u1eadt kh\u1ea9u d\u00e0i")
    assert is_password(stored, "ma\u0323\u0302t khâ\u0309u da\u0300i")
    assert not is_password(stored, "mat khau dai")
    assert not is_password(None, "")


def test_a_chat_gets_a_short_burst_and_then_one_message_a_second() -> None:
    pace = ChatPace()

    assert [pace.delay("7", 100.0) for _ in range(5)] == [0.0, 0.0, 0.0, 1.0, 2.0]
    assert pace.delay("8", 100.0) == 0.0
    assert pace.delay("7", 200.0) == 0.0


def test_a_group_gets_twenty_a_minute() -> None:
    pace, now = ChatPace(), 1000.0
    for _ in range(100):
        now += pace.delay("-100", now)

    assert 99 * 3.0 - 0.01 <= now - 1000.0 <= 100 * 3.0
