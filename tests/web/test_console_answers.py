"""Answers on the console: who may edit and publish, what is kept of what is typed, and what is published."""

import html
import io
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from bot.db import Connection, audit, comparisons, edits, publications, question_counts, unanswered
from bot.db.comparisons import Status
from bot.db.publications import Act
from bot.knowledge.package import pack
from bot.outreach.official import Role
from tests.conftest import NOW
from tests.small_content import write_small_content
from tests.web.conftest import Console, Desk

TYPED = {
    "topic": "xoa-mu-chu",
    "question": "Thư viện xã mở cửa lúc mấy giờ?",
    "tra-loi": "Thư viện mở từ 8:00.",
    "nguon": "KH 45/KH-UBND | UBND xã Yên Mỹ",
    "hoi-cach-khac": "thu vien mo luc nao\ngio mo thu vien\nmấy giờ mở\ntối mở không\ncuoi tuan mo ko\nmở hôm nào",
    "ten-ngan": "Giờ thư viện",
    "kiem-tra-ngay": "24/11/2026",
}
ATTACK = "<script>alert('x')</script>"
WRITING = (
    "/console/answers/new",
    "/console/answers/xmc-01/edit",
    "/console/answers/xmc-01/end",
    "/console/answers/discard",
    "/console/answers/compare",
    "/console/answers/comparisons/1/publish",
    "/console/answers/rollback",
    "/console/answers/workbook",
)


async def edit(desk: Desk, code: str, **typed: str) -> Any:
    """Open the form of an answer, and save it with the fields *typed* otherwise."""
    page = await desk.opens(f"/console/answers/{code}/edit")
    return await desk.sends(f"/console/answers/{code}/edit", **(fields_of(page.text) | typed))


def fields_of(page: str) -> dict[str, str]:
    """What a browser would send of the form as it is."""
    form = page.partition('id="answer"')[2].partition("</form>")[0]
    found = dict(re.findall(r'<input (?:type="hidden" |id="[^"]*" )name="([^"]+)" value="([^"]*)"', form))
    found |= dict(re.findall(r'<textarea [^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.S))
    found.pop("form_token", None)
    return {name: html.unescape(value) for name, value in found.items()}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.DRAFTER, Role.APPROVER, Role.ADMIN])
async def test_who_does_not_edit_reads_and_changes_nothing_by_any_way(office: Console, role: Role) -> None:
    desk = await office.official("xem", role)
    assert (await desk.opens("/console/answers")).status_code == 200
    assert (await desk.opens("/console/answers/xmc-01")).status_code == 200
    assert (await desk.opens("/console/answers/versions")).status_code == 200

    for path in WRITING:
        await desk.opens("/console/answers")
        assert (await desk.sends(path, number="1", **TYPED)).status_code == 403, path

    assert office.database.read_now(edits.all_edits) == []


async def test_an_editor_of_one_province_reads_only(office: Console) -> None:
    desk = await office.official("tinh", Role.EDITOR, frozenset({"79"}))
    page = await desk.opens("/console/answers")
    assert "Viết câu mới" not in page.text

    for path in WRITING[:-1]:
        await desk.opens("/console/answers")
        page = await desk.sends(path, number="1", key="xmc-01", **TYPED)
        assert page.status_code == 409, path

    assert office.database.read_now(edits.all_edits) == []


async def test_an_answer_is_ended_from_today_by_an_edit_and_citizens_are_told_where_to_ask(
    office: Console,
) -> None:
    desk = await office.official("bien", Role.EDITOR)
    page = await desk.opens("/console/answers/xmc-01")
    assert "thì không xóa" in page.text
    assert "đã hết hạn hiệu lực" in page.text
    assert "/console/answers/xmc-01#end" in (await desk.opens("/console/answers/xmc-01/edit")).text
    await desk.opens("/console/answers/xmc-01")

    page = await desk.sends("/console/answers/xmc-01/end", **desk.hidden("seen"))

    assert "Bà con vẫn được trả lời như cũ" in page.text
    assert 'id="key-1" name="key" value="xmc-01" checked' in page.text
    (kept,) = office.database.read_now(edits.all_edits)
    assert kept.cells["hieu luc"] == "01/07/2025 – 23/11/2026"
    written = fields_of((await desk.opens("/console/answers/xmc-01/edit")).text)
    assert written["tra-loi"].startswith("Bà con hỏi **UBND xã, phường**")
    page = await desk.opens("/console/answers/xmc-01")
    assert "Bản sửa đang chờ ngừng dùng câu này" in page.text
    assert "Ngừng dùng câu này từ hôm nay" not in page.text


