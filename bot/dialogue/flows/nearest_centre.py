"""Where to learn near me: asks for a place or takes a location, names it in both forms, lists centres."""

from datetime import datetime

from bot.dialogue.turn import Conversation, House, Situation, Turn
from bot.messages import Choice, ChoiceKind, Reply
from bot.places.centres import Finding, Found, Group, map_search_link, nearest
from bot.places.resolver import Resolution, ResolutionKind, resolve
from bot.places.units import AdminUnit, Era, Level

Row = tuple[Choice, ...]

_OTHER_PARTS_SHOWN = 4


def answer(situation: Situation, argument: str) -> Turn:
    """``ask``, ``text`` (a sentence that may name a place), ``home``, ``here``, ``unit:<token>``…"""
    step, _, token = argument.partition(":")
    match step:
        case "text":
            return _hear_sentence(situation)
        case "home":
            return _hear_sentence(situation, saying_home=True)
        case "await_place":
            return _hear_place(situation)
        case "here" | "unit":
            unit = situation.house.gazetteer.unit(token or situation.heard.unit)
            if unit is None:
                return _ask(situation, situation.house.texts("centre.abroad" if step == "here" else "centre.ask"))
            return _tell(situation, unit)
        case "in":
            return _hear_province(situation, token)
        case _:
            home = situation.house.gazetteer.unit(situation.contact.home) if situation.contact.home else None
            return _tell(situation, home) if home and step != "other" else _ask(situation)


def place_of(situation: Situation, prefix: str) -> tuple[AdminUnit | None, tuple[Row, ...], str]:
    """The commune or province that the heard text names; else choices to settle it and the question.

    *prefix* stands before the unit's token in each choice.
    """
    slots = situation.conversation.slots
    resolution = _resolve(situation, pending=slots.get("mention", ""), within=slots.get("within", ""))
    if resolution.kind is ResolutionKind.RESOLVED and resolution.unit is not None:
        if resolution.unit.level is Level.DISTRICT:
            place = name_both(situation.house, resolution.unit)
            return None, (), situation.house.texts("centre.province", place=place)
        return resolution.unit, (), ""
    if resolution.kind is ResolutionKind.NONE:
        return None, (), ""
    rows, question = _which(situation, resolution, prefix)
    return None, rows, question


def name_both(house: House, unit: AdminUnit) -> str:
    """*unit* as it was called and as it is called today."""
    forms = house.gazetteer.describe(unit)
    now = ", ".join(each.full_name for each in (forms.commune, forms.province) if each)
    if unit.era is Era.NEW:
        return now
    before = ", ".join(
        each.full_name for each in (forms.old_commune, forms.old_district, forms.old_province) if each
    )
    return house.texts("centre.old_and_new", old=before, new=now)


def full_name(situation: Situation, unit: AdminUnit) -> str:
    """``name_both`` with the house of *situation*."""
    return name_both(situation.house, unit)


def short_name(situation: Situation, unit: AdminUnit) -> str:
    """The unit's own name and its province's, for a button."""
    province = situation.house.gazetteer.province_of(unit)
    return f"{unit.full_name}, {province.name}"[:60]


def current(situation: Situation, unit: AdminUnit) -> tuple[AdminUnit, ...]:
    """What *unit* is today."""
    return situation.house.gazetteer.successors(unit)


def _hear_sentence(situation: Situation, *, saying_home: bool = False) -> Turn:
    resolution = _resolve(situation)
    if resolution.kind is ResolutionKind.NONE:
        home = situation.house.gazetteer.unit(situation.contact.home) if situation.contact.home else None
        if home is not None and not saying_home:
            return _tell(situation, home)
        return _ask(situation)
    turn = _settle(situation, resolution)
    if saying_home and resolution.kind is ResolutionKind.RESOLVED:
        return Turn(turn.replies, turn.conversation, actions=("set_place",), intent="set_place")
    return turn


def _hear_place(situation: Situation) -> Turn:
    slots = situation.conversation.slots
    resolution = _resolve(situation, pending=slots.get("mention", ""), within=slots.get("within", ""))
    if resolution.kind is ResolutionKind.NONE:
        return _ask(situation, situation.house.texts("centre.unknown"))
    return _settle(situation, resolution)


def _hear_province(situation: Situation, token: str) -> Turn:
    """The province tapped after "which province?" for the name kept from before."""
    gazetteer = situation.house.gazetteer
    province = gazetteer.unit(token)
    if province is None:
        return _ask(situation)
    mention = situation.conversation.slots.get("mention", "")
    return _settle(situation, resolve(gazetteer, province.full_name, pending=mention))


def _resolve(situation: Situation, pending: str = "", within: str = "") -> Resolution:
    gazetteer, text = situation.house.gazetteer, situation.heard.text
    saved = gazetteer.unit(situation.contact.home) if situation.contact.home else None
    if within:
        inside = resolve(gazetteer, f"{text}, {within}", saved)
        if inside.kind is ResolutionKind.ASK or (inside.unit and inside.unit.level is Level.COMMUNE):
            return inside
    return resolve(gazetteer, text, saved, pending=pending)


def _settle(situation: Situation, resolution: Resolution) -> Turn:
    if resolution.kind is ResolutionKind.RESOLVED and resolution.unit is not None:
        return _tell(situation, resolution.unit)
    rows, question = _which(situation, resolution, "centre/unit:")
    asks_province = resolution.kind is ResolutionKind.ASK_PROVINCE
    slots = {"mention": resolution.mention} if asks_province else {}
    return Turn(
        (Reply(question, (*rows, (Choice(situation.house.texts("button.elsewhere"), "centre/other"),))),),
        Conversation("centre", "await_place", slots),
        actions=("ask_place",),
        intent="find_centre",
    )


