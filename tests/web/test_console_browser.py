"""The console in a real browser: WCAG 2.2, the strict policy, 360 pixels, the keyboard alone, no JavaScript."""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from argon2 import PasswordHasher
from sqlalchemy import delete

from bot.app import App, bind, utc_now
from bot.channels.webchat import WebChannel
from bot.config import Config
from bot.db import Connection, Database, broadcasts, edits, publications, unanswered
from bot.db.publications import Act, Publication
from bot.db.tables import sessions
from bot.dispatch import Dispatcher
from bot.inbox import Mind
from bot.knowledge.edit import Edit
from bot.knowledge.package import pack
from bot.outreach.broadcast import Status
from bot.outreach.official import Role
from bot.publication import Start
from bot.web.safety import UPLOAD_MAX
from tests.conftest import NOW, ROOT
from tests.outreach.pictures import png
from tests.web.browsers import PASSWORD, Person, ask_an_official, examine, fill_house, keep_shot
from tests.web.conftest import no_name


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, mind: Mind) -> Iterator[tuple[str, Database]]:
    """A console with officials, people, broadcasts and questions in it, served on a socket."""
    data = tmp_path_factory.mktemp("console")
    with pytest.MonkeyPatch.context() as patched:
        hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patched.setattr("bot.outreach.official._hasher", hasher)
        patched.setattr("bot.office.links._PublicResolver.resolve", no_name)
        patched.setattr("bot.office.counting.PATIENCE", 30.0)  # A page that loads again cannot be examined.
        database = Database.open(f"sqlite:///{data / 'test.db'}")
        config = Config(data=data, content=ROOT / "content")
        app = App.open(config, database, Start(mind, Publication(1, "", Act.START, "hoctap", (), NOW, 1)))
        fill_house(database, utc_now())
        write_answers(database)
        listening = bind("127.0.0.1", 0)
        server = uvicorn.Server(uvicorn.Config(app.web(), log_config=None, timeout_graceful_shutdown=1))

        async def serve() -> None:
            """The pages, and what carries answers to citizens."""
            pages = asyncio.create_task(server.serve(sockets=[listening]))
            while not pages.done():
                await app.outbox.retry_due()
                await asyncio.wait([pages], timeout=0.3)

        thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", database
        server.should_exit = True
        thread.join(10)
        database.close()


def write_answers(database: Database) -> None:
    """Two publications, an edit with faults, and a question nobody answered."""
    package, now = pack(ROOT / "content"), utc_now()
    cells = {
        "topic": "xoa-mu-chu",
        "topic_title": "-",
        "question": "Sửa dở?",
        "ma": "xmc-02",
        "kiem tra ngay": "?",
    }

    def act(c: Connection) -> None:
        for _ in range(2):
            publications.publish(c, package.digest, package.archive, 364, Act.PUBLISH, "editor", now)
        edits.keep(c, Edit("xmc-02", cells, "0" * 16, "editor", now))
        unanswered.add(c, "lớp nấu ăn ở đâu", now)

    database.submit(act).result()


PAGES = {
    Role.APPROVER: (
        "/console/broadcasts",
        "/console/broadcasts/new",
        "/console/broadcasts/1",
        "/console/broadcasts/2",
        "/console/broadcasts/2/edit",
        "/console/broadcasts/3",
        "/console/broadcasts/3/results",
        "/console/test-contacts",
        "/console/calendar",
        "/console/conversations",
        "/console/conversations/1",
        "/console/me",
        "/console/questions",
        "/console/centres?q=trung+tam",
    ),
    Role.ADMIN: ("/console/people", "/console/health"),
    Role.EDITOR: (
        "/console/questions",
        "/console/answers",
        "/console/answers?q=xoa+mu",
        "/console/answers/xmc-01",
        "/console/answers/xmc-01/edit",
        "/console/answers/xmc-02/edit",
        "/console/answers/new?topic=xoa-mu-chu",
        "/console/answers/new?group=1",
        "/console/answers/pick?group=1",
        "/console/answers/changes",
        "/console/answers/versions",
        "/console/answers/versions/2",
        "/console/answers/workbook",
        "/console/centres",
        "/console/centres/map",
        "/console/centres/import",
        "/console/centres/imports/1",
        "/console/centres/reports",
        "/console/centres/of/tthtcd-khanh-hoa-01?report=1",
    ),
    Role.AUDITOR: ("/console/audit",),
}


