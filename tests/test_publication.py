"""Publishing: a version is whole and never changes; a bad one never replaces a good one."""

import gc
import io
import shutil
import weakref
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot import publication
from bot.config import Config
from bot.db import Database, conversations, publications
from bot.db.publications import Act, Publication
from bot.knowledge.fault import ContentError
from bot.knowledge.package import pack, unpack
from bot.publication import Newsstand, load_mind, start
from tests.conftest import NOW, Citizen
from tests.small_content import write_small_content

CHECKED = "Kiểm tra ngày: 24/11/2026"
"""An edit of this line changes what is said, and not what is trained."""


@pytest.fixture
def config(small: Config) -> Config:
    """Two answers, which are edited here, and a bot that knows them."""
    return small


def edit(config: Config, day: str = "23/11/2026") -> None:
    """Somebody checks the sources anew."""
    path = config.content / "faq" / "xoa-mu-chu.md"
    path.write_text(path.read_text("utf-8").replace(CHECKED, f"Kiểm tra ngày: {day}"), encoding="utf-8")


def spoil(config: Config) -> None:
    """Somebody breaks a file."""
    with (config.content / "faq" / "xoa-mu-chu.md").open("a", encoding="utf-8") as file:
        file.write("\n## Câu hỏi dở dang\n")


def put(database: Database, config: Config, act: Act = Act.PUBLISH, by: str = "an") -> Publication:
    """Publish the content folder."""
    package = pack(config.content)
    return database.submit(
        lambda c: publications.publish(c, package.digest, package.archive, 1, act, by, NOW)
    ).result()


def test_the_same_files_are_the_same_version_and_an_edit_is_another(config: Config) -> None:
    first = pack(config.content)
    (config.content / "faq" / "~$nhap.md").write_text("x")
    again = pack(config.content)
    edit(config)

    assert first == again
    assert pack(config.content).digest != first.digest


def test_a_version_is_unpacked_whole_and_once(config: Config) -> None:
    package = pack(config.content)

    folder = unpack(config.data, package.digest, package.archive)

    assert pack(folder) == package
    assert unpack(config.data, package.digest, b"") == folder


def test_a_version_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../x.md", "x")

    with pytest.raises(ValueError, match="outside"):
        unpack(tmp_path, "0" * 64, buffer.getvalue())


def test_the_first_start_publishes_the_content_by_itself(config: Config, database: Database) -> None:
    began = start(config, database, NOW)
    again = start(config, database, NOW + timedelta(days=1))

    assert (began.publication.number, began.publication.act, began.trouble) == (1, Act.START, "")
    assert began.publication.answers == len(began.mind.house.library.by_code)
    assert again.publication == began.publication
    assert database.read_now(publications.all_publications) == [began.publication]


def test_until_a_person_publishes_a_start_takes_in_what_was_edited(config: Config, database: Database) -> None:
    start(config, database, NOW)
    edit(config)

    began = start(config, database, NOW)

    assert began.publication.number == 2
    assert began.mind.house.library.by_code["xmc-01"].checked_on.day == 23


def test_once_a_person_has_published_only_publishing_counts(config: Config, database: Database) -> None:
    standing = put(database, config)
    edit(config)

    began = start(config, database, NOW)

    assert began.publication == standing
    assert began.mind.house.library.by_code["xmc-01"].checked_on.day == 24


def test_a_broken_folder_at_the_start_leaves_what_stood(config: Config, database: Database) -> None:
    start(config, database, NOW)
    spoil(config)

    began = start(config, database, NOW)

    assert began.publication.number == 1
    assert "faq/xoa-mu-chu.md" in began.trouble
    assert "xmc-01" in began.mind.house.library.by_code


def test_with_nothing_good_at_all_the_start_says_why(config: Config, database: Database) -> None:
    spoil(config)

    with pytest.raises(ContentError):
        start(config, database, NOW)
    assert database.read_now(publications.current) is None


def test_a_published_version_that_can_no_longer_be_read_gives_way_to_the_folder(
    config: Config, database: Database
) -> None:
    spoil(config)
    put(database, config)
    shutil.rmtree(config.content)
    write_small_content(config.content.parent)

    began = start(config, database, NOW)

    assert began.trouble.startswith("version 1: faq/xoa-mu-chu.md")
    assert "xmc-01" in began.mind.house.library.by_code


