"""The tables of the content: versions, publications, edits on their way, drawers, votes, questions nobody
answered."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
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
    # Why a person went back.
    Column("note", String(300), nullable=False, server_default=""),
    CheckConstraint("act IN ('start', 'publish', 'rollback')", name="act"),
    sqlite_autoincrement=True,
)

# What editors wrote in the console and nobody has published yet: an answer by its code, or table/row.
edits = Table(
    "edits",
    metadata,
    Column("key", String(100), primary_key=True),
    # What the answer was when it was edited; empty for a new one.
    Column("based_on", String(16), nullable=False),
    Column("cells", JSON, nullable=False),
    Column("official", String(60), nullable=False),
    Column("at", Moment, nullable=False),
)

# Edits compared with what stands, in a process of its own; a finished one holds what may be published.
comparisons = Table(
    "comparisons",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("standing", Integer, nullable=False),
    # The edits that are in it, each by its key with the mark of what it said.
    Column("marks", JSON, nullable=False),
    Column("status", String(10), nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("archive", LargeBinary, nullable=True),
    Column("answers", Integer, nullable=False),
    Column("report", JSON, nullable=True),
    Column("official", String(60), nullable=False),
    Column("at", Moment, nullable=False),
    Column("touched_at", Moment, nullable=False),
    CheckConstraint("status IN ('running', 'done', 'failed', 'published')", name="status"),
    sqlite_autoincrement=True,
)

# How often each answer was given in reply to a question, by day; no text and no person.
answer_counts = Table(
    "answer_counts",
    metadata,
    Column("day", Date, primary_key=True),
    Column("code", String(40), primary_key=True),
    Column("given", Integer, nullable=False),
)

# What an official sent to a path when their session had ended, sealed, for an hour.
drawer_forms = Table(
    "drawer_forms",
    metadata,
    Column("login", String(60), primary_key=True),
    Column("path", String(200), primary_key=True),
    Column("fields", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

# A file an official chose for a draft that is not kept yet, for a day.
drawer_files = Table(
    "drawer_files",
    metadata,
    Column("login", String(60), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
)
