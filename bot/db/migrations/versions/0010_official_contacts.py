"""Where officials get the messages they send to themselves for a test."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "official_contacts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(60), nullable=False),
        sa.Column("digest", sa.String(64), nullable=True),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("linked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name="fk_official_contacts_contact_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_official_contacts"),
        sa.UniqueConstraint("digest", name="uq_official_contacts_digest"),
        sa.UniqueConstraint("contact_id", name="uq_official_contacts_contact_id"),
    )
    op.create_index("ix_official_contacts_login", "official_contacts", ["login"])
