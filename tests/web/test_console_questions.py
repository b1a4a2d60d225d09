"""Questions and centres on the console: counted so that nobody is found in them, listed by scope."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from bot.config import Config
from bot.db import Connection, audit, contacts, publications, question_counts, unanswered
from bot.db.content_tables import votes
from bot.db.publications import Act
from bot.db.tables import handovers
from bot.inbox import outcome_of
from bot.knowledge.package import pack
from bot.messages import Address
from bot.office.statistics import tell, tell_sums, tell_tables
from bot.outreach.official import Role
from tests.conftest import NOW
from tests.web.conftest import Console


@pytest.mark.parametrize(("count", "told"), [(0, None), (4, None), (5, 5), (9, 5), (10, 10), (123, 120)])
def test_a_small_count_is_not_told_and_a_large_one_in_steps(count: int, told: int | None) -> None:
    assert tell(count) == told


QUESTIONS = st.lists(st.tuples(*(st.sampled_from(names) for names in ("abcdefghij", "xyz", "mn"))), max_size=300)


@given(QUESTIONS)
def test_nobody_learns_from_other_tables_that_a_hidden_count_is_not_nought(asked: list[tuple[str, ...]]) -> None:
    tables = {name: Counter(each[at] for each in asked) for at, name in enumerate(("day", "subject", "outcome"))}

    told = tell_tables(tables)

    at_least = max(sum(rows.values()) for rows in told.values())
    for name, rows in told.items():
        assert all(count % 5 == 0 and count <= tables[name][key] for key, count in rows.items())
        hidden = [count for key, count in tables[name].items() if key not in rows]
        if hidden and max(hidden) < 5:
            # Everything else at its most holds all the questions there may be.
            assert sum(rows.values()) + 4 * (len(rows) + len(hidden) - 1) >= at_least


def test_a_row_more_is_left_out_where_a_small_count_could_be_had_by_subtraction() -> None:
    by_day = {**{str(day): 9 for day in range(4)}, "4": 4}

    assert tell_tables({"all": {"": 40}, "day": by_day})["day"] == {"1": 5, "2": 5, "3": 5}


def test_a_sum_adds_only_what_is_told() -> None:
    assert tell_sums({"new:1": 10, "new:2": 5}, {"new:1": "79", "new:2": "79", "new:3": "79"}) == {"79": 15}


async def test_what_people_ask_is_counted_without_text(console: Console) -> None:
    citizen = await console.browser()
    await citizen.client.get("/chat")
    for _ in range(6):
        await citizen.client.post("/chat", data={"text": "học xóa mù chữ ở đâu"})
        console.clock.pass_by(seconds=30)
    await citizen.client.post("/chat", data={"text": "cảm ơn"})
    today = NOW.date()

    counted = console.database.read_now(lambda c: question_counts.sums(c, "outcome", today, today))

    assert sum(each.count for each in counted.values()) == 6
    viewer = await console.official("xem", Role.VIEWER)
    page = await viewer.opens("/console/questions")
    assert '<td class="n">5</td>' not in page.text, "today is not over"
    console.clock.pass_by(days=1)
    await viewer.signs_in()
    page = await viewer.opens("/console/questions")
    assert '<td class="n">5</td>' in page.text
    assert "xóa mù chữ ở đâu" not in page.text


async def test_communes_votes_and_waiting_times_are_told_by_scope(console: Console) -> None:
    day = (NOW - timedelta(days=1)).date()

    def act(connection: Connection) -> None:
        for home in ["new:26740"] * 7 + ["new:26743"] * 4 + ["new:00004"] * 6:
            question_counts.add(connection, day, "literacy", "answered", home, 20)
        for number in range(6):
            who = contacts.add(connection, Address("web", f"p{number}"), NOW)
            values = {"contact_id": who, "code": "xmc-01", "useful": number > 0, "at": NOW - timedelta(days=1)}
            connection.execute(insert(votes).values(version="1", **values))
            asked = {
                "contact_id": who,
                "question": "x",
                "status": "answered",
                "created_at": NOW - timedelta(days=2),
            }
            done = {"answered_by": "lan", "answered_at": NOW - timedelta(days=1), "due_at": NOW}
            connection.execute(insert(handovers).values(home="", **asked, **done))

    console.database.submit(act).result()
    of_hcm = await console.official("lan", Role.VIEWER, frozenset({"79"}))

    page = (await of_hcm.opens("/console/questions")).text

    ward, other, of_hanoi = (
        console.app.inbox.mind.house.gazetteer.commune(c) for c in ("26740", "26743", "00004")
    )
    assert ward and other and of_hanoi
    assert f'<th scope="row">{ward.full_name}, Thành phố Hồ Chí Minh</th>' in page
    assert other.full_name not in page
    assert of_hanoi.full_name not in page
    title = console.app.inbox.mind.house.library.by_code["xmc-01"].short_title
    assert f'{title}</th><td class="n">5</td><td class="n">dưới 5</td>' in page
    assert "5 câu, một nửa được trả lời trong 24 giờ; đúng hạn 5" in page
    assert "trung bình 20 phần nghìn giây" in page


async def test_an_editor_sees_what_nobody_answers_and_takes_it_off(console: Console) -> None:
    for text in ("lớp nấu ăn ở đâu", "lop nau an o dau", "mấy giờ mở thư viện"):
        console.database.submit(lambda c, text=text: unanswered.add(c, text, NOW)).result()
    editor = await console.official("bien", Role.EDITOR)
    page = await editor.opens("/console/questions")
    assert "lớp nấu ăn ở đâu" in page.text
    assert "2 lần" in page.text

    page = await editor.sends("/console/questions/1/settle")

    assert "nấu ăn" not in page.text
    assert "mở thư viện" in page.text


async def test_centres_are_searched_without_diacritics_and_by_scope(console: Console) -> None:
    nationwide = await console.official("xem", Role.VIEWER)
    of_hanoi = await console.official("ha", Role.VIEWER, frozenset({"01"}))

    page = await nationwide.opens("/console/centres?q=thu+duc")
    assert "Thủ Đức" in page.text
    page = await of_hanoi.opens("/console/centres?q=thu+duc")
    assert "Thủ Đức</h3>" not in page.text
    assert "Thành phố Hồ Chí Minh" not in page.text


async def test_the_answers_that_stand_are_found(console: Console) -> None:
    editor = await console.official("bien", Role.EDITOR)

    page = await editor.opens("/console/answers?q=hoc+xoa+mu+chu+co+mat+tien")

    assert "xmc-02" in page.text
    assert "xmc-01" not in page.text


def test_an_outcome_is_known_by_what_was_meant(console: Console) -> None:
    library = console.app.inbox.mind.house.library
    code = next(iter(library.by_code))

    assert outcome_of("offer", library) == ("offered", "")
    assert outcome_of("out_of_scope", library) == ("unanswered", "")
    assert outcome_of(f"faq/{code}", library) == ("answered", library.by_code[code].topic)
    assert outcome_of("thanks", library) == ("", "")


async def test_an_editor_of_the_whole_country_goes_back_to_an_earlier_version(
    console: Console, small: Config
) -> None:
    (console.app.config.data / "nlu").symlink_to(small.data / "nlu")
    package = pack(small.content)

    def publish(connection: Connection) -> None:
        publications.publish(connection, package.digest, package.archive, 5, Act.PUBLISH, "bien", NOW)
        publications.publish(connection, "0" * 64, b"", 5, Act.PUBLISH, "bien", NOW)
        publications.publish(connection, "1" * 64, b"no archive", 5, Act.PUBLISH, "bien", NOW)

    console.database.submit(publish).result()
    local = await console.official("xa", Role.EDITOR, frozenset({"79"}))
    await local.opens("/console/answers/versions")
    assert (await local.sends("/console/answers/rollback", number="1", reason="sai")).status_code == 409
    editor = await console.official("bien", Role.EDITOR)
    await editor.opens("/console/answers/versions")
    assert (await editor.sends("/console/answers/rollback", number="9", reason="sai")).status_code == 409
    await editor.opens("/console/answers/versions")

    page = await editor.sends("/console/answers/rollback", number="1", reason="ghi sai giờ")

    assert "Đã quay về bản trước" in page.text
    standing = console.database.read_now(publications.current)
    assert standing
    assert (standing.digest, standing.official, standing.note) == (package.digest, "bien", "ghi sai giờ")
    assert "ghi sai giờ" in console.database.read_now(audit.newest)[0].detail
