"""What officials typed or chose and have not kept yet, each in a drawer that nobody else opens: forms whose
session had ended, and files for a draft."""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.access.sealing import KeyUnusable
from bot.db.content_tables import drawer_files, drawer_forms
from bot.db.sealing import seal, unseal

FORM_LASTS = timedelta(hours=1)
FILE_LASTS = timedelta(days=1)
FILES_MOST = 10
"""So many files lie in one drawer; the oldest make room."""

Fields = Sequence[tuple[str, str]]


def keep_form(connection: Connection, login: str, path: str, fields: Fields, now: datetime) -> None:
    """Keep what was sent to *path*, sealed, in the place of what was sent there before."""
    forget_old(connection, now)
    values = {"fields": seal(connection, _of_form(login), json.dumps(list(fields))), "at": now}
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = dialect.insert(drawer_forms).values(login=login, path=path, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["login", "path"], set_=values))


def find_form(connection: Connection, login: str, path: str, now: datetime) -> Fields:
    """What *login* sent to *path* within the last hour; nothing when there is nothing any more."""
    kept = connection.scalar(
        select(drawer_forms.c.fields).where(
            drawer_forms.c.login == login, drawer_forms.c.path == path, drawer_forms.c.at > now - FORM_LASTS
        )
    )
    # A key that was taken away takes the form with it.
    with suppress(KeyUnusable):
        return [(name, value) for name, value in json.loads(unseal(connection, _of_form(login), kept or "[]"))]
    return []


def keep_file(connection: Connection, login: str, digest: str, body: bytes, now: datetime) -> None:
    """Keep the file of *digest*; one that is there already stays for another day."""
    forget_old(connection, now)
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = dialect.insert(drawer_files).values(login=login, digest=digest, body=body, at=now)
    connection.execute(row.on_conflict_do_update(index_elements=["login", "digest"], set_={"at": now}))
    newest = (
        select(drawer_files.c.digest)
        .where(drawer_files.c.login == login)
        .order_by(drawer_files.c.at.desc(), (drawer_files.c.digest == digest).desc())
        .limit(FILES_MOST)
    )
    kept = connection.scalars(newest).all()
    connection.execute(
        delete(drawer_files).where(drawer_files.c.login == login, drawer_files.c.digest.not_in(kept))
    )


def find_file(connection: Connection, login: str, digest: str) -> bytes | None:
    """The file of *digest* in the drawer of *login*; None when it is not there."""
    return connection.scalar(
        select(drawer_files.c.body).where(drawer_files.c.login == login, drawer_files.c.digest == digest)
    )


def forget_old(connection: Connection, now: datetime) -> None:
    """Empty the drawers of what lay there too long."""
    connection.execute(delete(drawer_forms).where(drawer_forms.c.at <= now - FORM_LASTS))
    connection.execute(delete(drawer_files).where(drawer_files.c.at <= now - FILE_LASTS))


def _of_form(login: str) -> str:
    return f"form:{login}"
