"""``hoctap zalo``: connect an Official Account, and see how it stands."""

import asyncio
import secrets
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

import typer

from bot.app import utc_now
from bot.channels.base import SendError
from bot.channels.plain_message import MenuWords
from bot.channels.zalo_oa import CONNECTED
from bot.channels.zalo_quota import month_of
from bot.channels.zalo_request import ZaloRequest
from bot.channels.zalo_token import TokenLater, TokenLost, TokenPair, code_challenge, code_verifier, consent_url
from bot.cli.errors import CommandError
from bot.cli.greeting import warn
from bot.config import Config
from bot.db import Database, quotas, zalo
from bot.dialogue.texts import Texts, load_texts
from bot.inbox import ZONE
from bot.log import set_up
from bot.zalo import open_token_keeper, open_zalo_oa

app = typer.Typer(help="The Zalo Official Account.", no_args_is_help=True)


@app.command()
def connect(
    refresh_token: Annotated[
        bool,
        typer.Option(
            "--refresh-token", help="Take a refresh token made in Zalo's API Explorer instead of a consent."
        ),
    ] = False,
) -> None:
    """Let an admin of the Official Account consent, and keep the tokens."""
    config, texts = _open()
    if refresh_token:
        token = typer.prompt(texts("cli.zalo_paste_token"), hide_input=True).strip()
        grant = {"grant_type": "refresh_token", "refresh_token": token}
    else:
        grant = _consented(config, texts)
    database = Database.open(config.database, config.keys)
    try:
        pair, name = asyncio.run(_exchange(config, database, texts, grant))
    finally:
        database.close()
    until = f"{pair.expires_at.astimezone(ZONE):%d/%m/%Y %H:%M}"
    typer.echo(texts("cli.zalo_connected", name=name, until=until))


@app.command()
def status() -> None:
    """Show whether the tokens work, until when, and what is left of the quotas."""
    config, texts = _open()
    database = Database.open(config.database, config.keys)
    try:
        pair = database.read_now(lambda c: zalo.find_pair(c, config.zalo_oa_app_id))
        if pair is None:
            raise CommandError(texts("cli.zalo_not_connected"))
        name = asyncio.run(_account_name(config, database, texts))
        now = utc_now()
        pair = database.read_now(lambda c: zalo.find_pair(c, config.zalo_oa_app_id)) or pair
        until = f"{pair.expires_at.astimezone(ZONE):%d/%m/%Y %H:%M}"
        typer.echo(texts("cli.zalo_connected", name=name, until=until))
        warn(config, texts)
        for each in database.read_now(lambda c: quotas.of_period(c, month_of(now))):
            typer.echo(
                texts("cli.quota", channel=each.channel, name=each.name, used=each.used, most=each.most or "?")
            )
    finally:
        database.close()


def _open() -> tuple[Config, Texts]:
    config = Config.load()
    set_up("error")
    texts = load_texts(config.content / "texts.yml")
    if not config.zalo_oa_app_id:
        raise CommandError(texts("cli.zalo_unset"))
    return config, texts


def _consented(config: Config, texts: Texts) -> dict[str, str]:
    """The grant of an admin's consent, who pastes where the browser ended."""
    if not config.public_url:
        raise CommandError(texts("cli.zalo_no_url"))
    callback = config.public_url + CONNECTED
    state = secrets.token_urlsafe(12)
    url = consent_url(config.zalo_oa_oauth_url, config.zalo_oa_app_id, config.zalo_oa_app_secret, callback, state)
    challenge = code_challenge(config.zalo_oa_app_secret)
    typer.echo(texts("cli.zalo_connect", callback=callback, challenge=challenge, url=url))
    pasted = typer.prompt(texts("cli.zalo_paste")).strip()
    code = pasted
    if "?" in pasted:
        query = parse_qs(urlsplit(pasted).query)
        if query.get("state", [state])[0] != state:
            raise CommandError(texts("cli.zalo_wrong_state"))
        code = query.get("code", [""])[0]
    if not code:
        raise CommandError(texts("cli.zalo_no_code"))
    return {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": code_verifier(config.zalo_oa_app_secret),
    }


async def _exchange(
    config: Config, database: Database, texts: Texts, grant: dict[str, str]
) -> tuple[TokenPair, str]:
    request = ZaloRequest()
    try:
        pair = await open_token_keeper(config, database, request, utc_now).connect(grant)
    except TokenLost as error:
        raise CommandError(texts("cli.zalo_refused", reason=str(error))) from None
    except TokenLater as error:
        raise CommandError(texts("cli.zalo_later", reason=str(error))) from None
    finally:
        await request.close()
    return pair, await _account_name(config, database, texts)


async def _account_name(config: Config, database: Database, texts: Texts) -> str:
    channel = open_zalo_oa(config, database, MenuWords.of(texts.named("menu")), "", utc_now)
    try:
        return await channel.account_name()
    except SendError as error:
        raise CommandError(texts("cli.zalo_refused", reason=str(error))) from None
    finally:
        await channel.close()
