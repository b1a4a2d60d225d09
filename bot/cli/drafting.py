"""From what an official types to a draft, and from a broadcast to what officials read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import typer

from bot.app import open_channels, today_in_vietnam
from bot.cli.official import Desk
from bot.cli.place_names import commune_token, open_gazetteer, province_code
from bot.contacts import Segment, Topic
from bot.db import broadcasts, deliveries
from bot.db.audience import Audience, count_audience
from bot.dialogue.texts import Texts, load_texts
from bot.knowledge import library
from bot.markup import to_plain
from bot.outreach import report
from bot.outreach.broadcast import LASTS, Broadcast, Forbidden, check_times
from bot.outreach.campaign import Kind, Vocabulary, freeze, load_campaign
from bot.outreach.check_code import new_code
from bot.outreach.delivery import OnAmbiguous
from bot.outreach.quiet_hours import ZONE
from bot.outreach.segments import NamedSegment, Places, build_segment, load_segments
from bot.places.gazetteer import Gazetteer
from bot.places.units import Level
from nlu.vietnamese import fold

_TIME = "%d/%m/%Y %H:%M"


@dataclass(frozen=True, slots=True)
class Typed:
    """What an official typed for a draft."""

    campaign: str
    at: str
    not_after: str = ""
    to: str = ""
    provinces: Sequence[str] = ()
    communes: Sequence[str] = ()
    topics: Sequence[str] = ()
    channels: Sequence[str] = ()
    urgent_reason: str = ""
    on_ambiguous: str = ""
    holidays: bool = False


def compose(desk: Desk, typed: Typed, author: str) -> Broadcast:
    """The draft that was asked for. Raises Forbidden or CampaignError when it cannot be."""
    topics = _topics(_chat_texts(desk.config.content))
    buttons = {fold(label): token for token, label in desk.texts.named("fixed_button").items()}
    folder = desk.config.content / "campaigns"
    campaign = load_campaign(folder, typed.campaign, Vocabulary(topics, buttons))
    if any(each.token.startswith("faq/") for each in campaign.buttons):
        # Only then: a fault in somebody's answers must not keep a warning from going out.
        codes = library.load(desk.config.content / "faq", today_in_vietnam()).by_code
        campaign = load_campaign(folder, typed.campaign, Vocabulary(topics, buttons, frozenset(codes)))
    if typed.urgent_reason and campaign.kind is not Kind.URGENT:
        raise Forbidden("rule.urgent")
    due = _time(typed.at)
    day = due.astimezone(ZONE).date()
    if not campaign.is_valid_on(day):
        first, last = (f"{each:%d/%m/%Y}" for each in (campaign.valid_from, campaign.valid_to))
        raise Forbidden("rule.invalid_day", first=first, last=last, due=due)
    named = _named_segment(desk, typed)
    if not named.topics:
        # Who asked for news of one topic did not ask for the others.
        named = NamedSegment(
            named.name, named.title, named.provinces, named.communes, (campaign.topic,), named.channels
        )
    places = Places(
        lambda name: province_code(_gazetteer(desk), name), lambda name: commune_token(_gazetteer(desk), name)
    )
    draft = Broadcast(
        campaign=campaign.code,
        title=campaign.title,
        content=freeze(
            campaign,
            desk.texts.phrases["citizen.frame"],
            typed.urgent_reason,
            code=new_code(),
            holidays=typed.holidays,
        ),
        segment=build_segment(named, places, topics, sorted(_running(desk))),
        due_at=due,
        not_after=_time(typed.not_after) if typed.not_after else due + LASTS,
        created_by=author,
        created_at=desk.now,
        on_ambiguous=_policy(typed.on_ambiguous, campaign.kind),
    )
    return check_times(draft, desk.now)


def correct(desk: Desk, wrong: Broadcast, typed: Typed, author: str) -> Broadcast:
    """A correction: what was typed, to those whom *wrong* reached, and to nobody else.

    Raises Forbidden when it reached nobody yet.
    """
    if wrong.started_at is None:
        raise Forbidden("rule.nothing_to_correct", id=wrong.id)
    draft = compose(desk, typed, author)
    return replace(draft, corrects=wrong.id, segment=Segment(reached=wrong.id))


def province_of(desk: Desk) -> Callable[[str], str]:
    """The code of the province in which the unit of a token lies; empty for an unknown one."""

    def find(token: str) -> str:
        unit = _gazetteer(desk).unit(token)
        return unit.province_code if unit else ""

    return find


def count_people(desk: Desk, broadcast: Broadcast) -> Audience:
    """Whom the broadcast would reach now."""
    return desk.database.read_now(lambda c: count_audience(c, broadcast.segment, _running(desk), desk.now))


def show(desk: Desk, broadcast: Broadcast) -> Audience:
    """Print what the broadcast is, how citizens will see it, and how many. Returns the audience."""
    _describe(desk, broadcast)
    for line in report.preview(desk.texts, broadcast, to_plain):
        typer.echo(line)
    people = count_people(desk, broadcast)
    for line in report.reach(desk.texts, people.channels, people.excluded):
        typer.echo(line)
    if twins := desk.database.read_now(lambda c: broadcasts.twins(c, broadcast)):
        typer.echo(desk.texts("show.twins", ids=", ".join(map(str, twins))))
    return people


def show_progress(desk: Desk, broadcast: Broadcast) -> None:
    """Print how far the broadcast is, and every copy in doubt."""
    _describe(desk, broadcast)
    if broadcast.started_at is None:
        return
    for line in report.counts(
        desk.texts, desk.database.read_now(lambda c: deliveries.count_by_status(c, broadcast.id))
    ):
        typer.echo(line)
    doubtful = desk.database.read_now(lambda c: deliveries.doubts(c, broadcast.id))
    if not doubtful:
        return
    typer.echo(desk.texts("show.doubts", count=len(doubtful)))
    for each in doubtful:
        reason = report.because(desk.texts, each.reason)
        at = report.moment(each.at)
        typer.echo(desk.texts("show.doubt", sequence=each.sequence, channel=each.channel, at=at, reason=reason))
    typer.echo(desk.texts("show.doubts_do", id=broadcast.id))


def _describe(desk: Desk, broadcast: Broadcast) -> None:
    texts = _chat_texts(desk.config.content)

    def place(code: str) -> str:
        gazetteer = _gazetteer(desk)
        unit = gazetteer.province(code) or gazetteer.unit(code)
        if unit is None:
            return code
        if unit.level is Level.PROVINCE:
            return unit.full_name
        return f"{unit.full_name}, {gazetteer.province_of(unit).full_name}"

    for line in report.describe(desk.texts, broadcast, place, lambda topic: texts(f"topic.{topic}")):
        typer.echo(line)


def _named_segment(desk: Desk, typed: Typed) -> NamedSegment:
    narrowed = (typed.provinces, typed.communes, typed.topics, typed.channels)
    if not typed.to:
        return NamedSegment("", "", *(tuple(each) for each in narrowed))
    if any(narrowed):
        raise Forbidden("rule.segment_twice")
    known = load_segments(desk.config.content / "segments.yml")
    if typed.to not in known:
        raise Forbidden("segment.unknown", name=typed.to, known=", ".join(sorted(known)))
    return known[typed.to]


def _topics(texts: Texts) -> dict[str, Topic]:
    names = {fold(name): Topic(topic) for topic, name in texts.named("topic").items()}
    return names | {str(topic): topic for topic in Topic}


def _time(typed: str) -> datetime:
    try:
        return datetime.strptime(typed.strip(), _TIME).replace(tzinfo=ZONE).astimezone(UTC)
    except ValueError as error:
        raise Forbidden("rule.time", typed=typed) from error


def _policy(typed: str, kind: Kind) -> OnAmbiguous:
    if not typed:
        return OnAmbiguous.RESEND if kind is Kind.URGENT else OnAmbiguous.HOLD
    word = typed.strip().replace("-", "_")
    if word not in set(OnAmbiguous):
        raise Forbidden("rule.policy", typed=typed)
    return OnAmbiguous(word)


def _running(desk: Desk) -> set[str]:
    return set(open_channels(desk.config, desk.database, desk.texts))


@cache
def _chat_texts(content: Path) -> Texts:
    """The phrases of the chat, where the topics have their names."""
    return load_texts(content / "texts.yml")


def _gazetteer(desk: Desk) -> Gazetteer:
    return open_gazetteer(desk.config.content)
