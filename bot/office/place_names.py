"""From the names of places officials type to codes and tokens, or the reason why a name means no one place."""

from pathlib import Path

from bot.outreach.broadcast import Forbidden
from bot.places.gazetteer import Gazetteer
from bot.places.resolver import ResolutionKind, resolve
from bot.places.units import AdminUnit, Era, Level


def open_gazetteer(content: Path) -> Gazetteer:
    """The gazetteer with the corrections of the content folder."""
    return Gazetteer.load(content / "places" / "overlay.csv")


def province_code(gazetteer: Gazetteer, name: str) -> str:
    """The code of the current province *name* means. Raises Forbidden when it means none or several."""
    unit = gazetteer.province(name) or _one_place(gazetteer, name)
    if unit.level is not Level.PROVINCE:
        raise Forbidden("place.not_province", name=name, found=unit.full_name)
    if unit.era is Era.OLD:
        # The whole of what it became would reach people nobody meant.
        now = gazetteer.province_of(unit).full_name
        raise Forbidden("place.old_province", name=name, now=now)
    return unit.code


def commune_token(gazetteer: Gazetteer, name: str) -> str:
    """The token of the current commune *name* means. Raises Forbidden when it means none or several."""
    unit = gazetteer.commune(name) or _one_place(gazetteer, name)
    if unit.level is Level.DISTRICT:
        raise Forbidden("place.old_district", name=name)
    if unit.level is not Level.COMMUNE:
        raise Forbidden("place.not_commune", name=name, found=unit.full_name)
    current = gazetteer.successors(unit)
    if len(current) != 1:
        raise Forbidden("place.divided", name=name, now=", ".join(each.full_name for each in current))
    return current[0].token


def _one_place(gazetteer: Gazetteer, name: str) -> AdminUnit:
    if unit := gazetteer.unit(name):
        return unit
    found = resolve(gazetteer, name)
    if found.kind is ResolutionKind.RESOLVED and found.unit is not None:
        return found.unit
    if found.choices:
        choices = "; ".join(each.label for each in found.choices)
        raise Forbidden("place.several", name=name, choices=choices)
    raise Forbidden("place.unknown", name=name)
