"""Signing in: links used once, codes never twice, locks, sessions that end at once."""

import unicodedata
from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher

from bot.access import totp
from bot.access.sign_in import FAILURES_MAX, IDLE, LASTS, LOCKED, Session, form_token, is_form_token
from bot.db import Connection, Database, officials, sign_in
from bot.db.sign_in import Enrolment
from bot.outreach.official import Official, Role, hash_password, is_password
from tests.conftest import NOW

SPARE = ["k7m2p-x9f4q", "aaaaa-bbbbb"]


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.outreach.official._hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def secret(database: Database) -> str:
    """The second factor of lan, who has just enrolled with a link."""
    shared = totp.new_secret()

    def act(connection: Connection) -> None:
        officials.add(connection, Official("lan", "Lan", Role.DRAFTER), "", "operator", NOW)
        assert sign_in.issue_link(connection, "lan", "once", NOW + timedelta(days=1), "operator", NOW)
        sign_in.offer_factor(connection, "lan", shared)
        proved = Enrolment(hash_password("mật khẩu rất dài"), totp.code_at(shared, NOW), SPARE)
        assert sign_in.enrol(connection, "once", proved, NOW)

    database.submit(act).result()
    return shared


def prove(database: Database, code: str, now: datetime = NOW, *, knows: bool = True) -> bool:
    return database.submit(lambda c: sign_in.prove(c, "lan", code, now, knows_password=knows)).result() is not None


def test_a_code_is_accepted_once(database: Database, secret: str) -> None:
    later = NOW + timedelta(minutes=5)
    code = totp.code_at(secret, later)

    assert prove(database, code, later)
    assert not prove(database, code, later)


def test_the_code_of_the_enrolment_does_not_sign_in(database: Database, secret: str) -> None:
    assert not prove(database, totp.code_at(secret, NOW))


def test_a_recovery_code_is_good_once_however_it_is_typed(database: Database, secret: str) -> None:
    assert prove(database, " K7M2P x9f4q ")
    assert not prove(database, SPARE[0])
    assert database.read_now(lambda c: sign_in.recovery_left(c, "lan")) == 1


def test_five_failures_lock_even_the_right_code_out_for_a_while(database: Database, secret: str) -> None:
    for _ in range(FAILURES_MAX):
        assert not prove(database, "000000")
    soon = NOW + timedelta(minutes=5)
    after = NOW + LOCKED + timedelta(minutes=1)

    assert not prove(database, totp.code_at(secret, soon), soon)
    assert prove(database, totp.code_at(secret, after), after)


def test_a_right_code_with_a_wrong_password_is_a_failure_and_stays_unused(database: Database, secret: str) -> None:
    later = NOW + timedelta(minutes=5)

    assert not prove(database, totp.code_at(secret, later), later, knows=False)
    assert prove(database, totp.code_at(secret, later), later)


def test_a_link_is_used_once_and_ends_the_old_password(database: Database, secret: str) -> None:
    again = Enrolment("hash", totp.code_at(secret, NOW), [])
    assert database.submit(lambda c: sign_in.enrol(c, "once", again, NOW)).result() is None

    database.submit(lambda c: sign_in.issue_link(c, "lan", "two", NOW + timedelta(days=1), "admin", NOW)).result()

    found = database.read_now(lambda c: officials.find(c, "lan"))
    assert found is not None
    assert not is_password(found[1], "mật khẩu rất dài")
    assert not is_password(found[1], "")
    too_late = NOW + timedelta(days=1, seconds=1)
    assert database.read_now(lambda c: sign_in.owner_of_link(c, "two", NOW)) is not None
    assert database.read_now(lambda c: sign_in.owner_of_link(c, "two", too_late)) is None


def test_the_secret_shown_before_is_void_once_another_is_shown(database: Database, secret: str) -> None:
    first, second = totp.new_secret(), totp.new_secret()

    def act(c: Connection) -> object:
        sign_in.issue_link(c, "lan", "two", NOW + timedelta(days=1), "admin", NOW)
        sign_in.offer_factor(c, "lan", first)
        sign_in.offer_factor(c, "lan", second)
        return sign_in.enrol(c, "two", Enrolment("hash", totp.code_at(first, NOW), []), NOW)

    assert database.submit(act).result() is None


def test_a_session_ends_when_it_rests_lasts_or_its_account_is_disabled(database: Database, secret: str) -> None:
    database.submit(lambda c: sign_in.open_session(c, Session("id", "lan", "Firefox", NOW, NOW))).result()

    def is_open(now: datetime) -> bool:
        return database.read_now(lambda c: sign_in.find_session(c, "id", now)) is not None

    assert is_open(NOW)
    assert not is_open(NOW + IDLE + timedelta(seconds=1))
    late = NOW + LASTS - timedelta(minutes=1)
    database.submit(lambda c: sign_in.touch_session(c, "id", late)).result()
    assert is_open(late)
    assert not is_open(NOW + LASTS + timedelta(seconds=1))
    database.submit(lambda c: officials.disable(c, "lan", "admin", NOW)).result()
    assert not is_open(NOW)


def test_a_role_that_changes_acts_at_the_next_request(database: Database, secret: str) -> None:
    database.submit(lambda c: sign_in.open_session(c, Session("id", "lan", "Firefox", NOW, NOW))).result()
    database.submit(lambda c: officials.assign(c, Official("lan", "Lan", Role.VIEWER), "admin", NOW)).result()

    found = database.read_now(lambda c: sign_in.find_session(c, "id", NOW))

    assert found is not None
    assert found[1].role is Role.VIEWER


def test_decomposed_letters_make_the_same_password(secret: str) -> None:
    assert is_password(hash_password("mật khẩu"), unicodedata.normalize("NFD", "mật khẩu"))


def test_a_form_token_belongs_to_one_browser() -> None:
    assert is_form_token("a", form_token("a"))
    assert not is_form_token("b", form_token("a"))
    assert not is_form_token("a", "")
