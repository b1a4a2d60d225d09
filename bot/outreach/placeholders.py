"""Places in a campaign's text: ``{table.row.column}`` is filled from the tables when a draft is made, so that
a date is written down once; the person's commune and province are filled in each copy as it leaves."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from rapidfuzz.distance import OSA

from nlu.vietnamese import fold

COMMUNE: Final = "xa"
PROVINCE: Final = "tinh"
"""The places for the person, folded: staff write them with diacritics, and in capitals where a sentence begins."""

PlaceWords = Mapping[str, str]
"""What stands in the places for a person: the words for COMMUNE and PROVINCE."""

_PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")


def fill(text: str, line: int, values: Mapping[str, str], fault: Callable[..., None]) -> str:
    """*text* with the *values* in its places; one that has none is told to *fault* with its *line*, and left.

    The places for the person are left too.
    """

    def value(match: re.Match[str]) -> str:
        name = match[1].replace(" ", "")
        if name not in values and not _names_person(match):
            near = max(values, key=lambda each: OSA.normalized_similarity(name, each), default="–")
            fault(line, "placeholder", text=match[0], near=f"{{{near}}}")
        return values.get(name, match[0])

    return _PLACEHOLDER.sub(value, text)


def find_placeholder(text: str) -> str:
    """The first place of either kind in *text*, as it is written; empty when there is none."""
    found = _PLACEHOLDER.search(text)
    return found[0] if found else ""


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """*text* cut at its places for the person: words, and the name of the place behind them; the last has none."""
    done = 0
    for match in filter(_names_person, _PLACEHOLDER.finditer(text)):
        yield text[done : match.start()], fold(match[1]).strip()
        done = match.end()
    yield text[done:], ""


def names_person(text: str) -> bool:
    """Whether *text* has a place for the person."""
    return any(name for _, name in pieces(text))


def fill_person(text: str, words: PlaceWords) -> str:
    """*text* with *words* in its places for the person, with a capital where the place is written with one."""

    def word(match: re.Match[str]) -> str:
        name = match[1].strip()
        said = words.get(fold(name), match[0])
        return said[:1].upper() + said[1:] if name[:1].isupper() else said

    return _PLACEHOLDER.sub(word, text)


def _names_person(match: re.Match[str]) -> bool:
    return fold(match[1]).strip() in (COMMUNE, PROVINCE)
