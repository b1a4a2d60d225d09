"""Quiet hours: from 21:00 to 07:00 in Vietnam, and on public holidays, nobody is written to unasked."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.outreach.working_days import is_holiday

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
BEGIN = time(21, 0)
END = time(7, 0)


def is_quiet(moment: datetime, *, holidays_too: bool = False) -> bool:
    """Whether *moment* lies in the quiet hours; 21:00 does, 07:00 does not.

    A public holiday is quiet all day, but for what is meant for holidays too.
    """
    local = moment.astimezone(ZONE)
    if local.time() >= BEGIN or local.time() < END:
        return True
    return not holidays_too and is_holiday(local.date())


def next_allowed(moment: datetime, *, holidays_too: bool = False) -> datetime:
    """*moment* itself when it is not quiet, else the next 07:00 that is not, in the zone of *moment*."""
    if not is_quiet(moment, holidays_too=holidays_too):
        return moment
    local = moment.astimezone(ZONE)
    morning = local.replace(hour=END.hour, minute=END.minute, second=0, microsecond=0)
    if local.time() >= END:
        morning += timedelta(days=1)
    while is_quiet(morning, holidays_too=holidays_too):
        morning += timedelta(days=1)
    return morning.astimezone(moment.tzinfo)
