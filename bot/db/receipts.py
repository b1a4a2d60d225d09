"""Receipts: what a platform tells about a copy after it took it."""

from collections.abc import Collection

from sqlalchemy import Connection, and_, exists, select, update

from bot.db.tables import contacts, deliveries, shards
from bot.messages import Address
from bot.outreach.delivery import DeliveryStatus

_BEFORE = {
    DeliveryStatus.DELIVERED: (DeliveryStatus.SENT,),
    DeliveryStatus.READ: (DeliveryStatus.SENT, DeliveryStatus.DELIVERED),
}


def keep_receipt(
    connection: Connection, address: Address, message_ids: Collection[str], status: DeliveryStatus
) -> bool:
    """Mark the copies *message_ids* of the person at *address* delivered or read; never the other way.

    When it was sent stays as it is. False when the receipt may have come before the platform's own
    answer: a copy of theirs is still on its way.
    """
    contact = connection.scalar(
        select(contacts.c.id).where(contacts.c.channel == address.channel, contacts.c.peer == address.peer)
    )
    if contact is None:
        return True
    rows = connection.execute(
        select(deliveries.c.broadcast_id, deliveries.c.sequence, deliveries.c.shard).where(
            deliveries.c.contact_id == contact,
            deliveries.c.message_id.in_(list(message_ids)),
            deliveries.c.status.in_(_BEFORE[status]),
        )
    ).all()
    for row in rows:
        _mark(connection, row.broadcast_id, row.sequence, row.shard, status)
    if rows:
        return True
    on_its_way = exists().where(deliveries.c.contact_id == contact, deliveries.c.status == DeliveryStatus.SENDING)
    return not connection.scalar(select(on_its_way))


def _mark(connection: Connection, broadcast_id: int, sequence: int, number: int, status: DeliveryStatus) -> None:
    """One copy, and with it what its shard knows of its copies. The shard first: whoever ends it counts
    them under the same lock."""
    shard = and_(shards.c.broadcast_id == broadcast_id, shards.c.number == number)
    counts = connection.scalar(select(shards.c.counts).where(shard).with_for_update())
    copy = and_(deliveries.c.broadcast_id == broadcast_id, deliveries.c.sequence == sequence)
    before = connection.execute(select(deliveries.c.status, deliveries.c.reason).where(copy)).one()
    if before.status not in _BEFORE[status]:
        return
    connection.execute(update(deliveries).where(copy).values(status=status))
    if counts is None:
        return
    old, new = f"{before.status}:{before.reason}", f"{status}:{before.reason}"
    moved = {**counts, old: counts.get(old, 0) - 1, new: counts.get(new, 0) + 1}
    connection.execute(update(shards).where(shard).values(counts={key: n for key, n in moved.items() if n}))
