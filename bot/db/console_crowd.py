"""A database of a large province, for measuring the console: many contacts, all of whom got many broadcasts."""

from datetime import datetime

from sqlalchemy import Connection, insert, select

from bot.contacts import Topic
from bot.db.tables import broadcasts, contact_topics, contacts, deliveries, shards
from bot.outreach.broadcast import Status
from bot.outreach.delivery import DeliveryStatus

_SHARD = 1000
_SOME_FAIL = 50


def add_people(connection: Connection, people: int, now: datetime) -> None:
    """Contacts of the web chat in a commune of Ho Chi Minh City, who consented and asked for events."""
    row = {"channel": "web", "status": "active", "home": "new:26740", "home_province": "79", "notices": True}
    for begin in range(0, people, 10_000):
        many = [
            {**row, "peer": f"b{number}", "created_at": now, "last_heard_at": now}
            for number in range(begin, min(begin + 10_000, people))
        ]
        connection.execute(insert(contacts), many)
    everyone = connection.scalars(select(contacts.c.id)).all()
    connection.execute(insert(contact_topics), [{"contact_id": each, "topic": Topic.EVENTS} for each in everyone])


def send_to_all(connection: Connection, broadcast_id: int, people: int, now: datetime) -> None:
    """A broadcast that reached everybody but one in fifty; its shards are done and know their counts."""
    everyone = connection.scalars(select(contacts.c.id).order_by(contacts.c.id)).all()
    for number, begin in enumerate(range(0, people, _SHARD), 1):
        part = everyone[begin : begin + _SHARD]
        rows = [
            {
                "broadcast_id": broadcast_id,
                "sequence": begin + at + 1,
                "shard": number,
                "contact_id": who,
                "status": DeliveryStatus.FAILED if at % _SOME_FAIL == 0 else DeliveryStatus.SENT,
                "reason": "blocked" if at % _SOME_FAIL == 0 else "",
                "attempts": 1,
                "at": now,
            }
            for at, who in enumerate(part)
        ]
        connection.execute(insert(deliveries), rows)
        failed = -(-len(part) // _SOME_FAIL)
        connection.execute(
            insert(shards).values(
                broadcast_id=broadcast_id,
                number=number,
                channel="web",
                status="done",
                fence=1,
                wave=1,
                size=len(part),
                counts={"sent:": len(part) - failed, "failed:blocked": failed},
            )
        )
    connection.execute(
        broadcasts.update()
        .where(broadcasts.c.id == broadcast_id)
        .values(status=Status.COMPLETED, started_at=now, ended_at=now, total=people)
    )
