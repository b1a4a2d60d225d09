"""Updates as Telegram sends them, and what is heard in them."""

import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.telegram import TelegramChannel
from bot.messages import Address, Heard, HeardKind, Point

CHANNEL = TelegramChannel("110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1")
AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
DATE = 1_795_489_200
PERSON = {"id": 7, "is_bot": False, "first_name": "Hoa", "username": "hoa_bk", "language_code": "vi"}
BOT = {"id": 110201543, "is_bot": True, "first_name": "Học Tập", "username": "hoctap_bot"}
CHAT = {"id": 7, "first_name": "Hoa", "username": "hoa_bk", "type": "private"}
GROUP = {"id": -1001234567890, "title": "Thôn 3", "type": "supergroup"}
FILE = {"file_id": "AwACAgUAAxkBAAIB", "file_unique_id": "AgADqQ", "file_size": 4183}


def message(**what: Any) -> dict[str, Any]:
    return {
        "update_id": 872000001,
        "message": {"message_id": 42, "from": PERSON, "chat": CHAT, "date": DATE, **what},
    }


def edited(**what: Any) -> dict[str, Any]:
    body = {"message_id": 42, "from": PERSON, "chat": CHAT, "date": DATE, "edit_date": DATE + 60, **what}
    return {"update_id": 872000001, "edited_message": body}


def tap(chat: dict[str, Any] = CHAT, **what: Any) -> dict[str, Any]:
    under = {"message_id": 41, "from": BOT, "chat": chat, "date": DATE, "text": "Chọn:"}
    query = {
        "id": "30064771072123456",
        "from": PERSON,
        "message": under,
        "chat_instance": "-398",
        "data": "faq/hoc-phi",
    }
    return {"update_id": 872000001, "callback_query": {**query, **what}}


def membership(old: str, new: str, chat: dict[str, Any] = CHAT) -> dict[str, Any]:
    change: dict[str, Any] = {"chat": chat, "from": PERSON, "date": DATE}
    change["old_chat_member"] = {"user": BOT, "status": old}
    change["new_chat_member"] = {"user": BOT, "status": new, "until_date": 0}
    return {"update_id": 872000001, "my_chat_member": change}


def heard(kind: HeardKind = HeardKind.TEXT, **what: Any) -> Heard:
    return Heard(Address("telegram", "7"), "872000001", AT, kind, **{"language": "vi", **what})


COMMAND = [{"offset": 0, "length": 6, "type": "bot_command"}]


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        pytest.param(message(text="học phí?"), heard(text="học phí?"), id="text"),
        pytest.param(message(text=unicodedata.normalize("NFD", "xóa mù chữ")), heard(text="xóa mù chữ"), id="NFD"),
        pytest.param(message(text="ế" * 20_000), heard(text="ế" * 20_000), id="20,000 characters"),
        pytest.param(message(text="a\x00b\ud83d"), heard(text="ab?"), id="what no database keeps"),
        pytest.param(message(text="/start", entities=COMMAND), heard(HeardKind.START), id="start"),
        pytest.param(
            message(text="/start faq-hoc-phi", entities=COMMAND),
            heard(HeardKind.START, text="faq-hoc-phi"),
            id="start by a link",
        ),
        pytest.param(
            message(text="/start@hoctap_bot x"), heard(HeardKind.START, text="x"), id="start with our name"
        ),
        pytest.param(message(text="/starter"), heard(text="/starter"), id="another command"),
        pytest.param(message(text="/tim xã Bác Ái"), heard(text="/tim xã Bác Ái"), id="command"),
        pytest.param(
            tap(), heard(HeardKind.CHOICE, token="faq/hoc-phi", callback_id="30064771072123456"), id="tap"
        ),
        pytest.param(
            tap(data="menu2019:x:☎"),
            heard(HeardKind.CHOICE, token="menu2019:x:☎", callback_id="30064771072123456"),
            id="tap on a button of an older bot",
        ),
        pytest.param(
            message(location={"latitude": 11.926, "longitude": 109.035, "horizontal_accuracy": 20.0}),
            heard(HeardKind.LOCATION, point=Point(11.926, 109.035)),
            id="location",
        ),
        pytest.param(
            message(location={"latitude": 11, "longitude": 109.035, "live_period": 900, "heading": 120}),
            heard(HeardKind.LOCATION, point=Point(11, 109.035)),
            id="live location",
        ),
        pytest.param(
            message(
                location={"latitude": 21.02, "longitude": 105.85},
                venue={
                    "location": {"latitude": 21.02, "longitude": 105.85},
                    "title": "UBND",
                    "address": "Hà Nội",
                },
            ),
            heard(HeardKind.LOCATION, point=Point(21.02, 105.85)),
            id="venue",
        ),
        pytest.param(
            edited(location={"latitude": 11.927, "longitude": 109.036, "live_period": 900}),
            heard(HeardKind.EDITED),
            id="live location that moved",
        ),
        pytest.param(
            message(location={"latitude": 200.0, "longitude": 0.0}),
            heard(HeardKind.UNSUPPORTED),
            id="location off the Earth",
        ),
        pytest.param(edited(text="học phí??"), heard(HeardKind.EDITED, text="học phí??"), id="edited"),
        pytest.param(
            message(photo=[{**FILE, "width": 90, "height": 51}], caption="giấy này nộp đâu?"),
            heard(HeardKind.PHOTO, text="giấy này nộp đâu?"),
            id="photo",
        ),
        pytest.param(
            message(voice={**FILE, "duration": 3, "mime_type": "audio/ogg"}),
            heard(HeardKind.VOICE),
            id="voice",
        ),
        pytest.param(
            message(video_note={**FILE, "duration": 3, "length": 240}),
            heard(HeardKind.VOICE),
            id="video note",
        ),
        pytest.param(message(audio={**FILE, "duration": 3}), heard(HeardKind.VOICE), id="audio"),
        pytest.param(
            message(
                sticker={
                    **FILE,
                    "width": 512,
                    "height": 512,
                    "is_animated": False,
                    "is_video": False,
                    "type": "regular",
                    "emoji": "👍",
                }
            ),
            heard(HeardKind.STICKER),
            id="sticker",
        ),
        pytest.param(
            message(document={**FILE, "file_name": "don.docx", "mime_type": "application/msword"}),
            heard(HeardKind.FILE),
            id="document",
        ),
        pytest.param(
            message(contact={"phone_number": "+84912345678", "first_name": "Hoa", "user_id": 7}),
            heard(HeardKind.CONTACT),
            id="contact, without its number",
        ),
        pytest.param(
            message(video={**FILE, "width": 640, "height": 360, "duration": 9}),
            heard(HeardKind.UNSUPPORTED),
            id="video",
        ),
        pytest.param(message(dice={"emoji": "🎲", "value": 3}), heard(HeardKind.UNSUPPORTED), id="dice"),
        pytest.param(membership("member", "kicked"), heard(HeardKind.LEFT), id="blocked"),
        pytest.param(membership("kicked", "member"), heard(HeardKind.CAME_BACK), id="unblocked"),
    ],
)
def test_an_update_is_heard(update: dict[str, Any], expected: Heard) -> None:
    assert CHANNEL.read(update) == expected


