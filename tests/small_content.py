"""A small content folder, with which publishing and comparing are quick."""

import shutil
from pathlib import Path

from tests.conftest import ROOT
from tests.knowledge.examples import GOOD, SECOND

QUESTIONS = '{"id": "q-001", "text": "Học xóa mù chữ ở đâu?", "expect": "xmc-01", "must": true}\n'


def write_small_content(folder: Path) -> Path:
    """The shipped lists and words with two answers in one topic, and one mandatory question."""
    content = folder / "content"
    shutil.copytree(
        ROOT / "content", content, ignore=shutil.ignore_patterns("faq", "questions.jsonl", "campaigns")
    )
    (content / "campaigns").mkdir()
    (content / "faq").mkdir()
    (content / "faq" / "xoa-mu-chu.md").write_text(GOOD + SECOND, encoding="utf-8")
    (content / "questions.jsonl").write_text(QUESTIONS, encoding="utf-8")
    return content
