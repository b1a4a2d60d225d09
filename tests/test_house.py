"""The house rules that a machine can look after."""

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest

from bot.config import Config

ROOT = Path(__file__).parent.parent
MODULES = sorted(path for folder in ("bot", "nlu") for path in (ROOT / folder).rglob("*.py"))
TABLES_OF_LETTERS = {ROOT / "nlu" / "vietnamese.py", ROOT / "bot" / "knowledge" / "old_alphabets.py"}
VIETNAMESE = re.compile("[ăâđêôơưĂÂĐÊÔƠƯà-ãè-êìíò-õùúýÀ-ÃÈ-ÊÌÍÒ-ÕÙÚÝĩũạ-ỹẠ-Ỹ]")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_no_vietnamese_sentence_lives_in_code(path: Path) -> None:
    if path in TABLES_OF_LETTERS:
        return
    tree = ast.parse(path.read_text("utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    spoken = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
        and VIETNAMESE.search(node.value.replace("Học Tập", ""))
    ]

    assert spoken == []


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_every_module_says_what_a_reader_finds_there(path: Path) -> None:
    source = path.read_text("utf-8")

    assert not source.strip() or ast.get_docstring(ast.parse(source))


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_no_module_is_a_junk_drawer(path: Path) -> None:
    assert path.stem not in {"utils", "helpers", "common", "manager", "misc"}


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_no_module_outgrows_its_room(path: Path) -> None:
    if path not in TABLES_OF_LETTERS:
        assert len(path.read_text("utf-8").splitlines()) <= 400


def test_the_readme_lists_every_variable() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")

    for each in fields(Config):
        assert f"`HOCTAP_{each.name.upper()}`" in readme
        assert each.metadata["explanation"] in readme


def test_no_registry_host_and_no_path_of_a_machine_is_committed() -> None:
    # Spelled in two parts, or this file would be what it looks for.
    forbidden = [re.compile(each) for each in ("pypi" + r"\.org", "python" + r"hosted\.org", "/root" + "/")]
    suffixes = {".py", ".toml", ".txt", ".md", ".yml", ".csv", ".html", ".js", ".css", ""}
    skipped = {".venv", ".git", "var", "build", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}

    for path in ROOT.rglob("*"):
        if path.is_file() and path.suffix in suffixes and not skipped & set(path.relative_to(ROOT).parts):
            text = path.read_text("utf-8", errors="ignore")
            assert not any(pattern.search(text) for pattern in forbidden), path
