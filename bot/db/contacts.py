"""Contacts as kept: found or made, changed by a turn's events, shown to and forgotten for the citizen."""

from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from bot.contacts import Contact, ContactStatus, Held, Purpose, Topic
from bot.db import centres, linking, series, taps, unanswered
from bot.db.centre_tables import centre_reports
from bot.db.channel_tables import link_codes
from bot.db.content_tables import awaiting, votes
from bot.db.tables import (
    consents,
    contact_topics,
    contacts,
    conversations,
    deliveries,
    handovers,
    inbox,
    replies,
    series_members,
    webchat_messages,
)
from bot.dialogue.turn import (
    Awaited,
    CentreReported,
    Consented,
    Event,
    Exported,
    Forgotten,
    HandedOver,
    HomeSet,
    LanguageSet,
    Left,
    LinkAsked,
    LinkTyped,
    Preferred,
    SeriesJoined,
    SeriesLeft,
    Subscribed,
    Tapped,
    Unanswered,
    Unlinked,
    Unsubscribed,
    Voted,
)
from bot.messages import Address


def find(connection: Connection, address: Address) -> Contact | None:
    """The contact at *address*, or None for a stranger."""
    row = connection.execute(
        select(contacts).where(contacts.c.channel == address.channel, contacts.c.peer == address.peer)
    ).one_or_none()
    if row is None:
        return None
    topics = frozenset[Topic]()
    if row.notices:
        chosen = connection.scalars(select(contact_topics.c.topic).where(contact_topics.c.contact_id == row.id))
        topics = frozenset(Topic(topic) for topic in chosen)
    return Contact(
        id=row.id,
        address=address,
        status=ContactStatus(row.status),
        home=row.home,
        home_province=row.home_province,
        topics=topics,
        notices=row.notices,
        last_heard_at=row.last_heard_at,
        language=row.language,
    )


def add(connection: Connection, address: Address, now: datetime, language: str = "") -> int:
    """Make the contact at *address*, who speaks *language*, and return its id; nothing is consented to."""
    added = connection.execute(
        insert(contacts)
        .values(
            channel=address.channel,
            peer=address.peer,
            status=ContactStatus.ACTIVE,
            language=language,
            created_at=now,
            last_heard_at=now,
        )
        .returning(contacts.c.id)
    )
    return int(added.scalar_one())


def apply(connection: Connection, contact_id: int, event: Event, now: datetime) -> None:
    """Store what *event* changed about the contact."""
    this = contacts.c.id == contact_id
    match event:
        case Consented(purpose, given, notice):
            connection.execute(
                insert(consents).values(contact_id=contact_id, purpose=purpose, given=given, notice=notice, at=now)
            )
            if purpose is Purpose.NOTICES:
                connection.execute(update(contacts).where(this).values(notices=given))
        case Subscribed(topics):
            connection.execute(delete(contact_topics).where(contact_topics.c.contact_id == contact_id))
            if topics:
                connection.execute(
                    insert(contact_topics),
                    [{"contact_id": contact_id, "topic": topic} for topic in sorted(topics)],
                )
        case Unsubscribed():
            connection.execute(
                insert(consents).values(
                    contact_id=contact_id, purpose=Purpose.NOTICES, given=False, notice="", at=now
                )
            )
            connection.execute(update(contacts).where(this).values(notices=False))
            connection.execute(delete(contact_topics).where(contact_topics.c.contact_id == contact_id))
        case HomeSet(unit, province):
            connection.execute(update(contacts).where(this).values(home=unit, home_province=province))
        case LanguageSet(code):
            connection.execute(update(contacts).where(this).values(language=code))
        case HandedOver(question, _, due_at):
            home = select(contacts.c.home).where(this).scalar_subquery()
            connection.execute(
                insert(handovers).values(
                    contact_id=contact_id,
                    question=question,
                    home=home,
                    status="open",
                    created_at=now,
                    due_at=due_at,
                )
            )
        case Voted(code, useful, version):
            _vote(connection, contact_id, code, version, now, useful=useful)
        case Unanswered(question):
            unanswered.add(connection, question, now)
        case Awaited(question):
            unanswered.await_answer(connection, contact_id, question, now)
        case CentreReported(centre, wrong, note):
            centres.add_report(connection, contact_id, centre, wrong, note, now)
        case Left(gone):
            status = ContactStatus.BLOCKED if gone else ContactStatus.ACTIVE
            connection.execute(update(contacts).where(this).values(status=status))
        case Forgotten():
            forget(connection, contact_id)
        case Tapped(broadcast_id, token):
            taps.add(connection, broadcast_id, contact_id, token, now)
        case SeriesJoined(code):
            series.join(connection, code, contact_id, now)
        case SeriesLeft(code):
            series.leave(connection, code, contact_id, now)
        case Preferred(channel):
            linking.prefer(connection, contact_id, channel)
        case Unlinked():
            linking.unlink(connection, contact_id)
        case Exported() | LinkAsked() | LinkTyped():
            pass


