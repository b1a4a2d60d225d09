"""Public sets are read as they lie, and a table of engines shows what was measured."""

import json
from pathlib import Path

import pytest

from nlu.comparison import examine, write_rows
from nlu.evaluation import QuestionsError
from nlu.parse import OUT_OF_SCOPE, Intent, Parse
from nlu.public_bench import read_foreign, read_set

PAIRS = {
    "train": [["faq/a", "học ở đâu"], ["b", "mấy giờ"]],
    "test": [["faq/a", "Học chỗ nào?"], ["b", "giờ nào"]],
    "oos": [["c", "mưa không"]],
}


def test_a_set_in_one_file_has_two_splits_and_what_is_near_out_of_scope(tmp_path: Path) -> None:
    path = tmp_path / "set.json"
    path.write_text(json.dumps(PAIRS), "utf-8")

    found = read_set(path)

    assert [(each.intent, each.text) for each in found.taught] == [("faq/a", "học ở đâu"), ("b", "mấy giờ")]
    assert [(min(each.accepted), each.kind) for each in found.asked] == [
        ("faq/a", ""),
        ("b", ""),
        (OUT_OF_SCOPE, "near"),
    ]


def test_a_set_in_folders_has_a_text_and_a_label_on_each_line(tmp_path: Path) -> None:
    for split in ("train", "test"):
        (tmp_path / split).mkdir()
        (tmp_path / split / "seq.in").write_text(f"bay đi {split}\ngiá vé\n", "utf-8")
        (tmp_path / split / "label").write_text("flight\nairfare#flight\n", "utf-8")

    found = read_set(tmp_path)

    assert [(each.intent, each.text) for each in found.taught] == [
        ("flight", "bay đi train"),
        ("airfare#flight", "giá vé"),
    ]
    assert [each.text for each in found.asked] == ["bay đi test", "giá vé"]

    (tmp_path / "test" / "label").write_text("flight\n", "utf-8")
    with pytest.raises(QuestionsError, match=r"seq\.in and label"):
        read_set(tmp_path)


def test_texts_out_of_scope_keep_their_kind(tmp_path: Path) -> None:
    path = tmp_path / "oos.json"
    path.write_text(json.dumps({"wiki": ["ai tìm ra châu Mỹ"], "social": ["vui ghê"]}), "utf-8")

    assert [(each.kind, each.foreign) for each in read_foreign(path)] == [("wiki", True), ("social", True)]

    path.write_text("[]", "utf-8")
    with pytest.raises(QuestionsError, match=r"oos\.json"):
        read_foreign(path)


def test_an_engine_that_needs_diacritics_is_shown_to_lose_by_their_absence(tmp_path: Path) -> None:
    path = tmp_path / "set.json"
    path.write_text(json.dumps(PAIRS), "utf-8")

    def read(text: str) -> Parse:
        name = "faq/a" if "Học" in text else "b"
        known = Intent(name, 0.2 if "mưa" in text else 0.9)
        return Parse(text, known, (known,))

    row = examine("needs diacritics", read, read_set(path).asked)
    lines = list(write_rows([row]))

    assert (row.typed.accuracy, row.folded.accuracy) == (1.0, 0.5)
    assert (row.typed.count, row.folded.count) == (2, 2)
    assert [each.auroc for _, each in row.foreign] == [1.0]
    assert "100.0%" in lines[1] and "50.0%" in lines[1]
    assert lines[-1].endswith("all 1.000 0.0%")
