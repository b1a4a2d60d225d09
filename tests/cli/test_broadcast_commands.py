import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import broadcast, official
from bot.cli.errors import CommandError
from bot.db import Database, broadcasts
from bot.dispatch import Dispatcher
from bot.outreach.quiet_hours import ZONE
from tests.outreach.postroom import Recorder, add_people, run_once

CONTENT = Path(__file__).parents[2] / "content"
CAMPAIGN = """Mã: thu
Tên: Ngày hội thử
Chủ đề: Sự kiện, ngày hội học tập
Hiệu lực: 01/01/2020 – 31/12/2099
Nội dung:
**Mời bà con đến ngày hội.**
Nút bấm: Gặp cán bộ
Nguồn: Quyết định 1
"""
TOMORROW = (datetime.now(ZONE) + timedelta(days=1)).replace(hour=8, minute=30, second=0, microsecond=0)
AT = f"{TOMORROW:%d/%m/%Y %H:%M}"
PASSWORDS = {"lan": "mật khẩu của lan", "minh": "mật khẩu của minh"}


class Shell:
    """The command line of two officials, Lan who drafts and Minh who approves."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'hoctap.db'}"
        self.database = Database.open(self.url)

    def run(self, app: object, *words: str, typed: str = "") -> Result:
        """A command, with what is typed on standard input."""
        return CliRunner().invoke(app, list(words), input=typed)  # type: ignore[arg-type]

    def broadcast(self, who: str, *words: str) -> str:
        """A command of ``hoctap broadcast`` by *who*; what it says, or the error's sentence."""
        result = self.run(
            broadcast.app, *words, "--as", who, "--password-stdin", typed=PASSWORDS.get(who, "wrong") + "\n"
        )
        if isinstance(result.exception, CommandError):
            return f"error: {result.exception}"
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output

    def show(self, *words: str) -> str:
        """A command that needs nobody."""
        return self.run(broadcast.app, *words).output


@pytest.fixture
def shell(
    tmp_path: Path, empty_sqlite: Path, quick_hashes: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shell]:
    shutil.copytree(CONTENT, tmp_path / "content")
    shutil.copy(empty_sqlite, tmp_path / "hoctap.db")
    (tmp_path / "content" / "campaigns" / "thu.md").write_text(CAMPAIGN, "utf-8")
    monkeypatch.setenv("HOCTAP_DATA", str(tmp_path))
    monkeypatch.setenv("HOCTAP_CONTENT", str(tmp_path / "content"))
    opened = Shell(tmp_path)
    for login, role in (("lan", "drafter"), ("minh", "approver")):
        words = ("add", login, "--name", login.title(), "--role", role, "--password-stdin")
        assert opened.run(official.app, *words, typed=PASSWORDS[login] + "\n").exit_code == 0
    opened.database.submit(lambda c: add_people(c, 3, channel="web")).result()
    opened.database.submit(lambda c: add_people(c, 2, channel="web", notices=False, prefix="no")).result()
    yield opened
    opened.database.close()


async def send(shell: Shell) -> Recorder:
    """What the bot sends tomorrow."""
    channel = Recorder()
    dispatcher = Dispatcher(shell.database, {"web": channel}, lambda: TOMORROW)
    await run_once(dispatcher, TOMORROW)
    return channel


async def test_two_officials_send_a_broadcast(shell: Shell) -> None:
    drafted = shell.broadcast("lan", "draft", "thu", "--to", "moi-nguoi", "--at", AT)
    assert "Mời bà con đến ngày hội." in drafted
    assert "Nguồn: Quyết định 1" in drafted
    assert "/dung" in drafted
    assert "[Gặp cán bộ]" in drafted
    assert "Tin này sẽ đến 3 người: web 3" in drafted

    assert "Đã trình đợt 1" in shell.broadcast("lan", "submit", "1")
    assert "cần tài khoản người duyệt" in shell.broadcast("lan", "approve", "1", "--yes")
    approved = shell.broadcast("minh", "approve", "1", "--yes")
    assert "Tin này sẽ đến 3 người" in approved
    assert f"Đợt 1 sẽ gửi lúc {AT}" in approved

    channel = await send(shell)
    assert len(channel.peers()) == 3
    status = shell.show("status")
    assert "Trạng thái: đã xong" in status
    assert "Tổng 3 lượt:" in status
    assert "đã gửi: 3" in status
    assert "1\tđã xong" in shell.show("list")


