"""``hoctap zalo``: an admin's consent becomes kept tokens; each refusal says what to do."""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.channels.zalo_quota import month_of
from bot.contacts import Quota
from bot.db import Database, quotas
from bot.db.zalo import KeptPair, find_pair, keep_pair
from tests.channels.zalo_house import connect, zalo_settings
from tests.cli.command_line import hoctap
from tests.conftest import ROOT
from tests.zalo_platform import APP_ID, Zalo, utc_now

PUBLIC = "https://hoctap.example"


@dataclass
class Admin:
    """Somebody with a shell on the server and an account at Zalo."""

    zalo: Zalo
    database: Database
    environment: dict[str, str]

    async def runs(self, *words: str, typed: str = "") -> tuple[int | None, str]:
        """Run it to its end; the exit code and what was said."""
        # In a thread: Zalo answers in this one.
        ended = await asyncio.to_thread(hoctap, "zalo", *words, typed=typed, **self.environment)
        return ended.returncode, ended.stdout + ended.stderr

    async def consents(self, state: str = "") -> tuple[int | None, str]:
        """Run ``connect``, agree at the address it shows, paste where the browser ended."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "zalo", "connect"),
            cwd=ROOT,
            env={"PYTHONUNBUFFERED": "1", "PATH": "/usr/bin:/bin", **self.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdin and process.stdout
        shown = ""
        while not (url := re.search(r"https?://\S+/v4/oa/permission\S+", shown)) or not shown.endswith(": "):
            read = await asyncio.wait_for(process.stdout.read(4096), 60)
            assert read, shown
            shown += read.decode()
        asked = {name: each[0] for name, each in parse_qs(urlsplit(url[0]).query).items()}
        assert asked["redirect_uri"].startswith(PUBLIC)
        code = self.zalo.consent(asked["code_challenge"])
        ended = f"{asked['redirect_uri']}?oa_id=2&code={code}&state={state or asked['state']}\n"
        said, wrong = await asyncio.wait_for(process.communicate(ended.encode()), 60)
        assert b"Traceback" not in wrong, wrong.decode()
        return process.returncode, said.decode() + wrong.decode()

    def kept(self) -> KeptPair | None:
        """The tokens on disk."""
        return self.database.read_now(lambda c: find_pair(c, APP_ID))


@pytest.fixture
async def admin(tmp_path: Path, sqlite: Database, sqlite_url: str) -> AsyncIterator[Admin]:
    async with Zalo() as zalo:
        settings = {f"HOCTAP_{name.upper()}": each for name, each in zalo_settings(zalo).items()}
        paths = {"HOCTAP_DATA": str(tmp_path), "HOCTAP_DATABASE_URL": sqlite_url, "HOCTAP_PUBLIC_URL": PUBLIC}
        yield Admin(zalo, sqlite, settings | paths)


async def test_a_consent_becomes_tokens_that_work(admin: Admin) -> None:
    code, said = await admin.consents()

    assert (code, "Đã nối với Official Account" in said) == (0, True)
    kept = admin.kept()
    assert kept is not None
    assert kept.access_token in admin.zalo.access and kept.refresh_token in admin.zalo.refresh
    assert kept.access_token not in said and kept.refresh_token not in said
    assert "Đã nối với Official Account" in (await admin.runs("status"))[1]


async def test_an_address_of_another_attempt_is_refused_and_nothing_is_kept(admin: Admin) -> None:
    code, said = await admin.consents(state="another")

    assert (code, "không thuộc lần nối này" in said) == (2, True)
    assert admin.kept() is None


async def test_an_address_without_a_code_is_told(admin: Admin) -> None:
    code, said = await admin.runs("connect", typed=f"{PUBLIC}/zalo?error=denied\n")

    assert (code, "không có mã" in said) == (2, True)


async def test_a_code_that_zalo_does_not_know_is_refused_in_its_words(admin: Admin) -> None:
    code, said = await admin.runs("connect", typed="0123456789abcdef\n")

    assert (code, "Zalo không nhận" in said) == (2, True)
    assert admin.kept() is None


async def test_a_refresh_token_connects_without_a_consent_and_once(admin: Admin) -> None:
    _, refresh = admin.zalo.grant()

    code, said = await admin.runs("connect", "--refresh-token", typed=refresh + "\n")
    assert (code, "Đã nối với Official Account" in said) == (0, True)
    assert refresh not in said
    kept = admin.kept()
    assert kept is not None and kept.refresh_token != refresh

    code, said = await admin.runs("connect", "--refresh-token", typed=refresh + "\n")
    assert (code, "Zalo không nhận" in said) == (2, True)
    assert admin.kept() == kept


async def test_status_shows_what_is_left_of_the_quotas(admin: Admin) -> None:
    connect(admin.database, admin.zalo)
    quota = Quota("zalo_oa", "reply", month_of(utc_now()), 12, 2000)
    admin.database.submit(lambda c: quotas.keep(c, quota, utc_now())).result()

    code, said = await admin.runs("status")

    assert code == 0
    assert "12" in said and "2000" in said


async def test_status_renews_tokens_that_are_over_and_keeps_the_new_pair(admin: Admin) -> None:
    connect(admin.database, admin.zalo)
    before = admin.kept()
    assert before is not None
    admin.zalo.expire_tokens()

    code, said = await admin.runs("status")

    after = admin.kept()
    assert (code, "Đã nối" in said) == (0, True)
    assert after is not None and after.refresh_token != before.refresh_token
    assert after.refresh_token in admin.zalo.refresh


async def test_status_before_a_connection_and_after_a_lost_pair_says_what_to_do(admin: Admin) -> None:
    code, said = await admin.runs("status")
    assert (code, "chưa được nối" in said) == (2, True)

    lost = KeptPair("spent", "spent", utc_now() - timedelta(hours=1), 1)
    admin.database.submit(lambda c: keep_pair(c, APP_ID, lost, utc_now())).result()
    code, said = await admin.runs("status")
    assert (code, "hoctap zalo connect" in said) == (2, True)


@pytest.mark.parametrize(
    ("without", "expected"),
    [
        (("HOCTAP_PUBLIC_URL",), "HOCTAP_PUBLIC_URL"),
        (
            ("HOCTAP_ZALO_OA_APP_ID", "HOCTAP_ZALO_OA_APP_SECRET", "HOCTAP_ZALO_OA_SECRET_KEY"),
            "HOCTAP_ZALO_OA_APP_ID",
        ),
    ],
)
async def test_a_missing_setting_is_named(admin: Admin, without: Any, expected: str) -> None:
    for name in without:
        del admin.environment[name]

    code, said = await admin.runs("connect")

    assert (code, expected in said) == (2, True)
