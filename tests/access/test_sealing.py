"""Secrets at rest: a copy of the database holds none, and a lost key is said, not replaced."""

import stat
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from bot.access.sealing import MARK, Keys, KeyUnusable, new_key
from bot.db import Database, DatabaseUnusable, officials, sealing, sign_in, zalo
from bot.db.channel_tables import zalo_tokens
from bot.db.tables import officials as accounts
from bot.db.zalo import KeptPair
from bot.outreach.official import Official, Role
from tests.conftest import NOW

SECRET = "JBSWY3DPEHPK3PXP"
PAIR = KeptPair("access", "refresh", NOW, 1)


def fill(connection: Connection) -> None:
    officials.add(connection, Official("lan", "Lan", Role.EDITOR), "", "operator", NOW)
    sign_in.offer_factor(connection, "lan", SECRET)
    assert zalo.keep_pair(connection, "app", PAIR, NOW)


def raw(connection: Connection) -> list[str]:
    return [
        *connection.execute(select(accounts.c.totp_pending)).scalars(),
        *connection.execute(select(zalo_tokens.c.access_token, zalo_tokens.c.refresh_token)).one(),
    ]


def test_what_the_database_keeps_of_secrets_opens_only_with_the_key(database: Database) -> None:
    database.submit(fill).result()

    kept = database.read_now(raw)

    assert all(
        each.startswith(MARK) and secret not in each
        for each, secret in zip(kept, (SECRET, "access", "refresh"), strict=True)
    )
    assert database.read_now(lambda c: zalo.find_pair(c, "app")) == PAIR


def test_a_key_is_made_beside_the_data_for_its_owner_only(
    sqlite: Database, sqlite_url: str, tmp_path: Path
) -> None:
    assert not (tmp_path / "test.key").exists()
    sqlite.submit(fill).result()
    assert stat.S_IMODE((tmp_path / "test.key").stat().st_mode) == 0o600
    (tmp_path / "test.key").rename(tmp_path / "elsewhere")

    with pytest.raises(DatabaseUnusable, match="put back the key"):
        Database.open(sqlite_url)

    assert not (tmp_path / "test.key").exists(), "a lost key is not replaced"
    with pytest.raises(DatabaseUnusable, match="put back the key"):
        Database.open(sqlite_url, Keys(new_key()))


def test_secrets_from_before_are_sealed_at_the_next_start(sqlite: Database, sqlite_url: str) -> None:
    sqlite.submit(fill).result()
    sqlite.submit(lambda c: c.execute(update(accounts).values(totp_pending=SECRET))).result()

    Database.open(sqlite_url).close()

    kept = sqlite.read_now(raw)[0]
    assert kept.startswith(MARK)
    assert sqlite.read_now(lambda c: sealing.unseal(c, sealing.of_factor("lan"), kept)) == SECRET


def test_a_new_key_takes_over_while_others_have_the_database_open(
    sqlite: Database, sqlite_url: str, tmp_path: Path
) -> None:
    sqlite.submit(fill).result()
    other = Database.open(sqlite_url)
    Keys(file=tmp_path / "test.key").add()
    assert sqlite.submit(sealing.seal_anew).result() == 3

    assert other.read_now(lambda c: zalo.find_pair(c, "app")) == PAIR
    newest, oldest = (tmp_path / "test.key").read_text().split()
    assert Keys(newest).unseal("zalo:app", sqlite.read_now(raw)[1]) == "access"
    with pytest.raises(KeyUnusable):
        Keys(oldest).unseal("zalo:app", sqlite.read_now(raw)[1])
    other.close()


def test_a_secret_does_not_do_in_the_place_of_another() -> None:
    keys = Keys(new_key())
    with pytest.raises(KeyUnusable, match="in the place of"):
        keys.unseal("totp:admin", keys.seal("totp:lan", SECRET))
    with pytest.raises(KeyUnusable, match="HOCTAP_DATABASE_KEY"):
        Keys().seal("totp:lan", SECRET)
