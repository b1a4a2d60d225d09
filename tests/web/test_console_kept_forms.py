"""A form that comes after its session ended: nothing typed is lost, and nobody else ever sees it."""

import logging
from typing import Any

import pytest
import structlog
from sqlalchemy import select

from bot.db import broadcasts, drawers, edits
from bot.db.content_tables import drawer_forms
from bot.outreach.official import Role
from tests.web.conftest import Console, Desk
from tests.web.test_console_answers import TYPED as ANSWER
from tests.web.test_console_answers import fields_of
from tests.web.test_console_broadcasts import TYPED as MESSAGE
from tests.web.test_console_handovers import ask

SECRET_WORDS = "Bà Năm ở ấp 3 hỏi lớp của con"


def rows(console: Console) -> list[Any]:
    return list(console.database.read_now(lambda c: c.execute(select(drawer_forms)).all()))


async def composed_too_late(console: Console, lan: Desk, text: str = SECRET_WORDS) -> Any:
    """A message typed for longer than the session lasts, and the page that comes of saving it."""
    await lan.opens("/console/broadcasts/new")
    console.clock.pass_by(minutes=16)
    return await lan.sends("/console/broadcasts/save", **{**MESSAGE, "text": text})


async def test_a_message_typed_past_the_end_of_the_session_comes_back_after_signing_in(console: Console) -> None:
    lan = await console.official("lan", Role.DRAFTER)

    page = await composed_too_late(console, lan)
    assert page.url.path == "/console/sign-in"
    assert "Chữ anh/chị đã gõ vẫn còn" in page.text
    assert SECRET_WORDS not in page.text
    page = await lan.signs_in_there()

    assert SECRET_WORDS in page.text
    assert "chưa lưu và chưa gửi" in page.text
    for each in (MESSAGE["title"], MESSAGE["sources"], MESSAGE["at"]):
        assert each in page.text
    page = await lan.sends("/console/broadcasts/save", **{**MESSAGE, "text": SECRET_WORDS})
    assert "Đã lưu nháp" in page.text


async def test_a_wrong_password_first_loses_nothing(console: Console) -> None:
    lan = await console.official("lan", Role.DRAFTER)
    await composed_too_late(console, lan)
    typed = {"login": "lan", "password": "sai", "code": "000000", **lan.hidden("next")}

    assert (await lan.sends("/console/sign-in", **typed)).status_code == 400

    assert SECRET_WORDS in (await lan.signs_in_there()).text


async def test_an_answer_typed_past_the_end_of_the_session_comes_back(office: Console) -> None:
    desk = await office.official("bien", Role.EDITOR)
    for path in ("/console/answers/new", "/console/answers/xmc-01/edit"):
        page = await desk.opens(path)
        typed = fields_of(page.text) | {"tra-loi": SECRET_WORDS, "hoi-cach-khac": ANSWER["hoi-cach-khac"]}
        office.clock.pass_by(minutes=16)
        await desk.sends(path, **typed)

        page = await desk.signs_in_there()

        assert {**fields_of(page.text), "owner": ""} == {**typed, "owner": ""}
        assert office.database.read_now(edits.all_edits) == []
    await desk.sends("/console/answers/xmc-01/edit", **fields_of(page.text))
    assert [each.cells["tra loi"] for each in office.database.read_now(edits.all_edits)] == [SECRET_WORDS]


async def test_a_reply_typed_past_the_end_of_the_session_comes_back_and_is_not_sent(console: Console) -> None:
    number = ask(console, "Lớp ở đâu?")
    lan = await console.official("lan", Role.EDITOR)
    await lan.opens(f"/console/conversations/{number}")
    await lan.sends(f"/console/conversations/{number}/claim")
    console.clock.pass_by(minutes=16)

    await lan.sends(f"/console/conversations/{number}/answer", text=SECRET_WORDS)
    page = await lan.signs_in_there()

    assert f"{SECRET_WORDS}</textarea>" in page.text
    assert "Gửi cho bà con" in page.text


async def test_a_correction_of_a_centre_typed_past_the_end_of_the_session_comes_back(console: Console) -> None:
    path = "/console/centres/of/tthtcd-khanh-hoa-01"
    lan = await console.official("lan", Role.EDITOR)
    await lan.opens(path)
    console.clock.pass_by(minutes=16)

    await lan.sends(f"{path}/correct", **{"dia chi 0": SECRET_WORDS})
    page = await lan.signs_in_there()

    assert f'value="{SECRET_WORDS}"' in page.text


