"""Whether the books balance: planned = sent + failed + skipped + uncertain + what still waits."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from bot.db import house_marks
from bot.db.deliveries import count_all, count_by_status
from bot.db.tables import broadcasts, shards
from bot.outreach.broadcast import Status
from bot.outreach.delivery import DeliveryStatus

LOOKS_BACK = timedelta(days=8)
_MARK = "reconciled"


@dataclass(frozen=True, slots=True)
class Balance:
    """The books of one broadcast. They balance when *faults* is empty."""

    broadcast_id: int
    planned: int
    rows: int
    faults: tuple[str, ...]


def reconcile(connection: Connection, now: datetime) -> list[Balance]:
    """The books of every broadcast under way, and of those that ended lately. Reads every copy.

    All of it as at one moment: it is to begin its transaction.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    ids = connection.execute(
        select(broadcasts.c.id, broadcasts.c.status, broadcasts.c.total, broadcasts.c.freeze_channel)
        .where(
            broadcasts.c.started_at.is_not(None),
            broadcasts.c.ended_at.is_(None) | (broadcasts.c.ended_at > now - LOOKS_BACK),
        )
        .order_by(broadcasts.c.id)
    ).all()
    found = []
    for row in ids:
        every = count_all(connection, row.id)
        quick = count_by_status(connection, row.id)
        sizes = connection.scalar(select(func.sum(shards.c.size)).where(shards.c.broadcast_id == row.id)) or 0
        rows = sum(every.values())
        faults = []
        if rows != row.total:
            faults.append(f"planned {row.total}, rows {rows}")
        if sizes != rows:
            faults.append(f"in shards {sizes}, rows {rows}")
        if quick != dict(sorted(every.items())):
            faults.append("the counts of the shards differ from their rows")
        waiting = sum(
            copies
            for (status, _), copies in every.items()
            if status in (DeliveryStatus.QUEUED, DeliveryStatus.SENDING)
        )
        if row.status == Status.COMPLETED and (waiting or row.freeze_channel):
            faults.append(f"completed with {waiting} waiting")
        found.append(Balance(row.id, row.total, rows, tuple(faults)))
    return found


def keep_outcome(connection: Connection, balances: list[Balance], now: datetime) -> None:
    """Remember when the books were last looked at, and how many did not balance."""
    bad = sum(bool(each.faults) for each in balances)
    house_marks.put(connection, _MARK, f"{now.isoformat()} {len(balances)} {bad}")


def last_outcome(connection: Connection) -> tuple[datetime, int, int] | None:
    """When the books were last looked at, how many there were, and how many did not balance."""
    kept = house_marks.find(connection, _MARK)
    if kept is None:
        return None
    at, looked, bad = kept.split()
    return datetime.fromisoformat(at), int(looked), int(bad)
