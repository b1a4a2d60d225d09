"""Centres on the console: lists taken in with their report, published whole, corrected by what citizens say."""

import re
import zipfile
from pathlib import Path

import httpx
import pytest

from bot.db import audit, centres, contacts
from bot.messages import Address
from bot.outreach.official import Role
from tests.cli.test_centres_commands import GOOD, workbook
from tests.conftest import NOW
from tests.web.conftest import Console, Desk

SHIPPED = "tthtcd-khanh-hoa-01"
NOT_SO = {"Mã": "tthtcd-kh-02", "Giờ mở cửa": "T2-T6 25h30-26h"}


async def take_in(desk: Desk, path: Path, name: str = "", whole: bool = False) -> httpx.Response:
    """Send the file at *path* by the form."""
    await desk.opens("/console/centres/import")
    token = re.search(r'name="form_token" value="([^"]+)"', desk.page.text)
    data = {"form_token": token[1] if token else "", **({"whole": "1"} if whole else {})}
    files = {"file": (name or path.name, path.read_bytes())}
    desk.page = await desk.client.post("/console/centres/import", data=data, files=files)
    return desk.page


def report(console: Console, centre: str = SHIPPED, note: str = "Nay ở thôn 2 <script>") -> None:
    """A citizen says that an address is wrong."""

    def act(connection: object) -> None:
        who = contacts.add(connection, Address("web", "ba"), NOW)
        centres.add_report(connection, who, centre, "address", note, NOW)

    console.database.submit(act).result()


async def test_a_list_is_taken_in_compared_and_published(console: Console, tmp_path: Path) -> None:
    editor = await console.official("bien", Role.EDITOR)

    page = await take_in(editor, workbook(tmp_path / "kh.xlsx", GOOD), "../../kh.xlsx")
    assert page.status_code == 200
    assert "Lần nhập 1: kh.xlsx" in page.text
    assert f"{GOOD['Tên']} (tthtcd-kh-01)" in page.text
    assert console.database.read_now(centres.version) == 0
    page = await editor.sends("/console/centres/imports/1/publish")

    assert "Đã đưa danh sách ra" in page.text
    assert console.database.read_now(lambda c: centres.published(c, "tthtcd-kh-01"))[0].name == GOOD["Tên"]
    acts = [each.act for each in console.database.read_now(audit.newest)]
    assert acts[:2] == ["centres_publish", "centres_import"]
    assert (await editor.sends("/console/centres/imports/1/publish")).status_code == 409


