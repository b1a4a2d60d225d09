"""``hoctap content`` as staff use it: what is shown, what is written, the exit code."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from openpyxl import load_workbook

from bot.db import Connection, Database, contacts, unanswered
from bot.dialogue.turn import Voted
from bot.messages import Address
from tests.cli import command_line
from tests.conftest import ROOT
from tests.small_content import write_small_content


def hoctap(*words: str, content: Path | None = None, data: Path | None = None) -> CompletedProcess[str]:
    """``hoctap content …``."""
    folders = {"HOCTAP_CONTENT": content, "HOCTAP_DATA": data}
    return command_line.hoctap("content", *words, **{name: str(each) for name, each in folders.items() if each})


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A copy of the shipped content."""
    return Path(shutil.copytree(ROOT / "content", tmp_path / "content"))


@pytest.mark.parametrize(
    ("channel", "shown"),
    [
        pytest.param("telegram", "[ Có ích ]  [ Chưa đúng ý ]", id="telegram"),
        pytest.param("web", "[ Có ích ]  [ Chưa đúng ý ]", id="web"),
        pytest.param("zalo", ". Có ích", id="zalo"),
        pytest.param("terminal", ". Có ích", id="terminal"),
    ],
)
def test_an_answer_is_shown_as_on_its_channel(channel: str, shown: str) -> None:
    result = hoctap("preview", "xmc-01", "--channel", channel)

    assert result.returncode == 0
    assert "Nguồn:" in result.stdout
    assert shown in result.stdout
    assert "<b>" not in result.stdout
    assert "**" not in result.stdout


def test_a_campaign_too_long_with_the_longest_name_is_told(content: Path) -> None:
    path = content / "campaigns" / "ngay-sach-21-4.md"
    text = path.read_text("utf-8").replace("Nội dung:", "Nội dung: {xã} " + "a" * 890 + "\nNội dung web:", 1)
    path.write_text(text, "utf-8")

    assert "nội dung dài 921 ký tự, nhiều nhất 900" in hoctap("check", "--no-warnings", content=content).stdout


def test_the_faults_of_campaigns_and_segments_are_counted(content: Path) -> None:
    (content / "segments.yml").write_text("x:\n  y: z\n", "utf-8")
    (content / "campaigns" / "hong.md").write_text("Mã: hong\nTên: x\nChủ đề: events\nNội dung: x\n", "utf-8")

    checked = hoctap("check", "--no-warnings", content=content)

    assert checked.returncode == 1
    assert checked.stderr.startswith("3 lỗi.")


def test_a_code_nobody_knows_is_told() -> None:
    result = hoctap("preview", "xmc-999")

    assert result.returncode == 2
    assert "Không có câu nào mang mã “xmc-999”." in result.stderr


def test_staff_edit_in_excel_and_import(tmp_path: Path) -> None:
    content, path = write_small_content(tmp_path), tmp_path / "faq.xlsx"
    assert "Đã xuất" in hoctap("export", str(path), content=content).stdout
    assert hoctap("export", str(path), content=content).returncode == 2
    book = load_workbook(path)
    book["Hỏi đáp"]["G2"] = "Bà con hỏi **UBND xã**."
    book.save(path)

    planned = hoctap("import", str(path), "--dry-run", content=content)
    done = hoctap("import", str(path), content=content)
    again = hoctap("import", str(path), content=content)

    assert "Sẽ ghi: sửa 1, thêm 0" in planned.stdout
    assert "Đã ghi: sửa 1, thêm 0" in done.stdout
    assert "Đã ghi: sửa 0, thêm 0" in again.stdout
    assert hoctap("check", content=content).returncode == 0


