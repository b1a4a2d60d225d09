"""What Zalo says about the account's quota, in whichever of its forms."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.contacts import Quota

ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")


def read_quotas(data: object, channel: str, now: datetime) -> Iterator[Quota]:
    """The quotas in the *data* of an answer: one object, a list, or one below ``quota``."""
    match data:
        case list():
            for each in data:
                yield from read_quotas(each, channel, now)
        case {"quota": Mapping() | list() as inner}:
            yield from read_quotas(inner, channel, now)
        case {"total": total_said, "remain": left_said, **rest}:
            total, left = _number(total_said), _number(left_said)
            if total is not None and left is not None:
                name = str(rest.get("quota_type") or "quota")[:40]
                yield Quota(channel, name, month_of(now), max(0, total - left), total)


def month_of(now: datetime) -> str:
    """The month in Vietnam, ``2026-11``: what plans count by."""
    return f"{now.astimezone(ZONE):%Y-%m}"


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
