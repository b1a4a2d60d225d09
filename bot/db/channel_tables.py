"""Tables of what the channels keep: linking codes, tokens, quotas, paces, files, leases, officials' own."""

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from bot.db.tables import Moment, metadata

# A code that links a second channel: only its digest, for a quarter of an hour.
link_codes = Table(
    "link_codes",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("contact_id", ForeignKey("contacts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("used_by", Integer, nullable=True),
    Column("expires_at", Moment, nullable=False),
)

# Where an official gets test sends: first only a code's digest, then the contact that typed it.
official_contacts = Table(
    "official_contacts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", String(60), nullable=False, index=True),
    Column("digest", String(64), nullable=True, unique=True),
    Column("expires_at", Moment, nullable=True),
    Column("contact_id", ForeignKey("contacts.id", ondelete="CASCADE"), nullable=True, unique=True),
    Column("linked_at", Moment, nullable=True),
)

# The tokens of a Zalo Official Account; who has the claim may renew them.
zalo_tokens = Table(
    "zalo_tokens",
    metadata,
    Column("app_id", String(40), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("access_token", Text, nullable=False),
    Column("refresh_token", Text, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("kept_at", Moment, nullable=False),
    Column("claimed_by", String(40), nullable=True),
    Column("claimed_until", Moment, nullable=True),
)

# How many messages of a kind a platform's plan holds in a period, and how many are gone.
quotas = Table(
    "quotas",
    metadata,
    Column("channel", String(20), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("period", String(10), primary_key=True),
    Column("used", Integer, nullable=False, default=0),
    Column("most", Integer, nullable=False, default=0),
    Column("at", Moment, nullable=False),
)

# The pace of each channel, shared by every process: when its next slot is, in seconds since 1970.
rates = Table(
    "rates",
    metadata,
    Column("channel", String(20), primary_key=True),
    Column("next_at", Float, nullable=False, default=0.0),
    Column("rest_until", Float, nullable=False, default=0.0),
    Column("slow_until", Float, nullable=False, default=0.0),
    Column("floods", Integer, nullable=False, default=0),
    Column("flooded_at", Float, nullable=False, default=0.0),
)

# A file that goes with messages, under the SHA-256 of its bytes.
attachments = Table(
    "attachments",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("kept_at", Moment, nullable=False),
)

# What the platform of an account calls a file it already holds.
uploads = Table(
    "uploads",
    metadata,
    Column("account", String(40), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("handle", String(250), nullable=False),
    Column("at", Moment, nullable=False),
)

# Work that one process does for all, such as polling a platform: whose it is, and until when.
leases = Table(
    "leases",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("owner", String(40), nullable=False),
    Column("until", Moment, nullable=False),
)

# Who asked about check codes lately, for some minutes: a digest, never what they wrote.
looks = Table(
    "looks",
    metadata,
    Column("who", String(64), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Index(None, "at"),
)
