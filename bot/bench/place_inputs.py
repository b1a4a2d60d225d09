"""Made-up inputs that name a commune in ten forms, and whether what the resolver says of one is right."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from bot.places.gazetteer import Gazetteer
from bot.places.index import index_of
from bot.places.names import fold
from bot.places.resolver import Resolution, ResolutionKind, resolve
from bot.places.units import AdminUnit, Era, Level

_SHORT = {
    "xa": "x", "phuong": "p", "thi tran": "tt", "huyen": "h", "quan": "q", "thi xa": "tx", "thanh pho": "tp",
}  # fmt: skip
_TYPO_LETTERS = "aeiouhngtc"
_MOST_QUESTIONS = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """A text in one of the ten forms, and the commune it was made from."""

    form: str
    text: str
    unit: AdminUnit


class Verdict(StrEnum):
    """Whether a resolution is the unit meant (or what it became or came from), or a question leading to it.

    `coarse` is the district or province it lies in, which the dialogue asks on from.
    """

    RIGHT = "right"
    ASKED = "asked"
    COARSE = "coarse"
    MISSED = "missed"
    WRONG = "wrong"


def make_inputs(gazetteer: Gazetteer, seed: int, each: int) -> Iterator[Asked]:
    """*each* inputs of every form: whole addresses, without diacritics, abbreviated, misspelt, bare names."""
    random = Random(seed)
    communes = [unit for unit in gazetteer if unit.level is Level.COMMUNE]
    former = [unit for unit in communes if unit.era is Era.OLD]
    current = [unit for unit in communes if unit.era is Era.NEW]
    for _ in range(each):
        for form in ("full", "plain", "short", "with province", "with district", "typo", "alone", "over"):
            unit = random.choice(former)
            yield Asked(form, _write(gazetteer, random, form, unit), unit)
        for form in ("new with province", "new alone"):
            unit = random.choice(current)
            yield Asked(form, _write(gazetteer, random, form, unit), unit)


def judge(gazetteer: Gazetteer, asked: Asked, resolution: Resolution) -> Verdict:
    """Whether *resolution* of the text is right, answering its questions as the citizen would."""
    kin = kin_of(gazetteer, asked.unit)
    if resolution.kind is ResolutionKind.NONE:
        return Verdict.MISSED
    if resolution.unit is None:
        return Verdict.ASKED if settles(gazetteer, asked.unit, resolution) else Verdict.WRONG
    if resolution.unit in kin:
        return Verdict.RIGHT
    inside = resolution.unit.token in index_of(gazetteer).lineage(asked.unit)
    return Verdict.COARSE if inside and resolution.unit.level is not Level.COMMUNE else Verdict.WRONG


def settles(gazetteer: Gazetteer, unit: AdminUnit, resolution: Resolution, asked: int = 0) -> bool:
    """Whether the question of *resolution* leads somebody from *unit* to it, by taps or typed answers."""
    kin = kin_of(gazetteer, unit)
    if resolution.unit in kin or any(choice.unit in kin for choice in resolution.choices):
        return True
    if resolution.kind is not ResolutionKind.ASK_PROVINCE or asked == _MOST_QUESTIONS:
        return False
    return any(
        settles(gazetteer, unit, resolve(gazetteer, above.full_name, pending=resolution.mention), asked + 1)
        for above in _above(gazetteer, unit)
    )


def kin_of(gazetteer: Gazetteer, unit: AdminUnit) -> set[AdminUnit]:
    """*unit*, what it became and what it was made from: any of them is a right answer."""
    if unit.level is Level.DISTRICT:
        return {unit}
    return {unit, *gazetteer.successors(unit), *gazetteer.predecessors(unit)}


def _above(gazetteer: Gazetteer, unit: AdminUnit) -> list[AdminUnit]:
    """What somebody says they are from when asked: the province, then the district."""
    if unit.era is Era.NEW:
        return [gazetteer.province_of(unit), *gazetteer.former_districts(unit)]
    district = gazetteer.parent(unit)
    province = gazetteer.parent(district) if district else None
    return [each for each in (province, district) if each is not None]


def _write(gazetteer: Gazetteer, random: Random, form: str, unit: AdminUnit) -> str:
    now = gazetteer.province_of(unit)
    if unit.era is Era.NEW:
        return unit.full_name if form == "new alone" else f"{unit.full_name}, {now.full_name}"
    province, district = _above(gazetteer, unit)
    match form:
        case "full":
            return f"{unit.full_name}, {district.full_name}, {province.full_name}"
        case "plain":
            return fold(f"{unit.name} {district.name} {province.name}")
        case "short":
            return f"{_shorten(unit)} {_shorten(district)} {province.name.lower()}"
        case "with province":
            return f"{unit.full_name} {province.name}"
        case "with district":
            return fold(f"{unit.name} {district.name}")
        case "typo":
            return f"{unit.type} {_mistype(random, _bare(unit))} {district.full_name} {province.name}"
        case "over":
            return f"{unit.full_name} {now.name}"
        case _:
            return unit.full_name


def _bare(unit: AdminUnit) -> str:
    return unit.name.removeprefix(f"{unit.type} ")


def _shorten(unit: AdminUnit) -> str:
    return f"{_SHORT[fold(unit.type)]}.{_bare(unit).lower()}"


def _mistype(random: Random, name: str) -> str:
    """*name* with one letter lost, added or swapped with the one before."""
    letters = [at for at, letter in enumerate(name) if letter.isalpha()]
    if len(letters) < 3:
        return name
    at = random.choice(letters[1:])
    match random.randrange(3):
        case 0:
            return name[:at] + name[at + 1 :]
        case 1:
            return name[:at] + random.choice(_TYPO_LETTERS) + name[at:]
        case _:
            return name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :]
