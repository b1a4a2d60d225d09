"""Conversations handed over: a scope's inbox, taken on once, answered where the citizen asked."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from bot.app import App, CannotStart, open_office
from bot.db import audit, conversations
from bot.db.handovers import Handover
from bot.db.publications import Act, Publication
from bot.db.tables import contacts, handovers
from bot.inbox import Mind
from bot.messages import Address
from bot.office.answering import HIDDEN, inbox, mask, open_until
from bot.office.sheets import safe_cell
from bot.outreach.official import Official, Role
from bot.publication import Start
from tests.conftest import NOW, Wire, open_channel
from tests.web.conftest import Console


def ask(console: Console, question: str, home: str = "new:26740", peer: str = "ba") -> int:
    """A citizen hands a question over."""

    def act(connection: Connection) -> Any:
        who = connection.execute(
            insert(contacts)
            .values(
                channel="web",
                peer=peer,
                status="active",
                home=home,
                home_province="79",
                notices=False,
                created_at=NOW,
                last_heard_at=NOW,
            )
            .returning(contacts.c.id)
        ).scalar_one()
        return connection.execute(
            insert(handovers)
            .values(contact_id=who, question=question, home=home, status="open", created_at=NOW, due_at=NOW)
            .returning(handovers.c.id)
        ).scalar_one()

    return int(console.database.submit(act).result())


async def test_a_question_is_taken_on_answered_and_the_citizen_reads_it(console: Console) -> None:
    lan = await console.official("lan", Role.EDITOR, frozenset({"79"}))
    citizen = await console.browser()
    await citizen.client.get("/chat")
    await citizen.client.post("/chat", data={"token": "handover/start", "label": "Gặp cán bộ"})
    page = await citizen.client.post("/chat", data={"text": "Lớp học tối <b>ở đâu</b>?"})
    assert "chuyển câu hỏi cho cán bộ" in page.text
    assert "Không có câu nào" in (await lan.opens("/console/conversations")).text
    nationwide = await console.official("hoa", Role.EDITOR)
    page = await nationwide.opens("/console/conversations")
    assert "Lớp học tối &lt;b&gt;ở đâu&lt;/b&gt;?" in page.text

    await nationwide.opens("/console/conversations/1")
    await nationwide.sends("/console/conversations/1/claim")
    await nationwide.opens("/console/conversations/1?canned=visit")
    assert "trung tâm học tập cộng đồng" in nationwide.page.text
    await nationwide.sends("/console/conversations/1/answer", text="Ở nhà văn hóa, 19 giờ.")
    assert "Đã gửi câu trả lời" in nationwide.page.text
    console.clock.pass_by(seconds=5)
    await console.app.outbox.retry_due()

    assert "Ở nhà văn hóa, 19 giờ." in (await citizen.client.get("/chat")).text


async def test_a_question_of_another_province_is_not_there(console: Console) -> None:
    number = ask(console, "Hỏi")
    other = await console.official("ha", Role.EDITOR, frozenset({"01"}))

    assert (await other.opens(f"/console/conversations/{number}")).status_code == 409
    for act in ("claim", "release", "unmask", "answer"):
        await other.opens("/console/me")
        assert (
            await other.sends(f"/console/conversations/{number}/{act}", text="x", reason="x")
        ).status_code == 409
    of_the_commune = await console.official("xa", Role.EDITOR, frozenset({"new:26740"}))
    assert (await of_the_commune.opens(f"/console/conversations/{number}")).status_code == 200


async def test_two_officials_do_not_answer_the_same_question(console: Console) -> None:
    number = ask(console, "Hỏi")
    first, second = await console.official("lan", Role.EDITOR), await console.official("hoa", Role.EDITOR)
    for desk in (first, second):
        await desk.opens(f"/console/conversations/{number}")
    await first.sends(f"/console/conversations/{number}/claim")

    assert (await second.sends(f"/console/conversations/{number}/claim")).status_code == 409
    await second.opens("/console/me")
    assert (await second.sends(f"/console/conversations/{number}/answer", text="x")).status_code == 409


async def test_what_is_private_is_hidden_until_a_reason_is_on_record(console: Console) -> None:
    number = ask(console, "Gọi tôi số 0912 345 678 hoặc ba@example.vn")
    lan = await console.official("lan", Role.EDITOR)

    page = await lan.opens(f"/console/conversations/{number}")
    assert "0912" not in page.text
    assert "ba@example.vn" not in page.text
    assert (await lan.sends(f"/console/conversations/{number}/unmask", reason=" ")).status_code == 409
    await lan.opens(f"/console/conversations/{number}")
    page = await lan.sends(f"/console/conversations/{number}/unmask", reason="Gọi lại cho bà con")

    assert "0912 345 678" in page.text
    newest = console.database.read_now(lambda c: audit.newest(c, 1))[0]
    assert (newest.act, newest.official) == ("handover_unmask", "lan")
    assert "Gọi lại cho bà con" in newest.detail


async def test_the_citizen_is_told_once_that_it_was_taken_and_that_it_was_closed(console: Console) -> None:
    number = ask(console, "Hỏi")
    lan, hoa = await console.official("lan", Role.EDITOR), await console.official("hoa", Role.EDITOR)
    await lan.opens(f"/console/conversations/{number}")
    await lan.sends(f"/console/conversations/{number}/claim")
    await lan.sends(f"/console/conversations/{number}/release")
    await hoa.opens(f"/console/conversations/{number}")
    assert (await hoa.sends(f"/console/conversations/{number}/close")).status_code == 409
    await hoa.opens(f"/console/conversations/{number}")
    await hoa.sends(f"/console/conversations/{number}/claim")
    await hoa.sends(f"/console/conversations/{number}/close")

    due = console.database.read_now(lambda c: conversations.due_replies(c, "web", NOW + timedelta(days=1)))
    told = [each.call["text"] for each in due]
    assert [("đã nhận" in each, "đã đóng" in each) for each in told] == [(True, False), (False, True)]
    assert console.database.read_now(audit.newest)[0].act == "handover_close"


async def test_a_question_without_a_place_is_passed_on_to_a_province(console: Console) -> None:
    number = ask(console, "Hỏi", home="")
    of_hcm = await console.official("lan", Role.EDITOR, frozenset({"79"}))
    assert (await of_hcm.opens(f"/console/conversations/{number}")).status_code == 409
    await of_hcm.opens("/console/me")
    sent = await of_hcm.sends(f"/console/conversations/{number}/pass-on", province="Thành phố Hồ Chí Minh")
    assert sent.status_code == 409
    nationwide = await console.official("hoa", Role.EDITOR)
    await nationwide.opens(f"/console/conversations/{number}")

    await nationwide.sends(f"/console/conversations/{number}/pass-on", province="Thành phố Hồ Chí Minh")

    assert (await of_hcm.opens(f"/console/conversations/{number}")).status_code == 200
    of_hanoi = await console.official("ha", Role.EDITOR, frozenset({"01"}))
    assert (await of_hanoi.opens(f"/console/conversations/{number}")).status_code == 409


def test_in_the_house_of_a_province_a_question_without_a_place_is_its_own(console: Console, mind: Mind) -> None:
    number = ask(console, "Hỏi", home="")
    config = replace(console.app.config, home_province="79")
    office = open_office(config, console.database, console.app.channels)

    def sees(*scope: str) -> bool:
        official = Official("x", "x", Role.EDITOR, scope=frozenset(scope))
        return number in [each.id for each in console.database.read_now(lambda c: inbox(c, office, official))]

    assert (sees("79"), sees("01"), sees("new:26740"), sees()) == (True, False, False, True)
    with pytest.raises(CannotStart, match="HOCTAP_HOME_PROVINCE"):
        began = Start(mind, Publication(1, "", Act.START, "hoctap", (), NOW, 1))
        App.open(replace(config, home_province="99"), console.database, began)


def test_an_answer_says_until_when_the_platform_takes_it(console: Console) -> None:
    office = replace(
        open_office(console.app.config, console.database, {}),
        channels={"zalo_oa": open_channel("zalo_oa", Wire())},
    )
    asked = Handover(1, Address("zalo_oa", "7"), "Hỏi", "", NOW, NOW, heard_at=NOW)

    assert open_until(office, asked) == NOW + timedelta(days=7)
    assert open_until(office, replace(asked, address=Address("web", "7"))) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Số 0912345678", f"Số {HIDDEN}"),
        ("+84 912-345-678 nhé", f"{HIDDEN} nhé"),
        ("CCCD 001099012345", f"CCCD {HIDDEN}"),
        ("Quyết định 1373 năm 2021", "Quyết định 1373 năm 2021"),
    ],
)
def test_what_is_private_is_known_by_its_shape(text: str, shown: str) -> None:
    assert mask(text) == shown


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "＝1"])
def test_nothing_in_a_sheet_runs_as_a_formula(text: str) -> None:
    assert safe_cell(text).startswith("'")
