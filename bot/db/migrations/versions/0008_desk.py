"""What came of a citizen's report about a centre."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("centre_reports", sa.Column("outcome", sa.String(10), nullable=True))