async def test_ending_an_answer_keeps_what_somebody_edits_in_it_and_never_goes_over_it_unseen(
    office: Console,
) -> None:
    lan, hoa = await office.official("lan", Role.EDITOR), await office.official("hoa", Role.EDITOR)
    await lan.opens("/console/answers/xmc-02")
    seen = lan.hidden("seen")
    await edit(hoa, "xmc-02", **{"tra-loi": "Lớp học từ 18:30."})

    assert (await lan.sends("/console/answers/xmc-02/end", **seen)).status_code == 409
    await lan.opens("/console/answers/xmc-02")
    await lan.sends("/console/answers/xmc-02/end", **lan.hidden("seen"))

    (kept,) = office.database.read_now(edits.all_edits)
    assert (kept.cells["tra loi"], kept.cells["hieu luc"]) == ("Lớp học từ 18:30.", "đến 23/11/2026")


async def test_a_form_from_elsewhere_changes_nothing(office: Console) -> None:
    desk = await office.official("bien", Role.EDITOR)
    page = await desk.client.post("/console/answers/new", data={**TYPED, "form_token": "0" * 64})
    assert page.status_code == 403
    await desk.opens("/console/answers")
    desk.client.headers["sec-fetch-site"] = "cross-site"
    assert (await desk.sends("/console/answers/new", **TYPED)).status_code == 403

    assert office.database.read_now(edits.all_edits) == []


async def test_a_new_answer_gets_the_next_code_and_waits(office: Console) -> None:
    desk = await office.official("bien", Role.EDITOR)
    await desk.opens("/console/answers/new")

    page = await desk.sends("/console/answers/new", **TYPED)

    assert "Đã lưu bản sửa" in page.text
    kept = office.database.read_now(edits.all_edits)
    assert [(each.key, each.official, each.based_on) for each in kept] == [("xmc-03", "bien", "")]
    assert "Thư viện xã" not in (await desk.opens("/console/answers/xmc-01")).text


async def test_a_topic_of_its_own_is_coded_by_its_initials(office: Console) -> None:
    desk = await office.official("bien", Role.EDITOR)
    await desk.opens("/console/answers/new")

    await desk.sends("/console/answers/new", **(TYPED | {"topic": "", "topic_title": "Nhà văn hóa thôn"}))

    kept = office.database.read_now(edits.all_edits)
    assert [each.key for each in kept] == ["nvht-01"]


async def test_without_a_topic_nothing_is_kept_and_nothing_lost(office: Console) -> None:
    desk = await office.official("bien", Role.EDITOR)
    await desk.opens("/console/answers/new")

    page = await desk.sends("/console/answers/new", **(TYPED | {"topic": ""}))

    assert page.status_code == 400
    assert "Chưa có chủ đề" in page.text
    assert fields_of(page.text)["question"] == TYPED["question"]
    assert "gio mo thu vien" in page.text


async def test_a_half_written_answer_is_kept_with_each_fault_beside_its_field(office: Console) -> None:
    desk = await office.official("bien", Role.EDITOR)

    page = await edit(desk, "xmc-02", **{"kiem-tra-ngay": "31/13/2026", "hoi-cach-khac": "lop xoa mu chu o dau"})

    assert "còn chỗ phải sửa" in page.text
    beside = page.text.partition('id="kiem-tra-ngay-why"')[2][:300]
    assert "31/13/2026" in beside
    beside = page.text.partition('id="hoi-cach-khac-why"')[2][:600]
    assert "“Nơi học xóa mù chữ” (xmc-01)" in beside
    assert "Mới có 1 cách hỏi khác" in beside
    assert fields_of(page.text)["kiem-tra-ngay"] == "31/13/2026"
    page = await desk.sends("/console/answers/compare", key="xmc-02")
    assert page.status_code == 409
    assert "xmc-02" in page.text


async def test_an_untouched_form_changes_nothing(office: Console) -> None:
    desk = await office.official("bien", Role.EDITOR)

    await edit(desk, "xmc-01", **{"danh-cho": "người dân\ncán bộ"})

    page = await desk.opens("/console/answers/xmc-01")
    assert "Bản sửa đổi gì" not in page.text


