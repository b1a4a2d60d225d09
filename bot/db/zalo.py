"""The tokens of a Zalo Official Account as kept, and which process may renew them."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, insert, or_, select, update

from bot.db.channel_tables import zalo_tokens
from bot.db.sealing import of_token, seal, unseal


@dataclass(frozen=True, slots=True)
class KeptPair:
    """A pair of tokens; *version* grows by one with each."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    version: int


def find_pair(connection: Connection, app_id: str) -> KeptPair | None:
    """The pair of the application *app_id*, or None before it was connected."""
    row = connection.execute(select(zalo_tokens).where(zalo_tokens.c.app_id == app_id)).one_or_none()
    if row is None:
        return None
    access, refresh = (
        unseal(connection, of_token(app_id), each) for each in (row.access_token, row.refresh_token)
    )
    return KeptPair(access, refresh, row.expires_at, row.version)


def claim_pair(
    connection: Connection, app_id: str, version: int, owner: str, now: datetime, until: datetime
) -> bool:
    """Let *owner* alone renew the pair *version* before *until*. False when somebody else may, or did."""
    free = or_(zalo_tokens.c.claimed_until.is_(None), zalo_tokens.c.claimed_until <= now)
    changed = connection.execute(
        update(zalo_tokens)
        .where(
            zalo_tokens.c.app_id == app_id,
            zalo_tokens.c.version == version,
            or_(free, zalo_tokens.c.claimed_by == owner),
        )
        .values(claimed_by=owner, claimed_until=until)
    )
    return changed.rowcount == 1


def release_pair(connection: Connection, app_id: str, version: int, owner: str) -> None:
    """Give the claim of *owner* back."""
    connection.execute(
        update(zalo_tokens)
        .where(
            zalo_tokens.c.app_id == app_id,
            zalo_tokens.c.version == version,
            zalo_tokens.c.claimed_by == owner,
        )
        .values(claimed_by=None, claimed_until=None)
    )


def keep_pair(connection: Connection, app_id: str, pair: KeptPair, now: datetime) -> bool:
    """Put *pair* in the place of the one before it. False when another took that place."""
    values = {
        "version": pair.version,
        "access_token": seal(connection, of_token(app_id), pair.access_token),
        "refresh_token": seal(connection, of_token(app_id), pair.refresh_token),
        "expires_at": pair.expires_at,
        "kept_at": now,
        "claimed_by": None,
        "claimed_until": None,
    }
    if pair.version == 1:
        known = connection.scalar(select(zalo_tokens.c.version).where(zalo_tokens.c.app_id == app_id))
        if known is None:
            connection.execute(insert(zalo_tokens).values(app_id=app_id, **values))
        return known is None
    changed = connection.execute(
        update(zalo_tokens)
        .where(zalo_tokens.c.app_id == app_id, zalo_tokens.c.version == pair.version - 1)
        .values(**values)
    )
    return changed.rowcount == 1
