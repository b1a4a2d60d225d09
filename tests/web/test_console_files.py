"""The picture or document of a draft: chosen, shown, kept, taken out; and every file that must not come in."""

import io
import re
import zipfile
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from bot.db import attachments, broadcasts
from bot.db.content_tables import drawer_files
from bot.outreach.attachment import digest_of
from bot.outreach.official import Role
from bot.web.safety import BODY_MAX, UPLOAD_MAX
from tests.outreach.pictures import DOCUMENT, png
from tests.web.conftest import Console, Desk
from tests.web.test_console_broadcasts import TYPED, approved, people

PICTURE = png(40, 30)
ALT = "Áp phích ngày hội"


def office_file(part: str) -> bytes:
    """As much of a Word or Excel file as says what it is."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as parts:
        parts.writestr("[Content_Types].xml", "<Types/>")
        parts.writestr(part, "<x/>")
    return kept.getvalue()


async def sends_file(
    desk: Desk, path: str, body: bytes | None = None, name: str = "Áp phích.png", **typed: Any
) -> httpx.Response:
    """Send the composer's form with a file, and what it holds of a file chosen before."""
    held = desk.hidden("form_token", "owner", "digest", "file_name")
    data = {**held, **TYPED, "alt": ALT, **typed}
    files = {"file": (name, body)} if body is not None else None
    desk.page = await desk.client.post(f"/console/broadcasts/{path}", data=data, files=files)
    return desk.page


def said_of_file(page: httpx.Response) -> str:
    return " ".join(re.findall(r'id="(?:file|alt)-why">([^<]+)', page.text))


def media_of(console: Console, number: int = 1) -> Any:
    return console.database.read_now(lambda c: broadcasts.find(c, number)).content.get("media")


async def test_a_picture_is_previewed_kept_approved_and_sent_with_the_words(console: Console) -> None:
    people(console)
    lan, minh = await console.official("lan", Role.DRAFTER), await console.official("minh", Role.APPROVER)
    await lan.opens("/console/broadcasts/new")

    page = await sends_file(lan, "preview", PICTURE)
    shown = re.search(r'<img src="(/console/files/[^"]+)" alt="Áp phích ngày hội">', page.text)
    assert shown
    picture = await lan.client.get(shown[1])
    assert picture.content == PICTURE
    assert picture.headers["content-type"] == "image/png"
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert picture.headers["cache-control"] == "no-store"
    assert (await minh.client.get(shown[1])).status_code == 404
    # Not before it is kept does the public address know it.
    public = f"/tep/{digest_of(PICTURE)}/ap-phich.png"
    assert (await lan.client.get(public)).status_code == 404

    page = await sends_file(lan, "save")
    path = page.url.path
    assert media_of(console) == {
        "kind": "image",
        "digest": digest_of(PICTURE),
        "name": "ap-phich.png",
        "alt": ALT,
    }
    assert (await lan.client.get(public)).content == PICTURE
    await lan.sends(f"{path}/submit")
    page = await minh.opens(path)
    assert f'<img src="{path}/file" alt="{ALT}">' in page.text
    assert f"Lời tả: {ALT}" in page.text
    assert (await minh.client.get(f"{path}/file")).content == PICTURE
    assert "Đã duyệt" in (await approved(minh, path)).text


async def test_it_stays_when_the_draft_is_edited_and_goes_when_taken_out(console: Console) -> None:
    people(console)
    lan, minh = await console.official("lan", Role.DRAFTER), await console.official("minh", Role.APPROVER)
    await lan.opens("/console/broadcasts/new")
    path = (await sends_file(lan, "save", DOCUMENT, "Tờ rơi.pdf")).url.path
    await lan.sends(f"{path}/submit")
    await minh.opens(path)
    await minh.sends(f"{path}/return", reason="Sửa giờ")

    await lan.opens(f"{path}/edit")
    assert "to-roi.pdf</a> (1 KB)" in lan.page.text
    page = await sends_file(lan, "save", number="1", text=TYPED["text"] + " Lúc 8 giờ.")
    assert "to-roi.pdf</a> (1 KB)" in page.text
    assert media_of(console)["digest"] == digest_of(DOCUMENT)

    await lan.opens(f"{path}/edit")
    await sends_file(lan, "save", number="1", no_file="1", alt="")
    assert media_of(console) is None
    await lan.opens(path)
    await lan.sends(f"{path}/submit")
    page = await minh.opens(path)
    assert re.search(r"<h3>Tệp kèm theo</h3>.*<del>to-roi.pdf: Áp phích", page.text, re.S)


async def test_another_file_takes_the_place_of_the_first(console: Console) -> None:
    lan = await console.official("lan", Role.DRAFTER)
    await lan.opens("/console/broadcasts/new")
    await sends_file(lan, "preview", PICTURE)

    await sends_file(lan, "save", office_file("xl/workbook.xml"), "bang.xlsx")

    assert media_of(console)["name"] == "bang.xlsx"


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("a.png", b"<script>alert(1)</script>", "không phải ảnh JPG, PNG"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "không phải ảnh JPG, PNG"),
        ("a.gif", b"GIF89a" + bytes(40), "không phải ảnh JPG, PNG"),
        ("a.docx", office_file("ppt/presentation.xml"), "không phải ảnh JPG, PNG"),
        ("a.docx", b"PK\x03\x04" + bytes(40), "không phải ảnh JPG, PNG"),
        ("a.png", PICTURE[:12], "bị hỏng"),
        ("a.png", PICTURE + bytes(1 << 20), "nặng 1.0 MB, nhiều nhất 1 MB"),
        ("a.pdf", DOCUMENT + bytes(5 << 20), "nặng 5.0 MB, nhiều nhất 5 MB"),
        ("a.png", png(210, 10), "quá lớn hoặc quá dài"),
        ("a.png", b"", "không phải ảnh JPG, PNG"),
    ],
)
async def test_a_file_that_cannot_go_is_told_beside_its_field_and_the_rest_stays(
    console: Console, name: str, body: bytes, said: str
) -> None:
    lan = await console.official("lan", Role.DRAFTER)
    await lan.opens("/console/broadcasts/new")

    page = await sends_file(lan, "save", body, name)

    assert page.status_code == 400
    assert said in said_of_file(page)
    assert TYPED["text"] in page.text
    assert f'value="{ALT}"' in page.text
    assert console.database.read_now(lambda c: c.execute(select(drawer_files)).all()) == []


