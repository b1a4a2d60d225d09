"""Which place a citizen means: a text in, one unit or a question out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.places.coordinates import distance
from bot.places.gazetteer import Gazetteer
from bot.places.index import NameIndex, index_of
from bot.places.names import name_key
from bot.places.reading import Match, Quality, Reading, read
from bot.places.scoring import Scored, score
from bot.places.spelling import guess_inside, guess_province, guess_typed
from bot.places.units import AdminUnit, Era, Level
from bot.places.vocabulary import Vocabulary, read_vocabulary

_MARGIN = 0.6
_LEAST = 0.9
_MOST_CHOICES = 4
_MOST_PROVINCES = 6
_SAME_PLACE_KM = 12.0
_TIE = 0.3
_CUT_SHORT = 0.5


class ResolutionKind(StrEnum):
    """How far a text led."""

    RESOLVED = "resolved"
    ASK = "ask"
    ASK_PROVINCE = "ask_province"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class PlaceChoice:
    """One answer to "which one?". *label* is made of unit names only."""

    unit: AdminUnit
    label: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a text says about a place.

    `resolved`: *unit*. `ask`: up to 4 *choices*, each a place. `ask_province`: too many places
    share the name, *choices* are up to 6 old provinces, or old districts where all lie in one
    province; *mention* is what to pass as `pending` with the answer, a typed one or the label of a
    choice. `none`: no place was named. *candidates* are all the places that the text may mean.
    *wider* is the old district of the same name that the text may mean as well as the commune *unit*.
    """

    kind: ResolutionKind
    unit: AdminUnit | None = None
    choices: tuple[PlaceChoice, ...] = ()
    mention: str = ""
    candidates: tuple[AdminUnit, ...] = ()
    wider: AdminUnit | None = None


NOWHERE = Resolution(ResolutionKind.NONE)

Groups = Sequence[Sequence[Scored]]


def resolve(gazetteer: Gazetteer, text: str, saved: AdminUnit | None = None, *, pending: str = "") -> Resolution:
    """The place *text* names, old or current, in whatever spelling.

    *saved* is the citizen's home: it decides between namesakes. *pending* is the mention kept from
    a question "which province?" that *text* answers; an answer that names another place altogether
    is taken for itself. Call it only when the talk is about a place.
    """
    if not pending:
        return _resolve(gazetteer, text, saved)
    alone = _resolve(gazetteer, text, None, trusted=True)
    both = _resolve(gazetteer, f"{pending}, {text}", saved, trusted=True)
    if both.kind is ResolutionKind.NONE or _is_another(gazetteer, alone, both):
        return alone
    return both


def resolve_code(gazetteer: Gazetteer, token: str, *, pending: str = "") -> Resolution:
    """The unit behind a tapped token; `none` for a token of nothing. With *pending*, as `resolve`."""
    unit = gazetteer.unit(token)
    if unit is None:
        return NOWHERE
    if pending:
        return resolve(gazetteer, label(gazetteer, unit), pending=pending)
    return Resolution(ResolutionKind.RESOLVED, unit, mention=unit.full_name)


def mentions_place(gazetteer: Gazetteer, text: str) -> bool:
    """Whether *text* surely names a place: a type word with a name, or a province or district."""
    reading = read(index_of(gazetteer), read_vocabulary(), text)
    return any(
        match.quality >= Quality.PLAIN
        and (bool(match.type) or match.unit.level is not Level.COMMUNE or match.quality is Quality.EXACT)
        for match in reading.matches
    )


def label(gazetteer: Gazetteer, unit: AdminUnit) -> str:
    """*unit* with what it lay in before 1/7/2025 in brackets, as people still tell namesakes apart."""
    if unit.level is Level.PROVINCE:
        return unit.full_name
    if unit.era is Era.NEW:
        district = next(iter(gazetteer.former_districts(unit)), None)
    else:
        district = gazetteer.parent(unit) if unit.level is Level.COMMUNE else unit
    if district is None:
        return f"{unit.full_name} ({gazetteer.province_of(unit).name})"
    province = gazetteer.parent(district)
    above = [u for u in (district if district is not unit else None, province) if u is not None]
    return f"{unit.full_name} ({', '.join(u.full_name if u is district else u.name for u in above)})"


def _resolve(gazetteer: Gazetteer, text: str, saved: AdminUnit | None, *, trusted: bool = False) -> Resolution:
    index, vocabulary = index_of(gazetteer), read_vocabulary()
    reading = read(index, vocabulary, text, trusted=trusted)
    if not reading.words:
        return NOWHERE
    found = score(index, reading, saved, asked_old=trusted)
    found = _corrected(index, reading, found, saved, trusted)
    if not found or found[0].score < _LEAST:
        return NOWHERE
    best = [each for each in found if each.score >= found[0].score - _MARGIN]
    groups = [part for group in _group(index, best) for part in _apart(gazetteer, group)]
    mention = _mention(reading, groups[0][0])
    units = tuple(_meant(gazetteer, group) for group in groups)
    if len(groups) == 1:
        wider = _wider(groups[0], units[0])
        return Resolution(ResolutionKind.RESOLVED, units[0], mention=mention, candidates=units, wider=wider)
    kind, choices = ResolutionKind.ASK, _labelled(gazetteer, units)
    if len(groups) > _MOST_CHOICES:
        kind, choices = ResolutionKind.ASK_PROVINCE, _provinces(gazetteer, groups, saved)
    return Resolution(kind, choices=choices, mention=mention, candidates=units)


