"""The words that stand in a broadcast's places for the person: the names of their commune and province."""

from collections.abc import Iterator

from bot.dialogue.texts import Texts
from bot.outreach.placeholders import COMMUNE, PROVINCE, PlaceWords
from bot.places.gazetteer import Gazetteer
from bot.places.units import AdminUnit, Level


def words_at(home: str, province: str, gazetteer: Gazetteer) -> PlaceWords:
    """The names for who lives in *home* (the token of a unit) in *province* (a code); those not known are left
    out."""
    unit = gazetteer.unit(home)
    whole = gazetteer.province_of(unit) if unit else gazetteer.province(province)
    words = {PROVINCE: _in_a_sentence(whole.full_name)} if whole else {}
    return {COMMUNE: _in_a_sentence(unit.full_name), **words} if unit and unit.level is Level.COMMUNE else words


def words_nowhere(texts: Texts) -> PlaceWords:
    """The words for who told no place."""
    return {COMMUNE: texts("person.no_commune"), PROVINCE: texts("person.no_province")}


def words_for_anybody(texts: Texts) -> PlaceWords:
    """The words where everybody reads the same: on the public page, and where a message is quoted."""
    return {COMMUNE: texts("person.any_commune"), PROVINCE: texts("person.any_province")}


def all_words(gazetteer: Gazetteer) -> Iterator[PlaceWords]:
    """What `words_at` gives anybody, or gave when a unit had another name or type."""
    yield {}
    provinces = {each.code: list(_names(each, gazetteer)) for each in gazetteer.provinces()}
    for names in provinces.values():
        yield from ({PROVINCE: name} for name in names)
    for commune in gazetteer.current_communes:
        for name in _names(commune, gazetteer):
            yield from ({COMMUNE: name, PROVINCE: each} for each in provinces[commune.province_code])


def longest_words(texts: Texts, gazetteer: Gazetteer) -> PlaceWords:
    """The longest words there are for a commune and for a province."""
    longest = dict(words_nowhere(texts))
    for words in all_words(gazetteer):
        longest |= {name: max(longest[name], said, key=len) for name, said in words.items()}
    return longest


def _names(unit: AdminUnit, gazetteer: Gazetteer) -> Iterator[str]:
    yield from (_in_a_sentence(each.full_name) for each in (unit, *gazetteer.formerly(unit)))


def _in_a_sentence(name: str) -> str:
    return name[:1].lower() + name[1:]
