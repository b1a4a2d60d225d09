"""Freezing the recipients of a broadcast: one row a person, page by page, so that the first leave at once.

Each page is one transaction and begins where the last one ended, so a crash neither loses nor doubles.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    exists,
    func,
    insert,
    literal,
    select,
    true,
    update,
)

from bot.contacts import Segment
from bot.db.audience import chosen_once, count_audience
from bot.db.tables import broadcasts, contacts, deliveries, shards
from bot.outreach import frozen_content
from bot.outreach.audience_rule import segment_from_json
from bot.outreach.broadcast import Status, canary_size
from bot.outreach.delivery import DeliveryStatus

PAGE = 5_000
SPAN = 50_000
"""A page ends after so many people, or so many contacts looked at: while it is written, nothing else is."""

DRAWN_MAX = 200_000
"""Among so many contacts at most a canary is looked for."""

FIRST_WAVE, SECOND_WAVE = 0, 1


def begin(
    connection: Connection,
    broadcast_id: int,
    segment: Segment,
    expected: int,
    sizes: Mapping[str, int],
    now: datetime,
    windows: Mapping[str, timedelta] | None = None,
) -> None:
    """Freeze the canary, if the audience is larger than one, and the first page.

    People on a channel without a size (one that is not running) are kept as skipped. *expected* is how
    many it was approved for; 0: not known, they are counted. *windows*: how long after
    a person's last act a channel lets us write, where there is an end to it: who is silent for longer is
    written to on another of their channels.
    """
    content = connection.scalar(select(broadcasts.c.content).where(broadcasts.c.id == broadcast_id)) or {}
    closing = frozen_content.closing(content, windows or {})
    newest = connection.scalar(select(func.coalesce(func.max(contacts.c.id), 0))) or 0
    expected = expected or count_audience(connection, segment, sizes.keys(), now).total
    canary = canary_size(expected)
    connection.execute(
        update(broadcasts)
        .where(broadcasts.c.id == broadcast_id)
        .values(
            freeze_channel=_next_channel(connection, ""),
            freeze_after=0,
            freeze_upto=newest,
            wave=FIRST_WAVE if expected > canary else SECOND_WAVE,
        )
    )
    if expected > canary:
        # Every so-many-th contact, so that the canary looks like the whole.
        every = max(1, expected // canary, newest // DRAWN_MAX)
        channel: str | None = ""
        while channel := _next_channel(connection, channel or ""):
            if channel in sizes:
                chosen = and_(
                    chosen_once(segment, sizes.keys(), now, closing),
                    _on(channel),
                    contacts.c.id.in_(_multiples(every, newest)),
                )
                share = max(1, canary - _total(connection, broadcast_id))
                drawn = connection.scalars(
                    select(contacts.c.id).where(chosen).order_by(contacts.c.id).limit(share)
                ).all()
                these = contacts.c.id.in_(drawn)
                _add_page(connection, broadcast_id, channel, sizes[channel], FIRST_WAVE, these, share)
        if not _total(connection, broadcast_id):
            # Nobody was drawn: then there is no canary to wait for.
            connection.execute(update(broadcasts).where(broadcasts.c.id == broadcast_id).values(wave=SECOND_WAVE))
    freeze_page(connection, broadcast_id, sizes, now, windows=windows)


def freezing(connection: Connection) -> list[int]:
    """The broadcasts whose recipients are not all frozen yet."""
    return list(
        connection.scalars(
            select(broadcasts.c.id).where(
                broadcasts.c.freeze_channel.is_not(None),
                broadcasts.c.status.in_((Status.SENDING, Status.PAUSED)),
            )
        )
    )


def freeze_page(
    connection: Connection,
    broadcast_id: int,
    sizes: Mapping[str, int],
    now: datetime,
    page: int = PAGE,
    *,
    windows: Mapping[str, timedelta] | None = None,
) -> bool:
    """Freeze the next people. Returns whether there may be more. *windows* as at the beginning."""
    row = connection.execute(
        select(
            broadcasts.c.status,
            broadcasts.c.segment,
            broadcasts.c.content,
            broadcasts.c.started_at,
            broadcasts.c.freeze_channel,
            broadcasts.c.freeze_after,
            broadcasts.c.freeze_upto,
        )
        .where(broadcasts.c.id == broadcast_id)
        .with_for_update()
    ).one()
    if row.freeze_channel is None or row.status not in (Status.SENDING, Status.PAUSED):
        return False
    segment = segment_from_json(row.segment)
    closing = frozen_content.closing(row.content, windows or {})
    channel, after, left, looked = row.freeze_channel, row.freeze_after, page, 0
    while channel is not None and left > 0 and looked < SPAN:
        size = sizes.get(channel)
        room = max(left // size, 1) * size if size else left
        upto = min(after + SPAN - looked, row.freeze_upto)
        chosen = and_(
            # Windows as they stood at the start, or a person might be passed over on both channels.
            chosen_once(segment, sizes.keys(), now, closing, row.started_at),
            _on(channel),
            contacts.c.id > after,
            contacts.c.id <= upto,
            # Those of the canary have theirs.
            ~exists().where(deliveries.c.contact_id == contacts.c.id, deliveries.c.broadcast_id == broadcast_id),
        )
        made, last = _add_page(connection, broadcast_id, channel, size, SECOND_WAVE, chosen, room)
        left -= made
        reached = last if made == room else upto
        looked += reached - after
        if reached >= row.freeze_upto:
            channel, after = _next_channel(connection, channel), 0
        else:
            after = reached
    connection.execute(
        update(broadcasts)
        .where(broadcasts.c.id == broadcast_id)
        .values(freeze_channel=channel, freeze_after=after)
    )
    return channel is not None


def count_anew(connection: Connection) -> None:
    """Have PostgreSQL look at what it keeps: of a broadcast it has not seen it expects next to nothing, and goes
    through all of it for the few copies it is asked for."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE deliveries")
        connection.commit()


