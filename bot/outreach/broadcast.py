"""A broadcast: its states, what may follow what, and the rules of two persons, as pure functions."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.contacts import Segment
from bot.outreach.audience_rule import segment_as_json
from bot.outreach.delivery import OnAmbiguous
from bot.outreach.official import Official, Role
from bot.outreach.quiet_hours import is_quiet, next_allowed

GRACE = timedelta(minutes=15)
LASTS = timedelta(hours=24)
WITHDRAW = timedelta(minutes=10)
"""How long an approval may be taken back before anything of it is sent."""

CANARY_SHARE, CANARY_MIN, CANARY_MAX = 100, 20, 500


class Status(StrEnum):
    """Where a broadcast is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    COMPLETED = "completed"
    STOPPED = "stopped"
    RETURNED = "returned"
    REJECTED = "rejected"
    MISSED = "missed"


class Act(StrEnum):
    """What is done to a broadcast, by an official or by the bot; also the word in the audit."""

    DRAFT = "draft"
    EDIT = "edit"
    SUBMIT = "submit"
    APPROVE = "approve"
    SCHEDULE = "schedule"
    WITHDRAW = "withdraw"
    RETURN = "return"
    REJECT = "reject"
    START = "start"
    MISS = "miss"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    COMPLETE = "complete"
    REOPEN = "reopen"
    VOID = "void"
    RESEND = "resend"
    ASSUME = "assume_sent"
    CANARY = "canary"
    RECONCILE = "reconcile"


_WAITING = frozenset({Status.SUBMITTED, Status.APPROVED, Status.SCHEDULED})

TRANSITIONS: Mapping[Act, tuple[frozenset[Status], Status]] = {
    Act.EDIT: (_WAITING | {Status.DRAFT, Status.RETURNED, Status.MISSED}, Status.DRAFT),
    Act.SUBMIT: (frozenset({Status.DRAFT}), Status.SUBMITTED),
    Act.APPROVE: (frozenset({Status.SUBMITTED}), Status.APPROVED),
    Act.SCHEDULE: (frozenset({Status.APPROVED}), Status.SCHEDULED),
    Act.WITHDRAW: (frozenset({Status.APPROVED}), Status.DRAFT),
    Act.RETURN: (_WAITING | {Status.MISSED}, Status.RETURNED),
    Act.REJECT: (_WAITING | {Status.MISSED}, Status.REJECTED),
    Act.START: (frozenset({Status.SCHEDULED}), Status.SENDING),
    Act.MISS: (frozenset({Status.SCHEDULED}), Status.MISSED),
    Act.VOID: (_WAITING, Status.RETURNED),
    Act.PAUSE: (frozenset({Status.SENDING}), Status.PAUSED),
    Act.RESUME: (frozenset({Status.PAUSED}), Status.SENDING),
    Act.STOP: (_WAITING | {Status.SENDING, Status.PAUSED, Status.MISSED}, Status.STOPPED),
    Act.COMPLETE: (frozenset({Status.SENDING}), Status.COMPLETED),
    Act.REOPEN: (frozenset({Status.COMPLETED}), Status.SENDING),
}
"""Which statuses each act may find, and the one it leaves behind. ``resend`` and ``assume_sent`` are
only words of the audit, and so are ``canary`` and ``reconcile``."""


