"""Secrets at rest: sealed under a key that does not lie in the database, so that a stolen copy holds none.

A key is one of ``cryptography``'s Fernet (AES-128-CBC with HMAC-SHA256). What is sealed names its purpose,
so that it cannot be put in the place of another secret.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

MARK = "f1:"
"""What a sealed text begins with."""

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


class KeyUnusable(Exception):
    """A secret cannot be sealed or read; the message says what to do."""


class Keys:
    """The keys in use, the newest first: those *configured* (separated by spaces), else those of the lines of
    *file*, which is made when a secret is first sealed, for its owner only."""

    def __init__(self, configured: str = "", file: Path | None = None) -> None:
        self._configured = configured.split()
        self._file = file

    def seal(self, purpose: str, plain: str) -> str:
        """*plain* as it is kept. Raises KeyUnusable."""
        if not self._read():
            self.add()
        return MARK + self._ring().encrypt(f"{purpose}\0{plain}".encode()).decode()

    def unseal(self, purpose: str, kept: str) -> str:
        """What was sealed for *purpose*; what was never sealed is as it is. Raises KeyUnusable."""
        if not kept.startswith(MARK):
            return kept
        try:
            sealed_for, _, plain = self._ring().decrypt(kept.removeprefix(MARK).encode()).decode().partition("\0")
        except InvalidToken as error:
            raise KeyUnusable(f"{self._place()} does not open what the database holds; {_REMEDY}") from error
        if sealed_for != purpose:
            raise KeyUnusable(f"a secret sealed for {sealed_for} stands in the place of {purpose}")
        return plain

    def add(self) -> None:
        """Put a new key before those of the file; what is sealed from now on is sealed under it."""
        if self._configured or self._file is None:
            raise KeyUnusable("put a new key (hoctap ops key) before the others in HOCTAP_DATABASE_KEY")
        known = self._read()
        beside = self._file.with_name(f"{self._file.name}.{secrets.token_hex(4)}")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(beside, _NEW, 0o600), "w", encoding="ascii") as file:
                file.write("\n".join([new_key(), *known]) + "\n")
                file.flush()
                os.fsync(file.fileno())
            if known:
                beside.replace(self._file)
            else:
                # Another process may make the first key at the same moment: one of them stays.
                with suppress(FileExistsError):
                    os.link(beside, self._file)
                beside.unlink()
        except OSError as error:
            raise KeyUnusable(f"{self._file}: cannot be written ({error.strerror})") from error

    def _ring(self) -> MultiFernet:
        keys = self._read()
        if not keys:
            raise KeyUnusable(f"{self._place()} is not there; {_REMEDY}")
        try:
            return MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise KeyUnusable(f"{self._place()}: not a key; hoctap ops key prints one") from error

    def _read(self) -> list[str]:
        """The keys as they stand now: another process may have added one."""
        if self._configured or self._file is None:
            return self._configured
        try:
            return self._file.read_text("ascii").split()
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise KeyUnusable(f"{self._file}: cannot be read") from error

    def _place(self) -> str:
        return "HOCTAP_DATABASE_KEY" if self._configured or self._file is None else str(self._file)


def new_key() -> str:
    """A new key: 256 bits, as a line of text."""
    return Fernet.generate_key().decode()


_REMEDY = "put back the key that belongs to this database (see README, Configuration)"
