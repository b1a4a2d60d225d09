"""Tables of what the channels keep: codes that link two of them, tokens, quotas, paces."""

from sqlalchemy import Column, Float, ForeignKey, Integer, String, Table, Text

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
