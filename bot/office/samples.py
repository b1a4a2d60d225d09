"""The copies of a broadcast an official looks at: where people's places stand in its text, they differ."""

from collections.abc import Mapping

from bot.contacts import Segment
from bot.dialogue.place_words import words_at
from bot.office.office import Office
from bot.outreach.broadcast import Broadcast
from bot.outreach.frozen_content import names_place
from bot.outreach.placeholders import PlaceWords


def samples(office: Office, broadcast: Broadcast) -> Mapping[str, PlaceWords]:
    """For whom each copy is, in words, and the place it is rendered at: somebody of the audience, and who told
    no place. One copy, for nobody in particular, where all read the same."""
    if not names_place(broadcast.content):
        return {"": {}}
    home, province = _example(office, broadcast.segment)
    example = office.texts("show.sample_place", place=office.place_name(home))
    return {example: words_at(home, province, office.gazetteer), office.texts("show.sample_nowhere"): {}}


def longest_sample(office: Office, broadcast: Broadcast) -> PlaceWords:
    """The place at which the copy is longest."""
    return office.longest_place if names_place(broadcast.content) else {}


def _example(office: Office, segment: Segment) -> tuple[str, str]:
    """The home of somebody *segment* may mean, and its province."""
    if segment.communes:
        home = min(segment.communes)
        return home, office.province_of(home)
    provinces = sorted(segment.provinces) or [office.home_province]
    province = office.gazetteer.province(provinces[0]) or office.gazetteer.provinces()[0]
    return office.gazetteer.communes(province.code)[0].token, province.code
