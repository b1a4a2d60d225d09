"""The chat page over HTTP: without JavaScript, after a reload, and against bad requests."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bot.app import App
from bot.channels.base import Call
from bot.channels.webchat import WebChannel
from bot.config import Config
from bot.db import Database, attachments, webchat
from bot.db.publications import Act, Publication
from bot.inbox import Mind
from bot.messages import Media, MediaKind, Reply
from bot.outreach.attachment import digest_of
from bot.publication import Start
from bot.web.chat import COOKIE, web_address
from tests.conftest import NOW
from tests.outreach.pictures import DOCUMENT, png

FORM = {"sec-fetch-site": "same-origin"}


@pytest.fixture
async def browser(mind: Mind, sqlite: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    began = Start(mind, Publication(1, "", Act.START, "hoctap", (), NOW, 1))
    app = App.open(Config(data=tmp_path), sqlite, began)
    transport = httpx.ASGITransport(app=app.web())
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8080", headers=FORM, follow_redirects=True
    ) as client:
        yield client
    await app.inbox.settle()


async def test_the_page_says_at_the_top_that_a_machine_answers(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/")

    assert page.status_code == 200
    assert page.text.index("Đây là máy, không phải người") < page.text.index("<main")


async def test_a_question_is_answered_without_javascript(browser: httpx.AsyncClient) -> None:
    await browser.get("/")

    page = await browser.post("/chat", data={"text": "hoc xoa mu chu o dau"})

    assert "hoc xoa mu chu o dau" in page.text
    assert "Nguồn:" in page.text


async def test_the_conversation_is_there_after_a_reload(browser: httpx.AsyncClient) -> None:
    await browser.get("/")
    await browser.post("/chat", data={"text": "/tim"})

    again = await browser.get("/chat")

    assert "xã, phường nào" in again.text


async def test_a_button_works_as_a_form(browser: httpx.AsyncClient) -> None:
    first = await browser.get("/")
    token = re.search(r'name="token" value="(centre/ask)"', first.text)
    assert token

    page = await browser.post("/chat", data={"token": token[1], "label": "Tìm trung tâm"})

    assert "xã, phường nào" in page.text


async def test_another_browser_sees_nothing_of_it(browser: httpx.AsyncClient) -> None:
    await browser.get("/")
    await browser.post("/chat", data={"text": "câu riêng của tôi"})
    browser.cookies.clear()

    other = await browser.get("/chat")

    assert "câu riêng của tôi" not in other.text


async def test_html_in_a_message_is_shown_as_text(browser: httpx.AsyncClient) -> None:
    await browser.get("/")

    page = await browser.post("/chat", data={"text": "<script>alert(1)</script>"})

    assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text


async def test_a_form_from_another_site_is_refused(browser: httpx.AsyncClient) -> None:
    await browser.get("/")

    page = await browser.post("/chat", data={"text": "x"}, headers={"sec-fetch-site": "cross-site"})

    assert page.status_code == 403


async def test_a_body_that_is_too_large_is_refused(browser: httpx.AsyncClient) -> None:
    page = await browser.post("/chat", content=b"text=" + b"a" * 1_100_000)

    assert page.status_code == 413


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"location": "north,south"}, id="no numbers"),
        pytest.param({"location": "1"}, id="half a location"),
        pytest.param({"text": "   "}, id="blank"),
        pytest.param({}, id="nothing"),
    ],
)
async def test_a_form_that_says_nothing_just_shows_the_page(
    data: dict[str, str], browser: httpx.AsyncClient
) -> None:
    await browser.get("/")

    page = await browser.post("/chat", data=data)

    assert page.status_code == 200


async def test_a_citizen_who_floods_is_asked_to_wait(browser: httpx.AsyncClient) -> None:
    await browser.get("/")

    codes = [(await browser.post("/chat", data={"text": "chào"})).status_code for _ in range(15)]

    assert codes[0] == 200
    assert codes[-1] == 429


async def test_the_script_gets_only_the_new_lines(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/")
    last = re.search(r'data-last="(\d+)"', page.text)
    assert last
    await browser.post("/chat", data={"text": "/tim"}, headers={"accept": "application/json"})

    lines = await browser.get(f"/chat/lines?after={last[1]}")

    assert lines.text.count("<article") == 2


async def test_every_page_carries_a_strict_policy(browser: httpx.AsyncClient) -> None:
    for path in ("/", "/console", "/health", "/static/chat.css"):
        page = await browser.get(path)

        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy


async def test_the_page_without_script_is_small(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/")
    style = await browser.get("/static/chat.css")
    script = await browser.get("/static/chat.js")

    assert len(page.content) + len(style.content) + len(script.content) < 15_000


async def test_health_tells_what_is_well(browser: httpx.AsyncClient) -> None:
    health = (await browser.get("/health")).json()

    assert health["status"] == "ok"
    assert health["answers"] >= 80
    assert health["channels"] == {"web": "ok"}


async def test_a_file_is_served_to_be_looked_at_and_never_to_run(
    browser: httpx.AsyncClient, sqlite: Database
) -> None:
    picture, form = png(), DOCUMENT
    for body in (picture, form):
        await sqlite.write(lambda c, body=body: attachments.keep(c, digest_of(body), body, NOW))

    shown = await browser.get(f"/tep/{digest_of(picture)}/ap-phich.png")
    assert (shown.content, shown.headers["content-type"]) == (picture, "image/png")
    assert shown.headers["content-disposition"] == 'inline; filename="ap-phich.png"'
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["content-security-policy"].startswith("default-src 'none'")
    again = await browser.get(shown.url.path, headers={"if-none-match": shown.headers["etag"]})
    assert again.status_code == 304

    saved = await browser.get(f"/tep/{digest_of(form)}/mau-don.pdf")
    assert saved.headers["content-disposition"] == 'attachment; filename="mau-don.pdf"'
    for path in (f"{digest_of(picture)}/x.html", f"{digest_of(picture)}/%22.png", f"{'a' * 64}/x.png", "x/x.png"):
        assert (await browser.get(f"/tep/{path}")).status_code == 404


async def test_the_page_shows_the_file_of_a_message_with_its_words(
    browser: httpx.AsyncClient, sqlite: Database
) -> None:
    await browser.get("/")
    peer = web_address(browser.cookies[COOKIE]).peer
    media = (
        Media(MediaKind.IMAGE, "a" * 64, "ap-phich.png", 'Áp phích "Ngày hội"'),
        Media(MediaKind.DOCUMENT, "b" * 64, "mau-don.pdf", "Mẫu đơn"),
    )

    async def post(peer: str, call: Call) -> str:
        return str(await sqlite.write(lambda c: webchat.add_line(c, peer, call, NOW, ours=True)))

    channel = WebChannel(post)
    await channel.send(peer, channel.render(Reply("Xem", media=media))[0])
    page = (await browser.get("/chat")).text

    assert f'<img src="/tep/{"a" * 64}/ap-phich.png" alt="Áp phích &#34;Ngày hội&#34;">' in page
    assert f'<a href="/tep/{"b" * 64}/mau-don.pdf" download>Mẫu đơn</a>' in page
