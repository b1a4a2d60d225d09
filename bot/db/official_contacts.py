"""An official's own conversations on the channels, to which test sends go: linked by a code typed there."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, or_, select, update

from bot.db import audit
from bot.db import contacts as people
from bot.db.channel_tables import official_contacts as rows
from bot.db.tables import contacts, officials
from bot.messages import Address

LIVES = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class OwnContact:
    """One of an official's own conversations."""

    id: int
    address: Address
    linked_at: datetime


def keep_code(connection: Connection, login: str, code: str, now: datetime) -> None:
    """Keep *code* for the official; the ones before it are void."""
    void = or_(rows.c.login == login, rows.c.expires_at < now)
    connection.execute(delete(rows).where(rows.c.contact_id.is_(None), void))
    connection.execute(insert(rows).values(login=login, digest=_digest(code), expires_at=now + LIVES))
    audit.record(connection, login, "own_contact_code", now)


def redeem(connection: Connection, address: Address, code: str, now: datetime) -> str:
    """Make the contact at *address* the official's who asked for *code*, and nobody else's. Returns the
    login; empty when there is no such code. A code works once."""
    row = connection.execute(
        select(rows.c.id, rows.c.login)
        .join(officials, officials.c.login == rows.c.login)
        .where(rows.c.digest == _digest(code), rows.c.expires_at >= now, officials.c.active)
    ).one_or_none()
    if row is None:
        return ""
    found = people.find(connection, address)
    contact_id = found.id if found else people.add(connection, address, now)
    connection.execute(delete(rows).where(rows.c.contact_id == contact_id))
    connection.execute(
        update(rows)
        .where(rows.c.id == row.id)
        .values(digest=None, expires_at=None, contact_id=contact_id, linked_at=now)
    )
    audit.record(connection, row.login, "own_contact", now, detail=address.channel)
    return str(row.login)


def contacts_of(connection: Connection, login: str) -> list[OwnContact]:
    """The official's own conversations, by channel."""
    found = connection.execute(
        select(rows.c.id, rows.c.linked_at, contacts.c.channel, contacts.c.peer)
        .join(contacts, contacts.c.id == rows.c.contact_id)
        .where(rows.c.login == login)
        .order_by(contacts.c.channel, rows.c.id)
    )
    return [OwnContact(row.id, Address(row.channel, row.peer), row.linked_at) for row in found]


def unlink(connection: Connection, login: str, number: int, now: datetime) -> bool:
    """Send no tests there any more. False when it is none of the official's."""
    gone = connection.execute(delete(rows).where(rows.c.id == number, rows.c.login == login))
    if gone.rowcount:
        audit.record(connection, login, "own_contact_end", now)
    return bool(gone.rowcount)


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
