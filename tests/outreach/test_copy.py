"""From a province's SQLite file to PostgreSQL: every row, and ids that go on behind the last."""

import pytest

from bot.db import Database, broadcasts
from bot.db.copying import NotEmpty, copy_all
from bot.db.tables import metadata
from bot.dispatch import Dispatcher
from tests.outreach.postroom import CONTENT, NOW, Recorder, add_people, counted, run_once, schedule


async def test_everything_arrives_and_life_goes_on(sqlite: Database, postgres_url: str) -> None:
    await sqlite.write(lambda c: add_people(c, 40))
    number = await sqlite.write(schedule)
    await run_once(Dispatcher(sqlite, {"fake": Recorder()}, lambda: NOW), NOW)
    target = Database.open(postgres_url)

    copied = list(copy_all(sqlite.engine, target.engine))
    assert {each.table for each in copied} == set(metadata.tables)
    assert all(each.here == each.there for each in copied)
    assert sum(each.here for each in copied) > 80
    assert counted(target, number) == {"sent": 40}
    next_one = await target.write(lambda c: schedule(c, content={**CONTENT, "text": "hai"}))
    assert next_one == number + 1
    assert target.read_now(lambda c: broadcasts.find(c, number)).created_at == NOW

    with pytest.raises(NotEmpty):
        list(copy_all(sqlite.engine, target.engine))
    target.close()
