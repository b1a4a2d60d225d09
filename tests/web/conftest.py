"""Officials in front of the console: accounts with two factors, and browsers that hold their cookies."""

import html
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.access import totp
from bot.app import App
from bot.config import Config
from bot.db import Connection, Database, officials, publications, sign_in
from bot.db.publications import Act, Publication
from bot.db.sign_in import Enrolment
from bot.inbox import Mind
from bot.knowledge.package import pack
from bot.outreach.official import Official, Role, hash_password
from bot.publication import Start
from tests.conftest import NOW, ROOT
from tests.small_content import write_small_content

PASSWORD = "một mật khẩu khá dài"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SAME = {"sec-fetch-site": "same-origin"}


@dataclass
class Clock:
    """A clock the test moves."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        """Let time pass; a code of the telephone is then a new one."""
        self.now += timedelta(**time)


@dataclass
class Desk:
    """An official's browser."""

    login: str
    secret: str
    client: httpx.AsyncClient
    clock: Clock
    page: httpx.Response = field(default_factory=lambda: httpx.Response(204))

    def code(self) -> str:
        """A code of the telephone that was not used yet."""
        self.clock.pass_by(seconds=61)
        return totp.code_at(self.secret, self.clock.now)

    async def opens(self, path: str) -> httpx.Response:
        """Open a page."""
        self.page = await self.client.get(path)
        return self.page

    async def sends(self, path: str, **typed: Any) -> httpx.Response:
        """Send the form at *path*, with the token of the page that is open and whose form it is."""
        data = {**self.hidden("form_token", "owner"), **typed}
        self.page = await self.client.post(path, data=data)
        return self.page

    def hidden(self, *names: str) -> dict[str, str]:
        """The hidden fields of the page that is open; empty where it has none."""
        found = {name: re.search(rf'name="{name}" value="([^"]*)"', self.page.text) for name in names}
        return {name: html.unescape(each[1]) if each else "" for name, each in found.items()}

    async def signs_in_there(self) -> httpx.Response:
        """Sign in on the page that is open, and go where it leads."""
        typed = {"login": self.login, "password": PASSWORD, "code": self.code()}
        return await self.sends("/console/sign-in", **typed, **self.hidden("next"))

    async def signs_in(self) -> httpx.Response:
        """Sign in with both factors."""
        await self.opens("/console/sign-in")
        return await self.sends("/console/sign-in", login=self.login, password=PASSWORD, code=self.code())


@dataclass
class Console:
    """The console of a running bot, and the officials in front of it."""

    app: App
    database: Database
    clock: Clock
    asgi: Any
    stack: AsyncExitStack
    secrets: dict[str, str] = field(default_factory=dict)

    async def browser(self, login: str = "") -> Desk:
        """A new browser, in which nobody is signed in yet."""
        client = await self.stack.enter_async_context(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app=self.asgi),
                base_url="http://127.0.0.1:8080",
                headers=SAME,
                follow_redirects=True,
            )
        )
        return Desk(login, self.secrets.get(login, ""), client, self.clock)

    def hire(self, login: str, role: Role, scope: frozenset[str] = frozenset()) -> None:
        """An account with both factors set."""
        shared, now = totp.new_secret(), self.clock.now

        def act(connection: Connection) -> None:
            officials.add(connection, Official(login, login.title(), role, scope=scope), "", "operator", now)
            sign_in.issue_link(connection, login, login, now + timedelta(days=1), "operator", now)
            sign_in.offer_factor(connection, login, shared)
            proved = Enrolment(hash_password(PASSWORD), totp.code_at(shared, now), [])
            assert sign_in.enrol(connection, login, proved, now)

        self.database.submit(act).result()
        self.secrets[login] = shared

    async def official(self, login: str, role: Role, scope: frozenset[str] = frozenset()) -> Desk:
        """A new official, signed in."""
        self.hire(login, role, scope)
        desk = await self.browser(login)
        page = await desk.signs_in()
        assert page.status_code == 200
        assert "Đăng xuất" in page.text
        return desk


@pytest.fixture
def office(console: Console, tmp_path: Path) -> Console:
    """A console in front of two published answers."""
    package = pack(write_small_content(tmp_path))
    console.database.submit(
        lambda c: publications.publish(c, package.digest, package.archive, 2, Act.START, "hoctap", NOW)
    ).result()
    return console


async def no_name(*_: Any, **__: Any) -> Any:
    """The resolver of a machine without Internet."""
    raise OSError("no such name")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser for the tests of a module: while it is there, nothing asynchronous runs in this thread."""
    playwright = pytest.importorskip("playwright.sync_api")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no chromium on this machine")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
async def console(
    mind: Mind, sqlite: Database, tmp_path: Path, quick_hashes: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Console]:
    """A console whose clock the test moves."""
    clock = Clock()
    monkeypatch.setattr("bot.app.utc_now", clock)
    monkeypatch.setattr("bot.office.counting.PATIENCE", 30.0)
    monkeypatch.setattr("bot.office.links._PublicResolver.resolve", no_name)
    config = Config(data=tmp_path, content=ROOT / "content")
    app = App.open(config, sqlite, Start(mind, Publication(1, "", Act.START, "hoctap", (), NOW, 1)))
    async with AsyncExitStack() as stack:
        yield Console(app, sqlite, clock, app.web(), stack)
    await app.inbox.settle()
