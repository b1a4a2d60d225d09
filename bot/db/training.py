"""A database of a course: made-up people who agreed to everything, and a mark that keeps it apart."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert, select

from bot.contacts import Topic
from bot.db import house_marks
from bot.db.tables import contact_topics, contacts

PEOPLE: Final = 120
_MARK: Final = "training"


def is_course(connection: Connection) -> bool:
    """Whether this database is one of a course."""
    return house_marks.find(connection, _MARK) is not None


def open_course(connection: Connection, channels: Sequence[str], provinces: Sequence[str], now: datetime) -> bool:
    """Make an empty database one of a course, with people on *channels* in *provinces*.

    False when it has real people in it.
    """
    if is_course(connection):
        return True
    if connection.scalar(select(contacts.c.id).limit(1)) is not None:
        return False
    house_marks.put(connection, _MARK, "1")
    for number in range(PEOPLE):
        added = connection.scalar(
            insert(contacts)
            .values(
                channel=channels[number % len(channels)],
                peer=f"course-{number}",
                status="active",
                home_province=provinces[number % len(provinces)],
                notices=True,
                created_at=now,
                last_heard_at=now,
            )
            .returning(contacts.c.id)
        )
        connection.execute(insert(contact_topics), [{"contact_id": added, "topic": each} for each in Topic])
    return True
