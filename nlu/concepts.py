"""Concepts: the many phrases for one thing ("ở đâu", "chỗ nào", "nơi nào"), found in a text's words."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from nlu.training import Synonym
from nlu.vietnamese import fold

_MARK = "@"


@dataclass(frozen=True, slots=True)
class Concepts:
    """Folded phrases and the concept each stands for."""

    phrases: dict[str, str]
    _by_start: dict[str, list[tuple[list[str], str]]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_start: defaultdict[str, list[tuple[list[str], str]]] = defaultdict(list)
        for phrase in sorted(self.phrases, key=lambda each: -len(each.split())):
            words = phrase.split()
            by_start[words[0]].append((words, self.phrases[phrase]))
        object.__setattr__(self, "_by_start", dict(by_start))

    @classmethod
    def of(cls, synonyms: Iterable[Synonym]) -> "Concepts":
        """Return the concepts of `synonyms`; a concept's own name is one of its phrases."""
        phrases: dict[str, str] = {}
        for synonym in synonyms:
            concept = _MARK + fold(synonym.concept, words=True).replace(" ", "_")
            for phrase in (synonym.concept, synonym.phrase):
                if folded := fold(phrase, words=True):
                    phrases.setdefault(folded, concept)
        return cls(phrases)

    def find(self, words: Sequence[str]) -> list[str]:
        """Return the concepts in folded `words`, sorted, each once; of overlapping phrases the longest."""
        listed = list(words)
        found: set[str] = set()
        at = 0
        while at < len(listed):
            for phrase, concept in self._by_start.get(listed[at], ()):
                if listed[at : at + len(phrase)] == phrase:
                    found.add(concept)
                    at += len(phrase)
                    break
            else:
                at += 1
        return sorted(found)
