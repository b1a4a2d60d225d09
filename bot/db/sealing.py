"""The secrets of the database, second factors and Zalo's tokens: sealed going in, opened coming out."""

from collections.abc import Iterator

from sqlalchemy import Column, Connection, Engine, select, update

from bot.access.sealing import MARK, Keys
from bot.db.channel_tables import zalo_tokens
from bot.db.tables import officials

OPTION = "hoctap_keys"
"""The execution option under which an engine holds its Keys."""


def seal(connection: Connection, purpose: str, plain: str) -> str:
    """*plain* as it is kept; nothing stays nothing. Raises KeyUnusable."""
    return keys_of(connection).seal(purpose, plain) if plain else ""


def unseal(connection: Connection, purpose: str, kept: str) -> str:
    """What was sealed for *purpose*. Raises KeyUnusable."""
    return keys_of(connection).unseal(purpose, kept)


def keys_of(bind: Connection | Engine) -> Keys:
    """The keys under which the secrets of *bind* are sealed."""
    keys = bind.get_execution_options().get(OPTION)
    return keys if isinstance(keys, Keys) else Keys()


def of_factor(login: str) -> str:
    """The purpose of the second factor of *login*."""
    return f"totp:{login}"


def of_token(app_id: str) -> str:
    """The purpose of the tokens of a Zalo application."""
    return f"zalo:{app_id}"


def lies_open(connection: Connection) -> bool:
    """Whether a secret is not sealed yet. Raises KeyUnusable when the key does not open those that are."""
    sealed = True
    for _, _, purpose, kept in _secrets(connection):
        unseal(connection, purpose, kept)
        sealed = sealed and kept.startswith(MARK)
    return not sealed


def seal_anew(connection: Connection) -> int:
    """Seal every secret under the newest key. Returns how many there are."""
    count = 0
    for column, key, purpose, kept in list(_secrets(connection)):
        (own,) = column.table.primary_key
        value = seal(connection, purpose, unseal(connection, purpose, kept))
        connection.execute(update(column.table).where(own == key).values({column: value}))
        count += 1
    return count


def _secrets(connection: Connection) -> Iterator[tuple[Column[str], object, str, str]]:
    """The column, primary key, purpose and kept text of every secret."""
    for table, owner, purpose_of, names in (
        (officials, "login", of_factor, ("totp_secret", "totp_pending")),
        (zalo_tokens, "app_id", of_token, ("access_token", "refresh_token")),
    ):
        for row in connection.execute(select(table)).mappings():
            for name in names:
                if row[name]:
                    (own,) = table.primary_key
                    yield table.c[name], row[own.name], purpose_of(row[owner]), row[name]
