"""The Rasa project's files: made of the content alone, current, and whole whatever staff have typed."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.nlu import exported
from bot.inbox import Mind
from nlu import rasa_project
from nlu.rasa_project import FOLDER, fingerprint, intent_name, one_line, project_files, rasa_name, read_taught
from nlu.training import Example, Kind, Synonym, read_examples, read_file, read_lookups, read_synonyms
from nlu.vietnamese import tokens

TYPED = st.text(min_size=1, max_size=40) | st.lists(
    st.sampled_from(
        [*"[](){}-/#:|>&*!%@`\"'\\$,", "học", "xóa mù", "[a](b)", "[a]{b}", "${HOME}", "\n", " ", "👍"]
    ),
    min_size=1,
    max_size=12,
).map("".join)


def write(folder: Path, *examples: Example) -> Path:
    path = folder / "topic.yml"
    path.write_text(project_files([], {"topic": examples})["data/content/topic.yml"], "utf-8")
    return path


def test_the_committed_files_are_those_of_the_content(mind: Mind) -> None:
    files = exported(mind.house.library)
    committed = {f"data/content/{path.name}" for path in (FOLDER / "data" / "content").iterdir()}

    remedy = "run `hoctap nlu export` and commit what it writes"
    assert committed == set(files) - {"domain.yml"}, remedy
    for name, text in files.items():
        assert (FOLDER / name).read_text("utf-8") == text, f"{name}: {remedy}"


def test_the_project_teaches_what_the_embedded_engine_is_taught(mind: Mind) -> None:
    answers = mind.house.library.examples()
    wordings, responses = [], {}
    for path in (FOLDER / "data" / "content").glob("*.yml"):
        wordings += [(each.text, each.intent) for each in read_file(path)]
        responses |= yaml.safe_load(path.read_text("utf-8"))["responses"]

    assert fingerprint(read_taught(wordings, responses)) == fingerprint(answers)


def test_a_server_is_known_by_all_it_was_taught_and_by_the_code_that_taught_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    examples, synonym, lookup = [Example("Xin chào!", "greet")], Synonym("ad", "bot"), Synonym("Huế", "place")
    taught = fingerprint(examples, [synonym], [lookup])

    assert fingerprint([*examples, Example("xin chào", "greet")], [synonym], [lookup]) == taught
    assert fingerprint(examples, [], [lookup]) != taught
    assert fingerprint(examples, [synonym], []) != taught
    assert fingerprint(examples, [lookup], [synonym]) != taught
    assert fingerprint(examples) == fingerprint(examples, read_synonyms(), read_lookups())
    monkeypatch.setattr(rasa_project, "code_digest", lambda: "of another version")
    assert fingerprint(examples, [synonym], [lookup]) != taught


def test_the_embedded_engine_is_not_taught_the_exported_files_twice() -> None:
    assert not [each for each in read_examples() if each.intent.startswith("faq")]


def test_an_intent_has_one_name_in_rasa_and_back() -> None:
    for name in ("faq/da-01", "greet", "out_of_scope", ""):
        assert intent_name(rasa_name(name)) == name
    assert "/" not in rasa_name("faq/da-01")


@given(TYPED, TYPED)
def test_whatever_staff_type_is_taught_word_for_word(tmp_path_factory: object, wording: str, answer: str) -> None:
    folder = tmp_path_factory.mktemp("topic")  # type: ignore[attr-defined]
    path = write(
        folder, Example("học gì", "faq/a"), Example(wording, "faq/a"), Example(answer, "faq/a", Kind.ANSWER)
    )

    taught = read_file(path)
    said = yaml.safe_load(path.read_text("utf-8"))["responses"]["utter_faq.a"]

    assert [tokens(each.text) for each in taught[1:]] == ([tokens(wording)] if tokens(wording) else [])
    assert [tokens(each["text"]) for each in said] == [tokens(answer)]


@given(TYPED)
def test_a_wording_is_neither_a_list_nor_a_command_nor_marked(text: str) -> None:
    line = one_line(text)

    assert not line.startswith(("-", "/"))
    assert len(line.splitlines()) <= 1
    assert not any(mark in line for mark in ("](", "]{", "]["))
