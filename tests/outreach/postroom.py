"""What the tests of broadcasts share: people, an approved broadcast, and a channel that can fail."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import Connection, insert, select

from bot.channels.base import Abilities, Call, Hearing, Receive
from bot.contacts import Segment, Topic
from bot.db import Database, broadcasts, contacts, deliveries
from bot.db.tables import contact_topics as topic_rows
from bot.db.tables import contacts as contact_rows
from bot.db.tables import deliveries as delivery_rows
from bot.dialogue.turn import Unsubscribed
from bot.dispatch import Dispatcher
from bot.messages import Reply
from bot.outreach import broadcast as rules
from bot.outreach.broadcast import Act, Broadcast
from bot.outreach.delivery import DeliveryStatus
from bot.outreach.official import Official, Role

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
LAN = Official("lan", "Lan", Role.DRAFTER)
MINH = Official("minh", "Minh", Role.APPROVER)
CONTENT = {"kind": "ordinary", "urgent_reason": "", "text": "Xin chào", "buttons": []}


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> datetime:
        """Let time pass."""
        self.now += timedelta(**by)
        return self.now


@dataclass
class Recorder:
    """A channel that keeps what it was given, and fails for whom it is told to."""

    abilities: Any = field(default_factory=lambda: Abilities(text_max=4000, choices_max=8, per_second=2000))
    failures: dict[str, list[Exception]] = field(default_factory=dict)
    latency: float = 0.0
    parts: int = 1
    sent: list[tuple[str, Call]] = field(default_factory=list)
    on_send: Any = None
    most_at_once: int = 0
    name: ClassVar[str] = "fake"
    _now: int = 0

    def peers(self) -> list[str]:
        """Who got the first part of something, in order."""
        return [peer for peer, call in self.sent if call["part"] == 0]

    def render(self, reply: Reply) -> list[Call]:
        """As many calls as there are parts."""
        return [{"text": reply.text, "part": part} for part in range(self.parts)]

    async def send(self, peer: str, call: Call) -> str:
        """Keep the call, or fail."""
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            if self.on_send:
                await self.on_send(peer)
            await asyncio.sleep(self.latency)
            if waiting := self.failures.get(peer):
                raise waiting.pop(0)
            self.sent.append((peer, call))
            return str(len(self.sent))
        finally:
            self._now -= 1

    async def listen(self, receive: Receive) -> None:
        """Nothing to hear."""

    def routes(self, receive: Receive) -> Sequence[Any]:
        """No routes."""
        return ()

    async def close(self) -> None:
        """Nothing to give back."""

    def state(self) -> str:
        """Well."""
        return "ok"

    def hearing(self) -> Hearing:
        """From our own hands."""
        return Hearing.DIRECT


def add_people(
    connection: Connection,
    count: int,
    *,
    channel: str = "fake",
    topics: frozenset[Topic] = frozenset({Topic.EVENTS}),
    home: tuple[str, str] = ("", ""),
    notices: bool = True,
    prefix: str = "p",
) -> None:
    """People named p1, p2 … who consented and asked for *topics*."""
    if not count:
        return
    rows = [
        {
            "channel": channel,
            "peer": f"{prefix}{number}",
            "status": "active",
            "home": home[0],
            "home_province": home[1],
            "notices": notices,
            "created_at": NOW,
            "last_heard_at": NOW,
        }
        for number in range(1, count + 1)
    ]
    ids = connection.scalars(insert(contact_rows).returning(contact_rows.c.id), rows).all()
    if notices:
        chosen = [{"contact_id": each, "topic": topic} for each in ids for topic in topics]
        connection.execute(insert(topic_rows), chosen)


def leave(connection: Connection, peer: str) -> None:
    """The person wants no more notices."""
    contact_id = connection.scalars(select(contact_rows.c.id).where(contact_rows.c.peer == peer)).one()
    contacts.apply(connection, contact_id, Unsubscribed(), NOW)


def new_draft(**changes: Any) -> Broadcast:
    """A draft by Lan for everybody who asked for events, due now."""
    draft = Broadcast(
        campaign="ngay-sach",
        title="Ngay Sach",
        content=CONTENT,
        segment=Segment(topics=frozenset({Topic.EVENTS})),
        due_at=NOW,
        not_after=NOW + timedelta(hours=24),
        created_by=LAN.login,
        created_at=NOW,
    )
    return replace(draft, **changes)


def schedule(connection: Connection, **changes: Any) -> int:
    """A broadcast drafted and submitted by Lan and approved by Minh. Returns its id."""
    kept = broadcasts.add(connection, new_draft(**changes), NOW)
    submit(connection, kept.id)
    approve(connection, kept.id)
    return kept.id


def submit(connection: Connection, broadcast_id: int, by: Official = LAN) -> Broadcast:
    """Submit it."""
    return broadcasts.change(
        connection, broadcast_id, lambda b: rules.submit(b, by, NOW), Act.SUBMIT, by=by.login, now=NOW
    )


def approve(connection: Connection, broadcast_id: int, by: Official = MINH, seen: str = "") -> Broadcast:
    """Approve what stands there, or what was *seen*."""
    return broadcasts.change(
        connection,
        broadcast_id,
        lambda b: rules.ripen(rules.approve(b, by, seen or b.digest, NOW - rules.WITHDRAW), NOW),
        Act.APPROVE,
        by=by.login,
        now=NOW,
    )


def stop(connection: Connection, broadcast_id: int) -> Broadcast:
    """Lan stops it."""
    return broadcasts.change(
        connection, broadcast_id, lambda b: rules.stop(b, "sai", NOW), Act.STOP, by=LAN.login, now=NOW
    )


async def run_once(dispatcher: Dispatcher, now: datetime) -> None:
    """One round of the scheduler, and what it began."""
    await dispatcher.tick(now)
    await dispatcher.run_ready(now)
    await dispatcher.settle()
    await dispatcher.tick(now)


def counted(database: Database, broadcast_id: int) -> dict[str, int]:
    """How many copies are in each status."""
    found: dict[str, int] = {}
    for (status, _), copies in database.read_now(lambda c: deliveries.count_by_status(c, broadcast_id)).items():
        found[status.value] = found.get(status.value, 0) + copies
    return found


def reasons(database: Database, broadcast_id: int) -> dict[str, int]:
    """How many copies have each reason."""
    by_status = database.read_now(lambda c: deliveries.count_by_status(c, broadcast_id))
    return {reason: copies for (_, reason), copies in by_status.items() if reason}


def status_of(database: Database, broadcast_id: int) -> str:
    """The broadcast's status."""
    return database.read_now(lambda c: broadcasts.find(c, broadcast_id)).status.value


def peers_with(database: Database, broadcast_id: int, status: DeliveryStatus) -> set[str]:
    """Whose copy is in *status*."""
    return set(
        database.read_now(
            lambda c: c.scalars(
                select(contact_rows.c.peer)
                .join(delivery_rows, delivery_rows.c.contact_id == contact_rows.c.id)
                .where(delivery_rows.c.broadcast_id == broadcast_id, delivery_rows.c.status == status)
            ).all()
        )
    )