def test_an_import_with_a_fault_changes_nothing(tmp_path: Path) -> None:
    content, path = write_small_content(tmp_path), tmp_path / "faq.xlsx"
    hoctap("export", str(path), content=content)
    book = load_workbook(path)
    book["Hỏi đáp"]["G2"] = "=A1"
    book.save(path)

    result = hoctap("import", str(path), content=content)

    assert result.returncode == 1
    assert "faq.xlsx!Hỏi đáp:G2: Ô “G2” chứa công thức" in result.stdout
    assert "máy chưa ghi gì" in result.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(("import", "bai.pdf"), "chỉ nhập tệp .xlsx, .docx hoặc .md", id="another kind of file"),
        pytest.param(("import", "khong-co.xlsx"), "không có tệp này", id="no file"),
        pytest.param(("export", "faq.csv"), "đặt tên có đuôi .xlsx", id="no workbook"),
        pytest.param(("export", "/khong/co/faq.xlsx"), "không ghi được", id="nowhere"),
    ],
)
def test_what_cannot_be_exchanged_is_told(words: tuple[str, str], told: str) -> None:
    result = hoctap(*words)

    assert result.returncode == 2
    assert told in result.stderr


def test_the_template_is_shown() -> None:
    assert hoctap("template").stdout.startswith("# ")


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    """A data folder where citizens asked what nobody could answer, and one vote was cast."""
    data = tmp_path / "data"
    data.mkdir()
    database = Database.open(f"sqlite:///{data / 'hoctap.db'}")
    now = datetime.now(UTC)

    def ask(connection: Connection) -> None:
        for question in ("lớp học bơi ở đâu", "lop hoc boi o dau", "lop hoc boi cho nao", "giá vàng"):
            unanswered.add(connection, question, now)
        contact = contacts.add(connection, Address("web", "1"), now)
        contacts.apply(connection, contact, Voted("xmc-01", useful=False, version="cũ"), now)

    database.submit(ask).result()
    database.close()
    return data


def test_unanswered_questions_are_shown_in_groups_and_become_a_draft(content: Path, asked: Path) -> None:
    shown = hoctap("unanswered", content=content, data=asked).stdout
    assert "1  3 lần  lớp học bơi ở đâu" in shown
    assert "4 câu chưa trả lời được" in shown

    drafted = hoctap("draft", "1", "--topic", "trung-tam", content=content, data=asked)
    again = hoctap("draft", "1", "--topic", "trung-tam", content=content, data=asked)

    draft = content / "drafts" / "trung-tam-1.md"
    assert str(draft) in drafted.stdout
    assert again.returncode == 2
    text = draft.read_text("utf-8")
    assert text.startswith("# Trung tâm học tập cộng đồng\n\n## lớp học bơi ở đâu\nMã: tt-53\n")
    assert "- lop hoc boi cho nao" in text
    assert hoctap("import", str(draft), content=content).returncode == 1
    text = text.replace("Tên ngắn:", "Tên ngắn: Lớp học bơi").replace("Trả lời:\n", "Trả lời:\nHỏi xã.\n")
    text = text.replace("Nguồn:\n-", "Nguồn:\n- KH 45/KH-UBND")
    wordings = "".join(f"- hoc boi cach {each}\n" for each in ("mot", "hai", "ba", "bon", "nam", "sau"))
    draft.write_text(
        text.replace("- lop hoc boi cho nao\n", f"- lop hoc boi cho nao\n{wordings}"), encoding="utf-8"
    )
    imported = hoctap("import", str(draft), content=content)
    assert "thêm 1" in imported.stdout, imported.stdout
    assert hoctap("preview", "tt-53", content=content).returncode == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(("draft", "99"), "Không có nhóm số 99", id="no such group"),
        pytest.param(("draft", "1", "--topic", "boi-loi"), "Không có chủ đề “boi-loi”", id="no such topic"),
    ],
)
def test_a_draft_needs_a_group_and_a_topic(content: Path, asked: Path, words: tuple[str, ...], told: str) -> None:
    result = hoctap(*words, content=content, data=asked)

    assert result.returncode == 2
    assert told in result.stderr


def test_the_answers_citizens_complain_of_are_listed(content: Path, asked: Path) -> None:
    shown = hoctap("feedback", content=content, data=asked).stdout

    assert shown.startswith("xmc-01  1 chưa đúng ý, 0 có ích")
    assert "(lời cũ)" in shown
    assert "Tất cả: 0 có ích, 1 chưa đúng ý." in shown
