"""Every table, and Moment: a point in time that goes in and comes out as aware UTC."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
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
    Column("created_at", Moment, nullable=False),
    Column("last_heard_at", Moment, nullable=False),
    UniqueConstraint("channel", "peer"),
    CheckConstraint("status IN ('active', 'blocked')", name="status"),
    Index(None, "home_province", "home"),
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
    CheckConstraint("status IN ('open', 'answered')", name="status"),
    sqlite_autoincrement=True,
)

# Votes carry no person: an answer, a word, a day.
votes = Table(
    "votes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", String(40), nullable=False, index=True),
    Column("useful", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
)

officials = Table(
    "officials",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", String(60), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("role", String(20), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("active", Boolean, nullable=False, default=True),
    Column("created_at", Moment, nullable=False),
    CheckConstraint("role IN ('drafter', 'approver')", name="role"),
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
    Column("status", String(12), nullable=False),
    Column("reason", String(300), nullable=False, default=""),
    Column("on_ambiguous", String(12), nullable=False, default="hold"),
    Column("due_at", Moment, nullable=False),
    Column("not_after", Moment, nullable=True),
    Column("created_by", String(60), nullable=False),
    Column("submitted_by", String(60), nullable=True),
    Column("approved_by", String(60), nullable=True),
    Column("total", Integer, nullable=False, default=0),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment, nullable=True),
    Column("ended_at", Moment, nullable=True),
    CheckConstraint("on_ambiguous IN ('hold', 'resend', 'assume_sent')", name="on_ambiguous"),
    CheckConstraint("approved_by IS NULL OR approved_by <> created_by", name="two_persons"),
    CheckConstraint("approved_by IS NULL OR approved_by <> submitted_by", name="approver_not_submitter"),
    Index(None, "status", "due_at"),
    sqlite_autoincrement=True,
)

shards = Table(
    "shards",
    metadata,
    Column("broadcast_id", ForeignKey("broadcasts.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("channel", String(20), nullable=False),
    Column("status", String(10), nullable=False),
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
    UniqueConstraint("broadcast_id", "contact_id"),
    CheckConstraint(
        "status IN ('queued','sending','sent','delivered','read','failed','skipped','uncertain')",
        name="status",
    ),
    Index(None, "broadcast_id", "shard", "status"),
    sqlite_with_rowid=False,
)
