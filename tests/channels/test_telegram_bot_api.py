"""The Bot API server of the tests and the bench: it refuses what Telegram refuses, and stock clients work."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from telegram import Bot
from telegram.error import BadRequest

from bot.bench.bot_api import TOKEN, BotApi, Fault

REVOKED = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw2"


class Client:
    """A client that knows nothing but HTTP."""

    def __init__(self, api: BotApi, session: aiohttp.ClientSession) -> None:
        self.api = api
        self.session = session

    async def call(self, method: str, token: str = TOKEN, **parameters: Any) -> tuple[int, Any]:
        async with self.session.post(f"{self.api.url}/bot{token}/{method}", json=parameters) as answer:
            body = await answer.json()
            return answer.status, body.get("result") if body["ok"] else body["description"]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with BotApi() as api, aiohttp.ClientSession() as session:
        yield Client(api, session)


def button(**what: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "Nút", **what}]]}


@pytest.mark.parametrize(
    ("parameters", "description"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": "<b> </b>", "parse_mode": "HTML"}, "message text is empty"),
        ({"text": "a" * 4097}, "message is too long"),
        ({"text": "😀" * 2049}, "message is too long"),
        (
            {"text": "<b>a", "parse_mode": "HTML"},
            "can't parse entities: Can't find end tag corresponding to start tag \"b\"",
        ),
        (
            {"text": "ế <p>a</p>", "parse_mode": "HTML"},
            'can\'t parse entities: Unsupported start tag "p" at byte offset 4',
        ),
        (
            {"text": "<b><i>a</b></i>", "parse_mode": "HTML"},
            'can\'t parse entities: Unmatched end tag at byte offset 7, expected "</i>", found "</b>"',
        ),
        (
            {"text": "5 < 6", "parse_mode": "HTML"},
            "can't parse entities: Unclosed start tag at byte offset 2",
        ),
        ({"text": "a", "reply_markup": button(callback_data="ế" * 22)}, "BUTTON_DATA_INVALID"),
        ({"text": "a", "reply_markup": button(callback_data="")}, "BUTTON_DATA_INVALID"),
        ({"text": "a", "reply_markup": button(url="javascript:x")}, "BUTTON_URL_INVALID"),
        (
            {"text": "a", "reply_markup": button()},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            {"text": "a", "reply_markup": {"inline_keyboard": [[{"text": "a", "url": "https://x.vn"}] * 9]}},
            "reply markup is too long",
        ),
        (
            {"text": "a", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "a"}]] * 101}},
            "reply markup is too long",
        ),
        ({"text": "a", "chat_id": 404}, "chat not found"),
        ({"text": "a", "chat_id": "nobody"}, "chat not found"),
    ],
)
async def test_it_refuses_what_telegram_refuses(
    client: Client, parameters: dict[str, Any], description: str
) -> None:
    client.api.missing.add(404)

    answer = await client.call("sendMessage", **{"chat_id": 7, **parameters})

    assert answer == (400, f"Bad Request: {description}")
    assert client.api.delivered == []


async def test_it_takes_what_telegram_takes(client: Client) -> None:
    text = '<b>Đậm</b> <a href="https://x.vn/?a=1&amp;b=2">ở đây</a> &lt;' + "a" * 4080

    status, result = await client.call(
        "sendMessage", chat_id=7, text=text, parse_mode="HTML", reply_markup=button(callback_data="ế" * 21)
    )

    assert (status, result["chat"]["id"]) == (200, 7)
    assert client.api.delivered[0].text == "Đậm ở đây <" + "a" * 4080


@pytest.mark.parametrize(
    ("token", "status"),
    [(REVOKED, 401), ("nonsense", 404)],
)
async def test_it_knows_its_token(client: Client, token: str, status: int) -> None:
    assert (await client.call("getMe", token=token))[0] == status


async def test_a_blocked_bot_is_told_so(client: Client) -> None:
    client.api.blocked.add(7)

    answer = await client.call("sendMessage", chat_id=7, text="a")

    assert answer == (403, "Forbidden: bot was blocked by the user")


async def test_an_update_comes_again_until_a_higher_offset_is_asked_for(client: Client) -> None:
    first, second = client.api.say(7, "một"), client.api.say(7, "hai")

    seen = [await client.call("getUpdates"), await client.call("getUpdates", offset=first)]
    later = [await client.call("getUpdates", offset=second), await client.call("getUpdates")]

    assert [[each["update_id"] for each in updates] for _, updates in seen] == [[first, second]] * 2
    assert [[each["update_id"] for each in updates] for _, updates in later] == [[second]] * 2


async def test_of_two_pollers_the_older_is_cut_off(client: Client) -> None:
    older = asyncio.create_task(client.call("getUpdates", timeout=5))
    await asyncio.sleep(0.05)
    newer = asyncio.create_task(client.call("getUpdates", timeout=5))

    status, description = await older
    client.api.say(7, "chào")

    assert (status, description.partition(";")[0]) == (
        409,
        "Conflict: terminated by other getUpdates request",
    )
    assert (await newer)[0] == 200


async def test_there_is_no_polling_beside_a_webhook(client: Client) -> None:
    client.api.plain_http = False
    refused = await client.call("setWebhook", url="http://x.vn/hook")
    assert refused == (400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")

    await client.call("setWebhook", url="https://x.vn/hook", secret_token="s")

    assert (await client.call("getUpdates"))[0] == 409
    await client.call("deleteWebhook")
    assert (await client.call("getUpdates"))[0] == 200


async def test_too_much_in_one_chat_or_over_all_is_put_off(client: Client) -> None:
    client.api.chat_rate, client.api.overall_rate = 1.0, 5.0

    one_chat = [(await client.call("sendMessage", chat_id=7, text="a"))[0] for _ in range(4)]
    others = [(await client.call("sendMessage", chat_id=chat, text="a"))[0] for chat in range(8, 11)]

    assert one_chat == [200, 200, 200, 429]
    assert others == [200, 200, 429]


async def test_a_tap_is_answered_once(client: Client) -> None:
    client.api.tap(7, "faq/x")
    _, (update,) = await client.call("getUpdates")
    query = update["callback_query"]["id"]

    answers = [await client.call("answerCallbackQuery", callback_query_id=query) for _ in range(2)]

    assert [status for status, _ in answers] == [200, 400]
    assert client.api.answered == [query]


async def test_a_connection_closed_after_the_call_was_done_hides_that_it_was(client: Client) -> None:
    client.api.fail("sendMessage", Fault.CLOSE)

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.call("sendMessage", chat_id=7, text="a")

    assert len(client.api.delivered) == 1


async def test_a_stock_client_finds_nothing_amiss(client: Client) -> None:
    api = client.api
    api.say(7, "chào")
    api.tap(7, "faq/x")

    async with Bot(TOKEN, base_url=f"{api.url}/bot") as bot:
        updates = await bot.get_updates()
        sent = await bot.send_message(7, "<b>Chào</b>", parse_mode="HTML")
        await bot.set_my_commands([("tim", "Tìm trung tâm")])
        with pytest.raises(BadRequest, match="Query is too old"):
            await bot.answer_callback_query("1")

    assert [update.effective_chat and update.effective_chat.id for update in updates] == [7, 7]
    assert sent.text == "Chào"
    assert api.commands == [{"command": "tim", "description": "Tìm trung tâm"}]
