"""A Rasa server as the reader of texts: what it is asked, what is made of its answers, and when it is away."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.app import App
from bot.config import Config
from bot.db import Database
from bot.db.publications import Act, Publication
from bot.inbox import Mind, _understand
from bot.publication import Start
from nlu import rasa_server
from nlu.parse import OUT_OF_SCOPE, Intent, Parse
from nlu.rasa_server import SECONDS_MAX, RasaParser, RasaServer
from tests.conftest import NOW
from tests.nlu.rasa_edge import TOKEN, Edge, no_reading, rasa_edge

QUESTION = "hoc xoa mu chu o dau"


class Other:
    """The parser that reads when the server does not."""

    waits = False

    def __init__(self) -> None:
        self.asked: list[str] = []

    def parse(self, text: str, about: str = "") -> Parse:
        self.asked.append(text)
        return Parse(text, Intent("other", 1.0), ())

    def state(self) -> str:
        return "ok"


def reading(*ranking: tuple[str | None, float], **more: Any) -> Callable[[str], dict[str, Any]]:
    """What Rasa's server says, as recorded from one that runs our pipeline."""
    ranked = [{"name": name, "confidence": score} for name, score in ranking]
    return lambda text: {**no_reading(text), "intent": ranked[0], "intent_ranking": ranked, **more}


@pytest.fixture
def edge() -> Iterator[Edge]:
    with rasa_edge() as served:
        served.says = reading(("faq.xmc-01", 0.9), ("find_centre", 0.05))
        yield served


OPENED: list[RasaServer] = []


@pytest.fixture(autouse=True)
def close_connections() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def open_parser(edge: Edge, token: str = TOKEN, taught: str = "1") -> tuple[RasaParser, Other]:
    other = Other()
    OPENED.append(RasaServer(edge.url, token))
    return RasaParser(OPENED[-1], other, taught), other


def test_a_text_is_read_by_the_server(edge: Edge) -> None:
    edge.says = reading(
        ("faq.xmc-01", 0.9),
        ("find_centre", 0.05),
        entities=[{"entity": "course", "value": "xoa mu chu", "start": 4, "end": 14}, {"entity": "x", "value": 1}],
    )
    parser, other = open_parser(edge)

    parse = parser.parse(QUESTION)

    assert parse.intent == Intent("faq/xmc-01", 0.9)
    assert parse.ranking == (Intent("faq/xmc-01", 0.9), Intent("find_centre", 0.05))
    assert parser.state() == "ok"
    assert edge.asked == [QUESTION]
    assert other.asked == []


def test_what_is_named_comes_with_it(edge: Edge) -> None:
    edge.says = reading(
        ("faq.xmc-01", 0.9), entities=[{"entity": "age", "value": "75"}, {"entity": "other", "value": "x"}]
    )

    named = open_parser(edge)[0].parse("bac 75 tuoi")

    assert [(each.kind, each.value) for each in named.entities] == [("age", "75")]


def test_what_lies_out_of_scope_is_never_ranked(edge: Edge) -> None:
    edge.says = reading((OUT_OF_SCOPE, 0.8), ("faq.da-01", 0.1))

    parse = open_parser(edge)[0].parse("lam ho chieu o dau")

    assert parse.intent.name == OUT_OF_SCOPE
    assert parse.ranking == (Intent("faq/da-01", 0.1),)


def test_rasas_own_fallback_gives_way_to_what_it_was_unsure_of(edge: Edge) -> None:
    edge.says = reading(("nlu_fallback", 0.7), ("greet", 0.2))

    assert open_parser(edge)[0].parse("a lo").intent == Intent("greet", 0.2)


@pytest.mark.parametrize("text", ["", "   ", "🙈", "???", "/", "//  /"], ids=repr)
def test_what_has_no_words_is_not_asked_and_has_no_intent(edge: Edge, text: str) -> None:
    assert open_parser(edge)[0].parse(text).intent.name == ""
    assert edge.asked == []


def test_nobody_names_an_intent_by_a_slash(edge: Edge) -> None:
    open_parser(edge)[0].parse('/handover{"a":"b"}')

    assert edge.asked == ['handover{"a":"b"}']


def test_a_long_text_is_cut_and_a_decomposed_one_composed(edge: Edge) -> None:
    parser, _ = open_parser(edge)

    parser.parse("ho\u0323c xo\u0301a mu\u0300 " * 1000)

    assert max(map(len, edge.asked)) <= 500
    assert edge.asked[0].startswith("học xóa mù")


def test_a_picture_is_asked_in_its_words(edge: Edge) -> None:
    open_parser(edge)[0].parse("👍")

    assert edge.asked == ["đồng ý"]


def test_a_follow_up_is_read_together_with_what_it_follows(edge: Edge) -> None:
    edge.says = lambda text: reading(("faq.b", 0.7) if "tinh" in text and "muc tieu" in text else ("help", 0.3))(
        text
    )

    parse = open_parser(edge)[0].parse("the con cap tinh", "muc tieu cua xa la gi")

    assert parse.intent.name == "help"
    assert parse.in_context == (Intent("faq/b", 0.7),)


def test_two_questions_in_one_message_are_two_parts(edge: Edge) -> None:
    names = {"o dau": "faq.a", "tien": "faq.b"}
    edge.says = lambda text: reading((next((v for k, v in names.items() if k in text), "help"), 0.8))(text)

    parse = open_parser(edge)[0].parse("hoc xoa mu o dau vay? hoc co mat tien khong ha?")

    assert [part.intent.name for part in parse.parts] == ["faq/a", "faq/b"]


