"""Concepts: the many phrases for one thing ("ở đâu", "chỗ nào", "nơi nào"), found in a text's words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from nlu.phrases import Phrases
from nlu.training import Synonym
from nlu.vietnamese import fold

_MARK = "@"


@dataclass(frozen=True, slots=True)
class Concepts:
    """Folded phrases and the concept each stands for."""

    phrases: dict[str, str]
    _known: Phrases = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_known", Phrases(self.phrases))

    @classmethod
    def of(cls, synonyms: Iterable[Synonym], lookups: Iterable[Synonym] = ()) -> "Concepts":
        """Return the concepts of `synonyms`, a concept's own name being one of its phrases, and of `lookups`."""
        phrases: dict[str, str] = {}
        for given, named in ((synonyms, True), (lookups, False)):
            for synonym in given:
                concept = _MARK + fold(synonym.concept, words=True).replace(" ", "_")
                for phrase in (synonym.concept, synonym.phrase) if named else (synonym.phrase,):
                    if folded := fold(phrase, words=True):
                        phrases.setdefault(folded, concept)
        return cls(phrases)

    def find(self, words: Sequence[str]) -> list[str]:
        """Return the concepts in folded `words`, sorted, each once; of overlapping phrases the longest."""
        return sorted({concept for _, concept in self._known.find(words)})
