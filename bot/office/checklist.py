"""What to look at before a broadcast goes on: blockers, which a rule would refuse, and warnings."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from bot.db import Connection, broadcasts, schedules
from bot.office.counting import Count
from bot.office.links import LinkState, links_of
from bot.office.office import Office
from bot.office.samples import longest_sample
from bot.office.sources import answers_gone, repealed_in
from bot.outreach.broadcast import Broadcast, Forbidden, check_times
from bot.outreach.frozen_content import paths_of, render
from bot.outreach.quiet_hours import is_quiet

SENTENCE_MAX = 25
"""Syllables; longer sentences are hard for people who read little."""

_SENTENCE = re.compile(r"[.!?…\n]+")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at; *key* is its sentence in ``broadcast_texts.yml``."""

    key: str
    blocks: bool
    arguments: Mapping[str, object] = field(default_factory=dict)


def look_over(
    connection: Connection,
    office: Office,
    broadcast: Broadcast,
    count: Count | None,
    links: Mapping[str, LinkState],
    now: datetime,
) -> list[Finding]:
    """Everything to look at, blockers first; what is not counted or tried yet is left out."""
    found = [*_blockers(connection, office, broadcast, count, now)]
    if twins := broadcasts.twins(connection, broadcast):
        found.append(Finding("show.twins", False, {"ids": ", ".join(map(str, twins))}))
    for code in schedules.paths_not_open(connection, paths_of(broadcast.content)):
        found.append(Finding("check.path_closed", False, {"code": code}))
    if broadcast.disturbs:
        found.append(Finding("show.urgent", False, {"reason": broadcast.content["urgent_reason"]}))
    if count:
        found += _of_reach(office, broadcast, count)
    found += _of_words(office, broadcast)
    found += _of_links(broadcast, links)
    return sorted(found, key=lambda each: not each.blocks)


def _blockers(
    connection: Connection, office: Office, broadcast: Broadcast, count: Count | None, now: datetime
) -> Iterator[Finding]:
    if count and not count.people.total:
        yield Finding("rule.nobody", True)
    try:
        check_times(broadcast, now)
    except Forbidden as error:
        yield Finding(error.key, True, error.arguments)
    for gone in repealed_in(office, broadcast):
        yield Finding("rule.repealed", True, {"name": gone.name, "now": gone.now})
    for code in answers_gone(office, broadcast):
        yield Finding("rule.answer_gone", True, {"code": code})
    if broadcast.id and (ids := broadcasts.same_text_today(connection, broadcast, now)):
        yield Finding("rule.same_text", True, {"ids": ", ".join(map(str, ids))})


def _of_reach(office: Office, broadcast: Broadcast, count: Count) -> Iterator[Finding]:
    if without := count.people.excluded.get("no_channel"):
        yield Finding("check.no_channel", False, {"count": without})
    for each in count.plan:
        if each.over_plan:
            yield Finding("check.over_plan", False, {"channel": each.channel, "count": each.over_plan})
        if each.closed:
            yield Finding("check.closed", False, {"channel": each.channel, "count": each.closed})
        if each.bare and each.people:
            yield Finding("check.bare", False, {"channel": each.channel})
        if each.cost:
            yield Finding("check.cost", False, {"channel": each.channel, "cost": each.cost})
        over = broadcast.starts_at + timedelta(seconds=each.seconds)
        minutes = ceil(each.seconds / 60)
        if over > broadcast.not_after:
            yield Finding(
                "check.too_slow",
                False,
                {"channel": each.channel, "minutes": minutes, "not_after": broadcast.not_after},
            )
        elif not broadcast.disturbs and is_quiet(over) and not is_quiet(broadcast.starts_at):
            yield Finding("check.into_quiet", False, {"channel": each.channel, "minutes": minutes})
    place = longest_sample(office, broadcast)
    for name, channel in sorted(office.channels.items()):
        parts = len(channel.render(render(broadcast.content, name, place)))
        if name in count.people.channels and parts > 1:
            yield Finding("check.parts", False, {"channel": name, "count": parts})


def _of_words(office: Office, broadcast: Broadcast) -> Iterator[Finding]:
    for sentence in _SENTENCE.split(render(broadcast.content, place=longest_sample(office, broadcast)).text):
        words = sentence.split()
        if len(words) > SENTENCE_MAX and not sentence.lstrip().startswith("_"):
            yield Finding("check.long_sentence", False, {"start": " ".join(words[:6]), "count": len(words)})


def _of_links(broadcast: Broadcast, links: Mapping[str, LinkState]) -> Iterator[Finding]:
    for url in links_of(broadcast):
        if not url.startswith("https://"):
            yield Finding("check.insecure_link", False, {"url": url})
        state = links.get(url, LinkState.UNKNOWN)
        if state is not LinkState.OPENS:
            yield Finding(f"check.link_{state}", False, {"url": url})
