"""Messages from their arrival to their answer: stored, loaded, answered, and the replies on their way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Compiled, Connection, Dialect, Row, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.contacts import Contact, ContactStatus
from bot.db import contacts, taps
from bot.db.audience import ARRIVED
from bot.db.tables import broadcasts, conversations, deliveries, inbox, replies
from bot.dialogue import menu
from bot.dialogue.turn import Conversation, Forgotten, Left, Turn, Unsubscribed
from bot.messages import Address, Heard, HeardKind
from bot.outreach import frozen_content

HELD = timedelta(days=30)
HELD_FOR = timedelta(seconds=60)
"""How long a reply is left to the process that sends it, before another may take it up."""
BROADCASTS_SEEN = 5
"""Among how many of the newest broadcasts a menu is looked for."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One call on its way to a citizen."""

    id: int
    address: Address
    call: Mapping[str, Any]
    attempts: int = 0


def store(connection: Connection, heard: Sequence[Heard], now: datetime) -> list[int | None]:
    """Keep each event once; the row's id, or None for an event that was already known."""
    ids: list[int | None] = []
    for each in heard:
        event = {
            "channel": each.address.channel,
            "event_id": each.event_id,
            "peer": each.address.peer,
            "heard": _kept(each),
            "status": "waiting",
            "attempts": 0,
            "received_at": now,
        }
        ids.append(connection.execute(_storing(connection.dialect), event).scalar())  # type: ignore[call-overload]
    return ids


@cache
def _storing(dialect: Dialect) -> Compiled:
    """Compiled once: SQLAlchemy keeps no statement with a conflict clause, and would compile each anew."""
    words = postgresql if dialect.name == "postgresql" else sqlite
    keep = words.insert(inbox).on_conflict_do_nothing(index_elements=["channel", "event_id"])
    columns = ["channel", "event_id", "peer", "heard", "status", "attempts", "received_at"]
    compiled: Compiled = keep.returning(inbox.c.id).compile(dialect=dialect, column_keys=columns)
    return compiled


def take_up_waiting(connection: Connection, starts_max: int) -> list[tuple[int, Heard]]:
    """What was stored and not answered when the process ended, oldest first.

    A message that was there at *starts_max* starts is given up: it may be what ends the process.
    """
    connection.execute(update(inbox).where(inbox.c.status == "waiting").values(attempts=inbox.c.attempts + 1))
    connection.execute(
        update(inbox)
        .where(inbox.c.status == "waiting", inbox.c.attempts > starts_max)
        .values(status="failed", heard=None, peer="")
    )
    rows = connection.execute(select(inbox).where(inbox.c.status == "waiting").order_by(inbox.c.id))
    return [(row.id, _heard(row)) for row in rows if row.heard is not None]