CUT = """() => [...document.querySelectorAll("body *")].filter(each => {
  const box = each.getBoundingClientRect();
  if (!box.width || each.closest(".scroll > *, .unseen, .skip, svg > *, option")) return false;
  const style = getComputedStyle(each);
  const clipped = each.scrollWidth > each.clientWidth + 1 && style.overflowX === "hidden";
  return box.right > innerWidth + 1 || box.left < -1 || clipped;
}).map(each => each.outerHTML.slice(0, 80))"""
"""What sticks out of the page or is cut off; tables scroll in a region of their own."""


@pytest.mark.parametrize("role", list(PAGES))
@pytest.mark.parametrize(("width", "zoom"), [(360, 1), (640, 2), (1280, 1)], ids=["360 px", "200 %", "1280 px"])
def test_no_page_has_a_fault_for_people_who_see_little_or_use_a_telephone(
    address: tuple[str, Database], chromium: Any, role: Role, width: int, zoom: int
) -> None:
    base, database = address
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, device_scale_factor=zoom, bypass_csp=True
    )
    page = context.new_page()
    faults: list[str] = []
    person = Person(page, base, database)

    def look(path: str) -> None:
        # At 640 pixels the page is laid out as at 360: of what is magnified only the width is another.
        faults.extend(f"{path}: {each}" for each in (examine(page) if zoom == 1 else ()))
        if page.evaluate("document.documentElement.scrollWidth") > width:
            faults.append(f"{path}: wider than {width} px")
        faults.extend(f"{path}: cut off: {each}" for each in page.evaluate(CUT))
        keep_shot(page, path.strip("/").translate(str.maketrans("/?=+", "----")) or "console")

    page.goto(f"{base}/console/sign-in")
    look("/console/sign-in")
    person.signs_in(role)
    for path in PAGES[role]:
        page.goto(base + path)
        look(path)
    context.close()
    assert faults == []


def test_who_is_signed_in_at_two_places_reads_of_both_on_a_telephone(
    address: tuple[str, Database], chromium: Any
) -> None:
    base, database = address
    for _ in range(2):
        page = chromium.new_context(viewport={"width": 360, "height": 800}).new_page()
        Person(page, base, database).signs_in(Role.AUDITOR)
    page.goto(f"{base}/console/me")

    assert page.get_by_role("button", name="Đăng xuất nơi này").count() >= 1
    # What only a screen reader says lies within the table that scrolls, not beside the page.
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for context in chromium.contexts:
        context.close()


def test_the_strict_policy_is_never_broken_and_a_page_is_small(
    address: tuple[str, Database], chromium: Any
) -> None:
    base, database = address
    context = chromium.new_context()
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sizes: list[int] = []
    page.on("response", lambda answer: sizes.append(len(answer.body())) if answer.status == 200 else None)
    page.goto(f"{base}/console/sign-in")
    first = sum(sizes)
    Person(page, base, database).signs_in(Role.APPROVER)
    for path in PAGES[Role.APPROVER]:
        page.goto(base + path)

    assert complaints == []
    assert first <= 30_000
    context.close()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_two_persons_send_a_broadcast(address: tuple[str, Database], chromium: Any, javascript: bool) -> None:
    base, database = address
    first = chromium.new_context(java_script_enabled=javascript).new_page()
    second = chromium.new_context(java_script_enabled=javascript).new_page()
    Person(first, base, database).signs_in(Role.DRAFTER)
    approver = Person(second, base, database)
    approver.signs_in(Role.APPROVER)

    first.goto(f"{base}/console/broadcasts/new")
    first.get_by_label("Tên đợt gửi").fill(f"Tin thử {javascript}")
    first.get_by_label("Chủ đề", exact=True).select_option("events")
    first.get_by_label("Nội dung tin").fill(f"Mời bà con ở {{xã}} đến học lớp {javascript}.")
    first.get_by_label("Nguồn").fill("Quyết định 1373/QĐ-TTg")
    if javascript:
        first.get_by_text("Tin này sẽ đến 12 người").wait_for()
    first.get_by_role("button", name="Xem trước").click()
    first.get_by_role("heading", name="Bà con sẽ thấy").wait_for()
    assert first.get_by_text("Mời bà con ở xã, phường mình đến học").count() == 1
    first.get_by_role("button", name="Lưu nháp").click()
    first.get_by_role("button", name="Trình duyệt").click()
    first.get_by_text("chờ người khác duyệt").wait_for()

    second.goto(first.url.partition("?")[0])
    second.get_by_label("Gõ số người nhận").fill("12")
    second.get_by_label("Mã 6 số").fill(approver.code())
    second.get_by_role("button", name="Duyệt gửi đến 12 người").click()
    second.get_by_text("Trong 10 phút vẫn rút lại được").wait_for()

    number = int(second.url.partition("?")[0].rpartition("/")[2])
    send_when_due(database, number)
    if not javascript:
        second.reload()
    second.get_by_text("Đã xong 12 trên 12 lượt").wait_for()
    second.get_by_role("link", name="Kết quả theo kênh").click()
    second.get_by_role("heading", name="Theo kênh").wait_for()
    row = second.get_by_role("row", name="Trang web").get_by_role("cell")
    assert sum(map(int, row.all_inner_texts())) == 12
    first.context.close()
    second.context.close()


