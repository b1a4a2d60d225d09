"""The audit: what every official did, and the bot by itself; each row sealed to the one before."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, insert, select

from bot.access.chain import START, Record, Verdict, seal, verify
from bot.db.chain_lock import take_chain
from bot.db.tables import audit
from bot.outreach.broadcast import Act

BOT = "hoctap"
"""Who stands in the audit for what the bot did by itself."""

_PAGE = 5000


def record(
    connection: Connection,
    login: str,
    act: str,
    now: datetime,
    *,
    broadcast_id: int | None = None,
    detail: str = "",
) -> None:
    """Add a row to the audit; nothing ever changes or removes one."""
    take_chain(connection)
    before = connection.scalar(select(audit.c.digest).order_by(audit.c.id.desc()).limit(1)) or START
    row = Record(0, now, login, str(act), broadcast_id, detail[:300])
    connection.execute(
        insert(audit).values(
            at=now,
            official=row.official,
            act=row.act,
            broadcast_id=broadcast_id,
            detail=row.detail,
            digest=seal(row, before),
        )
    )


def newest(
    connection: Connection,
    limit: int = 100,
    *,
    before: int = 0,
    official: str = "",
    act: str = "",
    broadcast_id: int = 0,
) -> list[Record]:
    """The newest rows, newest first; *before*: only with smaller ids."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    for column, value in ((audit.c.official, official), (audit.c.act, act), (audit.c.broadcast_id, broadcast_id)):
        if value:
            query = query.where(column == value)
    if before:
        query = query.where(audit.c.id < before)
    return [Record(*row) for row in connection.execute(query)]


def every_record(connection: Connection) -> Iterator[Record]:
    """All rows, oldest first, a page at a time."""
    last = 0
    while True:
        page = connection.execute(select(audit).where(audit.c.id > last).order_by(audit.c.id).limit(_PAGE)).all()
        if not page:
            return
        for row in page:
            yield Record(*row)
        last = page[-1].id


def verify_chain(connection: Connection, head: str = "") -> tuple[Verdict, bool]:
    """Whether every row still fits the one before, and whether the digest *head* is still in the chain."""
    verdict = verify(every_record(connection))
    kept = connection.scalar(select(audit.c.id).where(audit.c.digest == head).limit(1)) is not None
    return verdict, kept


def authors_of(connection: Connection, broadcast_id: int) -> frozenset[str]:
    """Everybody who had a hand in the broadcast as it stands: wrote, changed or submitted it."""
    hands = (Act.DRAFT, Act.EDIT, Act.SUBMIT)
    logins = connection.scalars(
        select(audit.c.official).where(audit.c.broadcast_id == broadcast_id, audit.c.act.in_(hands)).distinct()
    )
    return frozenset(logins)
