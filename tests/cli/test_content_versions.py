"""Comparing, publishing, going back, as staff do it from the command line."""

from pathlib import Path
from subprocess import CompletedProcess

import pytest

from bot.config import Config
from tests.cli.command_line import hoctap

PASSWORD = "mật khẩu rất dài 1\n"


class Office:
    """A content folder, a data folder, and an official who knows the password."""

    def __init__(self, config: Config) -> None:
        self.content = config.content
        self.data = config.data

    def hoctap(self, *words: str, typed: str = "") -> CompletedProcess[str]:
        folders = {"HOCTAP_CONTENT": str(self.content), "HOCTAP_DATA": str(self.data)}
        return hoctap(*words, typed=typed, **folders)

    def publish(self, *words: str, command: str = "publish") -> CompletedProcess[str]:
        return self.hoctap("content", command, "--as", "an", "--password-stdin", *words, typed=PASSWORD)

    def edit(self, old: str, new: str, file: str = "faq/xoa-mu-chu.md") -> None:
        path = self.content / file
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def office(small: Config, quick_hashes: None) -> Office:
    made = Office(small)
    added = made.hoctap(
        *("official", "add", "an", "--name", "Trần An", "--role", "editor", "--password-stdin"), typed=PASSWORD
    )
    assert added.returncode == 0, added.stderr
    return made


def test_an_edit_goes_from_comparison_to_publication_and_back(office: Office, tmp_path: Path) -> None:
    assert "Chưa công bố bản nào" in office.hoctap("content", "versions").stdout
    first = office.publish()
    assert "Đã công bố bản số 1" in first.stdout, first.stderr
    assert "đúng 2/2" in first.stdout
    assert "không khác bản đang dùng" in office.publish().stdout

    # What is said changes, and not what is trained: the date of the check.
    office.edit("Kiểm tra ngày: 24/11/2026", "Kiểm tra ngày: 23/11/2026")
    compared = office.hoctap("content", "compare", "--html", str(tmp_path / "r.html"))
    assert compared.returncode == 1
    assert "CÂU BẮT BUỘC BỊ ĐỔI" in compared.stdout
    assert "q-001" in compared.stdout
    page = (tmp_path / "r.html").read_text("utf-8")
    assert "24/11/2026" in page
    assert "23/11/2026" in page
    assert "<script" not in page

    blocked = office.publish()
    assert blocked.returncode == 1
    assert "--accept q-001 --as an" in blocked.stderr
    assert "Đã công bố bản số 2" in office.publish("--accept", "q-001").stdout

    back = office.publish(command="rollback")
    assert "Đã quay lại bản số 1, ghi thành bản số 3" in back.stdout
    lines = office.hoctap("content", "versions").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["3", "2", "1"]
    assert "quay lại" in lines[0]
    assert "[q-001]" in lines[1]
    assert "Không có bản trước" in office.publish(command="rollback").stderr
    assert "bản số 2, ghi thành bản số 4" in office.publish("--to", "2", command="rollback").stdout

    # The folder is brought to what stands, but never over an edit that was not published.
    assert "nay đúng như bản số 4" in office.hoctap("content", "fetch").stdout
    assert "không khác bản đang dùng" in office.publish().stdout
    office.edit("23/11/2026", "22/11/2026")
    assert "--replace" in office.hoctap("content", "fetch").stderr
    assert office.hoctap("content", "fetch", "--replace").returncode == 0
    assert "22/11/2026" not in (office.content / "faq" / "xoa-mu-chu.md").read_text("utf-8")


def test_a_broken_folder_is_not_published(office: Office) -> None:
    office.edit("Mã: xmc-01\n", "")

    result = office.publish()

    assert result.returncode == 2
    assert "faq/xoa-mu-chu.md" in result.stderr
    assert "thiếu mã" in result.stderr
    assert "Chưa công bố bản nào" in office.hoctap("content", "versions").stdout


def test_a_frozen_question_that_expects_what_is_not_there_is_told(office: Office) -> None:
    office.edit('"expect": "xmc-01"', '"expect": "xmc-99"', "questions.jsonl")

    result = office.hoctap("content", "compare")

    assert result.returncode == 2
    assert "Câu hỏi q-001 cần câu trả lời xmc-99" in result.stderr


def test_nobody_publishes_without_their_password(office: Office) -> None:
    result = office.hoctap("content", "publish", "--as", "an", "--password-stdin", typed="sai mật khẩu nhé\n")

    assert result.returncode == 2
    assert "Chưa công bố bản nào" in office.hoctap("content", "versions").stdout
