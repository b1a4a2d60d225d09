"""Whom a segment means among the contacts, and how many that are."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, not_, or_, select, true

from bot.contacts import ContactStatus, Segment, Window
from bot.db.linking import rather_here
from bot.db.tables import contact_topics, contacts, deliveries, series_members, taps
from bot.outreach.reach import Route

ACKNOWLEDGED = "ack"
"""The token of the tap by which an official confirms a reminder."""

ARRIVED = ("sent", "delivered", "read")


@dataclass(frozen=True, slots=True)
class Audience:
    """How many people a segment reaches on each channel and in each place, and why others are left out.

    *excluded* counts ``blocked``, ``no_consent``, ``no_channel`` and ``linked`` (written to on another of
    their channels) among those who fit the segment. *places* are a province's code and a home's token,
    each empty where nobody said.
    """

    channels: Mapping[str, int]
    excluded: Mapping[str, int]
    places: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many people it reaches."""
        return sum(self.channels.values())


def reachable() -> ColumnElement[bool]:
    """That a contact consented to notices and did not block us."""
    return and_(contacts.c.status == ContactStatus.ACTIVE, contacts.c.notices)


def members(segment: Segment, now: datetime) -> ColumnElement[bool]:
    """That a contact fits *segment* at *now*: every condition given holds, any of its values does."""
    conditions: list[ColumnElement[bool]] = []
    for column, values in (
        (contacts.c.home_province, segment.provinces),
        (contacts.c.home, segment.communes),
        (contacts.c.channel, segment.channels),
        (contacts.c.role, segment.roles),
    ):
        if values:
            conditions.append(column.in_(sorted(values)))
    if segment.languages:
        # Who never said it speaks Vietnamese.
        spoken = {*segment.languages, ""} if "vi" in segment.languages else segment.languages
        conditions.append(contacts.c.language.in_(sorted(spoken)))
    if segment.active_days:
        conditions.append(contacts.c.last_heard_at >= now - timedelta(days=segment.active_days))
    if segment.topics:
        conditions.append(
            exists().where(
                contact_topics.c.contact_id == contacts.c.id,
                contact_topics.c.topic.in_(sorted(segment.topics)),
            )
        )
    if segment.series:
        conditions.append(_in_series(segment))
    if segment.reached:
        # Under another name: the question may be asked about copies.
        copy = deliveries.alias("reached")
        conditions.append(
            exists().where(
                copy.c.contact_id == contacts.c.id,
                copy.c.broadcast_id == segment.reached,
                copy.c.status.in_((*ARRIVED, "uncertain")),
            )
        )
    if segment.awaited:
        conditions.append(
            ~exists().where(
                taps.c.broadcast_id.in_(sorted(segment.awaited)),
                taps.c.contact_id == contacts.c.id,
                taps.c.token == ACKNOWLEDGED,
            )
        )
    if segment.any_of:
        conditions.append(or_(*(members(each, now) for each in segment.any_of)))
    conditions += [not_(members(each, now)) for each in segment.none_of]
    return and_(true(), *conditions)


def chosen_once(
    segment: Segment,
    running: Collection[str],
    now: datetime,
    closing: Mapping[str, timedelta] | None = None,
    started: datetime | None = None,
) -> ColumnElement[bool]:
    """That a contact can be reached, fits *segment*, and is the one contact of its person that is written
    to, where channels are *running* and some are *closing* (see ``rather_here``), as it was at *started*."""
    who = and_(reachable(), members(segment, now))
    return and_(who, rather_here(who, running, closing, started or now))


def count_routes(
    connection: Connection,
    segment: Segment,
    windows: Mapping[str, Window | None],
    now: datetime,
    closing: Mapping[str, timedelta] | None = None,
) -> Mapping[str, Mapping[Route, int]]:
    """How many people of *segment* can be written to on each channel of *windows*, by how long ago they
    last acted; some channels may be *closing* (see ``rather_here``)."""
    when = [
        (and_(contacts.c.channel == name, contacts.c.last_heard_at >= now - since), str(route))
        for name, window in windows.items()
        if window is not None
        for since, route in ((window.free, Route.FREE), (window.paid, Route.PAID))
    ]
    windowed = contacts.c.channel.in_([name for name, window in windows.items() if window is not None])
    route = case(*when, (windowed, str(Route.CLOSED)), else_=str(Route.OPEN))
    rows = connection.execute(
        select(contacts.c.channel, route.label("route"), func.count().label("people"))
        .where(chosen_once(segment, windows.keys(), now, closing), contacts.c.channel.in_(sorted(windows)))
        .group_by(contacts.c.channel, "route")
    )
    found: dict[str, dict[Route, int]] = {}
    for row in rows:
        found.setdefault(row.channel, {})[Route(row.route)] = row.people
    return found


def count_audience(
    connection: Connection,
    segment: Segment,
    running: Collection[str],
    now: datetime,
    closing: Mapping[str, timedelta] | None = None,
) -> Audience:
    """How many people would get a broadcast to *segment* now, on the channels that are *running*; some may
    be *closing* (see ``rather_here``)."""
    here = rather_here(and_(reachable(), members(segment, now)), running, closing, now).label("here")
    c = contacts.c
    known = (c.channel, c.status, c.notices, c.home_province, c.home)
    rows = connection.execute(
        select(*known, here, func.count().label("people")).where(members(segment, now)).group_by(*known, "here")
    )
    channels: dict[str, int] = {}
    excluded: dict[str, int] = {}
    places: dict[tuple[str, str], int] = {}
    for row in rows:
        if row.status != ContactStatus.ACTIVE:
            reason = "blocked"
        elif not row.notices:
            reason = "no_consent"
        elif row.channel not in running:
            reason = "no_channel"
        elif not row.here:
            reason = "linked"
        else:
            channels[row.channel] = channels.get(row.channel, 0) + row.people
            place = (row.home_province, row.home)
            places[place] = places.get(place, 0) + row.people
            continue
        excluded[reason] = excluded.get(reason, 0) + row.people
    return Audience(dict(sorted(channels.items())), excluded, places)


def overlap(connection: Connection, first: Segment, second: Segment, now: datetime) -> bool:
    """Whether anybody who can be reached fits both segments."""
    both = select(contacts.c.id).where(reachable(), members(first, now), members(second, now)).limit(1)
    return connection.scalar(both) is not None


def _in_series(segment: Segment) -> ColumnElement[bool]:
    conditions = [
        series_members.c.contact_id == contacts.c.id,
        series_members.c.series == segment.series,
        series_members.c.left_at.is_(None),
    ]
    if segment.joined:
        first, last = segment.joined
        conditions += [series_members.c.joined_at >= first, series_members.c.joined_at < last]
    return exists().where(*conditions)
