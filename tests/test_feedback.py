"""Votes: one a person and version, only on what they were shown, and nobody's once they are forgotten."""

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

from bot.db import Database, feedback
from bot.db.feedback import Votes
from bot.inbox import Mind
from bot.messages import HeardKind
from tests.conftest import Citizen

CODE = "xmc-01"
QUESTION = "học xóa mù chữ ở đâu"


def votes(database: Database) -> list[tuple[str, int, int]]:
    return [(each.code, each.useful, each.not_useful) for each in database.read_now(feedback.count)]


async def test_a_vote_is_kept_against_the_version_that_was_shown(
    database: Database, meet: Callable[..., Citizen], mind: Mind
) -> None:
    citizen = meet("web", database)
    await citizen.says(QUESTION)

    await citizen.taps("Có ích")

    version = mind.house.library.by_code[CODE].fingerprint()
    assert database.read_now(feedback.count) == [Votes(CODE, version, 1, 0)]


async def test_a_second_vote_takes_the_place_of_the_first(
    database: Database, meet: Callable[..., Citizen]
) -> None:
    citizen = meet("web", database)
    await citizen.says(QUESTION)
    await citizen.hears(HeardKind.CHOICE, token=f"feedback/yes:{CODE}")

    await citizen.hears(HeardKind.CHOICE, token=f"feedback/no:{CODE}")

    assert votes(database) == [(CODE, 0, 1)]


async def test_two_persons_have_two_votes(database: Database, meet: Callable[..., Citizen]) -> None:
    for peer in ("1", "2"):
        citizen = meet("web", database, peer=peer)
        await citizen.says(QUESTION)
        await citizen.taps("Có ích")

    assert votes(database) == [(CODE, 2, 0)]


async def test_another_version_has_votes_of_its_own(
    database: Database, meet: Callable[..., Citizen], mind: Mind
) -> None:
    citizen = meet("web", database)
    await citizen.says(QUESTION)
    await citizen.taps("Chưa đúng ý")
    library = mind.house.library
    edited = replace(library.by_code[CODE], text="Lời khác.")
    changed = replace(library, by_code=MappingProxyType({**library.by_code, CODE: edited}))
    citizen.inbox.mind = replace(mind, house=replace(mind.house, library=changed))

    await citizen.says(QUESTION)
    await citizen.taps("Có ích")

    assert sorted((each.version, each.useful) for each in database.read_now(feedback.count)) == sorted(
        [(edited.fingerprint(), 1), (library.by_code[CODE].fingerprint(), 0)]
    )


async def test_a_made_up_token_for_an_answer_nobody_showed_is_refused(
    database: Database, meet: Callable[..., Citizen]
) -> None:
    other = meet("web", database, peer="other")
    await other.says(QUESTION)
    forger = meet("web", database, peer="forger")
    await forger.says("chào em")

    for word in ("yes", "no"):
        shown = await forger.hears(HeardKind.CHOICE, token=f"feedback/{word}:{CODE}")
        assert "chỉ nhận góp ý" in shown[0]

    assert votes(database) == []


async def test_an_older_answer_may_still_be_voted_on(database: Database, meet: Callable[..., Citizen]) -> None:
    citizen = meet("web", database)
    await citizen.says(QUESTION)
    await citizen.says("việt nam có mấy thành phố học tập unesco")

    await citizen.hears(HeardKind.CHOICE, token=f"feedback/no:{CODE}")

    assert votes(database) == [(CODE, 0, 1)]


async def test_a_forgotten_persons_vote_stays_without_a_person(
    database: Database, meet: Callable[..., Citizen]
) -> None:
    citizen = meet("web", database)
    await citizen.says(QUESTION)
    await citizen.taps("Có ích")
    assert "Số góp ý về câu trả lời: 1" in (await citizen.says("/dulieu"))[0]

    await citizen.says("/xoa")
    await citizen.taps("Xóa hết")

    assert votes(database) == [(CODE, 1, 0)]
    assert "Số góp ý" not in (await citizen.says("/dulieu"))[0]
