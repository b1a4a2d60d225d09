"""Submitted versions of broadcasts, who holds a handed-over question, and what people ask, counted."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "broadcast_versions",
        sa.Column("broadcast_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("frozen", sa.JSON(), nullable=False),
        sa.Column("official", sa.String(60), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["broadcast_id"], ["broadcasts.id"], name="fk_broadcast_versions_broadcast_id"),
        sa.PrimaryKeyConstraint("broadcast_id", "number", name="pk_broadcast_versions"),
    )
    op.add_column("handovers", sa.Column("claimed_by", sa.String(60), nullable=True))
    op.add_column("handovers", sa.Column("claimed_at", MOMENT, nullable=True))
    op.create_table(
        "question_counts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("subject", sa.String(48), nullable=False),
        sa.Column("outcome", sa.String(12), nullable=False),
        sa.Column("place", sa.String(40), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "subject", "outcome", "place", name="pk_question_counts"),
    )
