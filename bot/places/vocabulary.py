"""The words around place names: cues before them, what lies below a commune, everyday words."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bot.places.names import name_key

WORDS = Path(__file__).parents[2] / "content" / "places" / "words.csv"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Keys (as `names.name_key` makes them), by what the words do.

    *cues* stand before a place ("o", "tai"); *below* before the name of a street or hamlet;
    *beside* before a landmark that may bear a commune's name; *everyday* are names of units that
    mean something else in most sentences; *filler* says nothing about a place.
    """

    cues: frozenset[str]
    below: frozenset[str]
    beside: frozenset[str]
    everyday: frozenset[str]
    filler: frozenset[str]


@lru_cache(maxsize=4)
def read_vocabulary(path: Path = WORDS) -> Vocabulary:
    """The words of `content/places/words.csv`. Raises OSError and KeyError for a file without them."""
    roles: dict[str, set[str]] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for word, role, *_ in csv.reader(file):
            roles.setdefault(name_key(role), set()).add(name_key(word))
    names = ("chicho", "duoixa", "canh", "tuthuong", "dem")
    return Vocabulary(*(frozenset(roles[name]) for name in names))
