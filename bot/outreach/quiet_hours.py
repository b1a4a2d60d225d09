"""Quiet hours: from 21:00 to 07:00 in Vietnam nobody is written to unasked."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
BEGIN = time(21, 0)
END = time(7, 0)


def is_quiet(moment: datetime) -> bool:
    """Whether *moment* lies in the quiet hours; 21:00 does, 07:00 does not."""
    local = moment.astimezone(ZONE).time()
    return local >= BEGIN or local < END


def next_allowed(moment: datetime) -> datetime:
    """*moment* itself when it is not quiet, else the 07:00 that follows, in the zone of *moment*."""
    if not is_quiet(moment):
        return moment
    local = moment.astimezone(ZONE)
    morning = local.replace(hour=END.hour, minute=END.minute, second=0, microsecond=0)
    if local.time() >= BEGIN:
        morning += timedelta(days=1)
    return morning.astimezone(moment.tzinfo)
