"""Sheets officials download: nothing in a cell may run as a formula."""

from bot.db.results import Copy
from bot.office.office import Office
from bot.outreach.report import because, moment

_STARTERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(text: str) -> str:
    """*text* for a cell: what Excel would take as a formula begins with an apostrophe and stays text."""
    return f"'{text}" if text.lstrip(" ").startswith(_STARTERS) or text.startswith(_STARTERS) else text


def describe_copy(office: Office, copy: Copy) -> tuple[str, ...]:
    """What became of a copy as officials read it: channel, place, status, reason, time, whether the person
    wrote back or stopped receiving within a day; no person."""
    return (
        copy.channel,
        office.place_name(copy.place) if copy.place else "",
        office.texts(f"delivery.{copy.status}"),
        because(office.texts, copy.reason) if copy.reason else "",
        moment(copy.at) if copy.at else "",
        office.texts("results.yes") if copy.replied else "",
        office.texts("results.yes") if copy.opted_out else "",
    )