@pytest.mark.parametrize("ended", ["signed out", "signed in anew"])
async def test_a_session_ended_on_another_page_loses_nothing_either(console: Console, ended: str) -> None:
    lan = await console.official("lan", Role.DRAFTER)
    form = await lan.opens("/console/broadcasts/new")
    await lan.opens("/console/me")
    await lan.sends("/console/sign-out")
    if ended == "signed in anew":
        await lan.signs_in()
    lan.page = form

    page = await lan.sends("/console/broadcasts/save", **{**MESSAGE, "text": SECRET_WORDS})
    if ended == "signed out":
        page = await lan.signs_in_there()

    assert SECRET_WORDS in page.text
    assert "chưa lưu và chưa gửi" in page.text


async def test_another_account_at_the_same_browser_sees_nothing_of_it(console: Console) -> None:
    lan = await console.official("lan", Role.DRAFTER)
    console.hire("minh", Role.APPROVER)
    await composed_too_late(console, lan)
    there, lan.login, lan.secret = lan.page, "minh", console.secrets["minh"]

    page = await lan.signs_in_there()

    assert SECRET_WORDS not in page.text
    assert "Không còn chữ nào được giữ cho tài khoản này" in page.text
    # Who typed it still finds it.
    await lan.opens("/console/me")
    await lan.sends("/console/sign-out")
    lan.login, lan.secret, lan.page = "lan", console.secrets["lan"], there
    await lan.opens("/console/sign-in?next=/console/again%3Fform%3D/console/broadcasts/save")
    assert SECRET_WORDS in (await lan.signs_in_there()).text


async def test_after_an_hour_it_is_gone(console: Console) -> None:
    lan = await console.official("lan", Role.DRAFTER)
    await composed_too_late(console, lan)
    console.clock.pass_by(minutes=61)

    page = await lan.signs_in_there()

    assert "Không còn chữ nào được giữ" in page.text
    console.database.submit(lambda c: drawers.forget_old(c, console.clock.now)).result()
    assert rows(console) == []


async def test_what_is_kept_is_sealed_and_in_no_log(
    console: Console, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    lan = await console.official("lan", Role.DRAFTER)
    with structlog.testing.capture_logs() as logged:
        await composed_too_late(console, lan)
        await lan.signs_in_there()

    (row,) = rows(console)
    assert row.login == "lan"
    assert row.fields.startswith("f1:")
    assert "ấp 3" not in row.fields
    said = f"{logged} {caplog.text} {capsys.readouterr()}"
    assert "ấp 3" not in said
    assert "u1ea5p 3" not in said


@pytest.mark.parametrize("owner", ["", "lan", "f1:rác", "of somebody else's page", "from another site"])
async def test_a_form_that_names_no_official_by_our_seal_is_not_kept(console: Console, owner: str) -> None:
    lan = await console.official("lan", Role.DRAFTER)
    await lan.opens("/console/broadcasts/new")
    typed = {**MESSAGE, "owner": owner}
    if owner.startswith("from"):
        typed, lan.client.headers["sec-fetch-site"] = dict(MESSAGE), "cross-site"
    if owner.startswith("of"):
        sealed = await console.database.write(lambda c: drawers.seal(c, "totp:lan", "lan"))
        typed["owner"] = sealed
    console.clock.pass_by(minutes=16)

    page = await lan.sends("/console/broadcasts/save", **typed)

    assert page.url.path == "/console/sign-in"
    assert "chưa được làm. Đăng nhập rồi làm lại" in page.text
    assert rows(console) == []


async def test_a_form_of_another_official_is_refused_as_forged(console: Console) -> None:
    lan, minh = await console.official("lan", Role.DRAFTER), await console.official("minh", Role.DRAFTER)
    await lan.opens("/console/broadcasts/new")
    minh.page = lan.page

    page = await minh.sends("/console/broadcasts/save", **{**MESSAGE, "text": SECRET_WORDS})

    assert page.status_code == 403
    assert SECRET_WORDS not in page.text


async def test_an_act_is_never_kept_nor_done_by_signing_in(console: Console) -> None:
    lan = await console.official("lan", Role.DRAFTER)
    await lan.opens("/console/broadcasts/new")
    page = await lan.sends("/console/broadcasts/save", **MESSAGE)
    path = page.url.path
    console.clock.pass_by(minutes=16)

    await lan.sends(f"{path}/submit", **lan.hidden("owner"))
    await lan.signs_in_there()

    assert rows(console) == []
    assert console.database.read_now(lambda c: broadcasts.find(c, 1)).status == "draft"


async def test_a_role_taken_away_meanwhile_is_taken_away_from_the_form_too(console: Console) -> None:
    admin, lan = await console.official("sep", Role.ADMIN), await console.official("lan", Role.DRAFTER)
    await composed_too_late(console, lan)
    await admin.signs_in()
    await admin.opens("/console/people")
    await admin.sends("/console/people/lan/assign", name="Lan", role="viewer")

    page = await lan.signs_in_there()

    assert page.status_code == 403
    assert SECRET_WORDS not in page.text
