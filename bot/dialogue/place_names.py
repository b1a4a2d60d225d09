"""Units in words: both their forms, short for a button, and the question that settles which is meant."""

from bot.dialogue.texts import Texts
from bot.places.gazetteer import Gazetteer
from bot.places.resolver import Resolution, ResolutionKind
from bot.places.units import AdminUnit, Era, Level

LONGEST_LABEL = 60


def name_both(texts: Texts, gazetteer: Gazetteer, unit: AdminUnit) -> str:
    """*unit* as it was called and as it is called today."""
    forms = gazetteer.describe(unit)
    now = ", ".join(each.full_name for each in (forms.commune, forms.province) if each)
    if unit.era is Era.NEW:
        return now
    before = ", ".join(
        each.full_name for each in (forms.old_commune, forms.old_district, forms.old_province) if each
    )
    return texts("centre.old_and_new", old=before, new=now)


def name_short(gazetteer: Gazetteer, unit: AdminUnit) -> str:
    """The unit's own name and its province's, for a button."""
    return f"{unit.full_name}, {gazetteer.province_of(unit).name}"[:LONGEST_LABEL]


def question_of(texts: Texts, resolution: Resolution) -> str:
    """What is asked where a text may mean several places: which of them, or which province or district."""
    if resolution.kind is ResolutionKind.ASK:
        return texts("centre.which", mention=resolution.mention)
    by_district = bool(resolution.choices) and resolution.choices[0].unit.level is Level.DISTRICT
    return texts("centre.which_district" if by_district else "centre.which_province", mention=resolution.mention)
