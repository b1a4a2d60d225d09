"""Versions of the content, votes by version, unanswered questions and who waits for their answer."""

import sqlalchemy as sa
from alembic import op

from bot.db.tables import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "content_versions",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("archive", sa.LargeBinary(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_content_versions")),
    )
    op.create_table(
        "publications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=10), nullable=False),
        sa.Column("official", sa.String(length=60), nullable=False),
        sa.Column("accepted", sa.JSON(), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.CheckConstraint("act IN ('start', 'publish', 'rollback')", name=op.f("ck_publications_act")),
        sa.ForeignKeyConstraint(
            ["digest"], ["content_versions.digest"], name=op.f("fk_publications_digest_content_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publications")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "unanswered",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(length=500), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unanswered")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("unanswered", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unanswered_at"), ["at"], unique=False)
    op.create_table(
        "awaiting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(length=500), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_awaiting_contact_id_contacts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_awaiting")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("awaiting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_awaiting_contact_id"), ["contact_id"], unique=False)
    with op.batch_alter_table("votes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("contact_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("version", sa.String(length=16), nullable=False, server_default=""))
        batch_op.create_foreign_key(
            batch_op.f("fk_votes_contact_id_contacts"), "contacts", ["contact_id"], ["id"], ondelete="SET NULL"
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_votes_contact_id_code_version"), ["contact_id", "code", "version"]
        )


def downgrade() -> None:
    with op.batch_alter_table("votes", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_votes_contact_id_code_version"), type_="unique")
        batch_op.drop_constraint(batch_op.f("fk_votes_contact_id_contacts"), type_="foreignkey")
        batch_op.drop_column("version")
        batch_op.drop_column("contact_id")
    op.drop_table("awaiting")
    op.drop_table("unanswered")
    op.drop_table("publications")
    op.drop_table("content_versions")
