"""A whole bot on loopback, with the stand-in for Zalo at its other end."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from bot.app import App
from bot.channels.zalo_oa import ZaloOaChannel
from bot.channels.zalo_request import ZaloRequest
from bot.config import Config
from bot.db import Database
from bot.db.publications import Act, Publication
from bot.db.zalo import KeptPair, keep_pair
from bot.inbox import Mind
from bot.publication import Start
from tests.conftest import NOW
from tests.zalo_platform import APP_ID, APP_SECRET, BOT_TOKEN, OA_KEY, Sent, Zalo, utc_now

PUBLISHED = Publication(1, "", Act.START, "hoctap", (), NOW, 1)


@dataclass
class House:
    """The running bot and the platform."""

    app: App
    zalo: Zalo

    async def said(self, count: int = 1, *, user: str = "u1") -> list[Sent]:
        """What newly reached *user*, once everything heard is answered."""
        await self.app.inbox.settle()
        await eventually(lambda: len(self.zalo.to(user)) >= count)
        return self.zalo.to(user)


@asynccontextmanager
async def opened(
    database: Database,
    mind: Mind,
    folder: Path,
    *,
    connected: bool = True,
    listens: bool = False,
    **settings: Any,
) -> AsyncIterator[House]:
    """The bot with both Zalo channels. *listens* also polls and looks after the token."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        hook = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with Zalo(hook=hook) as zalo:
            if connected:
                connect(database, zalo)
            config = Config(data=folder, public_url=hook, **zalo_settings(zalo), **settings)
            app = App.open(config, database, Start(mind, PUBLISHED))
            server = uvicorn.Server(
                uvicorn.Config(app.web(), log_config=None, access_log=False, lifespan="off", ws="none")
            )
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            await eventually(lambda: server.started)
            zalos = [each for name, each in app.channels.items() if name.startswith("zalo")]
            listening = [asyncio.create_task(each.listen(app.inbox.receive)) for each in zalos if listens]
            try:
                yield House(app, zalo)
            finally:
                for task in listening:
                    task.cancel()
                await asyncio.gather(*listening, return_exceptions=True)
                await app.inbox.settle()
                for channel in app.channels.values():
                    await channel.close()
                server.should_exit = True
                await serving


def zalo_settings(zalo: Zalo) -> dict[str, str]:
    """The configuration that names the stand-in."""
    return {
        "zalo_oa_app_id": APP_ID,
        "zalo_oa_app_secret": APP_SECRET,
        "zalo_oa_secret_key": OA_KEY,
        "zalo_oa_api_url": zalo.url,
        "zalo_oa_oauth_url": zalo.url,
        "zalo_bot_token": BOT_TOKEN,
        "zalo_bot_api_url": zalo.url,
    }


def connect(database: Database, zalo: Zalo) -> None:
    """Keep a pair of tokens, as ``hoctap zalo connect`` does."""
    access, refresh = zalo.grant()
    pair = KeptPair(access, refresh, zalo.access[access], 1)
    database.submit(lambda c: keep_pair(c, APP_ID, pair, utc_now())).result()


def oa_of(house: House, **timeouts: float) -> ZaloOaChannel:
    """The Official Account's channel, with short timeouts."""
    channel = house.app.channels["zalo_oa"]
    assert isinstance(channel, ZaloOaChannel)
    if timeouts:
        channel._request = ZaloRequest(**timeouts)
    return channel


async def eventually(holds: Callable[[], object], within: float = 30.0) -> None:
    """Wait until it holds, looking often."""
    ends = asyncio.get_running_loop().time() + within
    while not holds():
        assert asyncio.get_running_loop().time() < ends, "it never came to hold"
        await asyncio.sleep(0.005)
