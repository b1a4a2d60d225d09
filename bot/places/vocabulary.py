"""The words around place names: cues before them, what lies below a commune, everyday words."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bot.places.names import Word, clean, name_key, spell

WORDS = Path(__file__).parents[2] / "content" / "places" / "words.csv"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Keys (as `names.name_key` makes them), by what the words do.

    *cues* stand before a place ("o", "tai"); *below* before the name of a street or hamlet;
    *beside* before a landmark that may bear a commune's name; *everyday* are names of units that
    mean something else in most sentences; *filler* says nothing about a place, *accented_filler* is
    how such words are spelt.
    """

    cues: frozenset[str]
    below: frozenset[str]
    beside: frozenset[str]
    everyday: frozenset[str]
    filler: frozenset[str]
    accented_filler: frozenset[str]

    def fills(self, word: Word) -> bool:
        """Whether *word* says nothing about a place; what carries accents must carry a filler's own."""
        return word.key in self.filler and (not word.accented or word.spelling in self.accented_filler)


@lru_cache(maxsize=4)
def read_vocabulary(path: Path = WORDS) -> Vocabulary:
    """The words of `content/places/words.csv`. Raises OSError and KeyError for a file without them."""
    roles: dict[str, set[str]] = {}
    accented = set()
    with path.open(encoding="utf-8-sig", newline="") as file:
        for word, role, *_ in csv.reader(file):
            roles.setdefault(name_key(role), set()).add(name_key(word))
            accented.add(spell(clean(word)))
    names = ("chicho", "duoixa", "canh", "tuthuong", "dem")
    cues, below, beside, everyday, filler = (frozenset(roles[name]) for name in names)
    return Vocabulary(cues, below, beside, everyday, filler, frozenset(accented))
