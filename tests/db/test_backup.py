"""Backups and the signs of life that the database keeps."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from bot.db import Database, audit, contacts, conversations, vitals
from bot.db.backups import BackupBad, back_up
from bot.messages import Address, Heard, HeardKind
from tests.conftest import NOW

BA = Address("web", "ba")


def test_a_backup_holds_everything_and_only_its_owner_reads_it(database: Database, tmp_path: Path) -> None:
    database.submit(lambda c: audit.record(c, "an", "draft", NOW)).result()
    database.submit(lambda c: contacts.add(c, BA, NOW)).result()
    database.submit(lambda c: audit.record(c, "an", "edit", NOW)).result()

    made = back_up(database, tmp_path / "kept.db")

    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert made.size == made.path.stat().st_size
    opened = Database.open(f"sqlite:///{made.path}")
    verdict, _ = opened.read_now(audit.verify_chain)
    assert (verdict.intact, verdict.rows) == (True, 2)
    assert opened.read_now(lambda c: contacts.find(c, BA)) is not None
    opened.close()
    with pytest.raises(FileExistsError):
        back_up(database, made.path)


def test_a_backup_that_is_not_whole_is_not_kept(
    sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bad(path: Path) -> int:
        raise BackupBad("row 1 missing from index")

    monkeypatch.setattr("bot.db.backups._check", bad)

    with pytest.raises(BackupBad):
        back_up(sqlite, tmp_path / "kept.db")

    assert not (tmp_path / "kept.db").exists()


def test_what_waits_is_known_by_its_age(database: Database) -> None:
    assert database.read_now(lambda c: vitals.read_vitals(c, NOW)) == vitals.Vitals.unknown()
    heard = Heard(BA, "1", NOW, HeardKind.TEXT, text="x")
    database.submit(lambda c: conversations.store(c, [heard], NOW)).result()
    later = NOW + timedelta(minutes=3)
    database.submit(lambda c: conversations.queue_call(c, BA, {"text": "x"}, later)).result()
    database.submit(lambda c: vitals.note_backup(c, NOW)).result()

    early = database.read_now(lambda c: vitals.read_vitals(c, NOW))
    found = database.read_now(lambda c: vitals.read_vitals(c, later))

    assert (early.inbound, early.reply) == (NOW, None)
    assert (found.inbound, found.reply, found.shard) == (NOW, later, None)
    assert (found.backup, found.heard_at) == (NOW, {"web": NOW})
