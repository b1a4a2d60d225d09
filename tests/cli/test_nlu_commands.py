"""``hoctap nlu suggest``: proposals from what was asked in vain, taken over only by a person's word."""

import shutil
from pathlib import Path

import pytest

from bot.cli.suggestions import Suggestion, accept, suggest
from bot.db.unanswered import Unanswered
from bot.knowledge import library
from nlu.parse import Intent, Parse
from tests.conftest import NOW, ROOT


def asked(*texts: str) -> list[Unanswered]:
    return [Unanswered(number, text, NOW) for number, text in enumerate(texts, 1)]


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "content", tmp_path / "content"))


class Told:
    """A parser that finds xmc-01 near everything, as near as it is told."""

    def __init__(self, scores: dict[str, float]) -> None:
        self.scores = scores
        self.waits = False

    def state(self) -> str:
        return "ok"

    def parse(self, text: str, about: str = "") -> Parse:
        ranking = (Intent("faq/xmc-01", self.scores.get(text, 0.3)),)
        return Parse(text, ranking[0], ranking)


def test_only_what_is_nearly_an_answer_and_no_wording_yet_is_proposed() -> None:
    answers = library.load(ROOT / "content" / "faq", NOW.date())
    known = answers.by_code["xmc-01"].wordings[0]
    near, nearer, sure, far = "gần đúng một chút", "gần đúng hơn nữa", "chắc chắn là nó", "xa lắm không phải"
    parser = Told({nearer: 0.4, sure: 0.9, far: 0.05})

    found = suggest(asked(known, near, near.upper(), nearer, sure, far, "ngắn quá"), parser, answers)

    assert [(each.number, each.text, each.code) for each in found] == [(4, nearer, "xmc-01"), (2, near, "xmc-01")]


def test_what_a_person_accepts_stands_with_the_answer_and_nothing_else_changes(content: Path) -> None:
    before = library.load(content / "faq", NOW.date())
    text = "bên xã mình lo vụ chữ nghĩa cho mấy cụ thế nào hả cô"
    proposal = Suggestion(1, text, "xmc-01", 0.3)

    accept([proposal], before, content)

    after = library.load(content / "faq", NOW.date())
    assert text in after.by_code[proposal.code].wordings
    changed = [code for code, answer in after.by_code.items() if answer != before.by_code[code]]
    assert changed == [proposal.code]
