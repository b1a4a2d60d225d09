"""The rules of signing in: how long a session lasts, when an account is locked, and one-time secrets.

Five failures lock an account for a quarter of an hour, a session ends after a quarter of an hour without
a request and after twelve hours at the latest (TCVN 14423:2026; OWASP ASVS 5.0, 7.3). Pure: time and
randomness are arguments, except in ``new_secret`` and ``new_recovery_codes``.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

IDLE = timedelta(minutes=15)
LASTS = timedelta(hours=12)
FAILURES_MAX = 5
LOCKED = timedelta(minutes=15)
LINK_LASTS = timedelta(hours=24)
RECOVERY_CODES = 10
PASSWORD_MAX = 200

# Without letters and digits that are mistaken for each other when written down.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser. *id* is the digest of its cookie: who reads the database cannot use it."""

    id: str
    login: str
    browser: str
    created_at: datetime
    seen_at: datetime

    def is_over(self, now: datetime) -> bool:
        """Whether it has rested or lasted too long."""
        return now - self.seen_at > IDLE or now - self.created_at > LASTS


def new_secret() -> str:
    """A secret for a cookie or a link: 256 bits, safe in both."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept of a secret: its SHA-256."""
    return hashlib.sha256(secret.encode()).hexdigest()


def form_token(secret: str) -> str:
    """The token that the forms of a browser carry: only who holds the cookie's *secret* can know it."""
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()


def is_form_token(secret: str, token: str) -> bool:
    """Whether *token* belongs to *secret*; takes the same time for any."""
    return hmac.compare_digest(form_token(secret).encode(), token.encode())


def new_recovery_codes() -> list[str]:
    """Ten codes such as ``k7m2p-x9f4q`` for the day the telephone is lost, each good once."""
    return [f"{_pick(5)}-{_pick(5)}" for _ in range(RECOVERY_CODES)]


def clean_recovery_code(typed: str) -> str:
    """The code as it is kept, however spaces and capitals were typed."""
    bare = "".join(letter for letter in typed.lower() if letter in _ALPHABET)
    return f"{bare[:5]}-{bare[5:]}"


def after_failure(failures: int, now: datetime) -> tuple[int, datetime | None]:
    """The count of failures after one more, and until when the account is then locked."""
    failures += 1
    return (0, now + LOCKED) if failures >= FAILURES_MAX else (failures, None)


def _pick(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
