"""What officials read about a broadcast: its description, its audience, its counts, and why not."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.contacts import Quota, Segment
from bot.messages import ChoiceKind
from bot.outreach.broadcast import Broadcast, Forbidden, Status
from bot.outreach.campaign import Fault
from bot.outreach.delivery import DeliveryStatus
from bot.outreach.frozen_content import render
from bot.outreach.placeholders import PlaceWords
from bot.outreach.quiet_hours import ZONE
from bot.outreach.reach import ChannelReach, Route
from bot.outreach.recurrence import Rule, skipped_months

Phrase = Callable[..., str]
"""The phrase of a key of ``broadcast_texts.yml``, filled. Raises KeyError for a key that is not there."""


def moment(at: datetime | None) -> str:
    """A point in time as officials write it."""
    return f"{at.astimezone(ZONE):%d/%m/%Y %H:%M}" if at else "–"


def because(phrase: Phrase, reason: str) -> str:
    """A reason in words; what an official typed stays as it is."""
    try:
        return phrase(f"reason.{reason}")
    except KeyError:
        return reason


def explain(phrase: Phrase, error: Forbidden) -> str:
    """The sentence of a rule that said no."""
    values: dict[str, object] = {}
    for name, value in error.arguments.items():
        if isinstance(value, Forbidden):
            values[name] = explain(phrase, value)
        else:
            values[name] = moment(value) if isinstance(value, datetime) else value
    if "status" in values:
        values["status"] = phrase(f"status.{values['status']}")
    return phrase(error.key, **values)


def explain_faults(phrase: Phrase, faults: Sequence[Fault]) -> str:
    """Every fault of a campaign file on a line of its own."""
    return "\n".join(
        phrase("fault.line", file=each.file, line=each.line, what=phrase(each.key, **each.arguments))
        for each in faults
    )


def describe(
    phrase: Phrase, broadcast: Broadcast, place: Callable[[str], str], topic: Callable[[str], str]
) -> Iterator[str]:
    """What the broadcast is, to whom and when; *place* and *topic* give the names of codes."""
    yield phrase("show.head", id=broadcast.id, title=broadcast.title, campaign=broadcast.campaign)
    yield phrase("show.status", status=phrase(f"status.{broadcast.status}"))
    if broadcast.reason:
        yield phrase("show.because", reason=because(phrase, broadcast.reason))
    if broadcast.status in (Status.MISSED, Status.RETURNED):
        yield phrase(f"show.{broadcast.status}_do", id=broadcast.id, campaign=broadcast.campaign)
    yield phrase("show.time", due=moment(broadcast.due_at), not_after=moment(broadcast.not_after))
    yield phrase("show.audience", audience=audience(phrase, broadcast.segment, place, topic))
    yield phrase("show.policy", policy=phrase(f"policy.{broadcast.on_ambiguous}"))
    if broadcast.disturbs:
        yield phrase("show.urgent", reason=broadcast.content["urgent_reason"])
    nobody = phrase("show.nobody")
    yield phrase(
        "show.people",
        created=broadcast.created_by,
        submitted=broadcast.submitted_by or nobody,
        approved=broadcast.approved_by or nobody,
    )
    if code := broadcast.content.get("code"):
        yield phrase("show.code", code=code)
    if broadcast.digest:
        yield phrase("show.digest", digest=broadcast.digest[:12])


def audience(phrase: Phrase, segment: Segment, place: Callable[[str], str], topic: Callable[[str], str]) -> str:
    """Every condition of the segment in words; *place* and *topic* give the names of codes."""

    def groups(parts: Sequence[Segment]) -> list[str]:
        return [phrase("show.group", what=audience(phrase, each, place, topic)) for each in parts]

    conditions = [
        phrase(f"show.{kind}", names=", ".join(names))
        for kind, names in (
            ("province", [place(code) for code in sorted(segment.provinces)]),
            ("commune", [place(token) for token in sorted(segment.communes)]),
            ("topic", [topic(each) for each in sorted(segment.topics)]),
            ("channel", sorted(segment.channels)),
            ("language", sorted(segment.languages)),
            ("role", sorted(segment.roles)),
            ("active", [str(segment.active_days)] if segment.active_days else []),
            ("series", [segment.series] if segment.series else []),
            ("reached", [str(segment.reached)] if segment.reached else []),
            ("awaited", [str(each) for each in sorted(segment.awaited)]),
        )
        if names
    ]
    if segment.any_of:
        conditions.append(phrase("show.any_of", groups=f" {phrase('show.or')} ".join(groups(segment.any_of))))
    conditions += [phrase("show.none_of", group=each) for each in groups(segment.none_of)]
    return "; ".join(conditions) or phrase("show.everyone")


def preview(
    phrase: Phrase,
    broadcast: Broadcast,
    plain: Callable[[str], str],
    whose: str = "",
    place: PlaceWords | None = None,
) -> Iterator[str]:
    """The message as citizens will see it at a *place*; *plain* turns light markup into text, *whose* says for
    whom the copy is."""
    reply = render(broadcast.content, place=place)
    yield phrase("show.preview_of", whose=whose) if whose else phrase("show.preview")
    yield ""
    yield from (f"  {line}".rstrip() for line in plain(reply.text).splitlines())
    for media in reply.media:
        yield phrase(f"show.{media.kind}", name=media.name, alt=media.alt)
    for choice in reply.all_choices():
        is_url = choice.kind is ChoiceKind.URL
        yield phrase("show.button_url" if is_url else "show.button", label=choice.label, target=choice.target)
    yield ""


def beside(phrase: Phrase, content: Mapping[str, Any], plain: Callable[[str], str]) -> Iterator[str]:
    """What is approved with the message and not seen in it: what a quiz answers, other words for a channel, the
    template. Nothing for most."""
    if quiz := content.get("quiz"):
        yield phrase("show.quiz", right=quiz["options"][quiz["right"]], why=quiz["why"])
    for channel in content.get("texts", {}):
        yield phrase("show.words_on", channel=channel)
        yield from (f"  {line}".rstrip() for line in plain(render(content, channel).text).splitlines())
    if template := content.get("template"):
        values = "; ".join(f"{name} = {value}" for name, value in template["data"].items())
        yield phrase("show.template", number=template["id"], values=values)


def reach(phrase: Phrase, channels: Mapping[str, int], excluded: Mapping[str, int]) -> Iterator[str]:
    """How many people it will reach on which channels, and how many not, and why."""
    total = sum(channels.values())
    shown = ", ".join(f"{name} {people}" for name, people in channels.items())
    yield phrase("show.reach", total=total, channels=shown) if total else phrase("show.reach_none")
    for reason, people in sorted(excluded.items()):
        yield phrase("show.excluded", count=people, reason=because(phrase, reason))


def plan(phrase: Phrase, channels: Sequence[ChannelReach], quotas: Sequence[Quota]) -> Iterator[str]:
    """What each channel can really do now: how many, by which right, for how much, in what time."""
    for each in channels:
        minutes = max(1, round(each.seconds / 60)) if each.people else 0
        yield phrase("show.plan", channel=each.channel, people=each.people, minutes=minutes, cost=each.cost)
        for share in each.shares:
            in_package = share.route is Route.PAID and not share.price
            key = "show.share_package" if in_package else f"show.share_{share.route}"
            yield phrase(key, people=share.people, price=share.price)
        if each.closed:
            yield phrase("show.plan_closed", people=each.closed)
        if each.bare and each.people:
            yield phrase("show.plan_bare")
        if each.over_plan:
            yield phrase("show.plan_over", people=each.over_plan)
        for quota in quotas:
            if quota.channel == each.channel:
                yield phrase("show.plan_quota", name=quota.name, used=quota.used, most=quota.most or "?")


def skips(phrase: Phrase, rule: Rule) -> Iterator[str]:
    """Which months have no such day, and what to ask for instead."""
    if months := skipped_months(rule):
        key = "leap_day" if rule["every"] == "yearly" else "skips_29" if rule["day"] == 29 else "skips"
        yield phrase(f"schedule.{key}", months=", ".join(map(str, months)), day=rule["day"])


def tap_name(phrase: Phrase, content: Mapping[str, Any], token: str) -> str:
    """What recipients did by *token*: the label of a button, or a word for what needs none."""
    for each in content["buttons"]:
        if each["token"] == token:
            return str(each["label"])
    try:
        return phrase(f"tap.{token}")
    except KeyError:
        return token


def counts(phrase: Phrase, by_status: Mapping[tuple[DeliveryStatus, str], int]) -> Iterator[str]:
    """The copies by status and reason; they add up to the total above them."""
    yield phrase("show.counts", total=sum(by_status.values()))
    for status in DeliveryStatus:
        for (each, reason), copies in sorted(by_status.items()):
            if each is not status:
                continue
            word = phrase(f"delivery.{status}")
            if reason:
                yield phrase("show.count_because", status=word, reason=because(phrase, reason), count=copies)
            else:
                yield phrase("show.count", status=word, count=copies)
