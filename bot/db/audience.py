"""Whom a segment means among the contacts, and how many that are."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select, true

from bot.contacts import ContactStatus, Segment
from bot.db.tables import contact_topics, contacts


@dataclass(frozen=True, slots=True)
class Audience:
    """How many people a segment reaches on each channel, and why others of it are left out.

    *excluded* counts ``blocked``, ``no_consent`` and ``no_channel`` among those who fit the segment.
    """

    channels: Mapping[str, int]
    excluded: Mapping[str, int]

    @property
    def total(self) -> int:
        """How many people it reaches."""
        return sum(self.channels.values())


def reachable() -> ColumnElement[bool]:
    """That a contact consented to notices and did not block us."""
    return and_(contacts.c.status == ContactStatus.ACTIVE, contacts.c.notices)


def members(segment: Segment) -> ColumnElement[bool]:
    """That a contact fits *segment*: every condition given holds, any of its values does."""
    conditions: list[ColumnElement[bool]] = []
    if segment.provinces:
        conditions.append(contacts.c.home_province.in_(sorted(segment.provinces)))
    if segment.communes:
        conditions.append(contacts.c.home.in_(sorted(segment.communes)))
    if segment.channels:
        conditions.append(contacts.c.channel.in_(sorted(segment.channels)))
    if segment.topics:
        conditions.append(
            exists().where(
                contact_topics.c.contact_id == contacts.c.id,
                contact_topics.c.topic.in_(sorted(segment.topics)),
            )
        )
    return and_(true(), *conditions)


def count_audience(connection: Connection, segment: Segment, running: Collection[str]) -> Audience:
    """How many people would get a broadcast to *segment* now, on the channels that are *running*."""
    rows = connection.execute(
        select(contacts.c.channel, contacts.c.status, contacts.c.notices, func.count().label("people"))
        .where(members(segment))
        .group_by(contacts.c.channel, contacts.c.status, contacts.c.notices)
    )
    channels: dict[str, int] = {}
    excluded: dict[str, int] = {}
    for row in rows:
        if row.status != ContactStatus.ACTIVE:
            reason = "blocked"
        elif not row.notices:
            reason = "no_consent"
        elif row.channel not in running:
            reason = "no_channel"
        else:
            channels[row.channel] = channels.get(row.channel, 0) + row.people
            continue
        excluded[reason] = excluded.get(reason, 0) + row.people
    return Audience(dict(sorted(channels.items())), excluded)
