"""Every table, and Moment: a point in time that goes in and comes out as aware UTC."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """A point in time. SQLite forgets the zone, so it is kept as UTC and given back aware."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC for the database; a naive time is a programmer's error and raises ValueError."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment needs its time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware UTC, whatever the database gave."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


contacts = Table(
    "contacts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", String(20), nullable=False),
    Column("peer", String(80), nullable=False),
    Column("status", String(10), nullable=False),
    Column("home", String(40), nullable=False, default=""),
    Column("home_province", String(10), nullable=False, default=""),
    Column("notices", Boolean, nullable=False, default=False),
    Column("language", String(8), nullable=False, default="", server_default=""),
    Column("role", String(20), nullable=False, default="", server_default=""),
    # Contacts of one citizen on several channels share a number; a broadcast goes to one of them.
    Column("person_id", Integer, nullable=True),
    Column("preferred", Boolean, nullable=False, default=False, server_default=false()),
    Column("created_at", Moment, nullable=False),
    Column("last_heard_at", Moment, nullable=False),
    UniqueConstraint("channel", "peer"),
    CheckConstraint("status IN ('active', 'blocked')", name="status"),
    Index(None, "home_province", "home"),
    Index(None, "person_id"),
    sqlite_autoincrement=True,
)

contact_topics = Table(
    "contact_topics",
    metadata,
    Column("contact_id", ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True),
    Column("topic", String(20), primary_key=True),
    Index(None, "topic", "contact_id"),
)

