"""``hoctap nlu suggest``: proposals from what was asked in vain, taken over only by a person's word."""

import shutil
from pathlib import Path

import pytest

from bot.cli.suggestions import Suggestion, accept, suggest
from bot.db.unanswered import Unanswered
from bot.inbox import Mind
from bot.knowledge import library
from tests.conftest import NOW, ROOT


def asked(*texts: str) -> list[Unanswered]:
    return [Unanswered(number, text, NOW) for number, text in enumerate(texts, 1)]


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "content", tmp_path / "content"))


def test_only_what_is_nearly_an_answer_and_no_wording_yet_is_proposed(mind: Mind) -> None:
    known = next(iter(mind.house.library.by_code.values())).wordings[0]
    vague = "bên xã mình lo vụ chữ nghĩa cho mấy cụ làm sao"

    found = suggest(asked(known, "xin chào", vague, vague.upper()), mind.parser, mind.house.library)

    assert {each.text for each in found} <= {vague}
    assert all(each.code in mind.house.library.by_code and 0.1 <= each.score < 0.5 for each in found)


def test_what_a_person_accepts_stands_with_the_answer_and_nothing_else_changes(content: Path) -> None:
    before = library.load(content / "faq", NOW.date())
    text = "bên xã mình lo vụ chữ nghĩa cho mấy cụ thế nào hả cô"
    proposal = Suggestion(1, text, "xmc-01", 0.3)

    accept([proposal], before, content)

    after = library.load(content / "faq", NOW.date())
    assert text in after.by_code[proposal.code].wordings
    changed = [code for code, answer in after.by_code.items() if answer != before.by_code[code]]
    assert changed == [proposal.code]