async def test_each_fault_of_a_list_is_told_with_file_row_and_remedy(console: Console, tmp_path: Path) -> None:
    editor = await console.official("bien", Role.EDITOR)
    file = workbook(tmp_path / "kh.xlsx", GOOD, GOOD | NOT_SO, GOOD | {"Mã": "=1+1"})

    page = await take_in(editor, file)

    assert page.status_code == 422
    assert "kh.xlsx, trang Trung tâm</td><td>J3</td>" in page.text
    assert "<td>A4</td>" in page.text
    assert "công thức" in page.text
    assert console.database.read_now(centres.imports) == []


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.exe", b"MZ", "không phải tệp Excel"),
        ("a.xlsx", b"PK\x03\x04 no workbook", "lỗi trong a.xlsx"),
        ("a.csv", b"\xff\xfe\x00", "lỗi trong a.csv"),
        ("..", b"", "không phải tệp Excel"),
        ("<b onclick=x>.csv", b"\xff\xfe\x00", "lỗi trong &lt;b onclick=x&gt;.csv"),
        (f"{'ệ' * 150}.csv", b"\xff\xfe\x00", "lỗi trong ệệệ"),
    ],
)
async def test_what_is_no_list_is_refused(
    console: Console, tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    editor = await console.official("bien", Role.EDITOR)
    path = tmp_path / "sent"
    path.write_bytes(content)

    page = await take_in(editor, path, name)

    assert page.status_code in (409, 422)
    assert told in page.text
    assert "<b onclick" not in page.text


async def test_a_workbook_that_unpacks_to_too_much_is_not_opened(console: Console, tmp_path: Path) -> None:
    editor = await console.official("bien", Role.EDITOR)
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as bomb:
        for number in range(13):
            bomb.writestr(f"xl/worksheets/sheet{number}.xml", b" " * 20_000_000)

    page = await take_in(editor, tmp_path / "bomb.xlsx")

    assert page.status_code == 422
    assert "200 MB" in page.text


async def test_another_provinces_list_is_neither_taken_in_nor_shown(console: Console, tmp_path: Path) -> None:
    file = workbook(tmp_path / "kh.xlsx", GOOD)
    of_hanoi = await console.official("ha", Role.EDITOR, frozenset({"01"}))
    page = await take_in(of_hanoi, file)
    assert page.status_code == 409
    assert "Khánh Hòa" in page.text
    await take_in(await console.official("bien", Role.EDITOR), file)

    assert (await of_hanoi.opens("/console/centres/imports/1")).status_code == 409
    await of_hanoi.opens("/console/centres/import")
    assert "kh.xlsx" not in of_hanoi.page.text
    for act in ("publish", "withdraw"):
        await of_hanoi.opens("/console/centres/import")
        assert (await of_hanoi.sends(f"/console/centres/imports/1/{act}")).status_code == 409
    assert (await of_hanoi.opens(f"/console/centres/of/{SHIPPED}")).status_code == 409


async def test_a_list_that_loses_many_centres_needs_the_number_typed(console: Console, tmp_path: Path) -> None:
    editor = await console.official("bien", Role.EDITOR)
    page = await take_in(editor, workbook(tmp_path / "kh.xlsx", GOOD), whole=True)
    assert "gõ lại số trung tâm sẽ không còn" in page.text
    assert (await editor.sends("/console/centres/imports/1/publish", removing="1")).status_code == 409

    await editor.opens("/console/centres/imports/1")
    page = await editor.sends("/console/centres/imports/1/publish", removing="2")

    assert "Đã đưa danh sách ra" in page.text
    assert console.database.read_now(lambda c: centres.published(c, SHIPPED)) == []


async def test_a_citizens_report_is_accepted_by_correcting_the_centre(console: Console) -> None:
    report(console)
    editor = await console.official("bien", Role.EDITOR)
    page = await editor.opens("/console/centres/reports")
    assert "Nay ở thôn 2 &lt;script&gt;" in page.text
    page = await editor.opens(f"/console/centres/of/{SHIPPED}?report=1")
    known = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', page.text))
    typed = {name: value for name, value in known.items() if name != "form_token"} | {
        "trang thai": "hoat-dong", "dia chi 0": "Thôn 2", "ngay thong tin": "01/11/2026", "so co quan": "",
    }  # fmt: skip

    wrong = await editor.sends(f"/console/centres/of/{SHIPPED}/correct", **typed | {"gio mo cua 0": "25h-26h"})
    assert wrong.status_code == 422
    assert "Chưa lưu" in wrong.text
    assert 'value="Thôn 2"' in wrong.text
    page = await editor.sends(f"/console/centres/of/{SHIPPED}/correct", **typed)

    assert "Đã lưu và đưa ra" in page.text
    assert "đã sửa danh bạ" in page.text
    (centre,) = console.database.read_now(lambda c: centres.published(c, SHIPPED))
    assert centre.sites[0].address == "Thôn 2"
    assert console.database.read_now(centres.open_reports) == []
    # Typed over what stood before: whoever has the old page open does not undo it.
    assert (
        await editor.sends(f"/console/centres/of/{SHIPPED}/correct", **typed | {"report": ""})
    ).status_code == 409


async def test_a_report_is_refused_by_scope_and_its_words_go(console: Console) -> None:
    report(console)
    of_hanoi = await console.official("ha", Role.EDITOR, frozenset({"01"}))
    await of_hanoi.opens("/console/centres/reports")
    assert "Nay ở thôn 2" not in of_hanoi.page.text
    await of_hanoi.opens("/console/me")
    assert (await of_hanoi.sends("/console/centres/reports/1/refuse")).status_code == 409
    local = await console.official("kh", Role.EDITOR, frozenset({"56"}))
    await local.opens("/console/centres/reports")

    page = await local.sends("/console/centres/reports/1/refuse")

    assert "Nay ở thôn 2" not in page.text
    (settled,) = console.database.read_now(lambda c: centres.settled_reports(c, 5))
    assert (settled.outcome, settled.note, settled.closed_by) == (centres.Outcome.REFUSED, "", "kh")


async def test_the_map_stands_beside_its_figures(console: Console) -> None:
    viewer = await console.official("xem", Role.VIEWER, frozenset({"01"}))

    page = await viewer.opens("/console/centres/map")

    assert page.text.count('<th scope="row">') == 35
    assert page.text.count("<path d=") == 34
    for name in ("Hoàng Sa", "Trường Sa"):
        assert f"Quần đảo {name}" in page.text
    assert "style=" not in page.text


async def test_the_directory_goes_out_as_it_comes_in(console: Console, tmp_path: Path) -> None:
    editor = await console.official("bien", Role.EDITOR)
    sheet = await editor.client.get("/console/centres/export.xlsx")
    path = tmp_path / "ra.xlsx"
    path.write_bytes(sheet.content)

    page = await take_in(editor, path)

    assert "<dt>Sửa</dt><dd>0</dd><dt>Giữ nguyên</dt><dd>51</dd>" in page.text
    assert (await editor.client.get("/console/centres/template.xlsx")).content[:2] == b"PK"