def test_both_officials_read_the_copies_of_two_people(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "content" / "campaigns" / "thu.md"
    path.write_text(CAMPAIGN.replace("con đến", "con ở {xã} đến"), "utf-8")
    where = ("--commune", "xã Văn Lăng, Thái Nguyên")
    shell.database.submit(lambda c: add_people(c, 1, channel="web", home=("new:05665", "19"), prefix="x")).result()
    drafted = shell.broadcast("lan", "draft", "thu", *where, "--at", AT)
    shell.broadcast("lan", "submit", "1")

    for shown in (drafted, shell.broadcast("minh", "approve", "1", "--yes")):
        assert "(Ví dụ người ở Xã Văn Lăng, Tỉnh Thái Nguyên):\n\n  Mời bà con ở xã Văn Lăng đến" in shown
        assert "(Người chưa cho biết nơi ở):\n\n  Mời bà con ở xã, phường mình đến" in shown


def test_an_official_does_not_approve_their_own_draft(shell: Shell) -> None:
    shell.broadcast("minh", "draft", "thu", "--at", AT)
    shell.broadcast("lan", "submit", "1")

    assert "không được tự duyệt" in shell.broadcast("minh", "approve", "1", "--yes")


def test_a_wrong_password_and_an_unknown_login_sound_the_same(shell: Shell) -> None:
    words = ("submit", "1", "--as", "lan", "--password-stdin")
    wrong = shell.run(broadcast.app, *words, typed="nope\n")

    assert str(wrong.exception) == shell.broadcast("nobody", "submit", "1").removeprefix("error: ")


def test_a_disabled_official_does_nothing_more(shell: Shell) -> None:
    assert shell.run(official.app, "disable", "lan").exit_code == 0
    assert "tài khoản đã khóa" in shell.broadcast("lan", "draft", "thu", "--at", AT)
    assert "(đã khóa)" in shell.run(official.app, "list").output


def test_the_approver_types_how_many_people_it_reaches(shell: Shell) -> None:
    shell.broadcast("lan", "draft", "thu", "--at", AT)
    shell.broadcast("lan", "submit", "1")
    words = ("approve", "1", "--as", "minh")

    wrong = shell.run(broadcast.app, *words, typed=PASSWORDS["minh"] + "\n5\n")
    assert "không phải 3" in str(wrong.exception)
    right = shell.run(broadcast.app, *words, typed=PASSWORDS["minh"] + "\n3\n")
    assert "Đã duyệt" in right.output


async def test_an_edit_after_approval_needs_a_new_one(shell: Shell) -> None:
    shell.broadcast("lan", "draft", "thu", "--at", AT)
    shell.broadcast("lan", "submit", "1")
    shell.broadcast("minh", "approve", "1", "--yes")
    assert "cần trình và duyệt lại" in shell.broadcast("lan", "edit", "1", "thu", "--at", AT)

    assert (await send(shell)).sent == []
    assert "Trạng thái: nháp" in shell.show("status", "1")


def test_an_edit_that_names_nobody_keeps_the_people(shell: Shell) -> None:
    shell.broadcast("lan", "draft", "thu", "--at", AT, "--province", "tp hcm")
    assert "Thành phố Hồ Chí Minh" in shell.broadcast("lan", "edit", "1", "thu", "--at", AT)
    assert "mọi người" not in shell.broadcast("lan", "edit", "1", "thu", "--at", AT, "--province", "Hà Nội")
    assert "Thành phố Hồ Chí Minh" not in shell.show("status", "1")


async def test_an_edited_correction_still_goes_to_those_who_were_reached(shell: Shell, tmp_path: Path) -> None:
    correction = CAMPAIGN.replace("thu\n", "sua\n").replace("Mời", "Sửa lại: mời")
    (tmp_path / "content" / "campaigns" / "sua.md").write_text(correction, "utf-8")
    shell.broadcast("lan", "draft", "thu", "--at", AT)
    shell.broadcast("lan", "submit", "1")
    shell.broadcast("minh", "approve", "1", "--yes")
    await send(shell)
    later = f"{TOMORROW + timedelta(hours=2):%d/%m/%Y %H:%M}"
    assert "đã nhận đợt 1" in shell.broadcast("lan", "correct", "1", "sua", "--at", later)

    assert "đã nhận đợt 1" in shell.broadcast("lan", "edit", "2", "sua", "--at", later)
    assert shell.database.read_now(lambda c: broadcasts.find(c, 2)).corrects == 1


async def test_a_missed_broadcast_says_what_to_do(shell: Shell) -> None:
    shell.broadcast("lan", "draft", "thu", "--at", AT)
    shell.broadcast("lan", "submit", "1")
    shell.broadcast("minh", "approve", "1", "--yes")
    late = TOMORROW + timedelta(minutes=16)
    await run_once(Dispatcher(shell.database, {"web": Recorder()}, lambda: late), late)

    assert "hoctap broadcast edit 1 thu --at" in shell.show("status", "1")


def test_a_returned_broadcast_says_why_and_comes_back(shell: Shell) -> None:
    shell.broadcast("lan", "draft", "thu", "--at", AT)
    shell.broadcast("lan", "submit", "1")
    assert "Cần ghi lý do" in shell.broadcast("minh", "return", "1")
    shell.broadcast("minh", "return", "1", "--reason", "sai ngày")
    assert "Lý do: sai ngày" in shell.show("status", "1")
    assert "hoctap broadcast edit 1 thu --at" in shell.show("status", "1")
    shell.broadcast("lan", "edit", "1", "thu", "--at", AT)
    shell.broadcast("lan", "submit", "1")
    assert "Đã từ chối" in shell.broadcast("minh", "reject", "1", "--reason", "không cần nữa")


def test_a_stopped_broadcast_says_so(shell: Shell) -> None:
    shell.broadcast("lan", "draft", "thu", "--at", AT)
    shell.broadcast("lan", "submit", "1")
    shell.broadcast("minh", "approve", "1", "--yes")
    assert "Trạng thái: đã dừng" in shell.broadcast("lan", "stop", "1", "--reason", "hoãn")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("draft", "khong-co", "--at", AT), "không có chiến dịch"),
        (("draft", "thu", "--at", "mai"), "không phải giờ"),
        (("draft", "thu", "--at", "01/01/2026 08:30"), "đã qua"),
        (("draft", "thu", "--at", f"{TOMORROW:%d/%m/%Y} 22:00"), "giờ yên tĩnh"),
        (("draft", "thu", "--at", "01/01/2100 08:30"), "chỉ có hiệu lực"),
        (("draft", "thu", "--at", AT, "--not-after", AT), "phải sau giờ gửi"),
        (("draft", "thu", "--at", AT, "--to", "ai-do"), "Không có nhóm"),
        (("draft", "thu", "--at", AT, "--topic", "bóng đá"), "Không có chủ đề"),
        (("draft", "thu", "--at", AT, "--to", "moi-nguoi", "--topic", "events"), "Chọn một"),
        (("draft", "thu", "--at", AT, "--urgent-reason", "bão"), "không phải loại khẩn"),
        (("draft", "thu", "--at", AT, "--on-ambiguous", "?"), "Dùng hold"),
        (("draft", "thu", "--at", AT, "--province", "Atlantis"), "Không tìm thấy"),
        (("submit", "7"), "Không có đợt gửi số 7"),
        (("resolve", "7"), "Chọn một trong hai"),
        (("resume", "7"), "Không có đợt gửi số 7"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_done_is_one_clear_sentence(shell: Shell, words: tuple[str, ...], said: str) -> None:
    answer = shell.broadcast("lan", *words)

    assert answer.startswith("error: ")
    assert said in answer


def test_a_broken_campaign_is_told_by_line(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "content" / "campaigns" / "thu.md"
    path.write_text(CAMPAIGN.replace("Nguồn: Quyết định 1\n", "").replace("Sự kiện", "Xự kiện"), "utf-8")
    answer = shell.broadcast("lan", "draft", "thu", "--at", AT)

    assert "thu.md:1: thiếu “Nguồn:”" in answer
    assert "thu.md:3: không có chủ đề" in answer


def test_a_province_is_named_as_people_say_it(shell: Shell) -> None:
    shell.database.submit(
        lambda c: add_people(c, 4, channel="web", home=("new:26740", "79"), prefix="hcm")
    ).result()
    drafted = shell.broadcast("lan", "draft", "thu", "--at", AT, "--province", "tp hcm")

    assert "Thành phố Hồ Chí Minh" in drafted
    assert "Tin này sẽ đến 4 người" in drafted


def test_an_old_province_is_not_quietly_made_larger(shell: Shell) -> None:
    answer = shell.broadcast("lan", "draft", "thu", "--at", AT, "--province", "tỉnh Bình Dương")

    assert "nay thuộc Thành phố Hồ Chí Minh" in answer


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        (("add", "lan", "--name", "L", "--role", "drafter", "--password-stdin"), "dài mười hai chữ\n", "đã có"),
        (("add", "hoa", "--name", "H", "--role", "boss", "--password-stdin"), "dài mười hai chữ\n", "drafter"),
        (("add", "hoa", "--name", "H", "--role", "drafter", "--password-stdin"), "ngắn\n", "ít nhất 12"),
        (("add", "Hòa!", "--name", "H", "--role", "drafter", "--password-stdin"), "x\n", "không dấu"),
        (("disable", "hoa"), "", "Không có cán bộ"),
    ],
)
def test_an_account_that_cannot_be_made_is_refused(
    shell: Shell, words: tuple[str, ...], typed: str, said: str
) -> None:
    result = shell.run(official.app, *words, typed=typed)

    assert isinstance(result.exception, CommandError)
    assert said in str(result.exception)
