"""Where to learn near me: asks for a place or takes a location, names it in both forms, lists centres."""

from bot.dialogue.centre_words import pin_of, tell_finding, tell_inside
from bot.dialogue.flows import centre_report
from bot.dialogue.place_names import name_both, name_short, question_of
from bot.dialogue.turn import Conversation, Situation, Turn
from bot.messages import Choice, ChoiceKind, Reply
from bot.places.centre import CentreType
from bot.places.centres import map_link, map_search_link, nearest
from bot.places.resolver import Resolution, ResolutionKind, resolve
from bot.places.units import AdminUnit, Level
from bot.places.wishes import Wish

Row = tuple[Choice, ...]

_OTHER_PARTS_SHOWN = 4


def answer(situation: Situation, argument: str) -> Turn:
    """``ask``, ``text`` (a sentence that may name a place), ``home``, ``here``, ``unit:<token>``, ``report:…``…"""
    step, _, token = argument.partition(":")
    gazetteer = situation.house.gazetteer
    match step:
        case "text":
            return _hear_sentence(situation)
        case "home":
            return _hear_sentence(situation, saying_home=True)
        case "await_place":
            return _hear_place(situation)
        case "here" | "unit":
            unit = gazetteer.unit(token or situation.heard.unit)
            if unit is None:
                return _ask(situation, situation.house.texts("centre.abroad" if step == "here" else "centre.ask"))
            return _tell(situation, unit)
        case "in":
            return _hear_province(situation, token)
        case "wrong":
            return centre_report.ask_which(situation, gazetteer.unit(token))
        case "report":
            id, _, letter = token.partition(":")
            return centre_report.store(situation, id, letter) if letter else centre_report.ask_what(situation, id)
        case "await_note":
            return centre_report.add_note(situation)
        case "reported":
            return centre_report.thank(situation)
        case _:
            home = gazetteer.unit(situation.contact.home) if situation.contact.home else None
            return _tell(situation, home) if home and step != "other" else _ask(situation)


def place_of(situation: Situation, prefix: str) -> tuple[AdminUnit | None, tuple[Row, ...], str]:
    """The commune or province that the heard text names; else choices to settle it and the question.

    *prefix* stands before the unit's token in each choice.
    """
    slots = situation.conversation.slots
    resolution = _resolve(situation, pending=slots.get("mention", ""), within=slots.get("within", ""))
    if resolution.kind is ResolutionKind.RESOLVED and resolution.unit is not None:
        if resolution.unit.level is Level.DISTRICT:
            place = full_name(situation, resolution.unit)
            return None, (), situation.house.texts("centre.province", place=place)
        return resolution.unit, (), ""
    if resolution.kind is ResolutionKind.NONE:
        return None, (), ""
    rows, question = _which(situation, resolution, prefix)
    return None, rows, question


def full_name(situation: Situation, unit: AdminUnit) -> str:
    """*unit* as it was called and as it is called today."""
    return name_both(situation.house.texts, situation.house.gazetteer, unit)


def short_name(situation: Situation, unit: AdminUnit) -> str:
    """The unit's own name and its province's, for a button."""
    return name_short(situation.house.gazetteer, unit)


def current(situation: Situation, unit: AdminUnit) -> tuple[AdminUnit, ...]:
    """What *unit* is today."""
    return situation.house.gazetteer.successors(unit)


def _wish(situation: Situation) -> Wish:
    """What is wanted: as just said, else as said before the place was asked for or chosen.

    "Community learning centre" is what people call every place to learn: no wish for that type alone.
    """
    wish = situation.house.directory.catalogue.wish(situation.heard.text)
    if wish.types == {CentreType.TTHTCD}:
        wish = Wish(course=wish.course, open_now=wish.open_now)
    return wish or Wish.parse(situation.conversation.slots.get("wish", ""))


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
        return _tell(situation, resolution.unit, resolution.wider)
    rows, question = _which(situation, resolution, "centre/unit:")
    slots = {"mention": resolution.mention} if resolution.kind is ResolutionKind.ASK_PROVINCE else {}
    return Turn(
        (Reply(question, (*rows, (Choice(situation.house.texts("button.elsewhere"), "centre/other"),))),),
        _waiting(situation, slots),
        actions=("ask_place",),
        intent="find_centre",
    )