def _which(situation: Situation, resolution: Resolution, prefix: str) -> tuple[tuple[Row, ...], str]:
    """The choices that settle which place is meant, and the question above them."""
    texts, gazetteer = situation.house.texts, situation.house.gazetteer
    if resolution.kind is ResolutionKind.ASK:
        rows = tuple((Choice(each.label, prefix + each.unit.token),) for each in resolution.choices)
        return rows, texts("centre.which", mention=resolution.mention)
    rows = ()
    for each in resolution.choices:
        settled = resolve(gazetteer, each.label, pending=resolution.mention)
        if settled.kind is ResolutionKind.RESOLVED and settled.unit is not None:
            rows = (*rows, (Choice(each.label, prefix + settled.unit.token),))
        elif prefix == "centre/unit:":
            rows = (*rows, (Choice(each.label, f"centre/in:{each.unit.token}"),))
    district = bool(resolution.choices) and resolution.choices[0].unit.level is Level.DISTRICT
    key = "centre.which_district" if district else "centre.which_province"
    return rows, texts(key, mention=resolution.mention)


def _ask(situation: Situation, text: str = "") -> Turn:
    texts = situation.house.texts
    rows = ((Choice(texts("button.share_location"), kind=ChoiceKind.SHARE_LOCATION),),)
    return Turn(
        (Reply(text or texts("centre.ask"), rows),),
        Conversation("centre", "await_place"),
        actions=("ask_place",),
        intent="find_centre",
    )


def _tell(situation: Situation, unit: AdminUnit) -> Turn:
    """What there is to learn at near *unit*; always at least the office that knows."""
    house = situation.house
    if unit.level is not Level.COMMUNE:
        return _narrow(situation, unit)
    parts = current(situation, unit)
    commune = parts[0]
    point = situation.heard.point
    where = (point.latitude, point.longitude) if point else unit
    lines = _list_centres(situation, nearest(house.directory, where), commune, name_both(house, unit))
    if len(parts) > 1:
        lines.append(house.texts("centre.divided", place=name_both(house, unit)))
    rows: list[Row] = [
        (Choice(short_name(situation, each), f"centre/unit:{each.token}"),)
        for each in (parts[:_OTHER_PARTS_SHOWN] if len(parts) > 1 else ())
    ]
    office = house.texts("centre.map_query", commune=short_name(situation, commune))
    rows.append((Choice(house.texts("button.map"), kind=ChoiceKind.URL, target=map_search_link(office)),))
    other = Choice(house.texts("button.elsewhere"), "centre/other")
    keep = Choice(house.texts("button.save_place"), f"subscription/keep:{commune.token}")
    rows.append((other,) if situation.contact.home == commune.token else (other, keep))
    rows.append((Choice(house.texts("button.handover"), "handover/start"),))
    return Turn(
        (Reply("\n\n".join(lines), tuple(rows)),),
        Conversation(last_answer=situation.conversation.last_answer),
        actions=("find_centre",),
        intent="find_centre",
    )


def _narrow(situation: Situation, unit: AdminUnit) -> Turn:
    """A province or a district is too wide: list its centres and ask for the commune."""
    house = situation.house
    place = name_both(house, unit)
    finding = nearest(house.directory, unit)
    lines = [house.texts("centre.province", place=place)]
    if finding.found:
        lines.append(_rows(situation, house.texts("centre.in_province"), finding.found))
    return Turn(
        (Reply("\n\n".join(lines), ((Choice(house.texts("button.elsewhere"), "centre/other"),),)),),
        Conversation("centre", "await_place", {"within": unit.full_name}),
        actions=("ask_place",),
        intent="find_centre",
    )


def _list_centres(situation: Situation, finding: Finding, commune: AdminUnit, place: str) -> list[str]:
    texts = situation.house.texts
    by_group = {
        group: tuple(each for each in finding.found if each.group is group)
        for group in (Group.OWN_COMMUNE, Group.NEARBY, Group.PROVINCE)
    }
    lines = []
    if by_group[Group.OWN_COMMUNE]:
        lines.append(_rows(situation, texts("centre.own", place=place), by_group[Group.OWN_COMMUNE]))
    else:
        lines.append(texts("centre.none", place=place))
    lines.append(_office(situation, commune))
    if by_group[Group.NEARBY]:
        lines.append(_rows(situation, texts("centre.near", place=commune.full_name), by_group[Group.NEARBY]))
    if by_group[Group.PROVINCE]:
        lines.append(_rows(situation, texts("centre.in_province"), by_group[Group.PROVINCE]))
    if finding.found:
        lines.append(texts("centre.confirm_first"))
    return lines


def _office(situation: Situation, commune: AdminUnit) -> str:
    """Who runs the community learning centre today; without the law once its validity is over."""
    texts = situation.house.texts
    until = datetime.strptime(texts("centre.office_until"), "%d/%m/%Y").date()
    if situation.today > until:
        return texts("centre.office_expired", commune=commune.full_name)
    return f"{texts('centre.office', commune=commune.full_name)}\n{texts('centre.office_source')}"


def _rows(situation: Situation, title: str, found: tuple[Found, ...]) -> str:
    return "\n".join([title, *(_row(situation, each) for each in found)])


def _row(situation: Situation, found: Found) -> str:
    texts, centre = situation.house.texts, found.centre
    details = ""
    if found.about_km is not None:
        details += texts("centre.distance", km=max(1, found.about_km))
    if centre.address:
        details += texts("centre.address", address=centre.address)
    if centre.phone:
        details += texts("centre.phone", phone=centre.phone)
    details += " " + texts("centre.as_of", date="/".join(reversed(centre.as_of.split("-"))))
    return texts("centre.row", name=centre.name, details=details)