async def test_the_kind_is_read_from_the_bytes_whatever_the_name_says(console: Console) -> None:
    lan = await console.official("lan", Role.DRAFTER)
    await lan.opens("/console/broadcasts/new")

    await sends_file(lan, "save", office_file("word/document.xml"), "anh.png")

    assert (media_of(console)["name"], media_of(console)["kind"]) == ("anh.docx", "document")


@pytest.mark.parametrize(
    "name",
    ["../../../etc/passwd.png", "..\\..\\evil.png", '<img src=x onerror="alert(1)">.png', "\x00.png", ".png"],
)
async def test_the_name_of_a_file_leads_nowhere_and_shows_no_html(console: Console, name: str) -> None:
    lan = await console.official("lan", Role.DRAFTER)
    await lan.opens("/console/broadcasts/new")

    page = await sends_file(lan, "save", PICTURE, name)

    assert re.fullmatch(r"[a-z0-9-]+\.png", media_of(console)["name"])
    assert "onerror=" not in page.text
    picture = await lan.client.get(f"{page.url.path}/file")
    assert re.fullmatch(r'inline; filename="[a-z0-9-]+\.png"', picture.headers["content-disposition"])


async def test_without_words_for_who_cannot_see_it_nothing_is_kept_but_the_file_stays(console: Console) -> None:
    lan = await console.official("lan", Role.DRAFTER)
    await lan.opens("/console/broadcasts/new")

    page = await sends_file(lan, "save", PICTURE, alt=" ")

    assert page.status_code == 400
    assert "Thiếu lời tả tệp" in said_of_file(page)
    assert "Đang kèm" in page.text
    assert "Đã lưu nháp" in (await sends_file(lan, "save")).text


async def test_words_too_long_beside_a_file_are_told_beside_the_words(console: Console) -> None:
    lan = await console.official("lan", Role.DRAFTER)
    await lan.opens("/console/broadcasts/new")

    page = await sends_file(lan, "save", PICTURE, text="Mời bà con. " * 74)

    assert page.status_code == 400
    assert "tin kèm tệp dài" in page.text


@pytest.mark.parametrize("page", ["/console/files", "/console/broadcasts/1/file"])
async def test_nobody_sees_a_picture_outside_their_scope(console: Console, page: str) -> None:
    lan = await console.official("lan", Role.DRAFTER, frozenset({"79"}))
    other = await console.official("ha", Role.APPROVER, frozenset({"01"}))
    await lan.opens("/console/broadcasts/new")
    await sends_file(lan, "save", PICTURE, provinces="TP.HCM")
    path = f"/console/files/{digest_of(PICTURE)}/ap-phich.png" if page.endswith("files") else page
    assert (await lan.client.get(path)).content == PICTURE

    found = await other.client.get(path)

    assert found.status_code == 404
    assert PICTURE not in found.content
    # Nor by naming it in a form of their own.
    await other.opens("/console/broadcasts/new")
    form = await sends_file(other, "preview", digest=digest_of(PICTURE), file_name="x.png", provinces="Hà Nội")
    assert "không còn được giữ" in said_of_file(form)
    stranger = await console.browser()
    assert (await stranger.opens(path)).url.path == "/console/sign-in"


async def test_who_may_not_draft_opens_no_drawer(console: Console) -> None:
    viewer = await console.official("xem", Role.VIEWER)

    assert (await viewer.client.get(f"/console/files/{digest_of(PICTURE)}/a.png")).status_code == 403


async def test_a_drawer_holds_ten_files_for_a_day(console: Console) -> None:
    lan = await console.official("lan", Role.DRAFTER)
    await lan.opens("/console/broadcasts/new")
    for width in range(4, 16):
        await sends_file(lan, "preview", png(width))
        console.clock.pass_by(seconds=1)

    kept = console.database.read_now(lambda c: c.scalars(select(drawer_files.c.body)).all())
    assert sorted(kept) == sorted(png(width) for width in range(6, 16))
    console.clock.pass_by(hours=25)
    await lan.signs_in()
    await lan.opens("/console/broadcasts/new")
    await sends_file(lan, "save", png(3, 3), at="27/11/2026 08:30")
    assert len(console.database.read_now(lambda c: c.scalars(select(drawer_files.c.body)).all())) == 1
    assert console.database.read_now(lambda c: attachments.find(c, digest_of(png(3, 3)))) == png(3, 3)


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/console/broadcasts/save", UPLOAD_MAX),
        ("/console/answers/workbook", UPLOAD_MAX),
        ("/console/centres/import", UPLOAD_MAX),
        ("/console/answers/new", BODY_MAX),
    ],
)
async def test_more_than_the_server_takes_is_said_in_words_with_what_to_do(
    console: Console, path: str, most: int
) -> None:
    lan = await console.official("lan", Role.DRAFTER)

    page = await lan.client.post(path, content=bytes(most + 1))

    assert page.status_code == 413
    assert f"Máy chỉ nhận đến {most // 1_000_000} MB" in page.text
    assert "chọn tệp nhỏ hơn" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
