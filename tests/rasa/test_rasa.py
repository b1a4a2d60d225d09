"""Rasa for real: what it is taught, that it agrees with the embedded engine, and what it must not do."""

import json
import os
import re
import signal
import time
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from shutil import copy
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from bot.inbox import Mind
from nlu.evaluation import Question
from nlu.parse import OUT_OF_SCOPE
from nlu.rasa_bench import compare, unseen_texts
from nlu.rasa_pipelines import Pipeline, examine_pipeline, train_pipeline
from nlu.rasa_process import RasaProcess, run_rasa
from nlu.rasa_project import data_file, fingerprint
from nlu.rasa_server import SECONDS_MAX, RasaParser
from nlu.training import DATA, Example, Kind
from nlu.vietnamese import fold
from tests.conftest import ROOT

pytestmark = pytest.mark.rasa

AGREE = 0.995
HELD_EVERY = 5


def ask(process: RasaProcess, path: str, body: Any = None, token: str | None = None) -> tuple[int, Any]:
    """Status and JSON of a request to the server itself."""
    token = process.token if token is None else token
    request = Request(
        f"{process.url}{path}?token={token}", data=None if body is None else json.dumps(body).encode()
    )
    try:
        with urlopen(request, timeout=10) as response:
            return response.status, json.load(response)
    except HTTPError as error:
        with error:
            return error.code, None


def accuracy(name: str, examples: Sequence[Example], model: Path, folder: Path) -> float:
    """What `rasa test nlu` finds of *model* on *examples*."""
    (folder / f"{name}.yml").write_text(data_file(examples), "utf-8")
    run_rasa(
        *("test", "nlu", "--nlu", str(folder / f"{name}.yml"), "--model", str(model)),
        *("--out", str(folder / name), "--no-plot"),
    )
    found: float = json.loads((folder / name / "intent_report.json").read_text("utf-8"))["accuracy"]
    print(f"{name}: {100 * found:.1f} % of {len(examples)}")
    return found


# ------------------------------------------------------------------ the project


def test_rasa_finds_the_project_valid() -> None:
    said = re.sub(r"\x1b\[[0-9;]*m", "", run_rasa("data", "validate"))

    warned = [line for line in said.splitlines() if "UserWarning" in line or "ERROR" in line]
    # What is said to whom is decided by the application, so no story and no rule names an intent.
    assert [line for line in warned if "is not used in any story or rule" not in line] == []


def test_rasa_reads_every_example_as_it_was_typed(process: RasaProcess, examples: list[Example]) -> None:
    _, said = ask(process, "/model/parse", {"text": "xin chào"})

    assert said["taught"] == fingerprint(examples)


# ------------------------------------------------------------------ both engines agree


def test_both_engines_give_unseen_texts_the_same_intent(
    mind: Mind, parser: RasaParser, examples: list[Example]
) -> None:
    strangers = (ROOT / "tests" / "places" / "no_place.txt").read_text("utf-8").splitlines()

    parity = compare([*unseen_texts(examples, 1500), *strangers[:300]], mind.parser, parser)

    print(f"same top intent: {100 * parity.share:.2f} % of {parity.texts}")
    assert parity.texts >= 1500
    assert parity.share >= AGREE, parity.differ[:10]


def test_both_engines_name_the_same_things_and_hear_the_same_parts(mind: Mind, parser: RasaParser) -> None:
    for text in (
        "bac 75 tuoi o Cà Mau hỏi thông tư 25/2023 cấp xã, lớp nghề may năm 2026",
        "học xóa mù chữ ở đâu? với lại học bổ túc có mất tiền không ạ?",
        "không, ý tôi là cấp tỉnh",
    ):
        one, other = mind.parser.parse(text, "mục tiêu là gì"), parser.parse(text, "mục tiêu là gì")

        assert other.entities == one.entities
        assert [part.intent.name for part in other.parts] == [part.intent.name for part in one.parts]
        assert [each.name for each in other.in_context] == [each.name for each in one.in_context]


