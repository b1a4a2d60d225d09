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
    """What an official may do: an approver also drafts, but never approves their own work."""

    DRAFTER = "drafter"
    APPROVER = "approver"


@dataclass(frozen=True, slots=True)
class Official:
    """An account of the people who send broadcasts. *scope* is the provinces they answer for, by code;
    empty: the whole country."""

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
    """Whether *password* made *password_hash*; None (nobody) costs the same time and is False."""
    try:
        return (
            _hasher.verify(password_hash or _hash_of_nobody(), _composed(password)) and password_hash is not None
        )
    except (Argon2Error, InvalidHashError):
        return False


@cache
def _hash_of_nobody() -> str:
    return _hasher.hash("")


def _composed(password: str) -> str:
    # Vietnamese keyboards send either form of the same letters.
    return unicodedata.normalize("NFC", password)
