"""A citizen and a broadcast: is it really ours, and what its buttons do."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from bot.app import App
from bot.config import Config
from bot.contacts import Segment
from bot.db import Database, contacts, looks, notices, series, taps
from bot.db.audience import count_audience
from bot.db.channel_tables import looks as look_rows
from bot.db.publications import Act, Publication
from bot.db.tables import contacts as contact_rows
from bot.db.tables import deliveries as delivery_rows
from bot.dispatch import Dispatcher
from bot.inbox import Mind
from bot.messages import Address, HeardKind
from bot.outreach.check_code import find_code, is_only_asking, is_same, new_code
from bot.publication import Start
from tests.conftest import Citizen
from tests.outreach.postroom import CONTENT, NOW, Recorder, add_people, counted, run_once, schedule

CODE = "HT-4K7P2"
TEXT = "**Mời bà con** đến [ngày hội](https://example.vn).\n\n_Nguồn: Quyết định 1_\n\nMã tin: HT-4K7P2"
FORWARDED = "Mời bà con đến ngày hội (https://example.vn).\n\nNguồn: Quyết định 1\n\nMã tin: HT-4K7P2"
QUIZ = {"options": ["1945", "1954"], "right": 0, "why": "Vì thế.", "sources": "Sách"}


def content(**more: Any) -> dict[str, Any]:
    return {**CONTENT, "text": TEXT, "code": CODE, **more}


async def sent(database: Database, peer: str = "7", channel: str = "web", **more: Any) -> int:
    """A broadcast that reached the citizen at *peer* and another."""

    def act(connection: Any) -> int:
        add_people(connection, 1, channel="fake")
        connection.execute(update(contact_rows).where(contact_rows.c.peer == "p1").values(channel="fake"))
        address = Address(channel, peer)
        known = contacts.find(connection, address)
        contact_id = known.id if known else contacts.add(connection, address, NOW)
        connection.execute(update(contact_rows).where(contact_rows.c.id == contact_id).values(notices=True))
        return schedule(connection, content=content(**more), segment=Segment())

    number = await database.write(act)
    reach = {"fake": Recorder(), channel: Recorder()}
    await run_once(Dispatcher(database, reach, lambda: NOW), NOW)
    assert counted(database, number) == {"sent": 2}
    return number


@pytest.mark.parametrize("typed", ["HT-4K7P2", "ht 4k7p2", "Ht4K7p2", "mã tin: HT–4K7P2 có thật không ạ"])
def test_a_code_is_found_however_it_is_typed(typed: str) -> None:
    assert find_code(typed) == CODE
    assert is_only_asking(typed)


@pytest.mark.parametrize("typed", ["HT-4K7", "ABCHT-4K7P2", "HT-4K7P2X", "hoc thu", "HT-00000"])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert find_code(typed) is None


def test_codes_differ() -> None:
    assert len({new_code() for _ in range(20)}) == 20
    assert all(find_code(new_code()) for _ in range(200))


def test_a_message_is_the_same_only_word_for_word() -> None:
    assert is_same(FORWARDED, TEXT)
    assert is_same("  " + FORWARDED.replace("\n\n", "\n"), TEXT)
    for changed in (
        FORWARDED.replace("example.vn", "examp1e.vn"),
        FORWARDED + "\nChuyển tiền vào số 123",
        FORWARDED.replace("đến", "không đến"),
    ):
        assert not is_same(changed, TEXT)
        assert not is_only_asking(changed)


async def test_who_types_the_code_learns_who_sent_what_and_when(
    meet: Callable[..., Citizen], sqlite: Database
) -> None:
    citizen = meet("web")
    await sent(sqlite)
    (said,) = await citizen.says("ma tin ht-4k7p2 co that k")

    assert "Đúng là tin của em" in said
    assert "25/11/2026" in said
    assert "lan" in said and "minh" in said
    assert "Mời bà con" in said


async def test_a_forwarded_message_is_compared_and_a_changed_one_is_called_so(
    meet: Callable[..., Citizen], sqlite: Database
) -> None:
    citizen = meet("telegram")
    await sent(sqlite, channel="telegram")

    assert "Đúng là tin của em" in (await citizen.says(FORWARDED))[0]
    changed = FORWARDED.replace("https://example.vn", "https://lua-dao.vn")
    (said,) = await citizen.says(changed)
    assert "ĐÃ BỊ SỬA" in said
    assert "lua-dao" not in said


@pytest.mark.parametrize(
    "asked", ["Tin này có thật không ạ?\n{}", "tin nay co that khong: {}", "{}\n\nTin này của ai?"]
)
async def test_the_question_around_a_forwarded_message_is_no_change_of_it(
    meet: Callable[..., Citizen], sqlite: Database, asked: str
) -> None:
    citizen = meet("telegram")
    await sent(sqlite, channel="telegram")

    assert "Đúng là tin của em" in (await citizen.says(asked.format(FORWARDED)))[0]
    for more in ("Chuyển tiền vào số 123. ", "tin này có thật không tin này của ai "):
        assert "ĐÃ BỊ SỬA" in (await citizen.says(more + asked.format(FORWARDED)))[0]


async def test_an_unknown_code_never_looks_genuine(meet: Callable[..., Citizen], sqlite: Database) -> None:
    citizen = meet("web")
    await sqlite.write(lambda c: schedule(c, content=content(code="HT-22222")))

    for typed in ("HT-99999", "HT-22222"):  # Never given, and given but not yet sent.
        (said,) = await citizen.says(typed)
        assert "Không phải tin của em" in said
    (said,) = await citizen.says("tin nay co that khong vay em")
    assert "mã tin" in said


async def test_whoever_asks_about_too_many_codes_has_to_wait(meet: Callable[..., Citizen]) -> None:
    citizen = meet("web")
    said = [(await citizen.says(f"HT-2222{n}"))[0] for n in "23456789ABC"]

    assert ["chờ mười phút" in each for each in said] == [False] * 10 + [True]


def test_so_many_looks_and_no_more_by_whichever_process(database: Database) -> None:
    somebody, another = Address("telegram", "7"), Address("telegram", "8")
    second = Database(database.engine)

    def looks_by(where: Database, who: Address, at: datetime = NOW) -> bool:
        return where.submit(lambda c: looks.allow(c, who, at)).result()

    assert [looks_by(each, somebody) for each in (database, second) * 6] == [True] * 10 + [False] * 2
    assert looks_by(second, another)
    assert looks_by(second, somebody, NOW + looks.WITHIN)
    kept = database.read_now(lambda c: c.execute(select(look_rows)).all())
    assert len(kept) == 1, "what is over is forgotten"
    assert "telegram" not in repr(kept)
    second.close()


async def test_the_language_a_device_says_is_kept_until_the_citizen_chooses_another(
    meet: Callable[..., Citizen], sqlite: Database
) -> None:
    citizen = meet("telegram")
    abroad = Segment(languages=frozenset({"en"}))

    def known() -> tuple[str, int]:
        found = sqlite.read_now(lambda c: contacts.find(c, Address("telegram", "7")))
        reached = sqlite.read_now(lambda c: count_audience(c, abroad, ["telegram"], NOW))
        return found.language if found else "", sum(reached.excluded.values())

    await citizen.hears(HeardKind.TEXT, text="chào em", language="en")
    assert known() == ("en", 1)
    await citizen.hears(HeardKind.TEXT, text="chào em", language="zh")
    assert known() == ("en", 1)
    await citizen.hears(HeardKind.CHOICE, token="language/vi", language="en")
    assert known() == ("vi", 0)


async def test_a_tap_is_counted_and_opens_what_the_button_says(
    meet: Callable[..., Citizen], sqlite: Database
) -> None:
    citizen = meet("web")
    number = await sent(sqlite)
    shown = await citizen.hears(HeardKind.CHOICE, token=f"tin/{CODE}/centre/ask")

    assert "xã, phường nào" in shown[0]
    # Whoever did something also wrote within a day.
    assert sqlite.read_now(lambda c: taps.count(c, number)) == {"centre/ask": 1, "replied": 1}


async def test_a_tap_settles_a_copy_in_doubt(meet: Callable[..., Citizen], sqlite: Database) -> None:
    citizen = meet("web")
    number = await sent(sqlite)
    doubt = {"status": "uncertain", "reason": "crash"}
    await sqlite.write(lambda c: c.execute(update(delivery_rows).values(doubt)).close())
    await citizen.hears(HeardKind.CHOICE, token=f"tin/{CODE}/welcome/help")

    rows = sqlite.read_now(
        lambda c: c.execute(
            select(contact_rows.c.peer, delivery_rows.c.status)
            .join(delivery_rows, delivery_rows.c.contact_id == contact_rows.c.id)
            .where(delivery_rows.c.broadcast_id == number)
        ).all()
    )
    assert {tuple(each) for each in rows} == {("7", "sent"), ("p1", "uncertain")}


async def test_a_quiz_counts_the_first_answer_and_gives_the_source(
    meet: Callable[..., Citizen], sqlite: Database
) -> None:
    citizen = meet("web")
    number = await sent(sqlite, quiz=QUIZ)
    wrong = await citizen.hears(HeardKind.CHOICE, token=f"tin/{CODE}/quiz:1")
    right = await citizen.hears(HeardKind.CHOICE, token=f"tin/{CODE}/quiz:0")
    beside = await citizen.hears(HeardKind.CHOICE, token=f"tin/{CODE}/quiz:7")

    assert "Câu trả lời đúng là 1945" in wrong[0] and "Sách" in wrong[0]
    assert "Đúng rồi" in right[0]
    assert "cũ" in beside[0]
    counted_taps = sqlite.read_now(lambda c: taps.count(c, number))
    assert {token: n for token, n in counted_taps.items() if token.startswith("quiz")} == {"quiz:1": 1}


async def test_opting_out_within_a_day_is_counted(meet: Callable[..., Citizen], sqlite: Database) -> None:
    citizen = meet("web")
    number = await sent(sqlite)
    await citizen.says("/dung")

    assert sqlite.read_now(lambda c: taps.count(c, number)) == {"opted_out": 1}


async def test_a_learning_path_is_joined_and_left(meet: Callable[..., Citizen], sqlite: Database) -> None:
    citizen = meet("web")
    await sent(sqlite)
    shown = await citizen.hears(HeardKind.CHOICE, token=f"tin/{CODE}/join:hoc-chu")
    assert "lộ trình" in shown[0]
    assert sqlite.read_now(lambda c: series.count(c, "hoc-chu")) == 1
    await citizen.taps("Nghỉ lộ trình")
    assert sqlite.read_now(lambda c: series.count(c, "hoc-chu")) == 0


async def test_a_correction_is_named_by_what_it_corrects(sqlite: Database) -> None:
    number = await sent(sqlite)
    corrected = {**CONTENT, "text": "Đính chính", "code": "HT-33333"}
    await sqlite.write(lambda c: schedule(c, content=corrected, corrects=number, segment=Segment(reached=number)))
    reach = {"fake": Recorder(), "web": Recorder()}
    await run_once(Dispatcher(sqlite, reach, lambda: NOW), NOW)

    found = sqlite.read_now(lambda c: notices.find(c, CODE))
    assert found is not None and found.correction == "HT-33333"


async def test_the_public_page_lists_what_was_sent_and_nothing_else(
    mind: Mind, sqlite: Database, tmp_path: Any
) -> None:
    began = Start(mind, Publication(1, "", Act.START, "hoctap", (), NOW, 1))
    await sent(sqlite)
    later = content(code="HT-22222", text="<script>chưa gửi</script>")
    await sqlite.write(
        lambda c: schedule(c, content=later, due_at=NOW + timedelta(days=1), not_after=NOW + timedelta(days=2))
    )
    app = App.open(Config(data=tmp_path), sqlite, began)
    transport = httpx.ASGITransport(app.web())
    async with httpx.AsyncClient(transport=transport, base_url="http://test", follow_redirects=True) as client:
        page = (await client.get("/tin")).text
        assert CODE in page and "Mời bà con" in page and "HT-22222" not in page
        assert (await client.get("/tin", params={"ma": "4k7p2"})).url.path == f"/tin/{CODE}"
        assert (await client.get(f"/tin/{CODE}")).status_code == 200
        unknown = await client.get("/tin", params={"ma": "<b>HT-22222</b>"})
        assert unknown.status_code == 404
        assert "Không phải tin của chúng tôi" in unknown.text
        assert 429 in [(await client.get("/tin")).status_code for _ in range(40)]
