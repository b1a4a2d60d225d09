"""A small content folder, with which publishing and comparing are quick."""

import shutil
from pathlib import Path

from tests.knowledge.examples import CONTENT, GOOD, SECOND

QUESTIONS = """\
{"id": "q-001", "text": "Học xóa mù chữ ở đâu?", "expect": "xmc-01", "must": true}
{"id": "q-002", "text": "giá vàng hôm nay bao nhiêu", "expect": "out_of_scope"}
"""


def write_small_content(folder: Path) -> Path:
    """The shipped lists and words with two answers in one topic, and two questions, one of them mandatory."""
    content = folder / "content"
    shutil.copytree(CONTENT, content, ignore=shutil.ignore_patterns("faq", "questions.jsonl", "campaigns"))
    (content / "campaigns").mkdir()
    (content / "faq").mkdir()
    (content / "faq" / "xoa-mu-chu.md").write_text(GOOD + SECOND, encoding="utf-8")
    (content / "questions.jsonl").write_text(QUESTIONS, encoding="utf-8")
    return content
