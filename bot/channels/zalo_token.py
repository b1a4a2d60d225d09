"""The tokens of a Zalo Official Account: renewed in time, by one process, and kept before they are used.

OAuth v4: an access token lives 25 hours; the refresh token works once and brings a new pair. A pair
that was renewed and not kept is lost for good, and an admin of the account must consent again.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from urllib.parse import urlencode

import structlog

from bot.channels.zalo_request import Flooded, NoAnswer, NotSent, ZaloRequest

log = structlog.get_logger()

RENEW_BEFORE: Final = timedelta(hours=5)
CLAIM: Final = timedelta(seconds=60)
RELOAD: Final = timedelta(seconds=60)
ASK_AGAIN: Final = timedelta(minutes=10)
KEEP_TRIES: Final = 8

REMEDY: Final = (
    "an admin of the Official Account must consent again: run hoctap zalo connect on the server and follow it"
)


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access token and the refresh token that brings the next pair. *version* grows with each pair."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    version: int = 0


class TokenStore(Protocol):
    """Where the pair outlives the process, and where processes agree on who renews it."""

    async def load(self) -> TokenPair | None:
        """The pair, or None before the account was connected."""
        ...

    async def claim(self, version: int, owner: str, now: datetime, until: datetime) -> bool:
        """Whether *owner* alone may renew the pair *version* before *until*."""
        ...

    async def release(self, version: int, owner: str) -> None:
        """Give the claim back; the pair is still the same."""
        ...

    async def keep(self, pair: TokenPair) -> bool:
        """Put *pair* in the place of the one whose version is one lower; False when it is not there."""
        ...


class TokenLost(Exception):
    """There is no pair that works. The message says what an admin must do."""


class TokenLater(Exception):
    """The pair cannot be renewed at this moment; it is not lost."""


class TokenKeeper:
    """Gives out the access token. One a process; any number of processes share a store."""

    def __init__(
        self,
        request: ZaloRequest,
        store: TokenStore,
        clock: Callable[[], datetime],
        *,
        oauth_url: str,
        app_id: str,
        app_secret: str,
        pause: float = 0.5,
    ) -> None:
        self._request = request
        self._store = store
        self._clock = clock
        self._oauth_url = oauth_url.rstrip("/")
        self._app_id = app_id
        self._app_secret = app_secret
        self._pause = pause
        self._owner = secrets.token_hex(8)
        self._pair: TokenPair | None = None
        self._loaded_at: datetime | None = None
        self._refused: tuple[int, datetime] | None = None
        self._renewing = asyncio.Lock()

    async def token(self) -> str:
        """A token that works now, renewed when it is about to end. Raises TokenLost or TokenLater."""
        pair, now = await self._known(), self._clock()
        if pair.expires_at - now > RENEW_BEFORE:
            return pair.access_token
        try:
            return (await self._renew(pair.access_token)).access_token
        except (TokenLost, TokenLater):
            # The old one may still do for hours; meanwhile the state says that somebody must act.
            if pair.expires_at > now:
                return pair.access_token
            raise

    async def renew(self, refused: str) -> str:
        """A token other than *refused*, which Zalo did not take. Raises TokenLost or TokenLater."""
        return (await self._renew(refused)).access_token

    def is_lost(self) -> bool:
        """Whether Zalo refused to renew the pair in use."""
        return self._refused is not None and self._pair is not None and self._refused[0] == self._pair.version

    async def connect(self, grant: Mapping[str, str]) -> TokenPair:
        """Exchange an admin's consent for a first pair, and keep it. Raises TokenLost or TokenLater."""
        before = await self._store.load()
        answer = await self._ask(grant)
        pair = self._read(answer, before.version + 1 if before else 1)
        if pair is None:
            raise TokenLost(_words(answer))
        await self._keep(pair)
        return pair

    async def _known(self) -> TokenPair:
        now = self._clock()
        if self._pair is None or self._loaded_at is None or now - self._loaded_at > RELOAD:
            self._pair, self._loaded_at = await self._store.load(), now
        if self._pair is None:
            raise TokenLost(f"the Official Account is not connected; {REMEDY}")
        return self._pair

    async def _renew(self, refused: str) -> TokenPair:
        async with self._renewing:
            waited_until = self._clock() + CLAIM
            while True:
                pair = self._pair = await self._store.load()
                now = self._loaded_at = self._clock()
                if pair is None:
                    raise TokenLost(f"the Official Account is not connected; {REMEDY}")
                if pair.access_token != refused:
                    return pair
                if self._refused and self._refused[0] == pair.version and now - self._refused[1] < ASK_AGAIN:
                    raise TokenLost(f"Zalo refuses the refresh token; {REMEDY}")
                if await self._store.claim(pair.version, self._owner, now, now + CLAIM):
                    return await self._exchange(pair)
                if now >= waited_until:
                    raise TokenLater("another process renews the token")
                await asyncio.sleep(self._pause)

    async def _exchange(self, pair: TokenPair) -> TokenPair:
        """The next pair, kept before it is given out. Only the owner of the claim comes here."""
        grant = {
            "grant_type": "refresh_token",
            "refresh_token": pair.refresh_token,
            "app_id": self._app_id,
        }
        try:
            answer = await self._ask(grant)
        except TokenLater:
            await self._store.release(pair.version, self._owner)
            raise
        fresh = self._read(answer, pair.version + 1)
        if fresh is None:
            await self._store.release(pair.version, self._owner)
            self._refused = (pair.version, self._clock())
            log.error("zalo_oa_token_refused", code=answer.get("error"), remedy=REMEDY)
            raise TokenLost(f"Zalo refuses the refresh token ({_words(answer)}); {REMEDY}")
        await self._keep(fresh)
        self._refused = None
        log.info("zalo_oa_token_renewed", version=fresh.version)
        return fresh

    async def _keep(self, pair: TokenPair) -> None:
        for attempt in range(KEEP_TRIES):
            try:
                if not await self._store.keep(pair):
                    # Somebody connected the account anew meanwhile: that pair is the one that counts.
                    raise TokenLater("another pair was kept meanwhile")
                break
            except TokenLater:
                raise
            except Exception as error:
                log.error("zalo_oa_token_not_kept", attempt=attempt, error=type(error).__name__)
                if attempt == KEEP_TRIES - 1:
                    raise TokenLost(f"the new tokens could not be stored; {REMEDY}") from None
                await asyncio.sleep(self._pause * 2**attempt)
        self._pair, self._loaded_at = pair, self._clock()

    async def _ask(self, grant: Mapping[str, str]) -> dict[str, Any]:
        try:
            return await self._request.post(
                f"{self._oauth_url}/v4/oa/access_token",
                form={**grant, "app_id": self._app_id},
                headers={"secret_key": self._app_secret},
            )
        except (NotSent, NoAnswer, Flooded) as error:
            raise TokenLater(f"Zalo's sign-in does not answer ({type(error).__name__})") from None

    def _read(self, answer: Mapping[str, Any], version: int) -> TokenPair | None:
        match answer:
            case {"access_token": str() as access, "refresh_token": str() as refresh} if access and refresh:
                try:
                    seconds = float(answer.get("expires_in") or 90_000)  # A string: "90000".
                except (TypeError, ValueError):
                    seconds = 90_000
                return TokenPair(access, refresh, self._clock() + timedelta(seconds=seconds), version)
        return None


def consent_url(oauth_url: str, app_id: str, app_secret: str, redirect_uri: str, state: str) -> str:
    """Where an admin of the account consents."""
    asked = {
        "app_id": app_id,
        "redirect_uri": redirect_uri,
        "code_challenge": code_challenge(app_secret),
        "state": state,
    }
    return f"{oauth_url.rstrip('/')}/v4/oa/permission?{urlencode(asked)}"


def code_verifier(app_secret: str) -> str:
    """The PKCE verifier: always the same, because Zalo's console stores a fixed challenge."""
    return _base64url(hmac.digest(app_secret.encode(), b"hoctap zalo code verifier", "sha256"))


def code_challenge(app_secret: str) -> str:
    """The PKCE challenge to put into Zalo's console."""
    return _base64url(hashlib.sha256(code_verifier(app_secret).encode()).digest())


def _base64url(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _words(answer: Mapping[str, Any]) -> str:
    """The number and name of a refusal, without anything it may repeat of what was sent."""
    name = str(answer.get("error_name") or "")[:60]
    return f"error {answer.get('error')} {name}".strip()