async def test_two_editors_do_not_undo_each_other_unseen(office: Console) -> None:
    first = await office.official("an", Role.EDITOR)
    second = await office.official("binh", Role.EDITOR)
    before = fields_of((await second.opens("/console/answers/xmc-01/edit")).text)
    await edit(first, "xmc-01", question="Bản của An?")

    await second.opens("/console/answers/xmc-01/edit")
    page = await second.sends("/console/answers/xmc-01/edit", **(before | {"question": "Bản của Bình?"}))

    assert page.status_code == 409
    assert "an vừa lưu bản khác" in page.text
    assert fields_of(page.text)["question"] == "Bản của Bình?"
    kept = office.database.read_now(lambda c: edits.find(c, "xmc-01"))
    assert kept
    assert kept.cells["question"] == "Bản của An?"

    await second.sends("/console/answers/xmc-01/edit", **fields_of(page.text))
    kept = office.database.read_now(lambda c: edits.find(c, "xmc-01"))
    assert kept
    assert kept.cells["question"] == "Bản của Bình?"


async def test_what_was_published_meanwhile_is_not_undone_unseen(office: Console, tmp_path: Path) -> None:
    desk = await office.official("bien", Role.EDITOR)
    await edit(desk, "xmc-01", question="Học chữ ở đâu?")
    content = write_small_content(tmp_path / "other")
    path = content / "faq" / "xoa-mu-chu.md"
    path.write_text(path.read_text("utf-8").replace("mang theo giấy tờ", "mang căn cước"), encoding="utf-8")
    package = pack(content)
    office.database.submit(
        lambda c: publications.publish(c, package.digest, package.archive, 2, Act.PUBLISH, "x", NOW)
    ).result()

    page = await desk.opens("/console/answers/xmc-01/edit")
    assert "Có người vừa đưa ra bản mới của câu xmc-01" in page.text

    page = await desk.sends("/console/answers/xmc-01/edit", **(fields_of(page.text) | {"mine": "1"}))
    assert "Đã lưu bản sửa" in page.text


@pytest.mark.parametrize("path", ["", "/changes", "/nvht-01", "/nvht-01/edit"])
async def test_what_is_typed_is_never_markup(office: Console, path: str) -> None:
    desk = await office.official("bien", Role.EDITOR)
    await desk.opens("/console/answers/new")
    typed = {"topic": "", "topic_title": "Nhà văn hóa thôn", "question": f"Ở đâu {ATTACK}?", "tra-loi": ATTACK}
    await desk.sends("/console/answers/new", **(TYPED | typed))

    page = await desk.opens(f"/console/answers{path}")

    assert ATTACK not in page.text
    assert "&lt;script&gt;" in page.text


async def test_what_citizens_asked_is_never_markup_and_begins_an_answer(office: Console) -> None:
    for text in (f"lớp nấu ăn {ATTACK} ở đâu", "lop nau an o dau", "lớp nấu ăn ở đâu […]"):
        office.database.submit(lambda c, text=text: unanswered.add(c, text, NOW)).result()
    desk = await office.official("bien", Role.EDITOR)
    page = await desk.opens("/console/questions")
    assert ATTACK not in page.text
    number = page.text.partition("/console/answers/new?group=")[2].partition('"')[0]

    for path in (f"new?group={number}", f"pick?group={number}", f"xmc-01/edit?group={number}"):
        page = await desk.opens(f"/console/answers/{path}")
        assert page.status_code == 200
        assert ATTACK not in page.text
        assert "lop nau an o dau" in page.text
    # What something private was taken out of is no wording.
    assert "[…]" not in page.text


async def compared(office: Console, desk: Desk, tmp_path: Path, **report: Any) -> int:
    """A finished comparison of every edit, as its process leaves it."""
    package = pack(write_small_content(tmp_path / "compared"))
    marks = {each.key: each.mark for each in office.database.read_now(edits.all_edits)}

    def act(c: Connection) -> int:
        begun = comparisons.begin(c, 1, marks, desk.login, NOW)
        assert begun
        told = {"asked": 9, "sections": [], "unexpected": {"count": 0, "rows": []}, **report}
        comparisons.finish(c, begun.number, told, NOW, digest="d" * 64, archive=package.archive, answers=2)
        return begun.number

    return office.database.submit(act).result()