# Append-only, and provable: who, when, to which text (NĐ 356/2025/NĐ-CP, Điều 6).
consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("contact_id", ForeignKey("contacts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("purpose", String(20), nullable=False),
    Column("given", Boolean, nullable=False),
    Column("notice", String(80), nullable=False),
    Column("at", Moment, nullable=False),
)

conversations = Table(
    "conversations",
    metadata,
    Column("contact_id", ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True),
    Column("state", JSON, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

# What was heard, until it is answered; then only the event's id remains, to know a duplicate by.
inbox = Table(
    "inbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", String(20), nullable=False),
    Column("event_id", String(80), nullable=False),
    Column("peer", String(80), nullable=False),
    Column("heard", JSON, nullable=True),
    Column("status", String(10), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("received_at", Moment, nullable=False),
    UniqueConstraint("channel", "event_id"),
    CheckConstraint("status IN ('waiting', 'answered', 'failed')", name="status"),
    Index(None, "status", "id"),
    sqlite_autoincrement=True,
)

# Answers on their way: a row stands until the platform took it, so a crash repeats rather than loses.
replies = Table(
    "replies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", String(20), nullable=False),
    Column("peer", String(80), nullable=False),
    Column("call", JSON, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("not_before", Moment, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index(None, "not_before", "id"),
    Index(None, "channel", "peer"),
    sqlite_autoincrement=True,
)

webchat_messages = Table(
    "webchat_messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("peer", String(80), nullable=False),
    Column("ours", Boolean, nullable=False),
    Column("body", JSON, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "peer", "id"),
    Index(None, "at"),
    sqlite_autoincrement=True,
)

handovers = Table(
    "handovers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("contact_id", ForeignKey("contacts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("question", Text, nullable=False),
    Column("home", String(40), nullable=False, default=""),
    Column("status", String(10), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("answered_by", String(60), nullable=True),
    Column("answered_at", Moment, nullable=True),
    Column("claimed_by", String(60), nullable=True),
    Column("claimed_at", Moment, nullable=True),
    CheckConstraint("status IN ('open', 'answered')", name="status"),
    sqlite_autoincrement=True,
)

officials = Table(
    "officials",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", String(60), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("role", String(20), nullable=False),
    Column("password_hash", String(200), nullable=False),
    # Codes of the provinces they answer for, separated by spaces; empty: the whole country.
    Column("scope", String(400), nullable=False, default="", server_default=""),
    Column("active", Boolean, nullable=False, default=True),
    Column("created_at", Moment, nullable=False),
    # The second factor, sealed, and the last of its steps that was used: none is accepted twice.
    Column("totp_secret", String(400), nullable=False, default="", server_default=""),
    Column("totp_pending", String(400), nullable=False, default="", server_default=""),
    Column("totp_step", Integer, nullable=False, default=0, server_default="0"),
    Column("recovery", JSON, nullable=False, default=list, server_default="[]"),
    Column("failures", Integer, nullable=False, default=0, server_default="0"),
    Column("locked_until", Moment, nullable=True),
    # The digest of the one-time link by which an official sets the password.
    Column("link_digest", String(64), nullable=False, default="", server_default=""),
    Column("link_until", Moment, nullable=True),
    CheckConstraint("role IN ('drafter', 'approver', 'editor', 'viewer', 'admin', 'auditor')", name="role"),
)

sessions = Table(
    "sessions",
    metadata,
    # The digest of the cookie: who reads the database cannot use it.
    Column("id", String(64), primary_key=True),
    Column("login", String(60), nullable=False, index=True),
    Column("browser", String(120), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("official", String(60), nullable=False),
    Column("act", String(40), nullable=False),
    Column("broadcast_id", Integer, nullable=True),
    Column("detail", String(300), nullable=False, default=""),
    # Over this row and the digest of the one before.
    Column("digest", String(64), nullable=False, default="", server_default=""),
    Index(None, "broadcast_id"),
    sqlite_autoincrement=True,
)

broadcasts = Table(
    "broadcasts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign", String(80), nullable=False),
    Column("title", String(200), nullable=False),
    # Frozen at submission, one SHA-256 over both.
    Column("content", JSON, nullable=False),
    Column("segment", JSON, nullable=False),
    Column("digest", String(64), nullable=False, default=""),
    # What a citizen types to learn whether a message is ours, and what two equal texts share.
    Column("code", String(12), nullable=True),
    Column("text_digest", String(64), nullable=False, default="", server_default=""),
    Column("status", String(12), nullable=False),
    Column("reason", String(300), nullable=False, default=""),
    Column("on_ambiguous", String(12), nullable=False, default="hold"),
    Column("priority", Integer, nullable=False, default=0, server_default="0"),
    Column("due_at", Moment, nullable=False),
    Column("not_after", Moment, nullable=True),
    Column("created_by", String(60), nullable=False),
    Column("submitted_by", String(60), nullable=True),
    Column("approved_by", String(60), nullable=True),
    Column("approved_at", Moment, nullable=True),
    # How many it was thought to reach when it was approved: the size of the canary comes from it.
    Column("expected", Integer, nullable=False, default=0, server_default="0"),
    Column("corrects", Integer, nullable=True),
    Column("run_id", Integer, nullable=True),
    # Shards up to this wave may be sent: 0 is the canary.
    Column("wave", Integer, nullable=False, default=0, server_default="0"),
    # How far the freezing of recipients is: the channel, its last contact, and the newest contact of all.
    Column("freeze_channel", String(20), nullable=True),
    Column("freeze_after", Integer, nullable=False, default=0, server_default="0"),
    Column("freeze_upto", Integer, nullable=False, default=0, server_default="0"),
    Column("total", Integer, nullable=False, default=0),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment, nullable=True),
    Column("ended_at", Moment, nullable=True),
    CheckConstraint("on_ambiguous IN ('hold', 'resend', 'assume_sent')", name="on_ambiguous"),
    CheckConstraint("approved_by IS NULL OR approved_by <> created_by", name="two_persons"),
    CheckConstraint("approved_by IS NULL OR approved_by <> submitted_by", name="approver_not_submitter"),
    Index(None, "status", "due_at"),
    Index(None, "code", unique=True),
    Index(None, "text_digest"),
    Index(None, "run_id"),
    sqlite_autoincrement=True,
)

broadcast_versions = Table(
    "broadcast_versions",
    metadata,
    Column("broadcast_id", ForeignKey("broadcasts.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("frozen", JSON, nullable=False),
    Column("official", String(60), nullable=False),
    Column("at", Moment, nullable=False),
)

shards = Table(
    "shards",
    metadata,
    Column("broadcast_id", ForeignKey("broadcasts.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("channel", String(20), nullable=False),
    Column("status", String(10), nullable=False),
    Column("wave", Integer, nullable=False, default=0, server_default="0"),
    Column("size", Integer, nullable=False, default=0, server_default="0"),
    # Its copies by "status:reason", kept when it is done: progress without looking at every copy.
    Column("counts", JSON(none_as_null=True), nullable=True),
    Column("owner", String(60), nullable=True),
    Column("fence", Integer, nullable=False, default=0),
    Column("lease_until", Moment, nullable=True),
    Column("not_before", Moment, nullable=True),
    CheckConstraint("status IN ('ready', 'running', 'done')", name="status"),
    Index(None, "status", "lease_until"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("broadcast_id", ForeignKey("broadcasts.id"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("shard", Integer, nullable=False),
    Column("contact_id", Integer, nullable=False),
    Column("status", String(10), nullable=False),
    Column("reason", String(60), nullable=False, default=""),
    Column("attempts", Integer, nullable=False, default=0),
    Column("message_id", String(80), nullable=True),
    Column("at", Moment, nullable=True),
    # The contact first: also what a person got lately is found by it.
    UniqueConstraint("contact_id", "broadcast_id"),
    CheckConstraint(
        "status IN ('queued','sending','sent','delivered','read','failed','skipped','uncertain')",
        name="status",
    ),
    # No status in an index, and room in each page: PostgreSQL then changes a row where it stands.
    Index(None, "broadcast_id", "shard"),
    sqlite_with_rowid=False,
)

# What people ask, counted: a day, what it was about, what came of it, where; and how long answers took.
question_counts = Table(
    "question_counts",
    metadata,
    Column("day", Date, primary_key=True),
    Column("subject", String(48), primary_key=True),
    Column("outcome", String(12), primary_key=True),
    Column("place", String(40), primary_key=True),
    Column("asked", Integer, nullable=False),
    Column("milliseconds", Integer, nullable=False),
)

# What recipients did: tapped a button, answered a quiz, acknowledged, wrote within a day, opted out.
taps = Table(
    "taps",
    metadata,
    Column("broadcast_id", ForeignKey("broadcasts.id"), primary_key=True),
    Column("contact_id", Integer, primary_key=True),
    Column("token", String(48), primary_key=True),
    Column("at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

# A plan that makes broadcasts: what, to whom, when again. Approved by two persons like a broadcast.
schedules = Table(
    "schedules",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("title", String(200), nullable=False),
    Column("plan", JSON, nullable=False),
    Column("digest", String(64), nullable=False, default=""),
    Column("status", String(12), nullable=False),
    Column("reason", String(300), nullable=False, default=""),
    Column("created_by", String(60), nullable=False),
    Column("submitted_by", String(60), nullable=True),
    Column("approved_by", String(60), nullable=True),
    Column("next_due_at", Moment, nullable=True),
    Column("created_at", Moment, nullable=False),
    CheckConstraint("status IN ('draft', 'submitted', 'active', 'paused', 'ended')", name="status"),
    CheckConstraint("approved_by IS NULL OR approved_by <> created_by", name="two_persons"),
    CheckConstraint("approved_by IS NULL OR approved_by <> submitted_by", name="approver_not_submitter"),
    Index(None, "status", "next_due_at"),
    sqlite_autoincrement=True,
)

# One a due time, whatever the number of processes.
runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("schedule_id", ForeignKey("schedules.id"), nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("status", String(12), nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("schedule_id", "due_at"),
    CheckConstraint("status IN ('made', 'empty', 'skipped', 'expired')", name="status"),
    sqlite_autoincrement=True,
)

series_members = Table(
    "series_members",
    metadata,
    Column("series", String(48), primary_key=True),
    Column("contact_id", ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True),
    Column("joined_at", Moment, nullable=False),
    Column("left_at", Moment, nullable=True),
    Index(None, "series", "joined_at"),
)

# What the house remembers about itself, such as how far this database has come.
marks = Table(
    "marks",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", String(200), nullable=False),
)
