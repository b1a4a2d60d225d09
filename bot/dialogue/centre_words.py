"""What is said of centres: each as well as it is known, and who to ask where none is."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.dialogue.place_names import name_both
from bot.dialogue.turn import Situation
from bot.messages import Point, Venue
from bot.places.centre import Centre, CentreStatus, Class, ClassStatus, Site
from bot.places.centre_fields import show_phone
from bot.places.centres import Finding, Found, Group, is_gdtx
from bot.places.opening import describe_hours, state_at
from bot.places.units import AdminUnit
from bot.places.wishes import Wish

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")

_MOST_CLASSES = 3
_MOST_COURSES = 4
_HOURS_TOLD = (Group.OWN_COMMUNE, Group.NEARBY)


def tell_finding(situation: Situation, finding: Finding, unit: AdminUnit, wish: Wish) -> list[str]:
    """The paragraphs on what is near *unit*: own commune, nearest, who offers the course, the GDTX centres.

    Always at least the office that knows, and what to ask it.
    """
    texts, house = situation.house.texts, situation.house
    commune = finding.commune
    assert commune is not None
    by_group = {group: tuple(f for f in finding.found if f.group is group) for group in Group}
    place = name_both(texts, house.gazetteer, unit)
    lines = []
    if wish and not finding.fulfilled:
        lines.append(texts("centre.wish_unfulfilled", wish=name_wish(situation, wish)))
    elif wish:
        lines.append(texts("centre.wish_fulfilled", wish=name_wish(situation, wish)))
    if by_group[Group.OWN_COMMUNE]:
        title = texts("centre.own", place=place)
        lines.append(_list(situation, title, by_group[Group.OWN_COMMUNE], wish))
    else:
        lines.append(
            texts("centre.none" if not wish or not finding.fulfilled else "centre.none_such", place=place)
        )
    lines += _closed_in(situation, commune)
    lines.append(_office(situation, commune))
    if by_group[Group.NEARBY]:
        lines.append(_list(situation, texts("centre.near", place=commune.full_name), by_group[Group.NEARBY], wish))
    if by_group[Group.COURSE]:
        lines.append(_list(situation, texts("centre.offering"), by_group[Group.COURSE], wish))
    if by_group[Group.PROVINCE]:
        lines.append(_list(situation, texts("centre.in_province"), by_group[Group.PROVINCE], wish))
    if finding.province is not None and not any(is_gdtx(f.centre) for f in finding.found):
        lines.append(texts("centre.no_gdtx", province=finding.province.full_name))
    if finding.found:
        lines.append(texts("centre.confirm_first"))
    return lines


def tell_inside(situation: Situation, finding: Finding) -> str:
    """The centres of a province or district as one paragraph; "" for none."""
    if not finding.found:
        return ""
    return _list(situation, situation.house.texts("centre.in_province"), finding.found, Wish())


def name_wish(situation: Situation, wish: Wish) -> str:
    """*wish* in words."""
    texts, catalogue = situation.house.texts, situation.house.directory.catalogue
    course = catalogue.courses.get(wish.course)
    types = sorted(wish.types)
    parts = [
        texts("centre.wish_course", name=course.name) if course else "",
        texts(f"centre.type_{types[-1]}") if types else "",
        texts("centre.wish_open") if wish.open_now else "",
    ]
    return ", ".join(filter(None, parts))


def pin_of(finding: Finding) -> Venue | None:
    """A pin for the first centre, where it would stand at the door."""
    for found in finding.found[:1]:
        site = found.site
        if site.precision.allows_pin and site.latitude is not None and site.longitude is not None:
            return Venue(Point(site.latitude, site.longitude), found.centre.name, site.address or site.label)
    return None


def tell_date(as_of: str) -> str:
    """2025-10-08 as 08/10/2025."""
    return "/".join(reversed(as_of.split("-")))


def _list(situation: Situation, title: str, found: tuple[Found, ...], wish: Wish) -> str:
    return "\n".join([title, *(_row(situation, each, wish) for each in found)])


def _row(situation: Situation, found: Found, wish: Wish) -> str:
    texts, centre, site = situation.house.texts, found.centre, found.site
    details = texts("centre.site", label=site.label) if site.label and len(centre.sites) > 1 else ""
    if found.about_km is not None:
        details += texts("centre.distance", km=max(1, found.about_km))
    if site.address:
        details += texts("centre.address", address=site.address)
    if centre.phone:
        details += texts("centre.phone", phone=show_phone(centre.phone))
    if found.group in _HOURS_TOLD or wish.open_now:
        details += _hours(situation, centre, site, asked=wish.open_now)
    if centre.courses and found.group is not Group.PROVINCE:
        details += texts("centre.courses", courses=", ".join(centre.courses[:_MOST_COURSES]))
    key = "centre.as_of_unverified" if centre.status is CentreStatus.UNVERIFIED else "centre.as_of"
    details += " " + texts(key, date=tell_date(centre.as_of))
    row = texts("centre.row", name=centre.name, details=details)
    if found.group is Group.PROVINCE:
        return row
    return "\n".join([row, *(_class(situation, each) for each in _classes(situation, centre, wish))])


def _hours(situation: Situation, centre: Centre, site: Site, *, asked: bool) -> str:
    """The opening hours and whether it is open now; unknown hours are told as unknown."""
    texts = situation.house.texts
    state = state_at(site.opening_hours, situation.now)
    told = ""
    if site.opening_hours:
        told = texts(
            "centre.hours", hours=describe_hours(site.opening_hours, texts.named("hours"), situation.today)
        )
        if state is not None and state.open:
            told += texts("centre.open_until", at=_moment(state.until)) if state.until else texts("centre.open")
        elif state is not None:
            key = "centre.holiday" if state.holiday else "centre.closed_until" if state.until else "centre.closed"
            told += texts(key, at=_moment(state.until) if state.until else "", holiday=state.holiday)
    if site.hours_note:
        told += texts("centre.hours_note", note=site.hours_note)
    if not told and (asked or centre.phone):
        phone = show_phone(centre.phone)
        told = texts("centre.hours_unknown_call", phone=phone) if phone else texts("centre.hours_unknown")
    return told


def _moment(moment: datetime | None) -> str:
    return f"{moment.astimezone(ZONE):%H:%M %d/%m}" if moment else ""


def _classes(situation: Situation, centre: Centre, wish: Wish) -> list[Class]:
    """The classes that can still be joined or have begun, those wished for first, then by their beginning."""
    today = situation.today
    wanted = situation.house.directory.catalogue.fulfilling(wish.course) if wish.course else frozenset()
    going = [
        each
        for each in centre.classes
        if each.status is not ClassStatus.ENDED and (each.ends_on is None or each.ends_on >= today)
    ]
    if wanted:
        going = [each for each in going if each.course in wanted]
    going.sort(key=lambda each: (each.status is not ClassStatus.ENROLLING, each.starts_on or date.max, each.name))
    return going[:_MOST_CLASSES]


def _class(situation: Situation, each: Class) -> str:
    texts = situation.house.texts
    words = texts.named("hours")
    details = ""
    if each.starts_on:
        key = "centre.class_starts" if each.starts_on > situation.today else "centre.class_started"
        details += texts(key, date=f"{each.starts_on:%d/%m/%Y}")
    if each.schedule:
        timed = any(map(str.isdigit, each.schedule))
        told = describe_hours(each.schedule, words, situation.today) if timed else each.schedule
        details += texts("centre.class_schedule", schedule=told)
    if each.fee_vnd is not None:
        fee = f"{each.fee_vnd:,}".replace(",", ".")
        details += texts("centre.class_fee", fee=fee) if each.fee_vnd else texts("centre.class_free")
    if each.status is ClassStatus.FULL or each.seats_left == 0:
        details += texts("centre.class_full")
    elif each.seats_left is not None:
        details += texts("centre.class_seats", seats=each.seats_left)
    if each.audience:
        details += texts("centre.class_audience", audience=each.audience)
    if each.contact:
        details += texts("centre.class_contact", contact=each.contact)
    return texts("centre.class", name=each.name, details=details, date=tell_date(each.as_of))


def _closed_in(situation: Situation, commune: AdminUnit) -> list[str]:
    """A word on each centre of the commune that is paused or dissolved, and on what stands in its place."""
    directory, texts = situation.house.directory, situation.house.texts
    lines = []
    for centre in directory.closed_in(commune.code):
        successor = directory.centre(centre.successor)
        key = "paused" if centre.status is CentreStatus.PAUSED else "merged" if successor else "dissolved"
        name = successor.name if successor else ""
        date_told = tell_date(centre.as_of)
        lines.append(texts(f"centre.{key}", name=centre.name, successor=name, date=date_told))
    return lines


def _office(situation: Situation, commune: AdminUnit) -> str:
    """Who runs the community learning centre today; without the law once its validity is over."""
    texts = situation.house.texts
    until = datetime.strptime(texts("centre.office_until"), "%d/%m/%Y").date()
    if situation.today > until:
        return texts("centre.office_expired", commune=commune.full_name)
    return f"{texts('centre.office', commune=commune.full_name)}\n{texts('centre.office_source')}"
