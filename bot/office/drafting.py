"""From what an official types to a draft: a campaign's file or words of their own, an audience, a time."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from bot.contacts import Segment
from bot.messages import Media
from bot.office.office import Office
from bot.office.place_names import commune_token, province_code
from bot.outreach.broadcast import LASTS, Broadcast, Forbidden, check_times
from bot.outreach.campaign import Campaign, Kind, Written, build_campaign, load_campaign
from bot.outreach.check_code import new_code
from bot.outreach.delivery import OnAmbiguous
from bot.outreach.frozen_content import freeze
from bot.outreach.quiet_hours import ZONE
from bot.outreach.segments import NamedSegment, Places, build_segment, load_segments

_TIME = "%d/%m/%Y %H:%M"


@dataclass(frozen=True, slots=True)
class Typed:
    """What an official typed for a draft; *campaign* is the code of a file, or words of their own, with which
    *media* goes."""

    campaign: str | Written
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
    media: Media | None = None


def compose(office: Office, typed: Typed, author: str, now: datetime) -> Broadcast:
    """The draft that was asked for. Raises Forbidden or CampaignError when it cannot be."""
    campaign = read_words(office, typed.campaign, typed.media)
    if typed.urgent_reason and campaign.kind is not Kind.URGENT:
        raise Forbidden("rule.urgent")
    due = read_time(typed.at)
    day = due.astimezone(ZONE).date()
    if not campaign.is_valid_on(day):
        first, last = (f"{each:%d/%m/%Y}" for each in (campaign.valid_from, campaign.valid_to))
        raise Forbidden("rule.invalid_day", first=first, last=last, due=due)
    content = freeze(
        campaign,
        office.texts.phrases["citizen.frame"],
        typed.urgent_reason,
        code=new_code(),
        holidays=typed.holidays,
        confirm=office.texts("citizen.confirm"),
        nowhere=office.nowhere,
    )
    if isinstance(typed.campaign, Written):
        content["written"] = asdict(typed.campaign)
    draft = Broadcast(
        campaign=campaign.code,
        title=campaign.title,
        content=content,
        segment=read_audience(office, typed, campaign.topic),
        due_at=due,
        not_after=read_time(typed.not_after) if typed.not_after else due + LASTS,
        created_by=author,
        created_at=now,
        on_ambiguous=_policy(typed.on_ambiguous, campaign.kind),
    )
    return check_times(draft, now)


def correct(office: Office, wrong: Broadcast, typed: Typed, author: str, now: datetime) -> Broadcast:
    """A correction: what was typed, to those whom *wrong* reached, and to nobody else.

    Raises Forbidden when it reached nobody yet.
    """
    if wrong.started_at is None:
        raise Forbidden("rule.nothing_to_correct", id=wrong.id)
    draft = compose(office, typed, author, now)
    return replace(draft, corrects=wrong.id, segment=Segment(reached=wrong.id))


def read_words(office: Office, words: str | Written, media: Media | None = None) -> Campaign:
    """The campaign of a file's code, or of words typed just now, with which *media* goes.

    Raises CampaignError with every fault.
    """

    def read(codes: Sequence[str] | None) -> Campaign:
        vocabulary = office.vocabulary(codes)
        if isinstance(words, Written):
            return build_campaign(words, vocabulary, media)
        return load_campaign(office.content / "campaigns", words, vocabulary)

    campaign = read(None)
    if any(each.token.startswith("faq/") for each in campaign.buttons):
        # Only then: a fault in somebody's answers must not keep a warning from going out.
        campaign = read(list(office.codes()))
    return campaign


def read_audience(office: Office, typed: Typed, topic: str) -> Segment:
    """The audience that was typed; without a topic, who asked for *topic*. Raises Forbidden."""
    named = _named_segment(office, typed)
    if not named.names_topics:
        # Who asked for news of one topic did not ask for the others.
        named = replace(named, topics=(topic,))
    places = Places(
        lambda name: province_code(office.gazetteer, name), lambda name: commune_token(office.gazetteer, name)
    )
    return build_segment(named, places, office.topics, sorted(office.channels), office.languages)


def name_of(office: Office, segment: Segment, topic: str) -> str:
    """The entry of ``segments.yml`` that means *segment* for a campaign about *topic*; empty for none."""
    for name in load_segments(office.content / "segments.yml"):
        with suppress(Forbidden):
            if read_audience(office, Typed("", "", to=name), topic) == segment:
                return name
    return ""


def read_time(typed: str) -> datetime:
    """A time as officials write it, in Vietnam. Raises Forbidden when it is none."""
    try:
        return datetime.strptime(typed.strip(), _TIME).replace(tzinfo=ZONE).astimezone(UTC)
    except ValueError as error:
        raise Forbidden("rule.time", typed=typed) from error


def _named_segment(office: Office, typed: Typed) -> NamedSegment:
    narrowed = (typed.provinces, typed.communes, typed.topics, typed.channels)
    if not typed.to:
        provinces, communes, topics, channels = (tuple(each) for each in narrowed)
        return NamedSegment("", "", provinces, communes, topics, channels)
    if any(narrowed):
        raise Forbidden("rule.segment_twice")
    known = load_segments(office.content / "segments.yml")
    if typed.to not in known:
        raise Forbidden("segment.unknown", name=typed.to, known=", ".join(sorted(known)))
    return known[typed.to]


def _policy(typed: str, kind: Kind) -> OnAmbiguous:
    if not typed:
        return OnAmbiguous.RESEND if kind is Kind.URGENT else OnAmbiguous.HOLD
    word = typed.strip().replace("-", "_")
    if word not in set(OnAmbiguous):
        raise Forbidden("rule.policy", typed=typed)
    return OnAmbiguous(word)
