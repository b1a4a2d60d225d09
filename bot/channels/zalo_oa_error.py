"""What each error number of the Official Account's interface means for us."""

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.channels.base import ContactGone, Misconfigured, Refused, Retryable, SendError, WindowClosed

ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")

TOKEN_REFUSED: Final = frozenset({-216, -220})

SLOW_DOWN: Final = 60.0
QUOTA_WAIT: Final = 3600.0
ARTICLE_WAIT: Final = 30.0

# A kind or a part of a message that the account may not send; the same words may go as plain text.
SHAPE_REFUSED: Final = frozenset({-201, -210, -233})

_GONE: Final = {
    -213: "does not follow the account",
    -227: "banned, or away for 45 days",
    -244: "restricted messages of the account",
}
_WINDOW: Final = {-230, -232}
_NIGHT: Final = {-133, -234}
_ACT: Final = {
    -204: "the account is disabled",
    -205: "the account does not exist",
    -209: "the interface is not supported",
    -212: "the application is not registered for this interface",
    -219: "the application is removed or disabled",
    -221: "the account must be verified",
    -223: "the account has not authorized this interface",
    -224: "the account must upgrade its package",
    -235: "this type of account is not supported",
    -242: "invalid appsecret_proof",
    -320: "the application needs a Zalo Cloud Account",
    -321: "the Zalo Cloud Account is out of money",
}


def translate(code: int, now: datetime) -> SendError:
    """The SendError of *code*. A number nobody knows is a refusal: Zalo answered, and took nothing.

    The two numbers of a refused token are not here: they are tried again with a new one first.
    """
    if code in _WINDOW:
        return WindowClosed(f"error {code}")
    if code in _GONE:
        return ContactGone(f"error {code}: {_GONE[code]}")
    if code in _NIGHT:
        return Retryable(_until_morning(now))
    if code in _ACT:
        return Misconfigured(f"error {code}: {_ACT[code]}")
    match code:
        case -32:
            return Retryable(SLOW_DOWN, whole_channel=True)
        case -211:
            return Retryable(QUOTA_WAIT, whole_channel=True)
        case -210 | -218:
            return Retryable(QUOTA_WAIT)
        case -214:
            return Retryable(ARTICLE_WAIT)
        case -216 | -220:
            return Misconfigured(f"error {code}: token refused")
    return Refused(f"error {code}")


def _until_morning(now: datetime) -> float:
    """The seconds until 06:00 in Vietnam, when Zalo's night ends."""
    here = now.astimezone(ZONE)
    morning = datetime.combine(here.date(), time(6), ZONE)
    if morning <= here:
        morning += timedelta(days=1)
    return (morning - here).total_seconds()
