"""Conversations handed over: a scope's inbox, taken on once, answered where the citizen asked."""

from typing import Any

import pytest
from sqlalchemy import Connection, insert

from bot.db import audit
from bot.db.tables import contacts, handovers
from bot.office.answering import HIDDEN, mask
from bot.office.sheets import safe_cell
from bot.outreach.official import Role
from tests.conftest import NOW
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