def send_when_due(database: Database, number: int) -> None:
    """What the scheduler does when the time of a broadcast has come."""
    now = database.read_now(lambda c: broadcasts.find(c, number)).due_at + timedelta(seconds=1)

    async def send() -> None:
        async def post(peer: str, call: Any) -> str:
            return "1"

        dispatcher = Dispatcher(database, {"web": WebChannel(post)}, lambda: now)
        while database.read_now(lambda c: broadcasts.find(c, number)).status is not Status.COMPLETED:
            await dispatcher.tick(now)
            await dispatcher.run_ready(now)
            await dispatcher.settle()

    with ThreadPoolExecutor(1) as beside:  # Playwright has a loop of its own in this thread.
        beside.submit(lambda: asyncio.run(send())).result(120)


def test_a_question_is_claimed_answered_and_read_by_keyboard_alone(
    address: tuple[str, Database], chromium: Any
) -> None:
    base, database = address
    number = ask_an_official(database, utc_now(), "Lớp học buổi tối ở đâu?")
    page = chromium.new_context().new_page()
    Person(page, base, database).signs_in(Role.APPROVER)
    page.goto(f"{base}/console/conversations/{number}")

    press_on(page, "Nhận trả lời")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    press_on(page, "text")
    page.keyboard.type("Ở nhà văn hóa xã, 19 giờ.")
    press_on(page, "Gửi cho bà con")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.get_by_text("Đã gửi câu trả lời").wait_for()
    page.context.close()


def press_on(page: Any, name: str) -> None:
    """Move the focus by the keyboard to what is called *name*, and see where it is all the way."""
    for _ in range(80):
        page.keyboard.press("Tab")
        said, seen = page.evaluate(FOCUSED)
        assert seen, f"nobody sees the focus on {said!r}"
        if name in said:
            return
    raise AssertionError(f"no way to {name} by the keyboard")