# ------------------------------------------------------------------ when the server is away


def break_token(edge: Edge) -> tuple[RasaParser, Other]:
    return open_parser(edge, token="wrong")


def break_status(edge: Edge) -> tuple[RasaParser, Other]:
    edge.status = 500
    return open_parser(edge)


def break_body(edge: Edge) -> tuple[RasaParser, Other]:
    edge.broken = b"<html>"
    return open_parser(edge)


def break_shape(edge: Edge) -> tuple[RasaParser, Other]:
    edge.broken = b'{"intent": 5, "intent_ranking": [{}]}'
    return open_parser(edge)


def break_list(edge: Edge) -> tuple[RasaParser, Other]:
    edge.broken = b"[]"
    return open_parser(edge)


def break_size(edge: Edge) -> tuple[RasaParser, Other]:
    edge.broken = b" " * 2_000_000
    return open_parser(edge)


def break_teaching(edge: Edge) -> tuple[RasaParser, Other]:
    edge.says = reading(("faq.old", 0.9), taught="2")
    return open_parser(edge, taught="1")


def break_port(edge: Edge) -> tuple[RasaParser, Other]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        edge.url = f"http://127.0.0.1:{free.getsockname()[1]}"
    return open_parser(edge)


@pytest.mark.parametrize(
    ("breaking", "reason"),
    [
        (break_token, "token"),
        (break_status, "HTTP 500"),
        (break_body, "JSONDecodeError"),
        (break_shape, "not a Rasa server"),
        (break_list, "not a Rasa server"),
        (break_size, "not a Rasa server"),
        (break_teaching, "train it again"),
        (break_port, "ConnectionRefused"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_the_other_parser_reads_and_the_state_says_why(
    edge: Edge, breaking: Callable[[Edge], tuple[RasaParser, Other]], reason: str
) -> None:
    parser, other = breaking(edge)

    assert parser.parse(QUESTION).intent.name == "other"
    assert other.asked == [QUESTION]
    assert reason in parser.state()


def test_a_slow_server_is_not_waited_for(edge: Edge) -> None:
    edge.seconds = 2.0
    parser, _ = open_parser(edge)
    started = time.monotonic()

    assert parser.parse(QUESTION).intent.name == "other"
    assert SECONDS_MAX <= time.monotonic() - started < 2.0
    assert parser.state() == "slow"


def test_a_server_that_fails_three_times_is_left_alone_until_it_is_back(edge: Edge) -> None:
    edge.status = 503
    parser, _ = open_parser(edge)
    for _ in range(10):
        parser.parse(QUESTION)
    assert len(edge.asked) == 3

    edge.status = 200
    assert parser.parse(QUESTION).intent.name == "other"

    parser.check()
    assert parser.state() == "ok"
    assert parser.parse(QUESTION).intent.name == "faq/xmc-01"


def test_a_message_tries_again_when_the_rest_is_over(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rasa_server, "_PAUSE", 0.05)
    edge.status = 503
    parser, _ = open_parser(edge)
    for _ in range(5):
        parser.parse(QUESTION)

    edge.status = 200
    time.sleep(0.06)

    assert parser.parse(QUESTION).intent.name == "faq/xmc-01"


def test_one_connection_serves_many_messages(edge: Edge) -> None:
    parser, _ = open_parser(edge)

    for _ in range(5):
        parser.parse(QUESTION)

    assert edge.connections == 1


def test_a_connection_closed_while_idle_is_no_failure(edge: Edge) -> None:
    edge.hangs_up = True
    parser, other = open_parser(edge)

    for _ in range(3):
        assert parser.parse(QUESTION).intent.name == "faq/xmc-01"
        time.sleep(0.05)

    assert other.asked == []


async def test_the_event_loop_goes_on_while_the_server_is_waited_for(edge: Edge) -> None:
    edge.seconds = 0.3
    parser, _ = open_parser(edge)
    beats = 0
    waiting = asyncio.create_task(_understand(parser, QUESTION, ""))

    while not waiting.done():
        await asyncio.sleep(0.01)
        beats += 1

    assert (await waiting).intent.name == "faq/xmc-01"
    assert beats >= 5


async def test_health_says_when_rasa_is_away_and_the_embedded_engine_answers(
    edge: Edge, mind: Mind, sqlite: Database, tmp_path: Path
) -> None:
    edge.status = 503
    server = RasaServer(edge.url, TOKEN)
    mind = replace(mind, parser=RasaParser(server, mind.parser, "1"))
    began = Start(mind, Publication(1, "", Act.START, "hoctap", (), NOW, 1))
    app = App.open(Config(data=tmp_path, nlu="rasa", rasa_url=edge.url, rasa_token=TOKEN), sqlite, began)
    before = await app.health()

    answered = await _understand(app.inbox.mind.parser, QUESTION, "")
    away = await app.health()
    edge.status = 200
    await asyncio.to_thread(mind.parser.check)  # type: ignore[attr-defined]
    back = await app.health()

    assert answered.intent.name.startswith("faq/")
    assert (before["status"], before["understanding"]["state"]) == ("ok", "starting")
    assert (away["status"], away["understanding"]) == ("degraded", {"engine": "rasa", "state": "HTTP 503"})
    assert (back["status"], back["understanding"]["state"]) == ("ok", "ok")
    server.close()