def _corrected(
    index: NameIndex, reading: Reading, found: list[Scored], saved: AdminUnit | None, trusted: bool
) -> list[Scored]:
    """*found*, or better ones if the text has a misspelt name where a commune must stand."""
    vocabulary = read_vocabulary()
    guesses = []
    top = [each for each in found[:_MOST_CHOICES] if each.score >= found[0].score - _MARGIN]
    for each in top:
        if each.match.quality < Quality.PLAIN:
            continue
        if each.unit.level is not Level.COMMUNE:
            guesses += guess_inside(index, vocabulary, reading, each.match)
        elif cut_short := _cut_short(vocabulary, reading, each):
            guesses += guess_inside(index, vocabulary, reading, cut_short)
    if not guesses:
        guesses = guess_typed(index, vocabulary, reading)
    if not guesses and not found:
        guesses = guess_province(index, vocabulary, reading)
    if not guesses:
        return found
    better = score(index, replace(reading, matches=[*reading.matches, *guesses]), saved, asked_old=trusted)
    better = [replace(e, score=e.score - _CUT_SHORT) if _cut_short(vocabulary, reading, e) else e for e in better]
    return _without_wider(index, sorted(better, key=lambda each: (-each.score, each.unit.token)))


def _cut_short(vocabulary: Vocabulary, reading: Reading, commune: Scored) -> Match | None:
    """The parent of *commune* if one word stands between them: that of a longer name, misspelt, perhaps."""
    for parent in commune.parents:
        between = reading.words[commune.match.end : parent.type_start]
        if len(between) == 1 and not between[0].breaks and not vocabulary.fills(between[0]):
            return parent
    return None


def _without_wider(index: NameIndex, found: list[Scored]) -> list[Scored]:
    """*found* without the units around a misspelt commune that explain the text hardly better than it."""
    guess = next((each for each in found if _is_guess(each)), None)
    if guess is None or guess.unit.level is not Level.COMMUNE or guess.score < found[0].score - _MARGIN:
        return found
    around = index.lineage(guess.unit) | {p.unit.token for p in guess.parents}
    inside = {parent.start for parent in guess.parents}
    return [e for e in found if e is guess or not (e.match.start in inside or e.unit.token in around)]


def _group(index: NameIndex, best: Sequence[Scored]) -> list[list[Scored]]:
    """The candidates that come to the same answer together, the best group first."""
    groups: list[list[Scored]] = []
    for each in best:
        joined = [group for group in groups if any(_same(index, each, other) for other in group)]
        rest = [group for group in groups if group not in joined]
        groups = [*rest, [*(one for group in joined for one in group), each]]
    return sorted(groups, key=lambda group: -max(each.score for each in group))


def _same(index: NameIndex, one: Scored, other: Scored) -> bool:
    """Whether two candidates are one place: it became the other, or bears its name and lies in or by it."""
    a, b = one.unit, other.unit
    if a.token in index.lineage(b) or b.token in index.lineage(a):
        return Level.PROVINCE not in (a.level, b.level) or a.level is b.level
    if name_key(a.name) != name_key(b.name) or (a.province_code == b.province_code and a.era is b.era):
        return False
    near = distance((a.latitude, a.longitude), (b.latitude, b.longitude)) <= _SAME_PLACE_KM
    return near and index.gazetteer.province_of(a) == index.gazetteer.province_of(b)


def _apart(gazetteer: Gazetteer, group: Sequence[Scored]) -> list[list[Scored]]:
    """*group* as it is, or one group for each place where its likeliest communes lie apart today.

    A current commune may bear the name of an old one beside it that became part of another.
    """
    rivals = _rivals(group)
    if any(each.unit.era is Era.OLD and _in_typed_district(each) for each in rivals if not _is_guess(each)):
        rivals = [each for each in rivals if each.unit.era is Era.OLD]
    parts: list[list[Scored]] = []
    for each in rivals:
        today = set(gazetteer.successors(each.unit))
        near = [part for part in parts if any(today & set(gazetteer.successors(o.unit)) for o in part)]
        rest = [part for part in parts if part not in near]
        parts = [*rest, [*(one for part in near for one in part), each]]
    return parts if len(parts) > 1 else [list(group)]