FOCUSED = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
  const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  const said = [at.textContent.trim(), at.name, at.labels?.[0]?.textContent.trim()].join(" ");
  return [said, at === document.body || (inside && style.outlineStyle === "solid")];
}"""


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_citizen_sees_that_an_official_took_the_question_and_what_they_answer(
    address: tuple[str, Database], chromium: Any, javascript: bool
) -> None:
    base, database = address
    citizen = chromium.new_context(java_script_enabled=javascript).new_page()
    desk = chromium.new_context(java_script_enabled=javascript).new_page()
    citizen.clock.install()
    citizen.goto(f"{base}/chat")
    citizen.get_by_role("button", name="Gặp cán bộ").first.click()
    citizen.get_by_text("trong một tin").wait_for()
    asked = f"Lớp đọc sách ở xã tôi mở lúc nào, {javascript}?"
    citizen.get_by_role("textbox").fill(asked)
    citizen.get_by_role("button", name="Gửi", exact=True).click()
    citizen.get_by_text("Em đã chuyển câu hỏi cho cán bộ").wait_for()

    def sees(words: str) -> None:
        for _ in range(200):
            if citizen.get_by_text(words).count():
                return
            time.sleep(0.1)
            if javascript:
                citizen.clock.run_for(10_000)
            else:
                citizen.reload()
        raise AssertionError(f"the citizen does not see {words!r}")

    Person(desk, base, database).signs_in(Role.EDITOR)
    desk.goto(f"{base}/console/conversations")
    desk.get_by_role("listitem").filter(has_text=asked).get_by_role("link").click()
    desk.get_by_role("button", name="Nhận trả lời câu này").click()
    desk.get_by_text("Anh/chị đã nhận câu hỏi này").wait_for()
    sees("Cán bộ đã nhận câu bà con hỏi")
    desk.get_by_label("Câu trả lời").fill("Thứ bảy hằng tuần, 8 giờ, ở nhà văn hóa xã.")
    desk.get_by_role("button", name="Gửi cho bà con").click()
    desk.get_by_text("Đã gửi câu trả lời").wait_for()
    sees("Thứ bảy hằng tuần, 8 giờ")
    citizen.context.close()
    desk.context.close()


def test_signing_in_and_accepting_a_report_go_by_keyboard_alone_and_without_javascript(
    address: tuple[str, Database], chromium: Any
) -> None:
    base, database = address
    page = chromium.new_context(java_script_enabled=True, viewport={"width": 640, "height": 400}).new_page()
    person = Person(page, base, database)
    page.goto(f"{base}/console/sign-in")
    for name, typed in (("login", "editor"), ("password", PASSWORD), ("code", person.code())):
        press_on(page, name)
        page.keyboard.type(typed)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto(f"{base}/console/centres/reports")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    press_on(page, "Xem và sửa")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    press_on(page, "dia chi 0")
    page.keyboard.type("Thôn 2")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.get_by_text("Đã lưu và đưa ra").wait_for()
    page.context.close()


def open_telephone(chromium: Any, javascript: bool) -> Any:
    """A page of 360 pixels; axe, which is a script, may look at it when scripts may run."""
    viewport = {"width": 360, "height": 740}
    return chromium.new_context(
        java_script_enabled=javascript, viewport=viewport, bypass_csp=javascript
    ).new_page()


def look_closely(page: Any, javascript: bool, name: str) -> None:
    """No fault for people who see little, nothing cut off; a picture is kept when somebody wants to look."""
    if javascript:
        assert examine(page) == []
        assert page.evaluate(CUT) == []
    keep_shot(page, name)


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_session_that_ends_while_somebody_types_costs_them_nothing(
    address: tuple[str, Database], chromium: Any, javascript: bool
) -> None:
    base, database = address
    page = open_telephone(chromium, javascript)
    person = Person(page, base, database)
    person.signs_in(Role.DRAFTER)
    page.goto(f"{base}/console/broadcasts/new")
    page.get_by_label("Tên đợt gửi").fill("Lớp học hè")
    page.get_by_label("Nội dung tin").fill("Lớp học hè mở từ thứ hai.\n\nMời bà con đến.")
    page.get_by_label("Nguồn").fill("Quyết định 1373/QĐ-TTg")
    page.get_by_label("Tỉnh, thành phố").fill("TP.HCM\nHà Nội")
    page.get_by_label("Sự kiện").check()
    database.submit(lambda c: c.execute(delete(sessions))).result()

    page.get_by_role("button", name="Lưu nháp").click()
    page.get_by_text("Chữ anh/chị đã gõ vẫn còn").wait_for()
    look_closely(page, javascript, "form-kept")
    person.fills_in(Role.DRAFTER)

    page.get_by_text("chưa lưu và chưa gửi").wait_for()
    look_closely(page, javascript, "form-back")
    assert page.get_by_label("Nội dung tin").input_value() == "Lớp học hè mở từ thứ hai.\n\nMời bà con đến."
    assert page.get_by_label("Tỉnh, thành phố").input_value() == "TP.HCM\nHà Nội"
    assert page.get_by_label("Sự kiện").is_checked()
    page.reload()
    page.get_by_role("button", name="Lưu nháp").click()
    page.get_by_text("Đã lưu nháp").wait_for()
    page.context.close()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_picture_is_chosen_seen_and_too_large_a_one_loses_no_word(
    address: tuple[str, Database], chromium: Any, javascript: bool, tmp_path: Path
) -> None:
    base, database = address
    (tmp_path / "Áp phích.png").write_bytes(png(600, 400))
    (tmp_path / "to.png").write_bytes(bytes(UPLOAD_MAX + 1))
    page = open_telephone(chromium, javascript)
    Person(page, base, database).signs_in(Role.DRAFTER)
    page.goto(f"{base}/console/broadcasts/new")
    page.get_by_label("Tên đợt gửi").fill("Có ảnh")
    page.get_by_label("Nội dung tin").fill("Mời bà con xem áp phích.")
    page.get_by_label("Nguồn").fill("Quyết định 1373/QĐ-TTg")

    page.get_by_label("Ảnh hoặc tài liệu").set_input_files(tmp_path / "to.png")
    page.get_by_role("button", name="Xem trước").click()
    page.get_by_role("heading", name="Tệp quá lớn").wait_for()
    look_closely(page, javascript, "too-large")
    page.go_back()
    assert page.get_by_label("Nội dung tin").input_value() == "Mời bà con xem áp phích."

    page.get_by_label("Ảnh hoặc tài liệu").set_input_files(tmp_path / "Áp phích.png")
    page.get_by_role("button", name="Xem trước").click()
    page.get_by_text("Thiếu lời tả tệp").first.wait_for()
    look_closely(page, javascript, "composer-refused")
    page.get_by_label("Lời tả tệp").fill("Áp phích xanh")
    page.get_by_role("button", name="Xem trước").click()
    page.get_by_role("heading", name="Bà con sẽ thấy").wait_for()
    look_closely(page, javascript, "composer-preview")
    drawn = page.get_by_role("img", name="Áp phích xanh").first
    assert drawn.evaluate("each => [each.complete, each.naturalWidth]") == [True, 600]
    page.get_by_role("button", name="Lưu nháp").click()
    page.get_by_text("Đã lưu nháp").wait_for()
    assert page.get_by_role("img", name="Áp phích xanh").first.evaluate("each => each.naturalWidth") == 600
    page.context.close()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_an_answer_is_written_refused_mended_and_ended_by_keyboard_alone(
    address: tuple[str, Database], chromium: Any, javascript: bool
) -> None:
    base, database = address
    database.submit(lambda c: edits.drop(c, ["xmc-03"])).result()
    page = open_telephone(chromium, javascript)
    Person(page, base, database).signs_in(Role.EDITOR)

    def goes_on(name: str) -> None:
        press_on(page, name)
        with page.expect_navigation():
            page.keyboard.press("Enter")

    page.goto(f"{base}/console/answers")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    goes_on("Viết câu mới")
    assert tab_order(page) == sorted(tab_order(page))

    press_on(page, "question")
    page.keyboard.type("Lớp học bơi ở đâu?")
    goes_on("Lưu bản sửa")
    said, seen = page.evaluate(FOCUSED)
    assert "chỗ phải sửa trước khi đưa ra" in said
    assert seen
    page.keyboard.press("Tab")
    assert "Chưa có chủ đề" in page.evaluate(FOCUSED)[0]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "topic"
    assert page.get_by_label("Câu hỏi", exact=True).input_value() == "Lớp học bơi ở đâu?"
    page.keyboard.type("Xóa")
    goes_on("Lưu bản sửa")
    said, seen = page.evaluate(FOCUSED)
    assert "chỗ phải sửa trước khi đưa ra" in said
    assert seen

    page.goto(f"{base}/console/answers/xmc-03")
    press_on(page, "Ngừng dùng câu này")
    page.keyboard.press("Enter")
    look_closely(page, javascript, "answer-end")
    goes_on("Ngừng dùng câu này từ hôm nay")
    page.get_by_text("Bà con vẫn được trả lời như cũ").wait_for()
    goes_on("Bỏ bản sửa: xmc-03")
    page.get_by_text("Đã bỏ bản sửa").wait_for()
    page.context.close()


def tab_order(page: Any) -> list[int]:
    """Where on the page from above each field stands, in the order the keyboard comes to it."""
    page.evaluate("document.getElementById('main').focus()")
    heights = []
    while True:
        page.keyboard.press("Tab")
        height, outside = page.evaluate(
            "(at => [at.getBoundingClientRect().top + scrollY, !at.closest('main')])(document.activeElement)"
        )
        if outside:
            return heights
        heights.append(round(height))
