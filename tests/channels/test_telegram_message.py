"""Replies as calls of the Bot API, each checked against its published schema (telegram_schema.json)."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from bot.bench.bot_api_rules import check_reply_markup, check_venue, shown_text
from bot.channels.base import Call
from bot.channels.telegram import TelegramChannel
from bot.messages import Choice, ChoiceKind, Point, Reply, Venue

CHANNEL = TelegramChannel("110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1")
SCHEMA = json.loads((Path(__file__).parent / "telegram_schema.json").read_text("utf-8"))
PREVIEW = {"is_disabled": True}
YES = Choice("Đồng ý", "subscription/agree")
NO = Choice("Không đồng ý", "subscription/disagree")
SITE = Choice("Trang tuyển sinh", kind=ChoiceKind.URL, target="https://moet.gov.vn/a_b?x=1&y=2")
HOTLINE = Choice("Tổng đài", kind=ChoiceKind.PHONE, target="18001090")
WHERE = Choice("Gửi vị trí của tôi", kind=ChoiceKind.SHARE_LOCATION)
HALL = Venue(Point(11.926, 109.035), "Trung tâm HTCĐ", "Thôn 3, xã Bác Ái")


def sent(text: str, **more: Any) -> Call:
    usual = {
        "method": "sendMessage",
        "text": text,
        "parse_mode": "HTML",
        "link_preview_options": PREVIEW,
    }
    return {**usual, **more}


def inline(*rows: list[dict[str, str]]) -> dict[str, Any]:
    return {"reply_markup": {"inline_keyboard": list(rows)}}


def data(choice: Choice) -> dict[str, str]:
    return {"text": choice.label, "callback_data": choice.token}


@pytest.mark.parametrize(
    ("reply", "calls"),
    [
        pytest.param(Reply("Chào **bà con**"), [sent("Chào <b>bà con</b>")], id="text"),
        pytest.param(
            Reply("Nhé?", ((YES, NO),), acknowledges="30064771072123456"),
            [
                {"method": "answerCallbackQuery", "callback_query_id": "30064771072123456"},
                sent("Nhé?", **inline([data(YES), data(NO)])),
            ],
            id="answer to a tap",
        ),
        pytest.param(
            Reply("Xem", ((SITE,), (YES,))),
            [sent("Xem", **inline([{"text": SITE.label, "url": SITE.target}], [data(YES)]))],
            id="way to a page",
        ),
        pytest.param(Reply("Gọi", ((HOTLINE,),)), [sent("Gọi\n\n☎ Tổng đài: 18001090")], id="telephone as a line"),
        pytest.param(
            Reply("Ở đâu?", ((WHERE,), (NO, SITE))),
            [
                sent(
                    "Ở đâu?\n\nTrang tuyển sinh: https://moet.gov.vn/a_b?x=1&amp;y=2",
                    reply_markup={
                        "keyboard": [
                            [{"text": WHERE.label, "request_location": True}],
                            [{"text": NO.label}],
                        ],
                        "resize_keyboard": True,
                        "one_time_keyboard": True,
                    },
                )
            ],
            id="location key, and keys beside it",
        ),
        pytest.param(
            Reply("Ở đây:", ((YES,),), HALL),
            [
                sent("Ở đây:"),
                {
                    "method": "sendVenue",
                    "latitude": 11.926,
                    "longitude": 109.035,
                    "title": HALL.title,
                    "address": HALL.address,
                    **inline([data(YES)]),
                },
            ],
            id="venue, the choices below it",
        ),
        pytest.param(Reply("", ((YES,),)), [sent("👇", **inline([data(YES)]))], id="choices without a text"),
        pytest.param(Reply(""), [], id="nothing"),
        pytest.param(
            Reply("Đi", ((Choice("xấu", "x" * 65), Choice("trống", ""), YES),)),
            [sent("Đi", **inline([data(YES)]))],
            id="tokens that would lose the message",
        ),
        pytest.param(
            Reply("Đi", ((Choice("Trang", kind=ChoiceKind.URL, target="/noi-bo"),),)),
            [sent("Đi\n\nTrang: /noi-bo")],
            id="address Telegram would refuse",
        ),
        pytest.param(Reply("5 < 6 & 7 * 8"), [sent("5 &lt; 6 &amp; 7 * 8")], id="what only looks like markup"),
        pytest.param(Reply(unicodedata.normalize("NFD", "xóa mù chữ")), [sent("xóa mù chữ")], id="NFD"),
    ],
)
def test_a_reply_becomes_calls(reply: Reply, calls: list[Call]) -> None:
    rendered = CHANNEL.render(reply)

    assert rendered == calls
    assert json.loads(json.dumps(rendered)) == rendered
    for call in rendered:
        check(call)


def test_a_long_reply_is_cut_and_its_choices_stand_under_the_last_part() -> None:
    paragraph = "**Điều 3.** Ai cũng được học 😀 theo [Quyết định](https://x.vn/" + "a" * 90 + "). " * 1
    reply = Reply("\n\n".join([paragraph * 5] * 90), ((YES,),))

    calls = CHANNEL.render(reply)

    assert len(calls) > 3
    assert ["reply_markup" in call for call in calls] == [False] * (len(calls) - 1) + [True]
    shown = [shown_text(call) for call in calls]
    assert all(len(text.encode("utf-16-le")) // 2 <= 4096 for text in shown)
    assert sum(text.count("Điều 3.") for text in shown) == 450


@pytest.mark.parametrize("text", ["ế" * 20_000, "😀" * 9000, "**" + "a b " * 5000 + "**", "<&>" * 6000])
def test_a_text_of_any_length_becomes_messages_that_telegram_takes(text: str) -> None:
    for call in CHANNEL.render(Reply(text)):
        check(call)


def test_a_row_has_at_most_eight_buttons_and_a_message_a_hundred() -> None:
    row = tuple(Choice(f"Xã {number}", f"centre/unit:{number}") for number in range(150))

    (call,) = CHANNEL.render(Reply("Xã nào?", (row,)))

    rows = call["reply_markup"]["inline_keyboard"]
    assert [len(each) for each in rows] == [8] * 12 + [4]
    check(call)


def check(call: Call) -> None:
    """As the published schema and the server's rules have it."""
    parameters = {name: value for name, value in call.items() if name != "method"}
    if call["method"] != "answerCallbackQuery":
        parameters["chat_id"] = "7"
    follows_schema(parameters, SCHEMA["methods"][call["method"]])
    check_reply_markup(parameters.get("reply_markup"))
    if call["method"] == "sendMessage":
        shown_text(parameters)
    if call["method"] == "sendVenue":
        check_venue(parameters)


def follows_schema(value: dict[str, Any], fields: dict[str, Any]) -> None:
    assert set(value) <= set(fields)
    assert {name for name, each in fields.items() if each["required"]} <= set(value)
    for name, each in value.items():
        assert any(is_of(each, kind) for kind in fields[name]["types"]), (name, each)


def is_of(value: object, kind: str) -> bool:
    if kind.startswith("Array of "):
        return isinstance(value, list) and all(is_of(each, kind.removeprefix("Array of ")) for each in value)
    plain = {"String": str, "Integer": int, "Float": float | int, "Boolean": bool}
    if kind in plain:
        return isinstance(value, plain[kind])
    if kind not in SCHEMA["types"] or not isinstance(value, dict):
        return False
    fields = SCHEMA["types"][kind]
    if not set(value) <= set(fields):
        return False
    follows_schema(value, fields)
    return True
