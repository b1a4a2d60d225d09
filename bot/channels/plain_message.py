"""A reply as plain texts, for channels without buttons: choices as a menu by numbers, the rest as lines."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from bot.channels.base import Files
from bot.markup import Measure, split, to_plain
from bot.messages import Choice, ChoiceKind, Media, MediaKind, Reply, Venue

PAGE = 9
"""How many numbers a menu has; the dialogue turns the page on ``0``."""


@dataclass(frozen=True, slots=True)
class MenuWords:
    """What a menu says: how to answer it, that there is more, where the map is (``{url}``)."""

    hint: str
    more: str
    map: str

    @classmethod
    def of(cls, phrases: Mapping[str, str]) -> Self:
        """The words among the *phrases* of ``texts.yml`` below ``menu``."""
        return cls(phrases["hint"], phrases["more"], phrases["map"])


def menu(choices: list[Choice], words: MenuWords) -> str:
    """*choices* by numbers; empty for none."""
    if not choices:
        return ""
    lines = [f"{number}. {choice.label.strip()}" for number, choice in enumerate(choices[:PAGE], 1)]
    if len(choices) > PAGE:
        lines.append(f"0. {words.more}")
    return "\n".join([*lines, words.hint])


def line(choice: Choice) -> str:
    """What a choice that no number stands for says: a telephone number or an address."""
    label = choice.label.strip()
    match choice.kind:
        case ChoiceKind.PHONE:
            return f"☎ {choice.target}" if choice.target in label else f"☎ {label}: {choice.target}"
        case ChoiceKind.URL:
            return f"{label}: {choice.target}"
    return ""


def place(venue: Venue, words: MenuWords) -> str:
    """Name, address and a map link, which every telephone opens."""
    point = venue.point
    url = f"https://maps.google.com/?q={point.latitude:.6f},{point.longitude:.6f}"
    return "\n".join(filter(None, (venue.title, venue.address, words.map.format(url=url))))


def part_files(media: Sequence[Media], files: Files | None) -> tuple[str, list[str]]:
    """The address of the picture a platform shows, empty for none, and a line for every other file.

    What has no address is said in words only.
    """
    picture, lines = "", []
    for each in media:
        address = files.address(each) if files else ""
        if address and each.kind is MediaKind.IMAGE and not picture:
            picture = address
        else:
            lines.append(f"{each.alt}: {address}" if address else each.alt)
    return picture, lines


def utf16_length(text: str) -> int:
    """How long *text* is in UTF-16 units: never less than in characters."""
    return len(text.encode("utf-16-le", "replace")) // 2


def compose(
    reply: Reply,
    lines: list[str],
    below: str,
    limit: int,
    show: Callable[[str], str] = to_plain,
    measure: Measure = utf16_length,
) -> list[str]:
    """The texts of *reply* as *show* makes them, *lines* behind it, and *below* whole under the last."""
    text = unicodedata.normalize("NFC", "\n\n".join(filter(None, (reply.text.strip(), "\n".join(lines)))))
    parts = [show(part) for part in split(text, limit, lambda part: measure(show(part)))]
    below = unicodedata.normalize("NFC", below)
    if below and parts and measure(parts[-1]) + 2 + measure(below) <= limit:
        parts[-1] += "\n\n" + below
    elif below:
        parts.append(below)
    return parts
