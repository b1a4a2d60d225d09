"""What officials have not kept yet, on each database: their own, sealed, and not for long."""

from datetime import timedelta

from sqlalchemy import select, update

from bot.access.sealing import Keys, new_key
from bot.db import Database, drawers, sealing
from bot.db.content_tables import drawer_forms
from tests.conftest import NOW

PATH = "/console/broadcasts/save"
TYPED = [("text", "Mời bà con"), ("topics", "events"), ("topics", "literacy")]


async def test_a_form_is_found_by_its_author_alone_as_it_was_typed_last(database: Database) -> None:
    await database.write(lambda c: drawers.keep_form(c, "lan", PATH, [("text", "cũ")], NOW))
    await database.write(lambda c: drawers.keep_form(c, "lan", PATH, TYPED, NOW))

    assert await database.read(lambda c: drawers.find_form(c, "lan", PATH, NOW)) == TYPED
    assert await database.read(lambda c: drawers.find_form(c, "hoa", PATH, NOW)) == []
    assert await database.read(lambda c: drawers.find_form(c, "lan", PATH, NOW + timedelta(hours=1))) == []


async def test_a_form_is_sealed_and_cannot_be_put_into_another_drawer(database: Database) -> None:
    await database.write(lambda c: drawers.keep_form(c, "lan", PATH, TYPED, NOW))
    (kept,) = await database.read(lambda c: c.scalars(select(drawer_forms.c.fields)).all())
    assert "bà con" not in kept

    await database.write(lambda c: c.execute(update(drawer_forms).values(login="hoa")))

    assert await database.read(lambda c: drawers.find_form(c, "hoa", PATH, NOW)) == []


async def test_a_key_taken_away_takes_the_form_with_it(database: Database) -> None:
    await database.write(lambda c: drawers.keep_form(c, "lan", PATH, TYPED, NOW))
    other = database.engine.execution_options(**{sealing.OPTION: Keys(new_key())})

    with other.connect() as connection:
        assert drawers.find_form(connection, "lan", PATH, NOW) == []


async def test_a_file_is_found_whole_by_its_owner_alone_for_a_day(database: Database) -> None:
    await database.write(lambda c: drawers.keep_file(c, "lan", "ab", b"\x00\xff", NOW))
    later = NOW + timedelta(hours=23)
    await database.write(lambda c: drawers.keep_file(c, "lan", "ab", b"\x00\xff", later))

    assert await database.read(lambda c: drawers.find_file(c, "lan", "ab")) == b"\x00\xff"
    assert await database.read(lambda c: drawers.find_file(c, "hoa", "ab")) is None
    await database.write(lambda c: drawers.forget_old(c, NOW + timedelta(hours=25)))
    assert await database.read(lambda c: drawers.find_file(c, "lan", "ab")) == b"\x00\xff"
    await database.write(lambda c: drawers.forget_old(c, later + timedelta(days=1)))
    assert await database.read(lambda c: drawers.find_file(c, "lan", "ab")) is None


async def test_the_oldest_of_eleven_files_makes_room(database: Database) -> None:
    for number in range(11):
        await database.write(lambda c, n=number: drawers.keep_file(c, "lan", f"{n:02}", b"x", NOW))  # type: ignore[misc]

    assert await database.read(lambda c: drawers.find_file(c, "lan", "10")) == b"x"
    kept = [await database.read(lambda c, n=n: drawers.find_file(c, "lan", f"{n:02}")) for n in range(11)]  # type: ignore[misc]
    assert kept.count(None) == 1
