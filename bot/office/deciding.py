"""What is done to a broadcast: drafted, edited, submitted, approved, turned back, halted – each by the rules.

Each act takes a connection and decides in the same transaction that keeps it; Forbidden says why not.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.access import rights
from bot.access.rights import Right
from bot.contacts import Quota
from bot.db import Connection, broadcast_versions, broadcasts, quotas
from bot.db.audience import Audience, count_audience, count_routes
from bot.office.attaching import keep_file
from bot.office.office import Office
from bot.office.samples import longest_sample
from bot.office.sources import check_sources
from bot.outreach import broadcast as rules
from bot.outreach.broadcast import Act, Broadcast, Forbidden
from bot.outreach.campaign import Campaign
from bot.outreach.frozen_content import closing, render
from bot.outreach.notice import ACKNOWLEDGE
from bot.outreach.official import Official
from bot.outreach.quiet_hours import ZONE
from bot.outreach.reach import ChannelReach, Limits, Route, plan_reach


def draft(connection: Connection, office: Office, official: Official, made: Broadcast, now: datetime) -> Broadcast:
    """Keep the new draft *made*. Returns it with its id."""
    rights.check(official, Right.DRAFT)
    rules.check_scope(made, official, office.province_of)
    _check_corrected(connection, office, official, made)
    keep_file(connection, office, made.content, now, official.login)
    return broadcasts.add(connection, made, now)


_ONLY_IN_FILES = ("quiz", "template", "texts")


def edit(
    connection: Connection, office: Office, official: Official, number: int, made: Broadcast, now: datetime
) -> Broadcast:
    """Write the broadcast anew as *made*; every approval it had is void. Raises Forbidden, as `check_form`."""
    rights.check(official, Right.DRAFT)
    rules.check_scope(made, official, office.province_of)
    before = find(connection, office, official, number)
    if "written" in made.content:
        check_form(before)
    keep_file(connection, office, made.content, now, official.login)
    return _change(connection, official, number, Act.EDIT, lambda b: rules.edit(b, made, now), now)


def check_form(before: Broadcast) -> None:
    """Raises Forbidden where words typed into a form would drop what only a campaign's file can hold."""
    confirms = any(each["token"] == ACKNOWLEDGE for each in before.content["buttons"])
    if confirms or any(part in before.content for part in _ONLY_IN_FILES):
        raise Forbidden("rule.only_in_file", file=f"{before.campaign}.md")


def check_form_of(campaign: Campaign) -> None:
    """As `check_form`, for a campaign's file that a form is filled from."""
    if campaign.asks_confirmation or campaign.options or campaign.template or campaign.texts:
        raise Forbidden("rule.only_in_file", file=f"{campaign.code}.md")


def find(connection: Connection, office: Office, official: Official, number: int) -> Broadcast:
    """The broadcast, when *official* may see it; Forbidden, as for one that is not there, when not."""
    rights.check(official, Right.SEE_BROADCASTS)
    found = broadcasts.find(connection, number)
    if not sees(connection, office, official, found):
        raise Forbidden("rule.unknown", id=number)
    return found


def newest(connection: Connection, office: Office, official: Official, limit: int = 50) -> list[Broadcast]:
    """The newest broadcasts that *official* may see, newest first."""
    rights.check(official, Right.SEE_BROADCASTS)
    seen: list[Broadcast] = []
    page = broadcasts.newest(connection, limit)
    while page and len(seen) < limit:
        seen += [each for each in page if sees(connection, office, official, each)]
        page = broadcasts.newest(connection, limit, before=page[-1].id)
    return seen[:limit]


def sees(connection: Connection, office: Office, official: Official, found: Broadcast) -> bool:
    """Whether the broadcast lies in the official's scope, or corrects one that does."""
    if found.corrects is not None and official.scope:
        found = broadcasts.find(connection, found.corrects)
    return rights.is_in_scope(found, official, office.province_of)


def submit(connection: Connection, office: Office, official: Official, number: int, now: datetime) -> Broadcast:
    """Submit a draft for approval; from now on nothing of it may change."""
    rights.check(official, Right.DRAFT)
    found = find(connection, office, official, number)
    if not count_people(connection, office, found, now).total:
        raise Forbidden("rule.nobody")
    check_sources(office, found)
    broadcasts.check_same_text(connection, found, now)
    submitted = _change(connection, official, number, Act.SUBMIT, lambda b: rules.submit(b, official, now), now)
    broadcast_versions.keep(connection, submitted, official.login, now)
    return submitted


def may_approve(
    connection: Connection, office: Office, official: Official, seen: Broadcast, now: datetime
) -> None:
    """Raises Forbidden when *official* may not approve the broadcast as they saw it."""
    rights.check(official, Right.APPROVE)
    rules.approve(seen, official, seen.digest, now)
    find(connection, office, official, seen.id)
    check_sources(office, seen)
    broadcasts.check_same_text(connection, seen, now)