async def test_exactly_what_was_compared_is_published_and_the_edits_end(office: Console, tmp_path: Path) -> None:
    desk = await office.official("bien", Role.EDITOR)
    await edit(desk, "xmc-01", question="Học chữ ở đâu?")
    for text in ("Học chữ ở đâu", "hoc chu o dau", "mấy giờ mở thư viện"):
        office.database.submit(lambda c, text=text: unanswered.add(c, text, NOW)).result()
    number = await compared(office, desk, tmp_path)
    page = await desk.opens(f"/console/answers/comparisons/{number}")
    assert "Đưa ra cho bà con" in page.text

    page = await desk.sends(f"/console/answers/comparisons/{number}/publish")

    assert "Đã đưa ra cho bà con" in page.text
    standing = office.database.read_now(publications.current)
    assert standing
    assert (standing.digest, standing.official, standing.act) == ("d" * 64, "bien", Act.PUBLISH)
    assert office.database.read_now(edits.all_edits) == []
    assert [e.question for e in office.database.read_now(lambda c: unanswered.recent(c, NOW))] == [
        "mấy giờ mở thư viện"
    ]
    assert office.database.read_now(audit.newest)[0].act == "content_publish"
    assert (await desk.sends(f"/console/answers/comparisons/{number}/publish")).status_code == 409


async def test_an_edit_made_after_the_comparison_keeps_it_from_being_published(
    office: Console, tmp_path: Path
) -> None:
    desk = await office.official("bien", Role.EDITOR)
    await edit(desk, "xmc-01", question="Học chữ ở đâu?")
    number = await compared(office, desk, tmp_path)
    await edit(desk, "xmc-01", question="Học chữ chỗ nào?")

    page = await desk.opens(f"/console/answers/comparisons/{number}")
    assert "Hãy so sánh lại" in page.text
    assert (await desk.sends(f"/console/answers/comparisons/{number}/publish")).status_code == 409

    standing = office.database.read_now(publications.current)
    assert standing
    assert standing.number == 1


async def test_a_mandatory_question_is_accepted_by_name(office: Console, tmp_path: Path) -> None:
    desk = await office.official("bien", Role.EDITOR)
    await edit(desk, "xmc-01", question="Học chữ ở đâu?")
    number = await compared(office, desk, tmp_path, blocking=["q-001"])
    page = await desk.opens(f"/console/answers/comparisons/{number}")
    assert "Tôi nhận lời mới của câu q-001" in page.text

    page = await desk.sends(f"/console/answers/comparisons/{number}/publish")
    assert page.status_code == 409
    assert "q-001" in page.text
    await desk.opens(f"/console/answers/comparisons/{number}")
    await desk.sends(f"/console/answers/comparisons/{number}/publish", accept="q-001")

    standing = office.database.read_now(publications.current)
    assert standing
    assert standing.accepted == ("q-001",)


async def test_one_comparison_at_a_time_and_a_dead_one_is_told(office: Console) -> None:
    desk = await office.official("bien", Role.EDITOR)
    await edit(desk, "xmc-01", question="Học chữ ở đâu?")

    def begin(c: Connection) -> Any:
        return comparisons.begin(c, 1, {"xmc-01": "x"}, "an", NOW)

    assert office.database.submit(begin).result()
    page = await desk.opens("/console/answers/comparisons/1")
    assert page.headers["refresh"] == "3"
    await desk.opens("/console/answers/changes")
    assert (await desk.sends("/console/answers/compare", key="xmc-01")).status_code == 409

    office.clock.pass_by(minutes=6)
    page = await desk.opens("/console/answers/comparisons/1")
    assert "bị ngắt giữa chừng" in page.text
    assert "refresh" not in page.headers
    found = office.database.read_now(comparisons.newest)
    assert found
    assert found.status is Status.RUNNING


async def test_a_version_is_told_apart_from_the_one_before_and_going_back_needs_a_reason(
    office: Console, tmp_path: Path
) -> None:
    content = write_small_content(tmp_path / "later")
    path = content / "faq" / "xoa-mu-chu.md"
    path.write_text(path.read_text("utf-8").replace("mang theo giấy tờ", "mang căn cước"), encoding="utf-8")
    package = pack(content)
    office.database.submit(
        lambda c: publications.publish(c, package.digest, package.archive, 2, Act.PUBLISH, "x", NOW)
    ).result()
    desk = await office.official("bien", Role.EDITOR)
    page = await desk.opens("/console/answers/versions/2")
    assert "<del>theo giấy tờ." in page.text
    assert "<ins>căn cước." in page.text
    await desk.opens("/console/answers/versions")
    assert (await desk.sends("/console/answers/rollback", number="1", reason=" ")).status_code == 409


