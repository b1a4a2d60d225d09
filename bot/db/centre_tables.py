"""The tables of centres: the published directory, the imports that wait, and what citizens report."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from bot.db.tables import Moment, metadata

# What citizens say is wrong about a centre: for staff, and deleted with the citizen's other data.
centre_reports = Table(
    "centre_reports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("contact_id", ForeignKey("contacts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("centre", String(40), nullable=False),
    Column("wrong", String(10), nullable=False),
    Column("note", Text, nullable=False, default=""),
    Column("status", String(10), nullable=False),
    # Whether it was accepted or refused, once it is closed; nothing for those closed before that was kept.
    Column("outcome", String(10), nullable=True),
    Column("created_at", Moment, nullable=False),
    Column("closed_by", String(60), nullable=True),
    Column("closed_at", Moment, nullable=True),
    CheckConstraint("status IN ('open', 'closed')", name="status"),
    Index(None, "status", "centre"),
    sqlite_autoincrement=True,
)

# The published directory. Empty until staff publish an import: until then content/centres is it.
centres = Table(
    "centres",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(300), nullable=False),
    Column("type", String(20), nullable=False),
    Column("province", String(10), nullable=False),
    Column("status", String(20), nullable=False),
    # Everything else about it, its classes among them: read whole, never searched.
    Column("details", JSON, nullable=False),
    Index(None, "province", "type"),
)

centre_sites = Table(
    "centre_sites",
    metadata,
    Column("id", String(50), primary_key=True),
    Column("centre_id", ForeignKey("centres.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("commune", String(10), nullable=True, index=True),
    Column("latitude", Float, nullable=True),
    Column("longitude", Float, nullable=True),
    # Whether the place is known well enough to tell a distance.
    Column("by_distance", Boolean, nullable=False),
    Column("details", JSON, nullable=False),
    Index(None, "latitude", "longitude"),
)

centre_courses = Table(
    "centre_courses",
    metadata,
    Column("centre_id", ForeignKey("centres.id", ondelete="CASCADE"), primary_key=True),
    Column("course", String(40), primary_key=True),
    Index(None, "course", "centre_id"),
)

centre_imports = Table(
    "centre_imports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("file", String(200), nullable=False),
    Column("status", String(10), nullable=False),
    # Whether the file is the whole list of its provinces: what is not in it is removed.
    Column("whole", Boolean, nullable=False),
    Column("centres", JSON, nullable=False),
    Column("summary", JSON, nullable=False),
    Column("base_version", Integer, nullable=False),
    Column("created_by", String(60), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("decided_by", String(60), nullable=True),
    Column("decided_at", Moment, nullable=True),
    CheckConstraint("status IN ('staged', 'published', 'withdrawn')", name="status"),
    sqlite_autoincrement=True,
)