def approve(
    connection: Connection, office: Office, official: Official, seen: Broadcast, total: int, now: datetime
) -> Broadcast:
    """Approve what somebody else wrote and submitted, as it was *seen*, for *total* people."""
    may_approve(connection, office, official, seen, now)

    def rule(found: Broadcast) -> Broadcast:
        return replace(rules.approve(found, official, seen.digest, now), expected=total)

    return _change(connection, official, seen.id, Act.APPROVE, rule, now, f"{seen.digest[:12]} {total}")


def withdraw(
    connection: Connection, office: Office, official: Official, number: int, reason: str, now: datetime
) -> Broadcast:
    """Take an approval back, within ten minutes of it; the broadcast is a draft again."""
    rights.check(official, Right.DRAFT)
    find(connection, office, official, number)
    return _change(
        connection, official, number, Act.WITHDRAW, lambda b: rules.withdraw(b, official, reason), now, reason
    )


def turn_back(
    connection: Connection, office: Office, official: Official, number: int, act: Act, reason: str, now: datetime
) -> Broadcast:
    """Return a broadcast to be mended (``Act.RETURN``) or reject it for good (``Act.REJECT``)."""
    rights.check(official, Right.APPROVE)
    find(connection, office, official, number)
    return _change(
        connection, official, number, act, lambda b: rules.turn_back(b, act, official, reason), now, reason
    )


def pause(
    connection: Connection, office: Office, official: Official, number: int, reason: str, now: datetime
) -> Broadcast:
    """Hold a broadcast where it is."""
    rights.check(official, Right.HALT)
    find(connection, office, official, number)
    return _change(connection, official, number, Act.PAUSE, lambda b: rules.pause(b, reason), now, reason)


def resume(connection: Connection, office: Office, official: Official, number: int, now: datetime) -> Broadcast:
    """Go on with a paused broadcast."""
    find(connection, office, official, number)
    rights.check(official, Right.APPROVE)
    return _change(connection, official, number, Act.RESUME, lambda b: rules.resume(b, official, now), now)


def stop(
    connection: Connection, office: Office, official: Official, number: int, reason: str, now: datetime
) -> Broadcast:
    """Stop a broadcast for good; every sender sees it at its next message."""
    rights.check(official, Right.HALT)
    find(connection, office, official, number)
    return _change(connection, official, number, Act.STOP, lambda b: rules.stop(b, reason, now), now, reason)


def resolve(
    connection: Connection, office: Office, official: Official, number: int, now: datetime, *, resend: bool
) -> int:
    """Settle the copies of which nobody knows whether they arrived. Returns how many."""
    rights.check(official, Right.APPROVE)
    find(connection, office, official, number)
    return broadcasts.settle_doubts(connection, number, official, now, resend=resend)


def count_people(connection: Connection, office: Office, found: Broadcast, now: datetime) -> Audience:
    """Whom the broadcast would reach now."""
    return count_audience(connection, found.segment, set(office.channels), now, _closing(office, found))


def plan(
    connection: Connection, office: Office, found: Broadcast, now: datetime, counted: Audience | None = None
) -> tuple[Sequence[ChannelReach], Sequence[Quota]]:
    """How many *found* can really reach now on each channel, by which right, for how much, how long; and
    what is left of the channels' quotas this month. *counted* are its people, when they are known."""
    abilities = {name: each.abilities for name, each in office.channels.items()}
    limits = {
        name: Limits(each.per_second, each.window, each.people_max, each.monthly_max, each.files)
        for name, each in abilities.items()
    }
    windows = {name: each.window for name, each in limits.items()}
    people: Mapping[str, Mapping[Route, int]]
    if counted and not any(windows.values()):
        people = {name: {Route.OPEN: many} for name, many in counted.channels.items()}
    else:
        people = count_routes(connection, found.segment, windows, now, _closing(office, found))
    known = quotas.of_period(connection, f"{now.astimezone(ZONE):%Y-%m}")
    place = longest_sample(office, found)
    calls = [each.render(render(found.content, name, place)) for name, each in office.channels.items()]
    parts = max((len(each) for each in calls), default=1)
    has_template, has_file = "template" in found.content, "media" in found.content
    return plan_reach(people, limits, known, has_template=has_template, parts=parts, has_file=has_file), known


def _closing(office: Office, found: Broadcast) -> Mapping[str, timedelta]:
    windows = {name: each.abilities.window for name, each in office.channels.items()}
    return closing(found.content, {name: each.paid for name, each in windows.items() if each})


def _check_corrected(connection: Connection, office: Office, official: Official, made: Broadcast) -> None:
    if made.corrects is not None:
        find(connection, office, official, made.corrects)


def _change(
    connection: Connection,
    by: Official,
    number: int,
    act: Act,
    rule: Callable[[Broadcast], Broadcast],
    now: datetime,
    detail: str = "",
) -> Broadcast:
    return broadcasts.change(connection, number, rule, act, by=by.login, now=now, detail=detail)
