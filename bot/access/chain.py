"""The chain of the audit: each row's digest covers the one before, so that none can be changed or taken out."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

START = "0" * 64


@dataclass(frozen=True, slots=True)
class Record:
    """One act of an official, or of the bot, as the audit keeps it."""

    id: int
    at: datetime
    official: str
    act: str
    broadcast_id: int | None
    detail: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of walking the chain: how many rows, the digest of the last, and the first that does not fit."""

    rows: int
    head: str
    broken_at: int | None

    @property
    def intact(self) -> bool:
        """Whether every row fits the one before."""
        return self.broken_at is None


def seal(record: Record, before: str) -> str:
    """The digest of *record* behind a row with the digest *before*."""
    said = [
        before,
        record.at.astimezone(UTC).isoformat(timespec="microseconds"),
        record.official,
        record.act,
        record.broadcast_id,
        record.detail,
    ]
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def verify(records: Iterable[Record]) -> Verdict:
    """Walk *records*, oldest first. Rows cut off the end are found by comparing the head with a kept one."""
    before, rows = START, 0
    for record in records:
        rows += 1
        if record.digest != seal(record, before):
            return Verdict(rows, before, record.id)
        before = record.digest
    return Verdict(rows, before, None)
