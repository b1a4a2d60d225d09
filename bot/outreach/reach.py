"""How many a broadcast can really reach now: by channel, by which window or template, for how much, how long."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import isinf

from bot.contacts import Quota, Window


class Route(StrEnum):
    """By which right a person may be written to now."""

    OPEN = "open"
    FREE = "free"
    PAID = "paid"
    TEMPLATE = "template"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a channel allows: its pace, its window, the people and messages of its plan (0: no end), files."""

    per_second: float
    window: Window | None = None
    people_max: int = 0
    monthly_max: int = 0
    files: bool = True


@dataclass(frozen=True, slots=True)
class Share:
    """So many people by one route, at *price* đồng each."""

    route: Route
    people: int
    price: int = 0


@dataclass(frozen=True, slots=True)
class ChannelReach:
    """What a broadcast comes to on one channel. *over_plan* people are more than its plan holds; *bare* tells
    that they get only the words for its picture or document."""

    channel: str
    shares: tuple[Share, ...]
    closed: int
    over_plan: int
    seconds: float
    bare: bool = False

    @property
    def people(self) -> int:
        """How many it reaches."""
        return sum(each.people for each in self.shares)

    @property
    def cost(self) -> int:
        """What it costs at most, in đồng."""
        return sum(each.people * each.price for each in self.shares)


def plan_reach(
    people: Mapping[str, Mapping[Route, int]],
    limits: Mapping[str, Limits],
    quotas: Sequence[Quota],
    *,
    has_template: bool,
    parts: int = 1,
    has_file: bool = False,
) -> tuple[ChannelReach, ...]:
    """The reach on every channel, where *people* are so many by how long ago they last acted.

    CLOSED people are reached by a template, if there is one. What a package still holds pays for the
    first of the PAID ones. *parts* is how many messages one copy is.
    """
    planned = (
        _plan_channel(
            name, people[name], limits[name], [q for q in quotas if q.channel == name], has_template, parts
        )
        for name in sorted(people)
        if name in limits
    )
    return tuple(replace(each, bare=has_file and not limits[each.channel].files) for each in planned)


def _plan_channel(
    name: str, people: Mapping[Route, int], limits: Limits, quotas: Sequence[Quota], has_template: bool, parts: int
) -> ChannelReach:
    shares = list(_shares(people, limits.window, quotas, has_template))
    closed = 0 if has_template else people.get(Route.CLOSED, 0)
    wanted = sum(each.people for each in shares)
    room = wanted
    if limits.people_max:
        room = min(room, limits.people_max)
    if limits.monthly_max:
        used = sum(quota.used for quota in quotas)
        room = min(room, max(0, limits.monthly_max - used) // max(1, parts))
    kept, left = [], room
    for each in shares:
        taken = min(each.people, left)
        left -= taken
        if taken:
            kept.append(Share(each.route, taken, each.price))
    seconds = 0.0 if isinf(limits.per_second) else room * parts / limits.per_second
    return ChannelReach(name, tuple(kept), closed, wanted - room, seconds)


def _shares(
    people: Mapping[Route, int], window: Window | None, quotas: Sequence[Quota], has_template: bool
) -> Iterator[Share]:
    if window is None:
        yield Share(Route.OPEN, sum(people.values()))
        return
    yield Share(Route.FREE, people.get(Route.FREE, 0))
    paid = people.get(Route.PAID, 0)
    in_package = min(paid, max((quota.left for quota in quotas), default=0))
    yield Share(Route.PAID, in_package)
    yield Share(Route.PAID, paid - in_package, window.price)
    if has_template:
        yield Share(Route.TEMPLATE, people.get(Route.CLOSED, 0), window.template_price)
