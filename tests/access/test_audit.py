"""The audit: a chain in which nothing can be changed, put in or taken out unseen."""

from collections.abc import Callable
from datetime import timedelta
from threading import Event

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from bot.db import Database, contacts
from bot.db.audit import newest, record, verify_chain
from bot.db.tables import audit
from bot.db.tables import contacts as contact_rows
from bot.messages import Address
from tests.conftest import NOW


@pytest.fixture
def kept(database: Database) -> Database:
    for number in range(6):
        at = NOW + timedelta(seconds=number, microseconds=number)
        database.submit(
            lambda c, at=at, number=number: record(c, "lan", "edit", at, detail=f"lần {number}")
        ).result()
    return database


def test_what_was_only_written_is_whole(kept: Database) -> None:
    verdict, _ = kept.read_now(verify_chain)

    assert verdict.intact
    assert verdict.rows == 6
    assert kept.read_now(lambda c: newest(c, 1))[0].digest == verdict.head


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(
            lambda c: c.execute(update(audit).where(audit.c.id == 3).values(detail="khác")), id="changed"
        ),
        pytest.param(lambda c: c.execute(update(audit).where(audit.c.id == 3).values(official="an")), id="blamed"),
        pytest.param(lambda c: c.execute(delete(audit).where(audit.c.id == 3)), id="taken out"),
        pytest.param(lambda c: c.execute(delete(audit).where(audit.c.id == 1)), id="the first taken out"),
        pytest.param(
            lambda c: c.execute(insert(audit).values(id=100, at=NOW, official="x", act="y", digest="0" * 64)),
            id="put in",
        ),
    ],
)
def test_harm_is_found(kept: Database, harm: Callable[[Connection], object]) -> None:
    kept.submit(harm).result()

    verdict, _ = kept.read_now(verify_chain)

    assert not verdict.intact


def test_a_cut_off_end_is_found_by_the_digest_noted_before(kept: Database) -> None:
    noted = kept.read_now(verify_chain)[0].head
    kept.submit(
        lambda c: c.execute(
            delete(audit).where(
                audit.c.id == select(audit.c.id).order_by(audit.c.id.desc()).limit(1).scalar_subquery()
            )
        )
    ).result()

    verdict, found = kept.read_now(lambda c: verify_chain(c, noted))

    assert verdict.intact
    assert not found


def test_who_took_rows_first_and_who_wrote_first_do_not_wait_for_each_other(postgres_url: str) -> None:
    here, there = Database.open(postgres_url), Database.open(postgres_url)
    here.submit(lambda c: contacts.add(c, Address("web", "ba"), NOW)).result()
    wrote, took = Event(), Event()

    def take(connection: Connection) -> None:
        connection.execute(update(contact_rows).values(last_heard_at=NOW))

    def write_then_take(connection: Connection) -> None:
        record(connection, "lan", "edit", NOW)
        wrote.set()
        assert took.wait(30)
        take(connection)

    def take_then_write(connection: Connection) -> None:
        assert wrote.wait(30)
        take(connection)
        took.set()
        record(connection, "an", "edit", NOW)

    both = [here.submit(write_then_take), there.submit(take_then_write)]
    for each in both:
        each.result(timeout=30)

    verdict, _ = here.read_now(verify_chain)
    assert (verdict.intact, verdict.rows) == (True, 2)
    here.close()
    there.close()
