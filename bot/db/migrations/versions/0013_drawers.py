"""What officials typed or chose and have not kept yet: forms whose session ended, files for a draft."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "drawer_forms",
        sa.Column("login", sa.String(60), nullable=False),
        sa.Column("path", sa.String(200), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("login", "path", name="pk_drawer_forms"),
    )
    op.create_table(
        "drawer_files",
        sa.Column("login", sa.String(60), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("login", "digest", name="pk_drawer_files"),
    )
