"""``hoctap content`` as staff use it: what is shown, what is written, the exit code."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl import load_workbook

ROOT = Path(__file__).parent.parent.parent


def hoctap(*words: str, content: Path | None = None, data: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HOCTAP_")}
    if content:
        environment["HOCTAP_CONTENT"] = str(content)
    if data:
        environment["HOCTAP_DATA"] = str(data)
    return subprocess.run(
        [sys.executable, "-m", "bot", "content", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


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


def test_a_code_nobody_knows_is_told() -> None:
    result = hoctap("preview", "xmc-999")

    assert result.returncode == 2
    assert "Không có câu nào mang mã “xmc-999”." in result.stderr


def test_staff_edit_in_excel_and_import(content: Path, tmp_path: Path) -> None:
    path = tmp_path / "faq.xlsx"
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


def test_an_import_with_a_fault_changes_nothing(content: Path, tmp_path: Path) -> None:
    path = tmp_path / "faq.xlsx"
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
