"""The widget on a portal's page of another site: a button, a frame, a conversation, and who may not have it."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from bot.app import App, bind
from bot.config import Config
from bot.db import Database
from bot.db.publications import Act, Publication
from bot.inbox import Mind
from bot.publication import Start
from tests.conftest import NOW, ROOT


def serve(app: Any, listening: Any) -> tuple[uvicorn.Server, threading.Thread]:
    """An application on a socket, in a thread of its own."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True)
    thread.start()
    return server, thread


@pytest.fixture
def portals(mind: Mind, sqlite: Database, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The addresses of a portal that may embed the chat and of one that may not; both another site."""
    chat, good, bad = bind("127.0.0.1", 0), bind("127.0.0.1", 0), bind("127.0.0.1", 0)
    home = f"http://localhost:{chat.getsockname()[1]}"
    names = [f"http://127.0.0.1:{each.getsockname()[1]}" for each in (good, bad)]

    async def page(request: Request) -> HTMLResponse:
        script = f'<script src="{home}/widget.js"></script>'
        text = f'<!doctype html><html lang="vi"><title>Cổng</title><h1>Cổng thông tin</h1>{script}'
        policy = f"default-src 'none'; script-src {home}; frame-src {home}"
        return HTMLResponse(text, headers={"Content-Security-Policy": policy})

    config = Config(
        data=tmp_path, content=ROOT / "content", public_url="https://hoctap.example", frame_ancestors=names[0]
    )
    app = App.open(config, sqlite, Start(mind, Publication(1, "", Act.START, "hoctap", (), NOW, 1)))
    portal = Starlette(routes=[Route("/", page)])
    running = [serve(app.web(), chat), serve(portal, good), serve(portal, bad)]
    yield names[0], names[1]
    for server, thread in running:
        server.should_exit = True
        thread.join(5)


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    opened = chromium.new_page(viewport={"width": 360, "height": 740})
    yield opened
    opened.close()


def test_a_citizen_asks_on_a_portal_by_keyboard_and_finds_it_again(portals: tuple[str, str], page: Any) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(portals[0])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    chat = page.frame_locator("iframe")
    chat.get_by_text("Đây là máy, không phải người").first.wait_for()
    chat.get_by_label("Nhắn câu hỏi").fill("hoc xoa mu chu o dau")
    chat.get_by_role("button", name="Gửi", exact=True).click()
    chat.get_by_text("Nguồn:").first.wait_for()

    page.reload()
    page.get_by_role("button", name="Hỏi đáp học tập").click()
    chat.get_by_text("hoc xoa mu chu o dau").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="Đóng hỏi đáp").click()
    assert page.get_by_role("button", name="Hỏi đáp học tập").get_attribute("aria-expanded") == "false"
    assert complaints == []


def test_a_page_that_is_no_portal_of_ours_gets_no_chat(portals: tuple[str, str], page: Any) -> None:
    page.goto(portals[1])

    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.get_by_role("button", name="Hỏi đáp học tập").click()

    assert page.frame_locator("iframe").get_by_label("Nhắn câu hỏi").count() == 0