def _rivals(group: Sequence[Scored]) -> list[Scored]:
    """The communes of *group* that explain the text as well as its head, if that is a commune."""
    head = _head(group)
    if head.unit.level is not Level.COMMUNE:
        return []
    return [e for e in group if e.unit.level is Level.COMMUNE and e.score >= head.score - _TIE]


def _is_guess(scored: Scored) -> bool:
    return scored.match.quality is Quality.FUZZY


def _in_typed_district(scored: Scored) -> bool:
    return any(parent.unit.level is Level.DISTRICT and bool(parent.type) for parent in scored.parents)


def _meant(gazetteer: Gazetteer, group: Sequence[Scored]) -> AdminUnit:
    """The unit to answer with: of old namesakes that became one commune, that commune."""
    head = _head(group)
    former = {each.unit for each in _rivals(group) if each.unit.era is Era.OLD}
    if head.unit not in former or len(former) < 2:
        return head.unit
    shared = set.intersection(*(set(gazetteer.successors(unit)) for unit in former))
    return next((u for u in gazetteer.successors(head.unit) if u in shared), head.unit)


def _wider(group: Sequence[Scored], meant: AdminUnit) -> AdminUnit | None:
    """The old district that the text means as likely as the commune *meant* of its name."""
    head = _head(group)
    if meant.level is not Level.COMMUNE or head.match.type:
        return None
    units = [e.unit for e in group if e.unit.level is Level.DISTRICT and e.score >= head.score - _TIE]
    return units[0] if units else None


def _labelled(gazetteer: Gazetteer, units: Sequence[AdminUnit]) -> tuple[PlaceChoice, ...]:
    """The units as choices; a current one that would read like an old one is told by its province."""
    labels = [label(gazetteer, unit) for unit in units]
    return tuple(
        PlaceChoice(unit, f"{unit.full_name}, {gazetteer.province_of(unit).full_name}")
        if labels.count(said) > 1 and unit.era is Era.NEW
        else PlaceChoice(unit, said)
        for unit, said in zip(units, labels, strict=True)
    )


def _head(group: Sequence[Scored]) -> Scored:
    """The unit to answer with: the best explained; the old one if an old district was named; the smaller."""
    rank = {Level.COMMUNE: 0, Level.DISTRICT: 1, Level.PROVINCE: 2}

    def place(scored: Scored) -> tuple[float, bool, int, str]:
        in_district = any(parent.unit.level is Level.DISTRICT for parent in scored.parents)
        out_of_era = (scored.unit.era is Era.OLD) is not in_district
        return -scored.score, out_of_era, rank[scored.unit.level], scored.unit.token

    return min(group, key=place)


def _mention(reading: Reading, best: Scored) -> str:
    """The words that named the place, with the parents already said."""
    parts = sorted((best.match, *best.parents), key=lambda match: match.start)
    return ", ".join(reading.said(part.type_start, part.end) for part in parts)


def _provinces(gazetteer: Gazetteer, groups: Groups, saved: AdminUnit | None) -> tuple[PlaceChoice, ...]:
    """The old provinces of the groups, home first, then by how many namesakes each has."""
    units = [_head(group).unit for group in groups]
    count = Counter(province for unit in units for province in _old_provinces(gazetteer, unit)[:1])
    if len(count) == 1:
        districts = Counter(d for unit in units for d in _old_districts(gazetteer, unit)[:1])
        return tuple(PlaceChoice(d, label(gazetteer, d)) for d, _ in districts.most_common(_MOST_PROVINCES))
    home = set(_old_provinces(gazetteer, saved)) if saved else set()
    order = sorted(count, key=lambda province: (province not in home, -count[province], province.code))
    return tuple(PlaceChoice(p, p.full_name) for p in order[:_MOST_PROVINCES])


def _old_provinces(gazetteer: Gazetteer, unit: AdminUnit) -> list[AdminUnit]:
    if unit.level is Level.PROVINCE:
        return [unit] if unit.era is Era.OLD else list(gazetteer.predecessors(unit))
    found = (gazetteer.parent(district) for district in _old_districts(gazetteer, unit))
    return list(dict.fromkeys(province for province in found if province is not None))


def _old_districts(gazetteer: Gazetteer, unit: AdminUnit) -> list[AdminUnit]:
    if unit.era is Era.NEW:
        return list(gazetteer.former_districts(unit))
    district = gazetteer.parent(unit) if unit.level is Level.COMMUNE else unit
    return [district] if district is not None else []


def _is_another(gazetteer: Gazetteer, alone: Resolution, both: Resolution) -> bool:
    """Whether the answer names a commune of its own, not the province that was asked for."""
    if alone.kind is not ResolutionKind.RESOLVED or alone.unit is None:
        return False
    if alone.unit.level is not Level.COMMUNE or both.unit is None:
        return False
    lineage = index_of(gazetteer).lineage(both.unit)
    return alone.unit != both.unit and alone.unit.token not in lineage
