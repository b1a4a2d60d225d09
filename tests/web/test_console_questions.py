"""Questions and centres on the console: counted so that nobody is found in them, listed by scope."""

import pytest

from bot.db import Connection, publications, question_counts, unanswered
from bot.db.publications import Act
from bot.inbox import outcome_of
from bot.office.statistics import tell
from bot.outreach.official import Role
from bot.publication import pack
from tests.conftest import NOW, ROOT
from tests.web.conftest import Console


@pytest.mark.parametrize(("count", "told"), [(0, None), (4, None), (5, 5), (9, 5), (10, 10), (123, 120)])
def test_a_small_count_is_not_told_and_a_large_one_in_steps(count: int, told: int | None) -> None:
    assert tell(count) == told


def test_no_sum_gives_a_hidden_count_away() -> None:
    # 12 in all, of which 9 in one place: told as 5 and "less than 5", never as 12 and 9.
    assert tell(12) == 10
    assert tell(9) == 5


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
    assert '<td class="n">5</td>' in page.text
    assert "xóa mù chữ ở đâu" not in page.text


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

    page = await editor.opens("/console/answers?q=xoa+mu+chu")

    assert "Nguồn:" in page.text


def test_an_outcome_is_known_by_what_was_meant(console: Console) -> None:
    library = console.app.inbox.mind.house.library
    code = next(iter(library.by_code))

    assert outcome_of("offer", library) == ("offered", "")
    assert outcome_of("out_of_scope", library) == ("unanswered", "")
    assert outcome_of(f"faq/{code}", library) == ("answered", library.by_code[code].topic)
    assert outcome_of("thanks", library) == ("", "")


async def test_an_editor_of_the_whole_country_goes_back_to_an_earlier_version(console: Console) -> None:
    package = pack(ROOT / "content")

    def publish(connection: Connection) -> None:
        publications.publish(connection, package.digest, package.archive, 5, Act.PUBLISH, "bien", NOW)
        publications.publish(connection, "0" * 64, b"", 5, Act.PUBLISH, "bien", NOW)
        publications.publish(connection, "1" * 64, b"no archive", 5, Act.PUBLISH, "bien", NOW)

    console.database.submit(publish).result()
    local = await console.official("xa", Role.EDITOR, frozenset({"79"}))
    await local.opens("/console/answers")
    assert (await local.sends("/console/answers/rollback", number="1")).status_code == 409
    editor = await console.official("bien", Role.EDITOR)
    await editor.opens("/console/answers")
    assert (await editor.sends("/console/answers/rollback", number="9")).status_code == 404
    await editor.opens("/console/answers")

    page = await editor.sends("/console/answers/rollback", number="1")

    assert "Đã quay về bản trước" in page.text
    standing = console.database.read_now(publications.current)
    assert standing
    assert (standing.digest, standing.official) == (package.digest, "bien")
