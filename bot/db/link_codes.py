"""The codes that link a second channel: kept as a digest for a quarter of an hour, used once."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, or_, select, update

from bot.db import contacts as people
from bot.db import official_contacts
from bot.db.channel_tables import link_codes
from bot.db.linking import unlink
from bot.db.tables import contacts
from bot.messages import Address

LIVES = timedelta(minutes=15)


class Outcome(StrEnum):
    """What became of a code that was typed."""

    LINKED = "linked"
    UNKNOWN = "unknown"
    SAME = "same"
    OFFICIAL = "official"


@dataclass(frozen=True, slots=True)
class Redeemed:
    """The outcome, and on LINKED where the code was asked for."""

    outcome: Outcome
    first: Address | None = None


def keep_code(connection: Connection, address: Address, code: str, now: datetime) -> None:
    """Keep *code* for the contact at *address*, who may be a stranger; the ones before it are void."""
    found = people.find(connection, address)
    contact_id = found.id if found else people.add(connection, address, now)
    connection.execute(
        delete(link_codes).where(or_(link_codes.c.contact_id == contact_id, link_codes.c.expires_at < now))
    )
    connection.execute(
        insert(link_codes).values(digest=_digest(code), contact_id=contact_id, expires_at=now + LIVES)
    )


def redeem(connection: Connection, address: Address, code: str, now: datetime) -> Redeemed:
    """Link the contact at *address* with the one who asked for *code*: a citizen elsewhere, or an official
    on the console. The same person may repeat a citizen's."""
    if official_contacts.redeem(connection, address, code, now):
        return Redeemed(Outcome.OFFICIAL)
    row = connection.execute(
        select(
            link_codes.c.contact_id,
            link_codes.c.used_by,
            contacts.c.channel,
            contacts.c.peer,
            contacts.c.person_id,
        )
        .join(contacts, contacts.c.id == link_codes.c.contact_id)
        .where(link_codes.c.digest == _digest(code), link_codes.c.expires_at >= now)
    ).one_or_none()
    if row is None:
        return Redeemed(Outcome.UNKNOWN)
    first = Address(row.channel, row.peer)
    found = people.find(connection, address)
    second = found.id if found else people.add(connection, address, now)
    if second == row.contact_id:
        return Redeemed(Outcome.SAME)
    if row.used_by is not None and row.used_by != second:
        return Redeemed(Outcome.UNKNOWN)
    unlink(connection, second)
    person = row.person_id or row.contact_id
    connection.execute(
        update(contacts).where(contacts.c.id.in_([row.contact_id, second])).values(person_id=person)
    )
    connection.execute(update(link_codes).where(link_codes.c.digest == _digest(code)).values(used_by=second))
    return Redeemed(Outcome.LINKED, first)


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