def _waiting(situation: Situation, slots: dict[str, str] | None = None) -> Conversation:
    """The conversation that waits for a place, and remembers what is wanted there."""
    wish = _wish(situation)
    kept = {"wish": wish.write()} if wish else {}
    return Conversation("centre", "await_place", kept | (slots or {}))


def _which(situation: Situation, resolution: Resolution, prefix: str) -> tuple[tuple[Row, ...], str]:
    """The choices that settle which place is meant, and the question above them."""
    gazetteer = situation.house.gazetteer
    question = question_of(situation.house.texts, resolution)
    if resolution.kind is ResolutionKind.ASK:
        return tuple((Choice(each.label, prefix + each.unit.token),) for each in resolution.choices), question
    rows: tuple[Row, ...] = ()
    for each in resolution.choices:
        settled = resolve(gazetteer, each.label, pending=resolution.mention)
        if settled.kind is ResolutionKind.RESOLVED and settled.unit is not None:
            rows = (*rows, (Choice(each.label, prefix + settled.unit.token),))
        elif prefix == "centre/unit:":
            rows = (*rows, (Choice(each.label, f"centre/in:{each.unit.token}"),))
    return rows, question


def _ask(situation: Situation, text: str = "") -> Turn:
    texts = situation.house.texts
    rows = ((Choice(texts("button.share_location"), kind=ChoiceKind.SHARE_LOCATION),),)
    return Turn(
        (Reply(text or texts("centre.ask"), rows),),
        _waiting(situation),
        actions=("ask_place",),
        intent="find_centre",
    )


def _tell(situation: Situation, unit: AdminUnit, wider: AdminUnit | None = None) -> Turn:
    """What there is to learn at near *unit*; always at least the office that knows.

    *wider* is the old district of the same name that may have been meant.
    """
    house, texts = situation.house, situation.house.texts
    if unit.level is not Level.COMMUNE:
        return _narrow(situation, unit)
    parts = current(situation, unit)
    commune = parts[0]
    point = situation.heard.point
    where = (point.latitude, point.longitude) if point else unit
    wish = _wish(situation)
    finding = nearest(house.directory, where, wish=wish, now=situation.now)
    lines = tell_finding(situation, finding, unit, wish)
    rows: list[Row] = []
    if len(parts) > 1:
        lines.append(texts("centre.divided", place=full_name(situation, unit)))
        rows += [
            (Choice(short_name(situation, each), f"centre/unit:{each.token}"),)
            for each in parts[:_OTHER_PARTS_SHOWN]
        ]
    if wider is not None:
        label = texts("button.elsewhere_in", district=wider.full_name)[:60]
        rows.append((Choice(label, f"centre/unit:{wider.token}"),))
    pin = pin_of(finding)
    target = (
        map_link(pin.point.latitude, pin.point.longitude)
        if pin
        else map_search_link(texts("centre.map_query", commune=short_name(situation, commune)))
    )
    rows.append((Choice(texts("button.map"), kind=ChoiceKind.URL, target=target),))
    other = Choice(texts("button.elsewhere"), "centre/other")
    keep = Choice(texts("button.save_place"), f"subscription/keep:{commune.token}")
    rows.append((other,) if situation.contact.home == commune.token else (other, keep))
    wrong = Choice(texts("button.wrong"), f"centre/wrong:{unit.token}")
    handover = Choice(texts("button.handover"), "handover/start")
    rows.append((wrong, handover) if finding.found else (handover,))
    return Turn(
        (Reply("\n\n".join(lines), tuple(rows), venue=pin),),
        Conversation(
            slots={"wish": wish.write()} if wish else {}, last_answer=situation.conversation.last_answer
        ),
        actions=("find_centre",),
        intent="find_centre",
    )  # fmt: skip


def _narrow(situation: Situation, unit: AdminUnit) -> Turn:
    """A province or a district is too wide: list its centres and ask for the commune."""
    house = situation.house
    finding = nearest(house.directory, unit, wish=_wish(situation), now=situation.now)
    lines = [house.texts("centre.province", place=full_name(situation, unit)), tell_inside(situation, finding)]
    return Turn(
        (
            Reply(
                "\n\n".join(filter(None, lines)),
                ((Choice(house.texts("button.elsewhere"), "centre/other"),),),
            ),
        ),
        _waiting(situation, {"within": unit.full_name}),
        actions=("ask_place",),
        intent="find_centre",
    )
