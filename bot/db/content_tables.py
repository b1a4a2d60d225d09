"""The tables of the content: its versions and publications, votes on answers, questions nobody answered."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from bot.db.tables import Moment, metadata

# One vote a contact and version of an answer; who asks to be forgotten leaves the vote without a person.
votes = Table(
    "votes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("contact_id", ForeignKey("contacts.id", ondelete="SET NULL"), nullable=True),
    Column("code", String(40), nullable=False, index=True),
    Column("version", String(16), nullable=False, default=""),
    Column("useful", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("contact_id", "code", "version"),
)

# What nobody has answered yet, without numbers and names, and without who asked.
unanswered = Table(
    "unanswered",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("question", String(500), nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "at"),
    sqlite_autoincrement=True,
)

# Who consented to be told once their question has an answer; the row goes when they are.
awaiting = Table(
    "awaiting",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("contact_id", ForeignKey("contacts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("question", String(500), nullable=False),
    Column("at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

# Each version of the content whole (a zip of the folder), under the hash of its files; never changed.
content_versions = Table(
    "content_versions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("archive", LargeBinary, nullable=False),
    Column("answers", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
)

# What was put before citizens, when, by whom; the newest row is what stands now. Append-only.
publications = Table(
    "publications",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", ForeignKey("content_versions.digest"), nullable=False),
    Column("act", String(10), nullable=False),
    Column("official", String(60), nullable=False),
    # The questions whose answers changed and who published accepted by name.
    Column("accepted", JSON, nullable=False),
    Column("at", Moment, nullable=False),
    CheckConstraint("act IN ('start', 'publish', 'rollback')", name="act"),
    sqlite_autoincrement=True,
)