async def test_the_workbook_holds_what_waits_and_nothing_that_runs(office: Console) -> None:
    desk = await office.official("bien", Role.EDITOR)
    await edit(desk, "xmc-01", question="=HYPERLINK(1)", **{"ten-ngan": "+84"})

    answer = await desk.opens("/console/answers/workbook/hoi-dap.xlsx")

    sheet = load_workbook(io.BytesIO(answer.content)).worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert "=HYPERLINK(1)" in [cell.value for cell in cells]
    assert all(cell.data_type != "f" for cell in cells)


async def test_a_workbook_comes_back_as_edits(office: Console) -> None:
    desk = await office.official("bien", Role.EDITOR)
    answer = await desk.opens("/console/answers/workbook/hoi-dap.xlsx")
    book = load_workbook(io.BytesIO(answer.content))
    sheet = book.worksheets[0]
    headers = [cell.value for cell in sheet[1]]
    sheet.cell(3, headers.index("Trả lời") + 1).value = "Lớp học từ 18:30."
    sheet.cell(2, headers.index("Kiểm tra ngày") + 1).value = "31/13/2026"

    page = await upload(desk, saved(book))
    assert page.status_code == 400
    assert "hoi-dap.xlsx!Hỏi đáp:" in page.text
    assert "31/13/2026" in page.text
    assert office.database.read_now(edits.all_edits) == []

    sheet.cell(2, headers.index("Kiểm tra ngày") + 1).value = "24/11/2026"
    page = await upload(desk, saved(book))
    assert "Đã lưu các dòng sửa" in page.text
    kept = office.database.read_now(edits.all_edits)
    assert [(each.key, each.cells["tra loi"]) for each in kept] == [("xmc-02", "Lớp học từ 18:30.")]


@pytest.mark.parametrize(
    ("name", "raw", "status", "said"),
    [
        ("hoi-dap.xlsx", b"not a workbook", 400, "Không mở được tệp Excel"),
        ("hoi-dap.pdf", b"%PDF", 409, "Máy chỉ nhận tệp Excel"),
        ("../../hoi-dap.docx", b"no", 400, "Không mở được tệp Word"),
        ("..\\..\\hoi-dap.docx", b"no", 400, "Không mở được tệp Word"),
        ("..", b"no", 409, "Chưa chọn tệp"),
        ("<img src=x onerror=alert(1)>.xlsx", b"no", 400, "&lt;img src=x onerror=alert(1)&gt;.xlsx"),
        (f"{'ệ' * 150}.xlsx", b"no", 400, "Không mở được tệp Excel"),
        ("hoi-dap.xlsx", b"0" * 5_000_001, 409, "lớn hơn 5 MB"),
    ],
    ids=["unreadable", "another kind", "a path", "another path", "only a path", "HTML", "long", "too large"],
)
async def test_a_file_that_cannot_be_taken_is_told_in_a_sentence(
    office: Console, name: str, raw: bytes, status: int, said: str
) -> None:
    desk = await office.official("bien", Role.EDITOR)
    await desk.opens("/console/answers/workbook")

    page = await upload(desk, raw, name)

    assert (page.status_code, said in page.text) == (status, True)
    assert "<img" not in page.text
    assert office.database.read_now(edits.all_edits) == []


async def test_the_answers_to_pick_from_are_shown_as_citizens_read_them(office: Console) -> None:
    desk = await office.official("bien", Role.EDITOR)
    office.database.submit(lambda c: unanswered.add(c, "lớp nấu ăn ở đâu", NOW)).result()

    page = await desk.opens("/console/answers/pick?group=1&q=xóa mù chữ")

    assert "Bà con đến UBND xã, phường nơi mình ở" in page.text
    assert "**" not in page.text


async def test_how_often_an_answer_is_given_is_told_in_steps(office: Console) -> None:
    def ask(c: Connection) -> None:
        for _ in range(7):
            question_counts.add_answer(c, NOW.date() - timedelta(days=1), "xmc-01")

    office.database.submit(ask).result()
    desk = await office.official("xem", Role.VIEWER)

    page = await desk.opens("/console/answers/xmc-01")

    assert "<dd>5 lần</dd>" in page.text


async def upload(desk: Desk, raw: bytes, name: str = "hoi-dap.xlsx") -> Any:
    """Bring a file up."""
    page = await desk.opens("/console/answers/workbook")
    token = page.text.partition('name="form_token" value="')[2].partition('"')[0]
    files = {"file": (name, raw, "application/octet-stream")}
    return await desk.client.post("/console/answers/workbook", data={"form_token": token}, files=files)


def saved(book: Any) -> bytes:
    """The bytes of a workbook."""
    into = io.BytesIO()
    book.save(into)
    return into.getvalue()
