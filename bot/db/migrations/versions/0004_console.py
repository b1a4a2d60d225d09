"""The console: second factors, sessions, more roles, and the chain of the audit."""

from datetime import UTC

import sqlalchemy as sa
from alembic import op

from bot.access.chain import START, Record, seal

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("officials") as officials:
        for column in (
            sa.Column("totp_secret", sa.String(64), nullable=False, server_default=""),
            sa.Column("totp_pending", sa.String(64), nullable=False, server_default=""),
            sa.Column("totp_step", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("recovery", sa.JSON(), nullable=False, server_default="[]"),
            sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("locked_until", MOMENT, nullable=True),
            sa.Column("link_digest", sa.String(64), nullable=False, server_default=""),
            sa.Column("link_until", MOMENT, nullable=True),
        ):
            officials.add_column(column)
        officials.drop_constraint(op.f("ck_officials_role"), type_="check")
        officials.create_check_constraint(
            op.f("ck_officials_role"), "role IN ('drafter', 'approver', 'editor', 'viewer', 'admin', 'auditor')"
        )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("login", sa.String(60), nullable=False),
        sa.Column("browser", sa.String(120), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_login", "sessions", ["login"])
    op.add_column("audit", sa.Column("digest", sa.String(64), nullable=False, server_default=""))
    op.create_index("ix_audit_broadcast_id", "audit", ["broadcast_id"])
    _seal_what_is_there()


def _seal_what_is_there() -> None:
    rows = sa.table(
        "audit",
        sa.column("id", sa.Integer),
        sa.column("at", MOMENT),
        *(sa.column(name) for name in ("official", "act", "broadcast_id", "detail", "digest")),
    )
    connection, before = op.get_bind(), START
    for row in connection.execute(sa.select(rows).order_by(rows.c.id)).all():
        at = row.at if row.at.tzinfo else row.at.replace(tzinfo=UTC)
        before = seal(Record(row.id, at, row.official, row.act, row.broadcast_id, row.detail), before)
        connection.execute(sa.update(rows).where(rows.c.id == row.id).values(digest=before))