@pytest.mark.parametrize(
    "update",
    [
        pytest.param(message(text="chào", chat=GROUP), id="group"),
        pytest.param(tap(chat=GROUP), id="tap in a group"),
        pytest.param(membership("left", "member", GROUP), id="added to a group"),
        pytest.param({"update_id": 1, "channel_post": {"message_id": 1, "chat": CHAT, "date": 1}}, id="channel"),
        pytest.param({"update_id": 1, "poll": {"id": "1"}}, id="unasked kind"),
        pytest.param({"update_id": 1}, id="empty"),
        pytest.param({"update_id": 1, "message": []}, id="message that is no object"),
        pytest.param({"message": message(text="a")["message"]}, id="no number"),
        pytest.param(message(pinned_message={"message_id": 40, "chat": CHAT, "date": 0}), id="pinned"),
        pytest.param(message(text="chào", **{"from": BOT}), id="ourselves"),
        pytest.param(tap(message=None), id="tap without a message"),
    ],
)
def test_nothing_is_heard_where_nobody_spoke_to_us(update: dict[str, Any]) -> None:
    assert CHANNEL.read(update) is None


def test_a_tap_under_a_message_too_old_to_be_shown_is_heard() -> None:
    update = tap(message={"message_id": 41, "chat": CHAT, "date": 0})

    assert CHANNEL.read(update) == Heard(
        Address("telegram", "7"),
        "872000001",
        datetime(1970, 1, 1, tzinfo=UTC),
        HeardKind.CHOICE,
        token="faq/hoc-phi",
        callback_id="30064771072123456",
        language="vi",
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = ["id", "type", "chat", "date", "text", "from", "data", "message", "location", "latitude", "longitude"]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["message", "edited_message", "callback_query", "my_chat_member"]),
    st.dictionaries(st.sampled_from(KEYS), JSON | st.just(CHAT), max_size=8),
)
def test_no_update_breaks_the_reader(kind: str, body: dict[str, Any]) -> None:
    heard = CHANNEL.read({"update_id": 1, kind: body})

    assert heard is None or heard.event_id == "1"


@pytest.mark.parametrize(
    ("said", "kept"),
    [("en-GB", "en"), ("VI", "vi"), ("", ""), ("zh-hans", "zh"), ("?!", ""), (7, ""), ("x" * 99, "")],
)
def test_of_the_language_only_its_code_is_kept(said: Any, kept: str) -> None:
    person = {**PERSON, "language_code": said}
    found = CHANNEL.read(message(**{"from": person, "text": "chào"}))

    assert found is not None
    assert found.language == kept
