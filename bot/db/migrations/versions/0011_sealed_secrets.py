"""Room for second factors that are sealed."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("officials") as officials:
        for name in ("totp_secret", "totp_pending"):
            officials.alter_column(
                name,
                existing_type=sa.String(64),
                type_=sa.String(400),
                existing_nullable=False,
                existing_server_default="",
            )