def take_waiting(connection: Connection, address: Address, starts_max: int) -> tuple[int, Heard] | None:
    """The oldest message of *address* that waits for its answer, and that it was begun once more. One
    begun *starts_max* times before is given up: it may be what ends the process."""
    row = connection.execute(
        select(inbox)
        .where(inbox.c.channel == address.channel, inbox.c.peer == address.peer, inbox.c.status == "waiting")
        .order_by(inbox.c.id)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    if row.attempts >= starts_max or row.heard is None:
        connection.execute(update(inbox).where(inbox.c.id == row.id).values(status="failed", heard=None, peer=""))
        return take_waiting(connection, address, starts_max)
    connection.execute(update(inbox).where(inbox.c.id == row.id).values(attempts=row.attempts + 1))
    return row.id, _heard(row)


def is_waiting(connection: Connection, address: Address | None = None) -> bool:
    """Whether a message (of *address*) waits for its answer."""
    whose = [inbox.c.channel == address.channel, inbox.c.peer == address.peer] if address else []
    return connection.scalar(select(inbox.c.id).where(inbox.c.status == "waiting", *whose).limit(1)) is not None


def addresses_waiting(connection: Connection, seconds: float, limit: int = 500) -> list[Address]:
    """Who has waited for an answer for *seconds*: the job for it may have been lost."""
    before = datetime.now(UTC) - timedelta(seconds=seconds)
    rows = connection.execute(
        select(inbox.c.channel, inbox.c.peer)
        .where(inbox.c.status == "waiting", inbox.c.received_at < before)
        .distinct()
        .limit(limit)
    )
    return [Address(row.channel, row.peer) for row in rows if row.peer]


def load(connection: Connection, address: Address) -> tuple[Contact, Conversation]:
    """Who is at *address* and where we are with them; a stranger has the id 0.

    The choices of a broadcast that arrived since the last turn are the ones offered: it is the newest
    message they see.
    """
    contact = contacts.find(connection, address)
    if contact is None:
        return Contact(0, address, ContactStatus.ACTIVE), Conversation()
    row = connection.execute(
        select(conversations.c.state, conversations.c.updated_at).where(conversations.c.contact_id == contact.id)
    ).one_or_none()
    conversation = _conversation(row.state) if row else Conversation()
    return contact, _with_broadcast_menu(connection, contact, conversation, row.updated_at if row else None)


def save_turn(
    connection: Connection,
    inbox_id: int,
    contact: Contact,
    turn: Turn,
    calls: Sequence[Mapping[str, Any]],
    now: datetime,
) -> list[int]:
    """Store a turn whole: its events, where we are, the replies to send; its message is answered.

    Returns the ids of the replies, in the order of *calls*.
    """
    contact_id = contact.id or contacts.add(connection, contact.address, now, contact.language)
    contacts.touch(connection, contact_id, now)
    if contact.id:
        left = any(isinstance(each, Unsubscribed) or each == Left(gone=True) for each in turn.events)
        taps.note_word(connection, contact_id, left=left, now=now)
    release_held(connection, contact.address, now)
    for event in turn.events:
        contacts.apply(connection, contact_id, event, now)
    if not any(isinstance(event, Forgotten) for event in turn.events):
        _save_conversation(connection, contact_id, turn.conversation, now)
    connection.execute(update(inbox).where(inbox.c.id == inbox_id).values(status="answered", heard=None, peer=""))
    return [queue_call(connection, contact.address, call, now, held=True) for call in calls]


def save_unasked(
    connection: Connection,
    contact: Contact,
    conversation: Conversation,
    calls: Sequence[Mapping[str, Any]],
    now: datetime,
) -> list[int]:
    """Store what we say to a known contact without having been asked just now. Returns the ids of the replies."""
    _save_conversation(connection, contact.id, conversation, now)
    return [queue_call(connection, contact.address, call, now) for call in calls]


def give_up(
    connection: Connection, inbox_id: int, address: Address, calls: Sequence[Mapping[str, Any]], now: datetime
) -> list[int]:
    """A message that could not be answered is not tried again; *calls* say so. Returns their ids."""
    connection.execute(update(inbox).where(inbox.c.id == inbox_id).values(status="failed", heard=None, peer=""))
    return [queue_call(connection, address, call, now, held=True) for call in calls]


def queue_call(
    connection: Connection, address: Address, call: Mapping[str, Any], now: datetime, *, held: bool = False
) -> int:
    """Keep *call* until the platform took it. Returns its id.

    *held*: who keeps it sends it at once, so that no other process takes it up meanwhile.
    """
    several = connection.dialect.name == "postgresql"
    added = connection.execute(
        insert(replies)
        .values(
            channel=address.channel,
            peer=address.peer,
            call=dict(call),
            attempts=0,
            not_before=now + HELD_FOR if held and several else now,
            created_at=now,
        )
        .returning(replies.c.id)
    )
    return int(added.scalar_one())


def due_replies(connection: Connection, channel: str, now: datetime, limit: int = 200) -> list[Outgoing]:
    """The replies on *channel* whose time has come, oldest first. Where several processes may ask, they
    are then held by the one that did."""
    chosen = (
        select(replies)
        .where(replies.c.channel == channel, replies.c.not_before <= now)
        .order_by(replies.c.id)
        .limit(limit)
    )
    if connection.dialect.name == "postgresql":
        chosen = chosen.with_for_update(skip_locked=True)
    rows = connection.execute(chosen).all()
    if rows and connection.dialect.name == "postgresql":
        connection.execute(
            update(replies).where(replies.c.id.in_([row.id for row in rows])).values(not_before=now + HELD_FOR)
        )
    return [Outgoing(row.id, Address(row.channel, row.peer), row.call, row.attempts) for row in rows]


def drop_reply(connection: Connection, reply_id: int) -> None:
    """The platform took the reply, or never will."""
    connection.execute(delete(replies).where(replies.c.id == reply_id))


def postpone_reply(connection: Connection, reply_id: int, until: datetime) -> None:
    """Try the reply again, not before *until*."""
    connection.execute(
        update(replies).where(replies.c.id == reply_id).values(not_before=until, attempts=replies.c.attempts + 1)
    )


def hold_reply(connection: Connection, reply_id: int, now: datetime) -> None:
    """The platform lets nobody write to this person now: the reply waits until they write again."""
    connection.execute(update(replies).where(replies.c.id == reply_id).values(not_before=now + HELD))


def release_held(connection: Connection, address: Address, now: datetime) -> None:
    """The person wrote: what was held for them may go."""
    connection.execute(
        update(replies)
        .where(
            replies.c.channel == address.channel,
            replies.c.peer == address.peer,
            replies.c.not_before > now + timedelta(days=1),
        )
        .values(not_before=now)
    )


def forget_old(connection: Connection, now: datetime) -> None:
    """Drop replies a day old (held ones after a month) and the marks of events a week old (platforms
    repeat within a day)."""
    connection.execute(
        delete(replies).where(replies.c.created_at < now - timedelta(days=1), replies.c.not_before <= now)
    )
    connection.execute(
        delete(inbox).where(inbox.c.status != "waiting", inbox.c.received_at < now - timedelta(days=7))
    )


def _with_broadcast_menu(
    connection: Connection, contact: Contact, conversation: Conversation, since: datetime | None
) -> Conversation:
    """*conversation* with the choices of the newest broadcast that has any and arrived after *since*."""
    copies = connection.execute(
        select(broadcasts.c.content, deliveries.c.at)
        .join(broadcasts, broadcasts.c.id == deliveries.c.broadcast_id)
        .where(
            deliveries.c.contact_id == contact.id,
            deliveries.c.status.in_(ARRIVED),
            # What an official took as sent has the time of that word.
            deliveries.c.reason != "assumed",
            *([deliveries.c.at > since] if since else []),
        )
        .order_by(deliveries.c.at.desc())
        .limit(BROADCASTS_SEEN)
    )
    for copy in copies:
        silent = copy.at - (contact.last_heard_at or copy.at)
        if frozen_content.came_as_template(copy.content, contact.address.channel, silent):
            continue
        offered = menu.offered_by(frozen_content.render(copy.content, contact.address.channel))
        if offered:
            return replace(conversation, offered=offered, offered_at=copy.at)
    return conversation


def _save_conversation(connection: Connection, contact_id: int, conversation: Conversation, now: datetime) -> None:
    state = {
        "flow": conversation.flow,
        "step": conversation.step,
        "slots": dict(conversation.slots),
        "offered": [list(pair) for pair in conversation.offered],
        "offered_at": conversation.offered_at.timestamp() if conversation.offered_at else None,
        "last_answer": conversation.last_answer,
        "shown": [list(pair) for pair in conversation.shown],
    }
    changed = connection.execute(
        update(conversations).where(conversations.c.contact_id == contact_id).values(state=state, updated_at=now)
    )
    if changed.rowcount == 0:
        connection.execute(insert(conversations).values(contact_id=contact_id, state=state, updated_at=now))


def _conversation(state: Mapping[str, Any]) -> Conversation:
    return Conversation(
        flow=str(state.get("flow", "")),
        step=str(state.get("step", "")),
        slots={str(key): str(value) for key, value in state.get("slots", {}).items()},
        offered=tuple((str(label), str(token)) for label, token in state.get("offered", ())),
        offered_at=datetime.fromtimestamp(at, UTC) if (at := state.get("offered_at")) else None,
        last_answer=str(state.get("last_answer", "")),
        shown=tuple((str(code), str(version)) for code, version in state.get("shown", ())),
    )


def _kept(heard: Heard) -> dict[str, str]:
    # No point: an exact location is never on disk; the inbox has put the commune in its place.
    return {
        "at": heard.at.isoformat(),
        "kind": heard.kind.value,
        "text": heard.text,
        "token": heard.token,
        "unit": heard.unit,
        "callback_id": heard.callback_id,
        "language": heard.language,
    }


def _heard(row: Row[Any]) -> Heard:
    kept = row.heard
    return Heard(
        Address(row.channel, row.peer),
        row.event_id,
        datetime.fromisoformat(kept["at"]),
        HeardKind(kept["kind"]),
        kept["text"],
        kept["token"],
        unit=kept["unit"],
        callback_id=kept["callback_id"],
        language=kept.get("language", ""),
    )
