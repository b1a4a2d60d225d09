"""A crowd and an approved broadcast to it, as two officials would have made it."""

from datetime import datetime, timedelta

from bot.contacts import Segment, Topic
from bot.db import Connection, broadcasts, crowds
from bot.outreach import broadcast as rules
from bot.outreach.broadcast import Act, Broadcast
from bot.outreach.delivery import OnAmbiguous
from bot.outreach.official import Official, Role

TEXT = "Xin moi ba con den ngay hoi hoc tap tai nha van hoa. " * 4
DRAFTER = Official("bench-drafter", "Drafter", Role.DRAFTER)
APPROVER = Official("bench-approver", "Approver", Role.APPROVER)

add_crowd = crowds.add


def approve_broadcast(
    connection: Connection,
    now: datetime,
    *,
    on_ambiguous: OnAmbiguous = OnAmbiguous.HOLD,
    expected: int = 0,
    text: str = TEXT,
) -> int:
    """A broadcast drafted, submitted, approved, past its withdrawal, and due now. Returns its id."""
    plain = {"kind": "ordinary", "urgent_reason": "", "holidays": True, "text": text, "buttons": []}
    draft = Broadcast(
        campaign="bench",
        title="Bench",
        content=plain,
        segment=Segment(topics=frozenset({Topic.EVENTS})),
        due_at=now,
        not_after=now + timedelta(hours=10),
        created_by=DRAFTER.login,
        created_at=now,
        on_ambiguous=on_ambiguous,
    )
    kept = broadcasts.add(connection, draft, now)
    approved_at = now - rules.WITHDRAW
    for act, by, rule in (
        (Act.SUBMIT, DRAFTER, lambda b: rules.submit(b, DRAFTER, now)),
        (Act.APPROVE, APPROVER, lambda b: rules.approve(b, APPROVER, b.digest, approved_at)),
        (Act.SCHEDULE, APPROVER, lambda b: rules.ripen(b, now)),
    ):
        kept = broadcasts.change(connection, kept.id, rule, act, by=by.login, now=now)
    broadcasts.expect(connection, kept.id, expected)
    return kept.id