def _vote(
    connection: Connection, contact_id: int, code: str, version: str, now: datetime, *, useful: bool
) -> None:
    """One vote a contact and version of an answer: a second one takes the place of the first."""
    changed = connection.execute(
        update(votes)
        .where(votes.c.contact_id == contact_id, votes.c.code == code, votes.c.version == version)
        .values(useful=useful, at=now)
    )
    if changed.rowcount == 0:
        connection.execute(
            insert(votes).values(contact_id=contact_id, code=code, version=version, useful=useful, at=now)
        )


def touch(connection: Connection, contact_id: int, now: datetime) -> None:
    """The contact was heard now, and so can be reached again."""
    connection.execute(
        update(contacts).where(contacts.c.id == contact_id).values(last_heard_at=now, status=ContactStatus.ACTIVE)
    )


def block(connection: Connection, address: Address) -> None:
    """The platform says that this person cannot be written to any more."""
    connection.execute(
        update(contacts)
        .where(contacts.c.channel == address.channel, contacts.c.peer == address.peer)
        .values(status=ContactStatus.BLOCKED)
    )


def set_role(connection: Connection, address: Address, role: str) -> bool:
    """What *address* is to segments of officials. False for a stranger."""
    changed = connection.execute(
        update(contacts)
        .where(contacts.c.channel == address.channel, contacts.c.peer == address.peer)
        .values(role=role)
    )
    return changed.rowcount == 1


def forget(connection: Connection, contact_id: int) -> None:
    """Delete everything held about the contact; its deliveries keep only a number without a person."""
    row = connection.execute(
        select(contacts.c.channel, contacts.c.peer).where(contacts.c.id == contact_id)
    ).one_or_none()
    if row is None:
        return
    linking.unlink(connection, contact_id)
    connection.execute(delete(replies).where(replies.c.channel == row.channel, replies.c.peer == row.peer))
    connection.execute(
        update(inbox)
        .where(inbox.c.channel == row.channel, inbox.c.peer == row.peer)
        .values(peer="", heard=None, status="answered")
    )
    connection.execute(delete(webchat_messages).where(webchat_messages.c.peer == row.peer))
    connection.execute(update(votes).where(votes.c.contact_id == contact_id).values(contact_id=None))
    for table in (
        contact_topics,
        consents,
        conversations,
        handovers,
        series_members,
        awaiting,
        centre_reports,
        link_codes,
    ):
        connection.execute(delete(table).where(table.c.contact_id == contact_id))
    connection.execute(delete(contacts).where(contacts.c.id == contact_id))


def held_about(connection: Connection, contact: Contact) -> Held:
    """Everything kept about *contact*."""
    row = connection.execute(
        select(contacts.c.created_at, contacts.c.last_heard_at).where(contacts.c.id == contact.id)
    ).one()
    given = connection.execute(select(consents).where(consents.c.contact_id == contact.id).order_by(consents.c.id))
    asked = connection.execute(
        select(handovers.c.created_at, handovers.c.question)
        .where(handovers.c.contact_id == contact.id)
        .order_by(handovers.c.id)
    )
    reported = connection.execute(
        select(centre_reports).where(centre_reports.c.contact_id == contact.id).order_by(centre_reports.c.id)
    )
    sent = connection.scalar(
        select(func.count()).where(
            deliveries.c.contact_id == contact.id, deliveries.c.status.in_(("sent", "delivered", "read"))
        )
    )
    waits = connection.execute(select(awaiting).where(awaiting.c.contact_id == contact.id).order_by(awaiting.c.id))
    lines = connection.scalar(select(func.count()).where(webchat_messages.c.peer == contact.address.peer))
    return Held(
        contact,
        row.created_at,
        row.last_heard_at,
        tuple((each.at, Purpose(each.purpose), each.given, each.notice) for each in given),
        tuple((each.created_at, each.question) for each in asked),
        sent or 0,
        lines or 0,
        connection.scalar(select(func.count()).where(votes.c.contact_id == contact.id)) or 0,
        tuple((each.at, each.question) for each in waits),
        tuple((each.created_at, each.centre, each.wrong, each.note) for each in reported),
        tuple(linking.linked_channels(connection, contact.id)),
    )