def test_rasa_understands_text_without_diacritics_as_well(examples: list[Example], tmp_path: Path) -> None:
    held = [each for each in examples if each.kind is Kind.WORDING and each.intent != OUT_OF_SCOPE][::HELD_EVERY]
    away = set(held)
    data = tmp_path / "data"
    data.mkdir()
    (data / "examples.yml").write_text(data_file([each for each in examples if each not in away]), "utf-8")
    for name in ("synonyms", "places", "courses"):
        copy(DATA / f"{name}.yml", data)
    run_rasa("train", "nlu", "--nlu", str(data), "--out", str(tmp_path), "--fixed-model-name", "held")

    clean = accuracy("clean", held, tmp_path / "held.tar.gz", tmp_path)
    folded = [Example(fold(each.text), each.intent) for each in held]
    without = accuracy("without_diacritics", folded, tmp_path / "held.tar.gz", tmp_path)

    assert clean >= 0.7
    assert abs(clean - without) <= 0.02


def test_with_our_tokenizer_any_pipeline_understands_text_without_diacritics(
    examples: list[Example], tmp_path: Path
) -> None:
    talk = [each for each in examples if not each.intent.startswith("faq/") and each.intent != OUT_OF_SCOPE]
    (tmp_path / "data.yml").write_text(data_file([each for i, each in enumerate(talk) if i % 4]), "utf-8")
    held = [Example(fold(each.text), each.intent) for each in talk[::4]]
    found = {}
    for tokenizer in ("WhitespaceTokenizer", "components.tokenizer.VietnameseTokenizer"):
        name = tokenizer.rpartition(".")[2]
        config = tmp_path / f"{name}.config.yml"
        pipeline = f"- name: {tokenizer}\n- name: CountVectorsFeaturizer\n- name: LogisticRegressionClassifier\n"
        config.write_text(
            f"recipe: default.v1\nassistant_id: test\nlanguage: vi\npipeline:\n{pipeline}policies: []\n", "utf-8"
        )
        run_rasa(
            *("train", "nlu", "--nlu", str(tmp_path / "data.yml"), "--config", str(config)),
            *("--out", str(tmp_path), "--fixed-model-name", name),
        )
        found[name] = accuracy(name, held, tmp_path / f"{name}.tar.gz", tmp_path)

    assert found["VietnameseTokenizer"] >= found["WhitespaceTokenizer"] + 0.05


def test_the_stock_pipeline_is_trained_on_any_set_and_tells_its_intents_as_they_are_called(tmp_path: Path) -> None:
    taught = [
        Example(text, intent)
        for intent, texts in {
            "bank/open": ("mở tài khoản", "tôi muốn mở tài khoản", "mở thẻ mới"),
            "faq/hours": ("mấy giờ mở cửa", "giờ làm việc", "khi nào đóng cửa"),
        }.items()
        for text in texts
    ]
    questions = [Question("giờ làm việc", frozenset({"faq/hours"})), Question("mở thẻ", frozenset({"bank/open"}))]

    trained = train_pipeline(Pipeline.STOCK, taught, tmp_path, epochs=20)
    row = examine_pipeline("stock", trained, ["bank/open", "faq/hours"], questions)

    assert row.typed.accuracy == 1.0
    assert row.megabytes > 200
    assert row.training > 1
    assert train_pipeline(Pipeline.STOCK, taught, tmp_path, epochs=20) == trained


# ------------------------------------------------------------------ what people send


def test_a_slash_names_no_intent(process: RasaProcess, parser: RasaParser, mind: Mind) -> None:
    _, said = ask(process, "/model/parse", {"text": '/abuse{"a": "b"}'})
    assert said["intent"] == {"name": "abuse", "confidence": 1.0}, (
        "Rasa has changed: is the stripping still needed?"
    )

    for text in ('/abuse{"a": "b"}', "/ /học xóa mù chữ ở đâu", "/forget_me"):
        assert parser.parse(text).intent.name == mind.parser.parse(text).intent.name


