"""How the two Zalo channels are opened: their tokens and quotas in the database, their location page."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.channels.base import Files, LocationLink
from bot.channels.plain_message import MenuWords
from bot.channels.zalo_bot import BotSettings, ZaloBotChannel
from bot.channels.zalo_oa import OaSettings, ZaloOaChannel
from bot.channels.zalo_request import ZaloRequest
from bot.channels.zalo_token import TokenKeeper, TokenPair
from bot.config import Config
from bot.contacts import Quota
from bot.db import Database, quotas, zalo
from bot.db.zalo import KeptPair
from bot.messages import Address
from bot.web.location import PATH, seal

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class DatabaseTokens:
    """A TokenStore for the application *app_id*."""

    database: Database
    app_id: str
    clock: Callable[[], datetime]

    async def load(self) -> TokenPair | None:
        """The pair, or None before the account was connected."""
        kept = await self.database.read(lambda c: zalo.find_pair(c, self.app_id))
        return TokenPair(kept.access_token, kept.refresh_token, kept.expires_at, kept.version) if kept else None

    async def claim(self, version: int, owner: str, now: datetime, until: datetime) -> bool:
        """Whether *owner* alone may renew the pair *version* before *until*."""
        return await self.database.write(lambda c: zalo.claim_pair(c, self.app_id, version, owner, now, until))

    async def release(self, version: int, owner: str) -> None:
        """Give the claim back."""
        await self.database.write(lambda c: zalo.release_pair(c, self.app_id, version, owner))

    async def keep(self, pair: TokenPair) -> bool:
        """Put *pair* in the place of the one before it; on disk when this returns."""
        kept = KeptPair(pair.access_token, pair.refresh_token, pair.expires_at, pair.version)
        return await self.database.write(lambda c: zalo.keep_pair(c, self.app_id, kept, self.clock()))


def open_token_keeper(config: Config, database: Database, request: ZaloRequest, clock: Clock) -> TokenKeeper:
    """Who looks after the tokens of the Official Account."""
    return TokenKeeper(
        request,
        DatabaseTokens(database, config.zalo_oa_app_id, clock),
        clock,
        oauth_url=config.zalo_oa_oauth_url,
        app_id=config.zalo_oa_app_id,
        app_secret=config.zalo_oa_app_secret,
    )


def open_zalo_oa(
    config: Config, database: Database, words: MenuWords, connected: str, clock: Clock, files: Files | None = None
) -> ZaloOaChannel:
    """The Official Account's channel; *connected* is what the page behind the consent says."""

    async def keep_quota(quota: Quota) -> None:
        await database.write(lambda c: quotas.keep(c, quota, clock()))

    request = ZaloRequest()
    settings = OaSettings(
        config.zalo_oa_app_id,
        config.zalo_oa_secret_key,
        config.zalo_oa_api_url,
        config.zalo_oa_per_minute,
        config.zalo_oa_reply_price,
        config.zalo_oa_template_price,
        connected,
    )
    keeper = open_token_keeper(config, database, request, clock)
    return ZaloOaChannel(
        settings,
        keeper,
        request,
        words,
        clock,
        keep_quota=keep_quota,
        location_link=_location_link(config, clock),
        files=files,
    )


def open_zalo_bot(
    config: Config, database: Database, words: MenuWords, clock: Clock, files: Files
) -> ZaloBotChannel:
    """The Bot Platform's channel."""
    most = config.zalo_bot_monthly_max

    async def count(channel: str, period: str, more: int) -> int:
        return await database.write(lambda c: quotas.count(c, channel, period, more, most, clock()))

    settings = BotSettings(
        config.zalo_bot_token,
        config.zalo_bot_api_url,
        config.public_url if config.zalo_bot_webhook_secret else "",
        config.zalo_bot_webhook_secret,
        config.zalo_bot_people_max,
        most,
    )
    link = _location_link(config, clock)
    return ZaloBotChannel(settings, ZaloRequest(), words, clock, count=count, location_link=link, files=files)


def location_key(config: Config) -> bytes:
    """What the addresses of the location page are sealed with: the same in every process."""
    secrets = f"{config.zalo_oa_secret_key}\0{config.zalo_oa_app_secret}\0{config.zalo_bot_token}"
    return hashlib.sha256(f"hoctap location page\0{secrets}".encode()).digest()


def _location_link(config: Config, clock: Clock) -> LocationLink | None:
    if not config.public_url:
        return None
    key = location_key(config)

    def link(address: Address) -> str:
        return f"{config.public_url}{PATH}?k={seal(address, key, clock())}"

    return link
