"""Signing in as kept: one-time links, second factors, failures, and the sessions of signed-in browsers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from bot.access import totp
from bot.access.sign_in import IDLE, LASTS, Session, after_failure, clean_recovery_code, digest
from bot.db.audit import record
from bot.db.officials import official_from
from bot.db.sealing import of_factor, seal, unseal
from bot.db.tables import officials, sessions
from bot.outreach.official import Official

TOUCHED_EVERY = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What somebody with a one-time link proved: a new password (its hash), and a code of the new secret."""

    password_hash: str
    code: str
    recovery: Sequence[str]


def issue_link(connection: Connection, login: str, secret: str, until: datetime, by: str, now: datetime) -> bool:
    """Let whoever holds *secret* set a new password until *until*; the old one and all sessions end.

    False when there is no such account in use.
    """
    changed = connection.execute(
        update(officials)
        .where(officials.c.login == login, officials.c.active)
        .values(
            link_digest=digest(secret),
            link_until=until,
            password_hash="",
            totp_secret="",
            totp_pending="",
            recovery=[],
            failures=0,
            locked_until=None,
        )
    )
    if changed.rowcount != 1:
        return False
    connection.execute(delete(sessions).where(sessions.c.login == login))
    record(connection, by, "official_link", now, detail=login)
    return True


def owner_of_link(connection: Connection, secret: str, now: datetime) -> Official | None:
    """Whose one-time link *secret* is, while it is good."""
    row = _row_of_link(connection, secret, now)
    return official_from(row) if row else None


def offer_factor(connection: Connection, login: str, totp_secret: str) -> None:
    """Keep the secret just shown to *login*; the one shown before is void."""
    kept = seal(connection, of_factor(login), totp_secret)
    connection.execute(update(officials).where(officials.c.login == login).values(totp_pending=kept))


def enrol(connection: Connection, link: str, proved: Enrolment, now: datetime) -> Official | None:
    """Set the password and second factor of the owner of *link*, which is then used up.

    None when the link is not good any more or the code does not belong to the secret that was shown.
    """
    row = _row_of_link(connection, link, now)
    if row is None:
        return None
    step = totp.matching_step(unseal(connection, of_factor(row.login), row.totp_pending), proved.code, now, 0)
    if step is None:
        return None
    connection.execute(
        update(officials)
        .where(officials.c.id == row.id)
        .values(
            link_digest="",
            link_until=None,
            password_hash=proved.password_hash,
            totp_secret=row.totp_pending,
            totp_pending="",
            totp_step=step,
            recovery=[digest(code) for code in proved.recovery],
            failures=0,
            locked_until=None,
        )
    )
    record(connection, row.login, "enrol", now)
    return official_from(row)


def prove(
    connection: Connection, login: str, code: str, now: datetime, *, knows_password: bool
) -> Official | None:
    """The official, when the password was right and *code* is the second factor's or a recovery code.

    Every failure counts; five lock the account for a while. A code is never accepted twice.
    """
    row = connection.execute(select(officials).where(officials.c.login == login).with_for_update()).one_or_none()
    if row is None or not row.active or not row.totp_secret:
        return None
    if row.locked_until is not None and row.locked_until > now:
        return None
    shared = unseal(connection, of_factor(row.login), row.totp_secret)
    step = totp.matching_step(shared, code, now, row.totp_step) if knows_password else None
    spare = digest(clean_recovery_code(code))
    account = update(officials).where(officials.c.id == row.id)
    if step is not None:
        connection.execute(account.values(totp_step=step, failures=0, locked_until=None))
    elif knows_password and spare in row.recovery:
        left = [each for each in row.recovery if each != spare]
        connection.execute(account.values(recovery=left, failures=0, locked_until=None))
        record(connection, login, "recovery_code", now, detail=str(len(left)))
    else:
        failures, locked_until = after_failure(row.failures, now)
        connection.execute(account.values(failures=failures, locked_until=locked_until))
        if locked_until is not None:
            record(connection, login, "locked", now)
        return None
    return official_from(row)


def change_password(
    connection: Connection, login: str, password_hash: str, keep_session: str, now: datetime
) -> None:
    """A new password; every other session of *login* ends."""
    connection.execute(update(officials).where(officials.c.login == login).values(password_hash=password_hash))
    connection.execute(delete(sessions).where(sessions.c.login == login, sessions.c.id != keep_session))
    record(connection, login, "password", now)


def replace_recovery_codes(connection: Connection, login: str, codes: Sequence[str], now: datetime) -> None:
    """New recovery codes in place of the old ones."""
    kept = [digest(code) for code in codes]
    connection.execute(update(officials).where(officials.c.login == login).values(recovery=kept))
    record(connection, login, "recovery_codes", now)


def recovery_left(connection: Connection, login: str) -> int:
    """How many recovery codes *login* has left."""
    return len(connection.scalar(select(officials.c.recovery).where(officials.c.login == login)) or ())


def open_session(connection: Connection, session: Session) -> None:
    """Keep a new session; those that are over go."""
    connection.execute(
        delete(sessions).where(
            (sessions.c.seen_at < session.seen_at - IDLE) | (sessions.c.created_at < session.created_at - LASTS)
        )
    )
    connection.execute(
        insert(sessions).values(
            id=session.id,
            login=session.login,
            browser=session.browser[:120],
            created_at=session.created_at,
            seen_at=session.seen_at,
        )
    )
    record(connection, session.login, "sign_in", session.created_at, detail=session.browser)


def find_session(connection: Connection, session_id: str, now: datetime) -> tuple[Session, Official] | None:
    """The session and whose it is, as the account stands now; None when it is over or was ended."""
    row = connection.execute(
        select(sessions, officials)
        .join(officials, officials.c.login == sessions.c.login)
        .where(sessions.c.id == session_id, officials.c.active)
    ).one_or_none()
    if row is None:
        return None
    session = Session(row[0], row[1], row[2], row[3], row[4])
    return None if session.is_over(now) else (session, official_from(row))


def touch_session(connection: Connection, session_id: str, now: datetime) -> None:
    """The session was used just now."""
    connection.execute(update(sessions).where(sessions.c.id == session_id).values(seen_at=now))


def sessions_of(connection: Connection, login: str, now: datetime) -> list[Session]:
    """The sessions of *login* that are not over, the newest first."""
    rows = connection.execute(
        select(sessions).where(sessions.c.login == login).order_by(sessions.c.created_at.desc())
    )
    found = [Session(row.id, row.login, row.browser, row.created_at, row.seen_at) for row in rows]
    return [each for each in found if not each.is_over(now)]


def end_session(connection: Connection, login: str, session_id: str, by: str, now: datetime) -> bool:
    """End a session of *login*, at once. False when there is none."""
    ended = connection.execute(delete(sessions).where(sessions.c.id == session_id, sessions.c.login == login))
    if ended.rowcount == 1:
        record(connection, by, "sign_out", now, detail=login)
    return ended.rowcount == 1


def _row_of_link(connection: Connection, secret: str, now: datetime) -> Row[Any] | None:
    return connection.execute(
        select(officials).where(
            officials.c.link_digest == digest(secret), officials.c.link_until > now, officials.c.active
        )
    ).one_or_none()
