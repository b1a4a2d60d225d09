"""The chat page in a real browser: with and without JavaScript, on a phone's width."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.config import Config
from tests.conftest import ROOT
from tests.web.browsers import running_bot


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, trained: Path) -> Iterator[str]:
    """A running bot, started as an operator starts it."""
    data = tmp_path_factory.mktemp("run")
    shutil.copytree(trained / "nlu", data / "nlu")
    with running_bot(Config(data=data, content=ROOT / "content")) as base:
        yield base


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_citizen_asks_taps_reloads_and_finds_it_all_there(address: str, chromium: Any, javascript: bool) -> None:
    context = chromium.new_context(java_script_enabled=javascript, viewport={"width": 360, "height": 740})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(address, timeout=60_000)
    page.get_by_text("Đây là máy, không phải người").first.wait_for()

    page.get_by_label("Nhắn câu hỏi").fill("hoc xoa mu chu o dau")
    page.get_by_role("button", name="Gửi", exact=True).click()
    page.get_by_text("Nguồn:").first.wait_for()
    page.get_by_role("button", name="Có ích").last.click()
    page.get_by_text("Cảm ơn bà con").wait_for()
    page.reload()
    page.get_by_text("Cảm ơn bà con").wait_for()

    width = page.locator("body").evaluate("body => body.scrollWidth") if javascript else 360
    assert width <= 360
    assert complaints == []
    context.close()
