"""An editor's whole way in a real browser, on a bot that really runs: written, compared, published, asked."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.app import utc_now
from bot.config import Config
from bot.db import Database, audit, publications
from bot.outreach.official import Role
from tests.web.browsers import Person, examine, fill_house, running_bot

WORDINGS = """\
thu vien mo cua luc nao
thư viện xã mở giờ nào
mấy giờ mở thư viện vậy ạ
tối có vào thư viện được không
cuoi tuan thu vien co mo khong
giờ đọc sách ở thư viện xã
"""


@pytest.fixture
def running(small: Config) -> Iterator[tuple[str, Database]]:
    """A bot started as an operator starts it, with officials in its database."""
    database = Database.open(small.database)
    fill_house(database, utc_now())
    with running_bot(small) as base:
        yield base, database
    database.close()


def test_an_answer_is_written_compared_published_and_asked(running: tuple[str, Database], chromium: Any) -> None:
    base, database = running
    editor = chromium.new_context(bypass_csp=True, viewport={"width": 360, "height": 740}).new_page()
    citizen = chromium.new_context(java_script_enabled=False).new_page()
    Person(editor, base, database).signs_in(Role.EDITOR)

    editor.goto(f"{base}/console/answers/new")
    editor.get_by_label("Chủ đề", exact=True).select_option(label="Xóa mù chữ")
    editor.get_by_label("Câu hỏi", exact=True).fill("Thư viện xã mở cửa lúc mấy giờ?")
    editor.get_by_label("Trả lời", exact=True).fill("Thư viện mở **từ 8:00 đến 17:00** hằng ngày.")
    editor.get_by_label("Hỏi cách khác").fill(WORDINGS)
    editor.get_by_label("Ngày anh/chị đọc lại nguồn").fill("31/13/2026")
    editor.get_by_role("button", name="Lưu bản sửa").click()

    # What is wrong stands beside its field, and nothing typed is lost.
    editor.get_by_role("heading", name="Còn 3 chỗ phải sửa").wait_for()
    assert examine(editor) == []
    assert editor.get_by_label("Hỏi cách khác").input_value() == WORDINGS.strip()
    assert editor.get_by_label("Ngày anh/chị đọc lại nguồn").input_value() == "31/13/2026"
    editor.get_by_label("Ngày anh/chị đọc lại nguồn").fill("24/11/2026")
    editor.get_by_label("Nguồn (mỗi dòng").fill("KH 45/KH-UBND, mục 3 | UBND xã Yên Mỹ")
    editor.get_by_label("Tên ngắn").fill("Giờ mở thư viện")
    editor.get_by_role("button", name="Lưu bản sửa").click()
    editor.get_by_text("Đã lưu bản sửa").wait_for()

    citizen.goto(f"{base}/chat")
    _ask(citizen, "thư viện xã mở giờ nào")
    assert citizen.get_by_text("từ 8:00 đến 17:00").count() == 0

    assert examine(editor) == []
    editor.get_by_role("button", name="So sánh").click()
    editor.get_by_role("heading", name="Đang so sánh").wait_for()
    # The page comes again by itself until the comparison is done.
    editor.get_by_role("heading", name="Đưa ra cho bà con").wait_for(timeout=180_000)
    assert examine(editor) == []
    editor.get_by_text("Câu mới: 1").wait_for()
    editor.get_by_role("button", name="Đưa ra cho bà con").click()
    editor.get_by_text("Đã đưa ra cho bà con").wait_for()

    for _ in range(30):
        _ask(citizen, "thư viện xã mở giờ nào")
        if citizen.get_by_text("từ 8:00 đến 17:00").count():
            break
        citizen.wait_for_timeout(6000)  # Who asks every second is asked to wait.
    citizen.get_by_text("KH 45/KH-UBND, mục 3").first.wait_for()
    editor.context.close()
    citizen.context.close()

    standing = database.read_now(publications.current)
    assert standing
    assert (standing.number, standing.act, standing.official, standing.answers) == (2, "publish", "editor", 3)
    acts = [each.act for each in database.read_now(lambda c: audit.newest(c, official="editor"))]
    assert acts[:3] == ["content_publish", "content_edit", "content_edit"]


def _ask(page: Any, text: str) -> None:
    page.get_by_label("Nhắn câu hỏi").fill(text)
    page.get_by_role("button", name="Gửi", exact=True).click()
