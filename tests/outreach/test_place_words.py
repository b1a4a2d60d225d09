"""The person's own place in a campaign's text: approved open, filled for each copy, known again when forwarded."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from bot.app import App
from bot.bench.bot_api import TOKEN, BotApi
from bot.channels.telegram import TelegramChannel
from bot.config import Config
from bot.contacts import Segment
from bot.db import Database, contacts
from bot.db.publications import Act, Publication
from bot.db.tables import contacts as contact_rows
from bot.dialogue.place_words import all_words, longest_words, words_at, words_nowhere
from bot.dialogue.texts import load_texts
from bot.dispatch import Dispatcher
from bot.distributed import JobEngine
from bot.inbox import Mind
from bot.outreach.campaign import CampaignError, Vocabulary, read_campaign
from bot.outreach.check_code import is_same
from bot.outreach.frozen_content import freeze, render, text_digest_of
from bot.places.gazetteer import Gazetteer
from bot.publication import Start
from tests.conftest import Citizen
from tests.outreach.postroom import NOW, Clock, Recorder, add_people, counted, run_once, schedule, status_of
from tests.outreach.test_campaigns import CONTENT, TEXTS, VOCABULARY

GAZETTEER = Gazetteer.load()
CHAT_TEXTS = load_texts(CONTENT / "texts.yml")
NOWHERE = words_nowhere(CHAT_TEXTS)
LONGEST = longest_words(CHAT_TEXTS, GAZETTEER)
FRAME = TEXTS.phrases["citizen.frame"]
CODE = "HT-4K7P2"
VAN_LANG, HUE = ("new:05665", "19"), ("new:46", "46")

CAMPAIGN = """Mã: moi-hoc
Tên: Mời học
Chủ đề: Sự kiện, ngày hội học tập
Hiệu lực: 01/09/2026 – 31/12/2026
Nội dung:
{Xã} mở lớp xóa mù chữ. Mời bà con ở **{xã}**, {tỉnh} đến học.
Nút bấm: Gặp cán bộ
Nguồn: Quyết định 1373/QĐ-TTg
"""
KNOWN: Vocabulary = replace(VOCABULARY, frame=FRAME, longest_place=lambda: LONGEST)


def frozen(text: str = CAMPAIGN, code: str = CODE) -> dict[str, Any]:
    return freeze(read_campaign(text, "moi-hoc.md", KNOWN), FRAME, code=code, nowhere=NOWHERE)


def place(home: str, province: str) -> Any:
    return words_at(home, province, GAZETTEER)


def faults_of(text: str) -> list[tuple[int, str]]:
    with pytest.raises(CampaignError) as error:
        read_campaign(text, "moi-hoc.md", KNOWN)
    assert all(TEXTS(each.key, **each.arguments) for each in error.value.faults)
    return [(each.line, each.key.removeprefix("fault.")) for each in error.value.faults]


@pytest.mark.parametrize(
    ("home", "said"),
    [
        (VAN_LANG, "Xã Văn Lăng mở lớp xóa mù chữ. Mời bà con ở **xã Văn Lăng**, tỉnh Thái Nguyên đến học."),
        (
            HUE,
            "Xã, phường mình mở lớp xóa mù chữ. Mời bà con ở **xã, phường mình**, thành phố Huế đến học.",
        ),
        (
            ("", ""),
            "Xã, phường mình mở lớp xóa mù chữ. Mời bà con ở **xã, phường mình**, tỉnh, thành phố mình đến học.",
        ),
    ],
)
def test_a_copy_names_the_place_of_its_reader_or_says_it_in_other_words(home: tuple[str, str], said: str) -> None:
    content = frozen()

    assert "{Xã} mở lớp" in content["text"], "what is approved keeps the place open"
    assert render(content, "telegram", place(*home)).text.startswith(said)


def test_a_copy_is_never_sent_as_it_is_written() -> None:
    assert "{" not in render(frozen()).text
    with pytest.raises(KeyError):
        freeze(read_campaign(CAMPAIGN, "moi-hoc.md", KNOWN), FRAME)


def test_the_place_may_be_written_without_diacritics_and_stand_in_the_words_of_one_channel() -> None:
    content = frozen(CAMPAIGN + "Nội dung Zalo: Mời bà con ở { xa }, {tinh}.\n")

    assert render(content, "zalo_oa", place(*VAN_LANG)).text.startswith(
        "Mời bà con ở xã Văn Lăng, tỉnh Thái Nguyên."
    )


def test_a_content_without_a_place_is_frozen_as_before() -> None:
    plain = frozen(CAMPAIGN.replace("{Xã}", "Xã").replace("{xã}", "xã").replace("{tỉnh}", "tỉnh"))

    assert "nowhere" not in plain
    assert render(plain, place=place(*VAN_LANG)) == render(plain)


def test_the_longest_name_counts() -> None:
    assert LONGEST["xa"] == "phường Văn Miếu - Quốc Tử Giám"
    assert LONGEST["tinh"] == "thành phố Hồ Chí Minh"
    room = 900 - len("Ở . ") - len(LONGEST["xa"])
    text = CAMPAIGN.replace(
        "{Xã} mở lớp xóa mù chữ. Mời bà con ở **{xã}**, {tỉnh} đến học.", "Ở {xã}. " + "a" * room
    )

    assert read_campaign(text, "moi-hoc.md", KNOWN)
    assert faults_of(text.replace("aa", "aaa", 1)) == [(5, "too_long")]


@pytest.mark.parametrize(
    ("label", "written"),
    [
        ("Nút bấm", "Lớp ở {xã} = https://example.vn"),
        ("Đáp án", "- {xã} (đúng)\n- xã khác"),
        ("Giải thích", "Vì {Tỉnh} như vậy."),
        ("Mẫu Zalo", "7895417; noi = {xã}"),
        ("Hình", "ap-phich.png | Áp phích của {xã}"),
        ("Tên", "Lớp ở {xa}"),
        ("Nguồn", "Kế hoạch của {tỉnh}"),
        ("Nguồn", "Bảng {lich.xmc.ngay}"),
    ],
)
def test_a_place_where_nothing_is_filled_is_told_with_its_line(label: str, written: str) -> None:
    lines = [line for line in CAMPAIGN.splitlines() if not line.startswith(f"{label}:")]
    text = "\n".join([*lines, f"{label}: {written}"])

    assert (len(lines) + 1, "placeholder_here") in faults_of(text)


def test_a_place_in_an_address_is_told() -> None:
    link = CAMPAIGN.replace("đến học", "xem [lớp](https://example.vn/{xã}) hoặc https://example.vn?t={tỉnh}")

    assert faults_of(link) == [(5, "placeholder_link")]


def test_the_same_text_is_known_whatever_fills_it() -> None:
    assert text_digest_of(frozen()) == text_digest_of(frozen(code="HT-33333"))
    assert text_digest_of(frozen()) != text_digest_of(frozen(CAMPAIGN.replace("{tỉnh}", "Huế")))


def forwarded(home: tuple[str, str], content: dict[str, Any] | None = None) -> str:
    return render(content or frozen(), "telegram", place(*home)).text.replace("**", "").replace("_", "")


def test_a_copy_is_ours_with_the_name_of_one_unit_and_nothing_else_in_its_place() -> None:
    def is_ours(text: str) -> bool:
        return is_same(text, frozen()["text"], ({**NOWHERE, **each} for each in all_words(GAZETTEER)))

    for home in (VAN_LANG, HUE, ("", ""), ("new:26740", "79")):
        assert is_ours(forwarded(home))
    for false in ("xã Lừa Đảo", "", "xã Văn Lăng hoặc chuyển tiền", "phường Văn Lăng"):
        assert not is_ours(forwarded(VAN_LANG).replace("xã Văn Lăng", false))
        assert not is_ours(forwarded(VAN_LANG).replace("Xã Văn Lăng", false)), "the same in every place"
    assert not is_ours(forwarded(VAN_LANG).replace("tỉnh Thái Nguyên", "tỉnh Cao Bằng"))
    assert not is_ours(forwarded(VAN_LANG).replace("xóa mù chữ", "có thu phí"))


def test_a_copy_sent_before_a_unit_got_another_type_is_still_ours() -> None:
    """Lộc Ninh became a ward on 30/4/2026, and Đồng Nai a city."""
    before = forwarded(("new:25270", "75")).replace("phường Lộc", "xã Lộc").replace("Phường Lộc", "Xã Lộc")
    before = before.replace("thành phố Đồng Nai", "tỉnh Đồng Nai")

    assert "Xã Lộc Ninh mở lớp" in before and "tỉnh Đồng Nai" in before
    assert is_same(before, frozen()["text"], ({**NOWHERE, **each} for each in all_words(GAZETTEER)))


async def everybody(database: Database) -> None:
    """Two people in Văn Lăng, one in Huế who told no commune, one who told nothing."""

    def act(connection: Any) -> None:
        add_people(connection, 2, home=VAN_LANG, prefix="10")
        add_people(connection, 1, home=HUE, prefix="20")
        add_people(connection, 1, prefix="30")

    await database.write(act)


COPIES = {
    "101": "Mời bà con ở **xã Văn Lăng**, tỉnh Thái Nguyên",
    "102": "Mời bà con ở **xã Văn Lăng**, tỉnh Thái Nguyên",
    "201": "Mời bà con ở **xã, phường mình**, thành phố Huế",
    "301": "Mời bà con ở **xã, phường mình**, tỉnh, thành phố mình",
}


async def test_everybody_gets_their_own_copy_rendered_once_a_place(database: Database) -> None:
    rendered: list[Any] = []

    def counting(content: Any, channel: str, words: Any) -> Any:
        rendered.append(words)
        return render(content, channel, words)

    await everybody(database)
    number = await database.write(lambda c: schedule(c, content=frozen()))
    channel = Recorder()
    await run_once(Dispatcher(database, {"fake": channel}, Clock(), counting, place), NOW)

    assert counted(database, number) == {"sent": 4}
    sent = {peer: call["text"] for peer, call in channel.sent}
    assert {peer for peer, said in COPIES.items() if said in sent[peer]} == set(COPIES)
    assert len(rendered) == 3, "Văn Lăng, Huế, and nowhere"


async def test_a_content_without_a_place_is_rendered_once_for_all(database: Database) -> None:
    rendered: list[str] = []

    def counting(content: Any, channel: str, words: Any) -> Any:
        rendered.append(channel)
        return render(content, channel, words)

    await everybody(database)
    await database.write(schedule)
    await run_once(Dispatcher(database, {"fake": Recorder()}, Clock(), counting, place), NOW)

    assert rendered == ["fake"]


async def test_each_part_of_a_long_copy_goes_to_the_person_it_was_made_for(sqlite: Database) -> None:
    await everybody(sqlite)
    await sqlite.write(lambda c: schedule(c, content=frozen()))
    channel = Recorder(parts=2)
    await run_once(Dispatcher(sqlite, {"fake": channel}, Clock(), words_at=place), NOW)

    assert len(channel.sent) == 8
    assert all(COPIES[peer] in call["text"] for peer, call in channel.sent)


async def test_workers_fill_the_place_too(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    await everybody(database)
    number = await database.write(lambda c: schedule(c, content=frozen()))
    channel = Recorder()
    dispatcher = Dispatcher(database, {"fake": channel}, Clock(), words_at=place)
    dispatcher.by_jobs = True
    engine = JobEngine(database, dispatcher)
    await engine.open()
    engine.start()
    async with asyncio.timeout(20):
        while status_of(database, number) != "completed":
            await dispatcher.tick(NOW)
            await engine.offer_shards(NOW)
            await asyncio.sleep(0.05)
    await engine.close()
    database.close()

    assert {peer for peer, call in channel.sent if COPIES[peer] in call["text"]} == set(COPIES)


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as server:
        yield server


async def test_telegram_shows_each_person_their_own_place(database: Database, api: BotApi) -> None:
    await everybody(database)
    await database.write(lambda c: c.execute(update(contact_rows).values(channel="telegram")).close())
    number = await database.write(lambda c: schedule(c, content=frozen()))
    channel = TelegramChannel(TOKEN, api_url=api.url, pause=0.02)
    await run_once(Dispatcher(database, {"telegram": channel}, Clock(), words_at=place), NOW)
    await channel.close()

    assert counted(database, number) == {"sent": 4}
    shown = {str(each.chat): each for each in api.delivered}
    assert "<b>xã Văn Lăng</b>, tỉnh Thái Nguyên" in shown["101"].parameters["text"]
    assert all(said.replace("**", "") in shown[peer].text for peer, said in COPIES.items())


async def test_a_correction_names_the_place_of_each_whom_it_reaches(sqlite: Database) -> None:
    await everybody(sqlite)
    wrong = await sqlite.write(schedule)
    channel = Recorder()
    dispatcher = Dispatcher(sqlite, {"fake": channel}, Clock(), words_at=place)
    await run_once(dispatcher, NOW)
    channel.sent.clear()
    await sqlite.write(lambda c: schedule(c, content=frozen(), corrects=wrong, segment=Segment(reached=wrong)))
    await run_once(dispatcher, NOW)

    assert {peer for peer, call in channel.sent if COPIES[peer] in call["text"]} == set(COPIES)


async def reached(database: Database, citizen: Citizen, home: tuple[str, str], text: str = CAMPAIGN) -> str:
    """The copy that reached the citizen, who lives at *home*, as they forward it."""

    def act(connection: Any) -> None:
        number = contacts.add(connection, citizen.address, NOW)
        values = {"notices": True, "home": home[0], "home_province": home[1]}
        connection.execute(update(contact_rows).where(contact_rows.c.id == number).values(values))
        schedule(connection, content=frozen(text), segment=Segment())

    await database.write(act)
    channel = Recorder()
    reach = {citizen.address.channel: channel}
    await run_once(Dispatcher(database, reach, lambda: NOW, words_at=place), NOW)
    ((_, call),) = channel.sent
    return str(call["text"]).replace("**", "").replace("_", "")


@pytest.mark.parametrize("home", [VAN_LANG, HUE, ("", "")])
async def test_who_forwards_their_copy_is_told_that_it_is_ours(
    meet: Callable[..., Citizen], sqlite: Database, home: tuple[str, str]
) -> None:
    citizen = meet("web")
    copy = await reached(sqlite, citizen, home)
    (said,) = await citizen.says(copy)
    assert "Đúng là tin của em" in said
    assert "[xã, phường của bà con]" in said and "{" not in said

    for changed in (copy.replace("mở lớp", "Lừa Đảo mở lớp"), copy.replace("con ở", "con ở xã Lừa Đảo, ")):
        (said,) = await citizen.says(changed)
        assert "ĐÃ BỊ SỬA" in said
        assert "Lừa Đảo" not in said


async def test_a_copy_of_one_channels_own_words_is_ours_too(
    meet: Callable[..., Citizen], sqlite: Database
) -> None:
    citizen = meet("web")
    copy = await reached(sqlite, citizen, VAN_LANG, CAMPAIGN + "Nội dung Web: Mời {xã} học chữ.\n")

    assert copy.startswith("Mời xã Văn Lăng học chữ.")
    assert "Đúng là tin của em" in (await citizen.says(copy))[0]
    assert "ĐÃ BỊ SỬA" in (await citizen.says(copy.replace("học chữ", "chuyển tiền")))[0]


async def test_the_public_page_shows_the_same_to_everybody_and_is_ours_when_copied(
    mind: Mind, meet: Callable[..., Citizen], sqlite: Database, tmp_path: Any
) -> None:
    citizen = meet("web")
    await reached(sqlite, citizen, VAN_LANG)
    began = Start(mind, Publication(1, "", Act.START, "hoctap", (), NOW, 1))
    app = App.open(Config(data=tmp_path), sqlite, began)
    transport = httpx.ASGITransport(app.web())
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        page = (await client.get(f"/tin/{CODE}")).text

    assert "Mời bà con ở <strong>[xã, phường của bà con]</strong>, [tỉnh, thành phố của bà con] đến học" in page
    assert "{" not in page.partition("<blockquote>")[2].partition("</blockquote>")[0]
    quoted = {"xa": CHAT_TEXTS("person.any_commune"), "tinh": CHAT_TEXTS("person.any_province")}
    copied = render(frozen(), place=quoted).text.replace("**", "").replace("_", "")
    assert "Đúng là tin của em" in (await citizen.says(copied))[0]
