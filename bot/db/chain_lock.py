"""The lock under which rows are added to the audit, one process at a time, and how nobody dies of it.

Whoever waits for it holds nothing else. A transaction that comes upon it taken is undone and run again
behind it, so those that took rows first and those that took the lock first never wait for each other.
"""

from sqlalchemy import Connection, text

_LOCK = 7_316_001
_TRIES = "hoctap_tries_chain"


class ChainBusy(Exception):
    """Somebody else adds to the audit: undo the transaction and run it again behind ``wait_for_chain``."""


def wait_for_chain(connection: Connection) -> None:
    """Take the lock until the end of the transaction; SQLite has but one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))


def let_chain_be_tried(connection: Connection) -> None:
    """Say that this transaction is run again when ``take_chain`` raises ChainBusy."""
    connection.execution_options(**{_TRIES: True})


def take_chain(connection: Connection) -> None:
    """Take the lock within a transaction that may hold rows already. Raises ChainBusy."""
    if connection.dialect.name != "postgresql":
        return
    if not connection.get_execution_options().get(_TRIES):
        wait_for_chain(connection)
    elif not connection.scalar(text(f"SELECT pg_try_advisory_xact_lock({_LOCK})")):
        raise ChainBusy
