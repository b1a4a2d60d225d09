"""Known phrases found in a text's words, the longest first."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Phrases:
    """Folded phrases, each with what it stands for."""

    meanings: Mapping[str, str]
    _by_start: dict[str, list[tuple[list[str], str]]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_start: defaultdict[str, list[tuple[list[str], str]]] = defaultdict(list)
        for phrase in sorted(self.meanings, key=lambda each: -len(each.split())):
            words = phrase.split()
            by_start[words[0]].append((words, self.meanings[phrase]))
        object.__setattr__(self, "_by_start", dict(by_start))

    def find(self, words: Sequence[str]) -> list[tuple[str, str]]:
        """Return (phrase, meaning) of each phrase in folded `words`, in order; of overlapping ones the longest."""
        listed = list(words)
        found: list[tuple[str, str]] = []
        at = 0
        while at < len(listed):
            for phrase, meaning in self._by_start.get(listed[at], ()):
                if listed[at : at + len(phrase)] == phrase:
                    found.append((" ".join(phrase), meaning))
                    at += len(phrase)
                    break
            else:
                at += 1
        return found