def test_going_back_is_a_publication_of_its_own(config: Config, database: Database) -> None:
    first = put(database, config)
    edit(config)
    put(database, config)

    back = database.submit(lambda c: publications.roll_back(c, first, "an", NOW)).result()

    assert (back.number, back.digest, back.act) == (3, first.digest, Act.ROLLBACK)
    assert database.read_now(publications.current) == back


async def open_newsstand(config: Config, database: Database, citizen: Citizen) -> Newsstand:
    began = start(config, database, NOW)
    citizen.inbox.mind = began.mind
    return Newsstand(config, database, citizen.inbox, began, lambda: NOW)


async def test_what_is_published_answers_the_next_message(
    config: Config, database: Database, meet: Callable[..., Citizen]
) -> None:
    citizen = meet("web", database)
    newsstand = await open_newsstand(config, database, citizen)
    assert "24/11/2026" in (await citizen.says("học xóa mù chữ ở đâu"))[0]
    edit(config)
    put(database, config)

    assert await newsstand.look()
    assert not await newsstand.look()

    assert "23/11/2026" in (await citizen.taps("Hỏi lại câu này"))[0]
    assert newsstand.publication.number == 2


async def test_a_bad_version_leaves_the_good_one_answering_and_says_why(
    config: Config, database: Database, meet: Callable[..., Citizen]
) -> None:
    citizen = meet("web", database)
    newsstand = await open_newsstand(config, database, citizen)
    spoil(config)
    put(database, config)

    assert not await newsstand.look()

    assert newsstand.trouble.startswith("version 2: faq/xoa-mu-chu.md")
    assert "Nguồn" in (await citizen.says("học xóa mù chữ ở đâu"))[0]
    assert newsstand.publication.number == 1


async def test_a_good_version_after_a_bad_one_ends_the_trouble(
    config: Config, database: Database, meet: Callable[..., Citizen]
) -> None:
    newsstand = await open_newsstand(config, database, meet("web", database))
    good = pack(config.content)
    spoil(config)
    put(database, config)
    await newsstand.look()

    database.submit(
        lambda c: publications.publish(c, good.digest, good.archive, 1, Act.PUBLISH, "an", NOW)
    ).result()

    assert await newsstand.look()
    assert newsstand.trouble == ""


async def test_an_answer_under_way_is_wholly_by_the_old_or_by_the_new(
    config: Config, sqlite: Database, meet: Callable[..., Citizen], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mind is swapped between reading the conversation and understanding the text."""
    citizen = meet("web", sqlite)
    await open_newsstand(config, sqlite, citizen)
    edit(config)
    new = load_mind(config.content, config.data, NOW.date())
    load = conversations.load

    def swap_then_load(*arguments: object) -> object:
        citizen.inbox.mind = new
        return load(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(conversations, "load", swap_then_load)

    assert "24/11/2026" in (await citizen.says("học xóa mù chữ ở đâu"))[0]
    monkeypatch.undo()
    assert "23/11/2026" in (await citizen.says("học xóa mù chữ ở đâu"))[0]


def test_a_version_older_than_the_code_takes_new_phrases_from_the_folder(
    config: Config, database: Database
) -> None:
    texts = config.content / "texts.yml"
    now = texts.read_text("utf-8")
    texts.write_text(now.replace("  detail: Chi tiết\n", "").replace("  done: Xong\n", "  done: Hết\n"), "utf-8")
    put(database, config)
    texts.write_text(now, encoding="utf-8")

    house = start(config, database, NOW).mind.house

    assert house.texts("button.detail") == "Chi tiết"
    assert house.texts("button.done") == "Hết"


def test_what_was_replaced_is_let_go_though_it_was_left_uncollected() -> None:
    class Knot:
        pass

    knot = Knot()
    knot.itself = knot  # type: ignore[attr-defined]
    known = weakref.ref(knot)
    try:
        publication.spare_collector()
        del knot
        gc.collect()
        assert known() is not None, "left alone"

        publication.spare_collector()
        assert known() is None
    finally:
        gc.unfreeze()
