"""Starting the bot as an operator does, with what can be wrong: one clear sentence, exit code 2."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from bot.cli import COMMANDS
from tests.cli.command_line import hoctap
from tests.conftest import ROOT


def process(*words: str, **variables: str) -> CompletedProcess[str]:
    """What came of ``hoctap`` in a process of its own, as an operator starts it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HOCTAP_")}
    return subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=ROOT,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def assert_clear(result: CompletedProcess[str], *expected: str) -> None:
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    for each in expected:
        assert each in result.stderr


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        result = process("run", HOCTAP_PORT=port, HOCTAP_DATA=str(tmp_path))

    assert_clear(result, port, "HOCTAP_PORT")


def test_a_missing_content_folder(tmp_path: Path) -> None:
    result = hoctap("run", HOCTAP_PORT="0", HOCTAP_CONTENT=str(tmp_path / "none"), HOCTAP_DATA=str(tmp_path))

    assert_clear(result, "HOCTAP_CONTENT")


def test_a_missing_faq_folder(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "content", tmp_path / "content", ignore=shutil.ignore_patterns("faq"))

    result = hoctap("ask", "x", HOCTAP_CONTENT=str(tmp_path / "content"), HOCTAP_DATA=str(tmp_path))

    assert_clear(result, "faq")


def test_a_broken_answer_names_its_file_and_line(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "content", tmp_path / "content")
    broken = tmp_path / "content" / "faq" / "hong.md"
    broken.write_text("# Hỏng\n\n## Câu này thiếu mọi thứ?\nTra lơi:\nkhông có gì\n", "utf-8")

    result = hoctap("ask", "x", HOCTAP_CONTENT=str(tmp_path / "content"), HOCTAP_DATA=str(tmp_path))

    assert_clear(result, "hong.md:")


def test_a_database_that_cannot_be_written(tmp_path: Path) -> None:
    result = hoctap("run", HOCTAP_PORT="0", HOCTAP_DATA=str(tmp_path), HOCTAP_DATABASE_URL="sqlite:////proc/h.db")

    assert_clear(result, "/proc/h.db")


def test_zalo_without_a_public_address_is_told_what_it_lacks(tmp_path: Path) -> None:
    nowhere = "sqlite:////proc/h.db"
    variables = {"HOCTAP_PORT": "0", "HOCTAP_DATA": str(tmp_path), "HOCTAP_DATABASE_URL": nowhere}

    bare = hoctap("run", **variables, HOCTAP_ZALO_BOT_TOKEN="1:x")
    public = hoctap("run", **variables, HOCTAP_ZALO_BOT_TOKEN="1:x", HOCTAP_PUBLIC_URL="https://hoctap.example")

    assert_clear(bare, "không có hình hay tài liệu", "HOCTAP_PUBLIC_URL")
    assert "HOCTAP_PUBLIC_URL" not in public.stderr + hoctap("run", **variables).stderr


def test_an_unknown_variable() -> None:
    assert_clear(hoctap("run", HOCTAP_TELEGRAM_TOCKEN="1:x"), "HOCTAP_TELEGRAM_TOCKEN")


@pytest.mark.parametrize("line", ["no json", '{"id": 1}', '{"id": 1, "turns": [1]}', "[]"])
def test_a_question_set_that_cannot_be_read(line: str, tmp_path: Path) -> None:
    assert_clear(hoctap("ask", "--json", typed=line), "line 1")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("outreach", "every", "x"), "Thiếu --as."),
        (("broadcast", "submit", "--as", "lan"), "Thiếu {number}."),
        (("outreach", "evry"), "Không có lệnh đó. Có: every,"),
        (("broadcst",), "Không có lệnh đó. Có: run,"),
        (("content", "chek"), "Không có lệnh đó. Có: check,"),
        (("outreach", "show", "mot"), "{number} cần một số"),
        (("outreach", "show", "1", "2"), "Gõ thừa chữ"),
        (("outreach", "every", "x", "--whn", "3"), "Không có --whn. Gần giống: --when."),
        (("outreach", "list", "--tat-ca"), "Không có --tat-ca."),
        (("broadcast", "draft", "x", "--at"), "Sau --at cần ghi giá trị."),
        (("ops", "backup", __file__), "Giá trị ở {folder} không dùng được."),
    ],
    ids=" ".join,
)
def test_a_command_typed_wrong_is_told_in_vietnamese(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    result = hoctap(*words, HOCTAP_DATA=str(tmp_path))

    assert_clear(result, said)
    assert all(each not in result.stderr for each in ("Error", "Usage", "Try "))


def test_a_group_without_a_command_shows_its_help() -> None:
    result = hoctap("outreach")

    assert (result.returncode, "every" in result.stderr, "Không có lệnh" in result.stderr) == (2, True, False)


def test_a_command_typed_wrong_is_told_without_content_too(tmp_path: Path) -> None:
    assert_clear(hoctap("outreach", "evry", HOCTAP_CONTENT=str(tmp_path)), "evry")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_says_of_each_command_what_the_command_says(name: str) -> None:
    shown = hoctap("--help", COLUMNS="200").stdout

    assert f"  {name} " in shown
    # Where a line ends is no word's business: both are wrapped.
    assert " ".join(COMMANDS[name].split()) in " ".join(hoctap(name, "--help").stdout.split())


def test_a_command_that_is_not_the_first_word_is_not_run_in_silence() -> None:
    assert_clear(hoctap("--", "run"), "right after hoctap")


@pytest.mark.parametrize(
    ("words", "without"),
    [
        (("--help",), ("bot.app", "bot.db", "numpy", "openpyxl", "sqlalchemy", "telegram")),
        (("content", "check"), ("bot.app", "bot.db", "procrastinate", "sqlalchemy", "telegram")),
    ],
    ids=" ".join,
)
def test_nobody_waits_for_what_a_command_does_not_need(words: tuple[str, ...], without: tuple[str, ...]) -> None:
    result = process(*words, PYTHONPROFILEIMPORTTIME="1")

    imported = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines()}
    assert result.returncode == 0
    assert "bot.cli" in imported
    assert not imported & set(without)