def _add_page(
    connection: Connection,
    broadcast_id: int,
    channel: str,
    size: int | None,
    wave: int,
    chosen: ColumnElement[bool],
    limit: int,
) -> tuple[int, int]:
    """Rows for the first *limit* of the chosen, in shards of *size*. Returns how many, and the last contact."""
    total = _total(connection, broadcast_id)
    first_shard = 1 + (
        connection.scalar(
            select(func.coalesce(func.max(shards.c.number), 0)).where(shards.c.broadcast_id == broadcast_id)
        )
        or 0
    )
    people = select(contacts.c.id).where(true(), chosen).order_by(contacts.c.id).limit(limit).subquery()
    numbered = select(people.c.id, func.row_number().over(order_by=people.c.id).label("n")).subquery()
    rows = select(
        literal(broadcast_id, Integer),
        numbered.c.n + total,
        literal(first_shard, Integer) + ((numbered.c.n - 1) // size if size else 0),
        numbered.c.id,
        literal(str(DeliveryStatus.QUEUED if size else DeliveryStatus.SKIPPED)),
        literal("" if size else "no_channel"),
        literal(0, Integer),
    )
    names = ["broadcast_id", "sequence", "shard", "contact_id", "status", "reason", "attempts"]
    made = connection.execute(
        insert(deliveries).from_select(names, rows), execution_options={"preserve_rowcount": True}
    ).rowcount
    if not made:
        return 0, 0
    shard_size = size or made
    connection.execute(
        insert(shards),
        [
            {
                "broadcast_id": broadcast_id,
                "number": first_shard + index,
                "channel": channel,
                "status": "ready" if size else "done",
                "wave": wave,
                "size": min(shard_size, made - index * shard_size),
                "counts": None if size else {f"{DeliveryStatus.SKIPPED}:no_channel": made},
                "fence": 0,
            }
            for index in range(-(-made // shard_size))
        ],
    )
    connection.execute(update(broadcasts).where(broadcasts.c.id == broadcast_id).values(total=total + made))
    last = connection.scalar(
        select(deliveries.c.contact_id).where(
            deliveries.c.broadcast_id == broadcast_id, deliveries.c.sequence == total + made
        )
    )
    return made, last or 0


def _total(connection: Connection, broadcast_id: int) -> int:
    return connection.scalar(select(broadcasts.c.total).where(broadcasts.c.id == broadcast_id)) or 0


def _on(channel: str) -> ColumnElement[bool]:
    """That a contact is on *channel*, asked so that no index is used: the contacts are read by their ids, or
    each page would sort all of the channel."""
    return func.coalesce(contacts.c.channel, "") == channel


def _multiples(every: int, newest: int) -> Select[tuple[int]]:
    """The multiples of *every* up to *newest*."""
    first = select(literal(every, Integer).label("n")).cte("multiples", recursive=True)
    return select(first.union_all(select(first.c.n + every).where(first.c.n + every <= newest)).c.n)


def _next_channel(connection: Connection, after: str) -> str | None:
    """The channel behind *after* in the alphabet on which we know anybody."""
    channel = connection.scalar(select(func.min(contacts.c.channel)).where(contacts.c.channel > after))
    return str(channel) if channel is not None else None
