"""What to look at before a broadcast goes on: blockers, which a rule would refuse, and warnings."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.db import Connection, broadcasts
from bot.db.audience import Audience
from bot.office.office import Office
from bot.outreach.broadcast import Broadcast, Forbidden, check_times
from bot.outreach.frozen_content import render

SENTENCE_MAX = 25
"""Syllables; longer sentences are hard for people who read little."""

_SENTENCE = re.compile(r"[.!?…\n]+")
_URL = re.compile(r"https?://[^\s)\]]+")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at; *key* is its sentence in ``broadcast_texts.yml``."""

    key: str
    blocks: bool
    arguments: Mapping[str, object] = field(default_factory=dict)


def look_over(
    connection: Connection, office: Office, broadcast: Broadcast, people: Audience, now: datetime
) -> list[Finding]:
    """Everything to look at, blockers first."""
    found = [
        *_blockers(connection, office, broadcast, people, now),
        *_warnings(connection, office, broadcast, people),
    ]
    return sorted(found, key=lambda each: not each.blocks)


def _blockers(
    connection: Connection, office: Office, broadcast: Broadcast, people: Audience, now: datetime
) -> Iterator[Finding]:
    if not people.total:
        yield Finding("rule.nobody", True)
    try:
        check_times(broadcast, now)
    except Forbidden as error:
        yield Finding(error.key, True, error.arguments)
    if broadcast.id and (ids := broadcasts.same_text_today(connection, broadcast, now)):
        yield Finding("rule.same_text", True, {"ids": ", ".join(map(str, ids))})


def _warnings(connection: Connection, office: Office, broadcast: Broadcast, people: Audience) -> Iterator[Finding]:
    if twins := broadcasts.twins(connection, broadcast):
        yield Finding("show.twins", False, {"ids": ", ".join(map(str, twins))})
    if broadcast.disturbs:
        yield Finding("show.urgent", False, {"reason": broadcast.content["urgent_reason"]})
    if count := people.excluded.get("no_channel"):
        yield Finding("check.no_channel", False, {"count": count})
    reply = render(broadcast.content)
    for name, channel in sorted(office.channels.items()):
        if name in people.channels and (parts := len(channel.render(render(broadcast.content, name)))) > 1:
            yield Finding("check.parts", False, {"channel": name, "count": parts})
    for sentence in _SENTENCE.split(reply.text):
        words = sentence.split()
        if len(words) > SENTENCE_MAX and not sentence.lstrip().startswith("_"):
            start = " ".join(words[:6])
            yield Finding("check.long_sentence", False, {"start": start, "count": len(words)})
    targets = [each.target for each in reply.all_choices() if each.target.startswith("http")]
    for url in dict.fromkeys([*_URL.findall(reply.text), *targets]):
        key = "check.link" if url.startswith("https://") else "check.insecure_link"
        yield Finding(key, False, {"url": url})
