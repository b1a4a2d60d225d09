"""An official: who may draft, who may approve, and their password, kept as an Argon2 hash."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

PASSWORD_MIN = 12

_hasher = PasswordHasher()


class Role(StrEnum):
    """What an official is; ``bot.access.rights`` says what each may do. An approver also drafts, but never
    approves their own work."""

    DRAFTER = "drafter"
    APPROVER = "approver"
    EDITOR = "editor"
    VIEWER = "viewer"
    ADMIN = "admin"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Official:
    """An account of the people who work with the bot. *scope* is what they answer for: codes of provinces
    and tokens of communes; empty: the whole country."""

    login: str
    name: str
    role: Role
    active: bool = True
    scope: frozenset[str] = frozenset()


def clean_login(login: str) -> str:
    """The login as it is kept: composed letters, lower case, no outer spaces."""
    return unicodedata.normalize("NFC", login).strip().lower()


def hash_password(password: str) -> str:
    """The Argon2 hash of *password*, the same for composed and decomposed letters."""
    return _hasher.hash(_composed(password))


def is_password(password_hash: str | None, password: str) -> bool:
    """Whether *password* made *password_hash*; None or empty (nobody) costs the same time and is False."""
    try:
        return _hasher.verify(password_hash or _hash_of_nobody(), _composed(password)) and bool(password_hash)
    except (Argon2Error, InvalidHashError):
        return False


@cache
def _hash_of_nobody() -> str:
    return _hasher.hash("")


def _composed(password: str) -> str:
    # Vietnamese keyboards send either form of the same letters.
    return unicodedata.normalize("NFC", password)
