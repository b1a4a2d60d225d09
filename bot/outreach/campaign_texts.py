"""The words of a campaign's file: filled from the tables, and short enough for every channel and person."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from bot.outreach.placeholders import PlaceWords, fill, fill_person, find_placeholder, names_person
from nlu.vietnamese import fold

TEXT_MAX: Final = 900
TEXT: Final = "noi dung"

_LINK_WITH_PLACE = re.compile(r"(?:https?://|tel:)[^\s)]*?\{[^{}]*\}")


def read_texts(
    parts: Mapping[str, tuple[int, str]],
    values: Mapping[str, str],
    longest_place: Callable[[], PlaceWords],
    fault: Callable[..., None],
) -> dict[str, str]:
    """The words for every channel, under an empty name, and other words for one, under its own.

    What is wrong with them is told to *fault*, and a place to fill anywhere else: there it would be sent as
    it is written.
    """
    texts: dict[str, str] = {"": ""}
    for label, (line, written) in parts.items():
        if label != TEXT and not label.startswith(f"{TEXT} "):
            if found := find_placeholder(written):
                fault(line, "placeholder_here", text=found)
            continue
        if label != TEXT and not written:
            continue
        text = texts[label.removeprefix(TEXT).strip()] = fill(written, line, values, fault)
        if (length := len(at_longest(text, longest_place))) > TEXT_MAX:
            fault(line, "too_long", length=str(length), most=str(TEXT_MAX))
        if "chua xac minh" in fold(text):
            fault(line, "unverified")
        if names_person(text) and (link := _LINK_WITH_PLACE.search(text)):
            fault(line, "placeholder_link", link=link[0])
    return texts


def at_longest(text: str, longest_place: Callable[[], PlaceWords]) -> str:
    """*text* as who lives at the place of the longest names gets it."""
    return fill_person(text, longest_place()) if names_person(text) else text