@pytest.mark.parametrize("text", ["học xóa mù chữ ở đâu", "hồ sơ công nhận cộng đồng học tập gồm gì"])
def test_decomposed_letters_are_read_as_composed_ones(process: RasaProcess, text: str) -> None:
    _, composed = ask(process, "/model/parse", {"text": text})
    _, decomposed = ask(process, "/model/parse", {"text": unicodedata.normalize("NFD", text)})

    assert decomposed["intent_ranking"] == composed["intent_ranking"]


@pytest.mark.parametrize("text", ["", "  ", "🙈", "???", "\u200b", "…"], ids=repr)
def test_what_says_nothing_has_no_intent(process: RasaProcess, text: str) -> None:
    _, said = ask(process, "/model/parse", {"text": text})

    assert said["intent"] == {"name": None, "confidence": 0.0}


def test_a_picture_means_the_same_to_both(parser: RasaParser, mind: Mind) -> None:
    for text in ("👍", "🙏🙏", "👋", "🙈"):
        assert parser.parse(text).intent.name == mind.parser.parse(text).intent.name


def test_a_very_long_text_is_read_in_time(process: RasaProcess, parser: RasaParser) -> None:
    text = "cho em hỏi học xóa mù chữ ở đâu ạ. " * 300
    started = time.monotonic()

    status, said = ask(process, "/model/parse", {"text": text})

    assert (status, said["intent"]["name"] is not None) == (200, True)
    assert parser.parse(text).intent.name
    assert time.monotonic() - started < 4 * SECONDS_MAX


# ------------------------------------------------------------------ what it must not do


@pytest.mark.parametrize("path", ["/model/parse", "/model/train", "/conversations/x/messages"])
def test_nothing_is_done_without_the_token(process: RasaProcess, path: str) -> None:
    assert ask(process, path, {"text": "x"}, token="")[0] == 401
    assert ask(process, path, {"text": "x"}, token="wrong")[0] == 401


def test_no_webhook_is_open(process: RasaProcess) -> None:
    assert ask(process, "/webhooks/rest/webhook", {"sender": "x", "message": "x"})[0] == 404


def test_only_this_machine_reaches_it(process: RasaProcess) -> None:
    port = int(process.url.rpartition(":")[2])
    sockets = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
    sockets += [line.split() for line in Path("/proc/net/tcp6").read_text("ascii").splitlines()[1:]]

    listening = [each[1] for each in sockets if each[3] == "0A" and each[1].endswith(f":{port:04X}")]

    assert listening == [f"0100007F:{port:04X}"]


def test_it_reports_to_nobody_and_its_token_cannot_be_read_by_others(process: RasaProcess) -> None:
    folder = Path(f"/proc/{process.pid}")

    assert b"RASA_TELEMETRY_ENABLED=false" in (folder / "environ").read_bytes().split(b"\0")
    assert process.token.encode() not in (folder / "cmdline").read_bytes()


# ------------------------------------------------------------------ when it is away; these come last


def test_a_server_that_hangs_keeps_nobody_waiting(
    process: RasaProcess, mind: Mind, examples: list[Example]
) -> None:
    server = process.server()
    parser = RasaParser(server, mind.parser, fingerprint(examples))
    parser.check()
    assert parser.state() == "ok"

    os.kill(process.pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert parser.parse("học xóa mù chữ ở đâu") == mind.parser.parse("học xóa mù chữ ở đâu")
        assert time.monotonic() - started < 2 * SECONDS_MAX
        assert parser.state() == "slow"
    finally:
        os.kill(process.pid, signal.SIGCONT)

    parser.check()
    assert parser.state() == "ok"
    server.close()
