"""Contacts of one citizen on several channels: which they are, and which one is written to."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    and_,
    case,
    exists,
    func,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.sql.util import ClauseAdapter

from bot.db.tables import contacts, deliveries


def linked_channels(connection: Connection, contact_id: int) -> list[str]:
    """The other channels on which this person is known."""
    mine = select(contacts.c.person_id).where(contacts.c.id == contact_id).scalar_subquery()
    return list(
        connection.scalars(
            select(contacts.c.channel)
            .where(contacts.c.person_id == mine, contacts.c.id != contact_id)
            .order_by(contacts.c.channel)
        )
    )


def prefer(connection: Connection, contact_id: int, channel: str) -> None:
    """From now on the person of this contact is written to on *channel*, where that is possible."""
    person = select(contacts.c.person_id).where(contacts.c.id == contact_id).scalar_subquery()
    connection.execute(
        update(contacts).where(contacts.c.person_id == person).values(preferred=contacts.c.channel == channel)
    )


def unlink(connection: Connection, contact_id: int) -> None:
    """This contact is a person of their own again; so is one who is left alone."""
    person = connection.scalar(select(contacts.c.person_id).where(contacts.c.id == contact_id))
    if person is None:
        return
    alone = {"person_id": None, "preferred": False}
    connection.execute(update(contacts).where(contacts.c.id == contact_id).values(**alone))
    left = connection.scalar(select(func.count()).where(contacts.c.person_id == person))
    if left == 1:
        connection.execute(update(contacts).where(contacts.c.person_id == person).values(**alone))


def rather_here(
    who: ColumnElement[bool],
    running: Collection[str],
    closing: Mapping[str, timedelta] | None = None,
    now: datetime | None = None,
) -> ColumnElement[bool]:
    """That no other contact of the same person fits *who* and is rather to be written to.

    *running* are the channels on which anything can be sent; *closing* are those among them where nothing
    can at *now* to who last acted so long ago. A contact that can be written to comes before one that
    cannot, then the preferred one, then the first.

    Somebody who acts after *now* is open when asked about themselves and closed as another's rival: asked
    at different moments, this may choose two contacts of a person, never none.
    """
    other = contacts.alias("same_person")
    fits = ClauseAdapter(other).traverse(who)
    before = or_(
        and_(other.c.preferred, not_(contacts.c.preferred)),
        and_(other.c.preferred == contacts.c.preferred, other.c.id < contacts.c.id),
    )
    if closing and now is not None:
        here = _is_open(contacts, running, closing, now)
        there = _is_open(other, running, closing, now, until=now)
        before = or_(there > here, and_(there == here, before))
    rival = exists().where(
        other.c.person_id == contacts.c.person_id,
        other.c.id != contacts.c.id,
        other.c.channel.in_(sorted(running)),
        fits,
        before,
    )
    # Most are linked to nobody: PostgreSQL then looks nothing up, in half the time.
    return or_(contacts.c.person_id.is_(None), not_(rival))


def _is_open(
    who: FromClause,
    running: Collection[str],
    closing: Mapping[str, timedelta],
    now: datetime,
    until: datetime | None = None,
) -> ColumnElement[int]:
    """1 for a contact whose channel runs and lets us write at *now*, 0 for another."""
    within = [
        and_(
            who.c.channel == channel,
            who.c.last_heard_at >= now - since,
            *([who.c.last_heard_at <= until] if until else []),
        )
        for channel, since in sorted(closing.items())
    ]
    never_closes = who.c.channel.in_(sorted({*running} - closing.keys()))
    return case((or_(never_closes, *within), 1), else_=0)


def reached_elsewhere(broadcast_id: int | BindParameter[int]) -> ColumnElement[bool]:
    """That another contact of the same person has had this broadcast, or is having it."""
    other = contacts.alias("same_person")
    theirs = deliveries.alias("theirs")
    # Most are linked to nobody: then nothing is looked up.
    return and_(
        contacts.c.person_id.is_not(None),
        exists().where(
            other.c.person_id == contacts.c.person_id,
            other.c.id != contacts.c.id,
            theirs.c.contact_id == other.c.id,
            theirs.c.broadcast_id == broadcast_id,
            theirs.c.status.in_(("sending", "sent", "delivered", "read", "uncertain")),
        ),
    )
