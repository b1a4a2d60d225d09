"""Centres: the published directory, imports that wait, and what citizens report."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "centre_imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("centres", sa.JSON(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=60), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('staged', 'published', 'withdrawn')", name=op.f("ck_centre_imports_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_centre_imports")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "centres",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("province", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_centres")),
    )
    with op.batch_alter_table("centres", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_centres_province_type"), ["province", "type"], unique=False)

    op.create_table(
        "centre_courses",
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("course", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["centre_id"], ["centres.id"], name=op.f("fk_centre_courses_centre_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("centre_id", "course", name=op.f("pk_centre_courses")),
    )
    with op.batch_alter_table("centre_courses", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_centre_courses_course_centre_id"), ["course", "centre_id"], unique=False
        )

    op.create_table(
        "centre_reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("centre", sa.String(length=40), nullable=False),
        sa.Column("wrong", sa.String(length=10), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.String(length=60), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('open', 'closed')", name=op.f("ck_centre_reports_status")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_centre_reports_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_centre_reports")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("centre_reports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_centre_reports_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_centre_reports_status_centre"), ["status", "centre"], unique=False)

    op.create_table(
        "centre_sites",
        sa.Column("id", sa.String(length=50), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("commune", sa.String(length=10), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("by_distance", sa.Boolean(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["centre_id"], ["centres.id"], name=op.f("fk_centre_sites_centre_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_centre_sites")),
    )
    with op.batch_alter_table("centre_sites", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_centre_sites_centre_id"), ["centre_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_centre_sites_commune"), ["commune"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_centre_sites_latitude_longitude"), ["latitude", "longitude"], unique=False
        )
