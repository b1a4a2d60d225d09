"""A broadcast as citizens will see it on each channel, where they live, and what changed since the version
before."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.channels.base import Channel
from bot.db.audience import Audience
from bot.markup import to_html, to_plain
from bot.messages import Choice, ChoiceKind, Reply
from bot.office.counting import Count
from bot.office.office import Office
from bot.office.samples import samples
from bot.outreach import report
from bot.outreach.broadcast import Broadcast
from bot.outreach.frozen_content import render

PLACES_MAX = 40


@dataclass(frozen=True, slots=True)
class Bubble:
    """The message on one channel: its HTML (safe), what can be tapped, in how many pieces it comes, and for whom
    it is, where not all read the same."""

    channel: str
    html: str
    taps: tuple[str, ...]
    numbered: bool
    parts: int
    length: int
    whose: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a difference: ``same``, ``gone`` or ``new``."""

    kind: str
    text: str


def bubbles(office: Office, broadcast: Broadcast) -> list[Bubble]:
    """The message on every running channel that the audience allows."""
    wanted = broadcast.segment.channels or set(office.channels)
    return [
        replace(bubble(name, channel, render(broadcast.content, name, place)), whose=whose)
        for whose, place in samples(office, broadcast).items()
        for name, channel in sorted(office.channels.items())
        if name in wanted
    ]


def largest_places(office: Office, people: Audience) -> list[tuple[str, int]]:
    """The places most of *people* live in: communes of the one province they all live in, else provinces."""
    provinces = {province for province, _ in people.places}
    counted: dict[str, int] = {}
    for (province, home), many in people.places.items():
        code = home or province if len(provinces) == 1 else province
        counted[code] = counted.get(code, 0) + many
    ranked = sorted(counted.items(), key=lambda each: (-each[1], each[0]))
    named = [(office.place_name(code) if code else "", many) for code, many in ranked[:PLACES_MAX]]
    rest = sum(many for _, many in ranked[PLACES_MAX:])
    return [*named, (office.texts("show.elsewhere", count=len(ranked) - PLACES_MAX), rest)] if rest else named


def plan_lines(office: Office, count: Count, names: Mapping[str, str]) -> list[str]:
    """What each channel can really do, for how much, how long, in words; *names* are those of the channels."""
    channels = [replace(each, channel=names.get(each.channel, each.channel)) for each in count.plan]
    quotas = [replace(each, channel=names.get(each.channel, each.channel)) for each in count.quotas]
    return list(report.plan(office.texts, channels, quotas))


def difference(old: str, new: str) -> list[Piece]:
    """What changed between two texts, word by word."""
    before, after = old.split(" "), new.split(" ")
    return list(_pieces(before, after))


def changes(old: dict[str, Any], new: dict[str, Any], names: dict[str, str]) -> list[tuple[str, list[Piece]]]:
    """The fields that differ between two submitted versions, by their names for officials."""
    return [
        (label, difference(_line(old.get(field)), _line(new.get(field))))
        for field, label in names.items()
        if old.get(field) != new.get(field)
    ]


def bubble(name: str, channel: Channel, reply: Reply) -> Bubble:
    """A reply as it looks on the channel *name*."""
    return Bubble(
        name,
        to_html(reply.text),
        tuple(_tap(each) for each in reply.all_choices()),
        not channel.abilities.buttons,
        len(channel.render(reply)),
        len(to_plain(reply.text)),
    )


def _pieces(before: list[str], after: list[str]) -> Iterator[Piece]:
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            yield Piece("same", " ".join(before[a:b]))
            continue
        if b > a:
            yield Piece("gone", " ".join(before[a:b]))
        if d > c:
            yield Piece("new", " ".join(after[c:d]))


def _line(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {', '.join(map(str, each))}" for key, each in sorted(value.items()) if each)
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _tap(choice: Choice) -> str:
    return f"{choice.label} ({choice.target})" if choice.kind is ChoiceKind.URL else choice.label
