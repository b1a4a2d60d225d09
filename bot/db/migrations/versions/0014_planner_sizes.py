"""What SQLite is to think of the sizes of ``deliveries``: told nothing, it takes a broadcast for ten copies, and
goes through all of its millions where an index leads to the thousand of a shard."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ROWS, A_BROADCAST, A_SHARD, A_PERSON = 10_000_000, 1_000_000, 1_000, 10


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    # Only ANALYZE makes the table; what it finds is not kept. https://sqlite.org/fileformat2.html#stat1tab
    connection.exec_driver_sql("PRAGMA analysis_limit = 1")
    connection.exec_driver_sql("ANALYZE deliveries")
    connection.exec_driver_sql("DELETE FROM sqlite_stat1 WHERE tbl = 'deliveries'")
    sizes = {"deliveries": f"{ROWS} {A_BROADCAST} 1"}
    for _, index, *_ in connection.exec_driver_sql("PRAGMA index_list('deliveries')").all():
        columns = tuple(row[2] for row in connection.exec_driver_sql(f"PRAGMA index_info('{index}')").all())
        if columns == ("broadcast_id", "shard"):
            sizes[index] = f"{ROWS} {A_BROADCAST} {A_SHARD}"
        elif columns == ("contact_id", "broadcast_id"):
            sizes[index] = f"{ROWS} {A_PERSON} 1"
    for index, size in sizes.items():
        connection.exec_driver_sql(
            "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('deliveries', ?, ?)", (index, size)
        )
    # Have this connection read them, as those opened later do.
    connection.exec_driver_sql("ANALYZE sqlite_schema")
