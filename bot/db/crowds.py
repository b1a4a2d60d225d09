"""Many people at once, for measuring and for torture: made in bulk, and what became of their copies."""

from datetime import datetime

from sqlalchemy import Connection, func, select, text

from bot.contacts import Topic
from bot.db.tables import contacts, deliveries, inbox
from bot.outreach.delivery import DeliveryStatus


def add(connection: Connection, people: int, channel: str, now: datetime) -> None:
    """People with the peers 1 … *people* on *channel*, who consented and asked for events."""
    numbers = (
        "SELECT generate_series(1, :people) AS n"
        if connection.dialect.name == "postgresql"
        else "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < :people) SELECT n FROM s"
    )
    moment = now.replace(tzinfo=None) if connection.dialect.name == "sqlite" else now
    connection.execute(
        text(
            "INSERT INTO contacts (channel, peer, status, home, home_province, notices, language, role,"
            " created_at, last_heard_at)"
            " SELECT :channel, CAST(n AS VARCHAR), 'active', '', '', :yes, '', '', :now, :now"
            f" FROM ({numbers}) AS numbers"
        ),
        {"people": people, "channel": channel, "yes": True, "now": moment},
    )
    connection.execute(
        text(
            "INSERT INTO contact_topics (contact_id, topic)"
            " SELECT id, :topic FROM contacts WHERE channel = :channel"
        ),
        {"topic": str(Topic.EVENTS), "channel": channel},
    )


def copies_by_peer(connection: Connection, broadcast_id: int) -> dict[str, tuple[DeliveryStatus, str, int]]:
    """Status, reason and attempts of every copy, by the peer it was for."""
    rows = connection.execute(
        select(contacts.c.peer, deliveries.c.status, deliveries.c.reason, deliveries.c.attempts)
        .join(deliveries, deliveries.c.contact_id == contacts.c.id)
        .where(deliveries.c.broadcast_id == broadcast_id)
    )
    return {row.peer: (DeliveryStatus(row.status), row.reason, row.attempts) for row in rows}


def count_heard(connection: Connection) -> int:
    """How many messages of citizens were stored, answered or not."""
    return connection.scalar(select(func.count()).select_from(inbox)) or 0
