"""How far this database has come: so that a backup that was put back, or a copy, is known for one.

A counter rises with everything that is sent. On SQLite a small file beside the database holds the
highest value; a database below it has gone back in time. On PostgreSQL the identity of the cluster,
the database and its timeline tell a restored one from the one that was.
"""

import os
import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, make_url, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.db import audit, broadcasts
from bot.db.tables import broadcasts as broadcast_rows
from bot.db.tables import marks, schedules
from bot.outreach.broadcast import Act, Status

_PROGRESS, _IDENTITY = "progress", "identity"


class Progress:
    """The counter of one database. ``note`` in a transaction that sends, ``keep`` after it."""

    def __init__(self, engine: Engine) -> None:
        path = make_url(engine.url).database if engine.dialect.name == "sqlite" else None
        self._file = Path(f"{path}.progress") if path and path != ":memory:" else None

    def note(self, connection: Connection) -> None:
        """Count what is done in this transaction."""
        if self._file is not None:
            put(connection, _PROGRESS, str(int(find(connection, _PROGRESS) or 0) + 1))

    def keep(self, connection: Connection) -> None:
        """Write down beside the database how far it is. *connection* only reads: what it sees is on disk,
        and so the file, which is replaced whole, is never ahead."""
        if self._file is None or not (value := find(connection, _PROGRESS)):
            return
        fresh = self._file.with_name(f"{self._file.name}.{os.getpid()}-{threading.get_ident()}")
        with suppress(OSError):
            fresh.write_text(value)
            fresh.replace(self._file)

    def went_back(self, connection: Connection) -> bool:
        """Whether this is not the database that last sent, as it was then; from now on it is."""
        if self._file is None:
            now = _identity(connection)
            before = find(connection, _IDENTITY)
            if before != now:
                put(connection, _IDENTITY, now)
            return before is not None and before != now
        value = int(find(connection, _PROGRESS) or 0)
        try:
            written = int(self._file.read_text())
        except (OSError, ValueError):
            written = None
        put(connection, _PROGRESS, str(max(value, written or 0)))
        return value < written if written is not None else value > 0


def hold_everything(connection: Connection, now: datetime) -> list[int]:
    """Nothing of a restored database is sent before a person looked: what was being sent is paused, what
    waited for its time has to be approved anew, plans stand still. Returns the broadcasts."""
    sending = connection.scalars(
        select(broadcast_rows.c.id).where(broadcast_rows.c.status == Status.SENDING)
    ).all()
    for broadcast_id in sending:
        broadcasts.hold(connection, broadcast_id, "restored", now)
    waiting = connection.scalars(
        update(broadcast_rows)
        .where(broadcast_rows.c.status.in_((Status.APPROVED, Status.SCHEDULED)))
        .values(status=Status.RETURNED, reason="restored", approved_by=None, approved_at=None)
        .returning(broadcast_rows.c.id)
    ).all()
    for broadcast_id in waiting:
        audit.record(connection, audit.BOT, Act.VOID, now, broadcast_id=broadcast_id, detail="restored")
    connection.execute(
        update(schedules).where(schedules.c.status == "active").values(status="paused", reason="restored")
    )
    return [*sending, *waiting]


def find(connection: Connection, name: str) -> str | None:
    """The mark *name*."""
    return connection.scalar(select(marks.c.value).where(marks.c.name == name))


def put(connection: Connection, name: str, value: str) -> None:
    """Set the mark *name*."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(
        dialect.insert(marks)
        .values(name=name, value=value)
        .on_conflict_do_update(index_elements=["name"], set_={"value": value})
    )


def _identity(connection: Connection) -> str:
    """What a dump put back elsewhere, a point-in-time recovery or a promoted standby does not share."""
    row = connection.execute(
        text(
            "SELECT (SELECT oid FROM pg_database WHERE datname = current_database()) AS oid,"
            " (SELECT system_identifier FROM pg_control_system()) AS cluster,"
            " (SELECT timeline_id FROM pg_control_checkpoint()) AS timeline"
        )
    ).one()
    return f"{row.cluster}:{row.oid}:{row.timeline}"
