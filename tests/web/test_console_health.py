"""The page on health: what waits, the channels, the last backup, the version."""

from bot.channels.telegram import TelegramChannel
from bot.contacts import Quota
from bot.db import conversations, quotas, vitals
from bot.messages import Address, Heard, HeardKind
from bot.outreach.official import Role
from tests.web.conftest import Console


async def test_an_admin_sees_what_waits_and_the_last_backup(console: Console) -> None:
    admin = await console.official("quan-tri", Role.ADMIN)
    page = await admin.opens("/console/health")
    assert "Mọi thứ chạy tốt" in page.text
    assert "hoctap ops backup" in page.text
    now = console.clock.now
    heard = Heard(Address("web", "ba"), "1", now, HeardKind.TEXT, text="x")
    console.database.submit(lambda c: conversations.store(c, [heard], now)).result()
    console.database.submit(lambda c: vitals.note_backup(c, now)).result()
    console.database.submit(lambda c: quotas.keep(c, Quota("web", "tin", "2026-11", 20, 1500), now)).result()
    console.clock.pass_by(seconds=185)

    page = await admin.opens("/console/health")

    assert "Có chỗ cần xem lại" in page.text
    assert "3 phút 5 giây" in page.text
    assert "đã dùng 20 trong 1.500, còn 1.480" in page.text
    assert "quá hai ngày" not in page.text
    asked = await (await console.browser()).client.get("/health")
    assert asked.json()["oldest_seconds"] == {"inbound": 185, "reply": 0, "shard": 0}


def test_a_webhook_is_not_called_set_before_the_platform_took_it() -> None:
    assert TelegramChannel("1:x").hearing() == "polling"
    assert TelegramChannel("1:x", webhook_url="https://a.vn", webhook_secret="s").hearing() == "webhook_unset"