class Forbidden(Exception):
    """A rule says no; *key* is its sentence in ``broadcast_texts.yml`` and *arguments* fill it."""

    def __init__(self, key: str, **arguments: object) -> None:
        super().__init__(key)
        self.key = key
        self.arguments = arguments


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One sending of a campaign to an audience. *content* is what ``campaign.freeze`` made."""

    campaign: str
    title: str
    content: Mapping[str, Any]
    segment: Segment
    due_at: datetime
    not_after: datetime
    created_by: str
    created_at: datetime
    on_ambiguous: OnAmbiguous = OnAmbiguous.HOLD
    id: int = 0
    status: Status = Status.DRAFT
    digest: str = ""
    reason: str = ""
    submitted_by: str | None = None
    approved_by: str | None = None
    approved_at: datetime | None = None
    expected: int = 0
    corrects: int | None = None
    run_id: int | None = None
    wave: int = 0
    total: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    authors: frozenset[str] = field(default_factory=frozenset)

    @property
    def disturbs(self) -> bool:
        """Whether it may be sent in the quiet hours: urgent, and somebody wrote down why."""
        return disturbs(self.content)

    @property
    def starts_at(self) -> datetime:
        """When it begins: at its time, but not while the approval may still be withdrawn."""
        if self.approved_at is None:
            return self.due_at
        return max(self.due_at, self.approved_at + WITHDRAW)

    @property
    def priority(self) -> int:
        """Urgent ones go before routine ones and make them give way."""
        return 1 if self.disturbs else 0


def disturbs(content: Mapping[str, Any]) -> bool:
    """Whether the frozen *content* is urgent and says why."""
    return content.get("kind") == "urgent" and bool(content.get("urgent_reason"))


def canary_size(expected: int) -> int:
    """How many people get it first, before the rest: one in a hundred, at least 20 and at most 500."""
    return min(max(-(-expected // CANARY_SHARE), CANARY_MIN), CANARY_MAX)


def digest_of(broadcast: Broadcast) -> str:
    """SHA-256 over everything that is approved: the words, the people, the times, the policy."""
    frozen = {
        "campaign": broadcast.campaign,
        "title": broadcast.title,
        "content": broadcast.content,
        "segment": segment_as_json(broadcast.segment),
        "due_at": broadcast.due_at.timestamp(),
        "not_after": broadcast.not_after.timestamp(),
        "on_ambiguous": broadcast.on_ambiguous,
        "corrects": broadcast.corrects,
    }
    text = json.dumps(frozen, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def follow(broadcast: Broadcast, act: Act) -> Broadcast:
    """The broadcast after *act*. Raises Forbidden when its status does not allow that."""
    allowed, after = TRANSITIONS[act]
    if broadcast.status not in allowed:
        raise Forbidden("rule.status", status=broadcast.status)
    return replace(broadcast, status=after)


def check_times(broadcast: Broadcast, now: datetime) -> Broadcast:
    """The broadcast itself. Raises Forbidden when it could not be sent when it says."""
    due = broadcast.due_at
    if due < now - GRACE:
        raise Forbidden("rule.past", due=due)
    if broadcast.not_after <= max(due, now):
        raise Forbidden("rule.window", due=due, not_after=broadcast.not_after)
    if not broadcast.disturbs:
        holidays_too = bool(broadcast.content.get("holidays"))
        if is_quiet(due, holidays_too=holidays_too):
            key = "rule.quiet" if is_quiet(due, holidays_too=True) else "rule.holiday"
            raise Forbidden(key, due=due, allowed=next_allowed(due, holidays_too=holidays_too))
    return broadcast


def check_scope(broadcast: Broadcast, official: Official, province_of: Callable[[str], str]) -> None:
    """Raises Forbidden when it reaches people outside what *official* answers for.

    *province_of* gives the province's code of a commune's token.
    """
    if not official.scope or broadcast.corrects is not None:
        return
    if not _lies_within(broadcast.segment, official.scope, province_of):
        raise Forbidden("rule.scope")


def _lies_within(segment: Segment, scope: frozenset[str], province_of: Callable[[str], str]) -> bool:
    """Whether everybody of *segment* lives in *scope*: by its own places, or by those of each alternative."""
    outside = segment.provinces - scope
    strangers = [each for each in segment.communes - scope if province_of(each) not in scope]
    if outside or strangers:
        return False
    if segment.provinces or segment.communes:
        return True
    return bool(segment.any_of) and all(_lies_within(each, scope, province_of) for each in segment.any_of)


def edit(broadcast: Broadcast, changed: Broadcast, now: datetime) -> Broadcast:
    """A draft again, with the content, audience and times of *changed*; every approval is void."""
    checked = check_times(changed, now)
    back = follow(broadcast, Act.EDIT)
    return replace(
        back,
        campaign=checked.campaign,
        title=checked.title,
        content=checked.content,
        segment=checked.segment,
        due_at=checked.due_at,
        not_after=checked.not_after,
        on_ambiguous=checked.on_ambiguous,
        digest="",
        reason="",
        corrects=checked.corrects,
        submitted_by=None,
        approved_by=None,
        approved_at=None,
    )


def submit(broadcast: Broadcast, official: Official, now: datetime) -> Broadcast:
    """Frozen under its digest, waiting for a second person."""
    submitted = follow(broadcast, Act.SUBMIT)
    check_times(broadcast, now)
    return replace(submitted, submitted_by=official.login, digest=digest_of(submitted), reason="")


def approve(broadcast: Broadcast, official: Official, seen: str, now: datetime) -> Broadcast:
    """Approved by *official*, who looked at the broadcast with the digest *seen*.

    Raises Forbidden when they may not, or when anything differs from what was submitted or seen.
    """
    approved = follow(broadcast, Act.APPROVE)
    if official.role is not Role.APPROVER:
        raise Forbidden("rule.role")
    if official.login in broadcast.authors | {broadcast.created_by, broadcast.submitted_by}:
        raise Forbidden("rule.two_persons")
    if not is_intact(broadcast) or seen != broadcast.digest:
        raise Forbidden("rule.changed")
    check_times(broadcast, now)
    return replace(approved, approved_by=official.login, approved_at=now)


def withdraw(broadcast: Broadcast, official: Official, reason: str) -> Broadcast:
    """A draft again: who had a hand in it, or an approver, takes it back before anything is sent.

    Raises Forbidden once the time for that is over.
    """
    if broadcast.status in (Status.SCHEDULED, Status.SENDING, Status.PAUSED):
        raise Forbidden("rule.withdraw_over")
    if official.role is not Role.APPROVER and official.login not in broadcast.authors | {broadcast.created_by}:
        raise Forbidden("rule.role")
    back = _because(follow(broadcast, Act.WITHDRAW), reason)
    return replace(back, approved_by=None, approved_at=None, submitted_by=None, digest="")


def ripen(broadcast: Broadcast, now: datetime) -> Broadcast:
    """Scheduled, once nobody withdrew the approval in time. Raises Forbidden before that."""
    if broadcast.approved_at is None or now < broadcast.approved_at + WITHDRAW:
        raise Forbidden("rule.status", status=broadcast.status)
    return follow(broadcast, Act.SCHEDULE)


def is_intact(broadcast: Broadcast) -> bool:
    """Whether nothing changed since the submission."""
    return bool(broadcast.digest) and broadcast.digest == digest_of(broadcast)


def turn_back(broadcast: Broadcast, act: Act, official: Official, reason: str) -> Broadcast:
    """Returned to be mended, or rejected, by an approver who says why."""
    if official.role is not Role.APPROVER:
        raise Forbidden("rule.role")
    return replace(_because(follow(broadcast, act), reason), approved_by=None, approved_at=None)


def stop(broadcast: Broadcast, reason: str, now: datetime) -> Broadcast:
    """Stopped for good; nobody else gets it. Any official may, at any time."""
    return replace(_because(follow(broadcast, Act.STOP), reason), ended_at=now)


def pause(broadcast: Broadcast, reason: str) -> Broadcast:
    """Held where it is until somebody resumes it."""
    return _because(follow(broadcast, Act.PAUSE), reason)


def resume(broadcast: Broadcast, official: Official, now: datetime) -> Broadcast:
    """Sending again. Raises Forbidden when its time is over."""
    if official.role is not Role.APPROVER:
        raise Forbidden("rule.role")
    if broadcast.not_after <= now:
        raise Forbidden("rule.over", not_after=broadcast.not_after)
    return replace(follow(broadcast, Act.RESUME), reason="")


def settle(broadcast: Broadcast, official: Official, now: datetime, *, resend: bool) -> Broadcast:
    """Ready for what becomes of its uncertain copies: sending again for *resend*, else as it is.

    Raises Forbidden when it was stopped or its time is over and nothing may be sent any more.
    """
    if official.role is not Role.APPROVER:
        raise Forbidden("rule.role")
    if not resend:
        return broadcast
    if broadcast.not_after <= now:
        raise Forbidden("rule.over", not_after=broadcast.not_after)
    if broadcast.status in (Status.SENDING, Status.PAUSED):
        return broadcast
    return replace(follow(broadcast, Act.REOPEN), ended_at=None)


def is_missed(broadcast: Broadcast, now: datetime) -> bool:
    """Whether its time passed unused; it then waits for a person, also when a backup comes back."""
    return now - broadcast.starts_at > GRACE


def _because(broadcast: Broadcast, reason: str) -> Broadcast:
    if not reason.strip():
        raise Forbidden("rule.reason")
    return replace(broadcast, reason=reason.strip()[:300])
