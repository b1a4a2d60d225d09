"""Check codes, waves, paces, schedules, taps: what campaigns need beyond one sending."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for table, column in (
        ("contacts", sa.Column("language", sa.String(8), nullable=False, server_default="")),
        ("contacts", sa.Column("role", sa.String(20), nullable=False, server_default="")),
        ("officials", sa.Column("scope", sa.String(400), nullable=False, server_default="")),
        ("broadcasts", sa.Column("code", sa.String(12), nullable=True)),
        ("broadcasts", sa.Column("text_digest", sa.String(64), nullable=False, server_default="")),
        ("broadcasts", sa.Column("priority", sa.Integer(), nullable=False, server_default="0")),
        ("broadcasts", sa.Column("approved_at", MOMENT, nullable=True)),
        ("broadcasts", sa.Column("expected", sa.Integer(), nullable=False, server_default="0")),
        ("broadcasts", sa.Column("corrects", sa.Integer(), nullable=True)),
        ("broadcasts", sa.Column("run_id", sa.Integer(), nullable=True)),
        ("broadcasts", sa.Column("wave", sa.Integer(), nullable=False, server_default="0")),
        ("broadcasts", sa.Column("freeze_channel", sa.String(20), nullable=True)),
        ("broadcasts", sa.Column("freeze_after", sa.Integer(), nullable=False, server_default="0")),
        ("broadcasts", sa.Column("freeze_upto", sa.Integer(), nullable=False, server_default="0")),
        ("shards", sa.Column("wave", sa.Integer(), nullable=False, server_default="0")),
        ("shards", sa.Column("size", sa.Integer(), nullable=False, server_default="0")),
        ("shards", sa.Column("counts", sa.JSON(), nullable=True)),
    ):
        op.add_column(table, column)
    op.create_index("ix_broadcasts_code", "broadcasts", ["code"], unique=True)
    op.create_index("ix_broadcasts_text_digest", "broadcasts", ["text_digest"])
    op.create_index("ix_broadcasts_run_id", "broadcasts", ["run_id"])

    op.drop_index("ix_deliveries_broadcast_id_shard_status", "deliveries")
    with op.batch_alter_table("deliveries", table_kwargs={"sqlite_with_rowid": False}) as deliveries:
        deliveries.drop_constraint("uq_deliveries_broadcast_id_contact_id", type_="unique")
        deliveries.create_unique_constraint(
            "uq_deliveries_contact_id_broadcast_id", ["contact_id", "broadcast_id"]
        )
    op.create_index("ix_deliveries_broadcast_id_shard", "deliveries", ["broadcast_id", "shard"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE deliveries SET (fillfactor = 80)")

    op.create_table(
        "rates",
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("next_at", sa.Float(), nullable=False),
        sa.Column("rest_until", sa.Float(), nullable=False),
        sa.Column("slow_until", sa.Float(), nullable=False),
        sa.Column("floods", sa.Integer(), nullable=False),
        sa.Column("flooded_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name="pk_rates"),
    )
    op.create_table(
        "taps",
        sa.Column("broadcast_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(48), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["broadcast_id"], ["broadcasts.id"], name="fk_taps_broadcast_id"),
        sa.PrimaryKeyConstraint("broadcast_id", "contact_id", "token", name="pk_taps"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "schedules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("created_by", sa.String(60), nullable=False),
        sa.Column("submitted_by", sa.String(60), nullable=True),
        sa.Column("approved_by", sa.String(60), nullable=True),
        sa.Column("next_due_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'active', 'paused', 'ended')", name=op.f("ck_schedules_status")
        ),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> created_by", name=op.f("ck_schedules_two_persons")
        ),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> submitted_by",
            name=op.f("ck_schedules_approver_not_submitter"),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_schedules"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_schedules_status_next_due_at", "schedules", ["status", "next_due_at"])
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("status IN ('made', 'empty', 'skipped', 'expired')", name=op.f("ck_runs_status")),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedules.id"], name="fk_runs_schedule_id"),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        sa.UniqueConstraint("schedule_id", "due_at", name="uq_runs_schedule_id_due_at"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "series_members",
        sa.Column("series", sa.String(48), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.Column("left_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name="fk_series_members_contact_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("series", "contact_id", name="pk_series_members"),
    )
    op.create_index("ix_series_members_series_joined_at", "series_members", ["series", "joined_at"])
    op.create_table(
        "marks",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("value", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_marks"),
    )
