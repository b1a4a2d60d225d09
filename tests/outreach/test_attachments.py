"""A picture or document that goes with a campaign: checked, frozen, and sent as one message on each channel."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from bot.attachments import KeptFiles
from bot.bench.bot_api import TOKEN, BotApi, Fault
from bot.channels.telegram import TelegramChannel
from bot.channels.terminal import TerminalChannel
from bot.channels.webchat import WebChannel
from bot.db import Database, attachments, broadcasts, retention, schedules
from bot.db.channel_tables import attachments as attachment_rows
from bot.db.tables import broadcasts as broadcast_rows
from bot.dispatch import Dispatcher
from bot.messages import MediaKind
from bot.office.attaching import keep_file
from bot.outreach.attachment import digest_of, picture_size
from bot.outreach.broadcast import Act, edit
from bot.outreach.campaign import CampaignError, load_campaign
from bot.outreach.frozen_content import freeze, render
from bot.outreach.schedule import Kind, Schedule
from tests.outreach.pictures import DOCUMENT, jpeg_head, png
from tests.outreach.postroom import (
    CONTENT,
    NOW,
    Clock,
    add_people,
    counted,
    new_draft,
    run_once,
    schedule,
    status_of,
)
from tests.outreach.test_campaigns import GOOD, TEXTS, VOCABULARY

CHECKED = replace(VOCABULARY, frame=TEXTS.phrases["citizen.frame"])
PICTURE = png()
POSTER = "Hình: ap-phich.png | Áp phích ngày hội\n"


def written(folder: Path, *lines: str, **files: bytes) -> str:
    """A campaign with more *lines* in *folder*, beside *files*, whose names have their dot as ``__``."""
    (folder / "thu.md").write_text(GOOD + "".join(lines), "utf-8")
    for name, body in {"ap_phich__png": PICTURE, **files}.items():
        (folder / name.replace("__", ".").replace("_", "-")).write_bytes(body)
    return "thu"


def content_of(folder: Path, *lines: str, **files: bytes) -> dict[str, Any]:
    return freeze(load_campaign(folder, written(folder, *lines, **files), CHECKED), CHECKED.frame, code="HT-2345A")


@pytest.mark.parametrize(
    ("line", "files", "fault"),
    [
        ("Hình: khong-co.png | x", {}, "file_missing"),
        ("Hình: ap-phich.png", {}, "file_alt"),
        ("Hình: ../ap-phich.png | x", {}, "file_name"),
        ("Hình: to-roi.pdf | x", {"to_roi__pdf": DOCUMENT}, "file_name"),
        ("Hình: gia.png | x", {"gia__png": DOCUMENT}, "file_kind"),
        ("Hình: hong.png | x", {"hong__png": PICTURE[:12]}, "file_kind"),
        ("Hình: to.png | x", {"to__png": PICTURE + bytes(1 << 20)}, "file_large"),
        ("Hình: dai.png | x", {"dai__png": png(210, 10)}, "file_sides"),
        ("Hình: rong.jpg | x", {"rong__jpg": jpeg_head(9_000, 2_000)}, "file_sides"),
        ("Tài liệu: gia.pdf | x", {"gia__pdf": PICTURE}, "file_kind"),
        ("Tài liệu: gia.docx | x", {"gia__docx": DOCUMENT}, "file_kind"),
        (f"{POSTER}Tài liệu: a.pdf | x", {"a__pdf": DOCUMENT}, "one_file"),
    ],
)
def test_a_file_that_cannot_go_is_told_with_its_line(
    tmp_path: Path, line: str, files: dict[str, bytes], fault: str
) -> None:
    with pytest.raises(CampaignError) as error:
        load_campaign(tmp_path, written(tmp_path, line, **files), CHECKED)

    (told,) = error.value.faults
    assert told.key == f"fault.{fault}"
    assert TEXTS(told.key, **told.arguments)
    assert told.line == GOOD.count("\n") + line.count("\n") + 1


def test_words_too_long_for_one_message_with_a_file_are_told(tmp_path: Path) -> None:
    (tmp_path / "ap-phich.png").write_bytes(PICTURE)
    path = tmp_path / "thu.md"
    path.write_text(GOOD.replace("mang theo bút", "a" * 868) + POSTER, "utf-8")
    with pytest.raises(CampaignError, match=r"fault\.caption"):
        load_campaign(tmp_path, "thu", CHECKED)

    path.write_text(GOOD.replace("mang theo bút", "a" * 868), "utf-8")
    assert load_campaign(tmp_path, "thu", CHECKED).media is None


def test_the_size_of_a_picture_is_read() -> None:
    assert picture_size(png(7, 5)) == (7, 5)
    assert picture_size(jpeg_head(640, 480)) == (640, 480)
    assert picture_size(b"\xff\xd8\xff") is None


def test_another_picture_is_another_content(tmp_path: Path) -> None:
    first = content_of(tmp_path, POSTER)
    assert first != content_of(tmp_path, POSTER, ap_phich__png=png(color=b"\xff\xff\xff"))
    assert first == content_of(tmp_path, POSTER)


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as server:
        yield server


def telegram(api: BotApi, database: Database) -> TelegramChannel:
    return TelegramChannel(TOKEN, api_url=api.url, pause=0.02, files=KeptFiles(database, "", Clock()))


async def prepared(database: Database, content: dict[str, Any], people: int) -> int:
    """A broadcast of *content* to *people* on Telegram, due now."""
    body = DOCUMENT if content["media"]["kind"] == "document" else PICTURE
    await database.write(lambda c: attachments.keep(c, content["media"]["digest"], body, NOW))
    await database.write(lambda c: add_people(c, people, channel="telegram", prefix="10"))
    return await database.write(lambda c: schedule(c, content=content))


@pytest.mark.parametrize(
    ("line", "files", "method"),
    [
        (POSTER, {}, "sendPhoto"),
        ("Tài liệu: to-roi.pdf | Tờ rơi\n", {"to_roi__pdf": DOCUMENT}, "sendDocument"),
    ],
)
async def test_everybody_gets_one_message_and_the_file_is_uploaded_once(
    database: Database, api: BotApi, tmp_path: Path, line: str, files: dict[str, bytes], method: str
) -> None:
    number = await prepared(database, content_of(tmp_path, line, **files), 30)
    channel = telegram(api, database)
    await run_once(Dispatcher(database, {"telegram": channel}, Clock()), NOW)
    await channel.close()

    assert counted(database, number) == {"sent": 30}
    assert {each.method for each in api.delivered} == {method}
    assert len({each.chat for each in api.delivered}) == len(api.delivered) == 30
    assert api.uploads == 1
    shown = api.delivered[0]
    assert shown.text.startswith("Chào bà con.")
    assert "HT-2345A" in shown.text
    assert len(shown.parameters["reply_markup"]["inline_keyboard"]) == 3

    # Another process, or the next day: the id is known.
    again = telegram(api, database)
    await again.send("7", again.render(render(content_of(tmp_path, line, **files)))[0])
    await again.close()
    assert api.uploads == 1


async def test_an_id_that_telegram_no_longer_knows_costs_one_more_upload(
    database: Database, api: BotApi, tmp_path: Path
) -> None:
    content = content_of(tmp_path, POSTER)
    await prepared(database, content, 0)
    channel = telegram(api, database)
    (call,) = channel.render(render(content))
    await channel.send("1", call)
    api.files.clear()

    await channel.send("2", call)
    await channel.send("3", call)
    await channel.close()

    assert api.uploads == 2
    assert [each.chat for each in api.delivered] == [1, 2, 3]


async def test_an_upload_that_fails_leaves_nobody_without_the_file(
    database: Database, api: BotApi, tmp_path: Path
) -> None:
    number = await prepared(database, content_of(tmp_path, POSTER), 4)
    api.fail("sendPhoto", Fault.FLOOD)
    channel = telegram(api, database)
    await run_once(Dispatcher(database, {"telegram": channel}, Clock()), NOW)
    await channel.close()

    assert counted(database, number) == {"sent": 4}
    assert sorted(each.chat for each in api.delivered) == [101, 102, 103, 104]


@pytest.mark.parametrize("body", [b"", png(30, 30)], ids=["gone", "another"])
async def test_a_file_changed_behind_our_back_voids_the_approval(
    database: Database, tmp_path: Path, body: bytes
) -> None:
    number = await prepared(database, content_of(tmp_path, POSTER), 3)
    await database.write(lambda c: c.execute(update(attachment_rows).values(body=body)))

    await run_once(Dispatcher(database, {}, Clock()), NOW)

    assert status_of(database, number) == "returned"


def test_the_web_page_and_the_terminal_show_it_with_its_words(tmp_path: Path) -> None:
    reply = render(content_of(tmp_path, POSTER))
    path = f"/tep/{digest_of(PICTURE)}/ap-phich.png"

    async def post(*_: Any) -> str:
        return ""

    (line,) = WebChannel(post).render(reply)
    assert line["files"] == [{"kind": MediaKind.IMAGE, "path": path, "alt": "Áp phích ngày hội"}]
    (said,) = TerminalChannel(print).render(reply)
    assert f"[Áp phích ngày hội] {path}" in said["text"]


def kept_digests(database: Database) -> set[str]:
    return set(database.read_now(lambda c: c.scalars(select(attachment_rows.c.digest)).all()))


def sweep(database: Database, **after: float) -> set[str]:
    """The files that are left when what is too old is deleted so long after NOW."""
    database.submit(lambda c: retention.delete_old(c, NOW + timedelta(**after))).result()
    return kept_digests(database)


async def test_a_file_goes_a_month_after_nothing_names_it_any_more(database: Database, tmp_path: Path) -> None:
    with_file = content_of(tmp_path, POSTER)
    digest = with_file["media"]["digest"]
    office = SimpleNamespace(content=tmp_path)
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "campaigns" / "ap-phich.png").write_bytes(PICTURE)
    await database.write(lambda c: keep_file(c, office, with_file, NOW))  # type: ignore[arg-type]
    await database.write(lambda c: attachments.keep_handle(c, "1", digest, "id-of-telegram", NOW))
    made = await database.write(lambda c: broadcasts.add(c, new_draft(content=with_file), NOW))

    assert sweep(database, days=400) == {digest}

    without = new_draft(due_at=NOW + timedelta(days=1), not_after=NOW + timedelta(days=2))
    await database.write(
        lambda c: broadcasts.change(c, made.id, lambda b: edit(b, without, NOW), Act.EDIT, by="lan", now=NOW)
    )
    assert sweep(database, days=30) == {digest}
    # Somebody drafts with it again: from then on it has another month.
    await database.write(lambda c: keep_file(c, office, with_file, NOW + timedelta(days=9)))  # type: ignore[arg-type]
    assert sweep(database, days=31) == {digest}
    assert database.read_now(lambda c: attachments.handle(c, "1", digest)) == "id-of-telegram"

    assert sweep(database, days=40) == set()
    assert database.read_now(lambda c: attachments.handle(c, "1", digest)) == ""


@pytest.mark.parametrize("fate", ["completed", "stopped", "rejected"])
async def test_the_file_of_a_broadcast_stays_as_long_as_its_record(
    database: Database, tmp_path: Path, fate: str
) -> None:
    number = await prepared(database, content_of(tmp_path, POSTER), 0)
    await database.write(lambda c: c.execute(update(broadcast_rows).values(status=fate)))

    assert sweep(database, days=4000) == {digest_of(PICTURE)}
    await database.write(lambda c: c.execute(delete(broadcast_rows).where(broadcast_rows.c.id == number)))
    assert sweep(database, days=4000) == set()


async def test_the_file_of_a_schedule_stays_for_its_next_time(database: Database, tmp_path: Path) -> None:
    content, other = content_of(tmp_path, POSTER), CONTENT
    messages = [{"content": each} for each in (other, content)]
    plan = {"rule": {"every": "daily"}, "messages": messages}
    await database.write(lambda c: schedules.add(c, Schedule(Kind.SERIES, "x", plan, "lan"), NOW))
    for body in (PICTURE, DOCUMENT):
        await database.write(lambda c, b=body: attachments.keep(c, digest_of(b), b, NOW))  # type: ignore[misc]

    assert sweep(database, days=4000) == {digest_of(PICTURE)}


def test_a_file_somebody_drafts_with_as_it_is_deleted_stays(postgres_url: str, tmp_path: Path) -> None:
    database = Database.open(postgres_url)
    content = content_of(tmp_path, POSTER)
    digest, later = content["media"]["digest"], NOW + timedelta(days=400)
    database.submit(lambda c: attachments.keep(c, digest, PICTURE, NOW)).result()

    def delete_beside() -> None:
        with database.engine.begin() as connection:
            attachments.delete_unused(connection, later)

    with ThreadPoolExecutor(1) as pool:
        with database.engine.begin() as drafting:
            assert attachments.renew(drafting, digest, later)
            broadcasts.add(drafting, new_draft(content=content), later)
            deleting = pool.submit(delete_beside)
            with pytest.raises(TimeoutError):
                deleting.result(0.5)
        deleting.result(10)

    assert kept_digests(database) == {digest}
    database.close()
