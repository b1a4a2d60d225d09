"""Questions that mean the same, put together, however they are typed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from nlu.vietnamese import fold

LIKE = 78.0
"""How alike the words of two questions must be, of 100."""

_EMPTY_WORDS = frozenset(
    ["a", "ad", "ah", "ak", "cho", "em", "e", "toi", "minh", "hoi", "xin", "voi", "nhe", "the", "thi", "la", "vay"]
)


@dataclass(frozen=True, slots=True)
class Group:
    """Questions of one meaning, the most frequent first, by the number of the first that was kept."""

    number: int
    questions: tuple[str, ...]
    count: int
    ids: tuple[int, ...]


def group(asked: Sequence[tuple[int, str]]) -> list[Group]:
    """The groups of *asked* (number and text), the largest first."""
    leaders: list[str] = []
    members: list[list[tuple[int, str]]] = []
    for number, text in asked:
        words = _words(text)
        scores = [fuzz.token_set_ratio(words, leader) for leader in leaders]
        best = max(range(len(scores)), key=scores.__getitem__, default=-1)
        if best >= 0 and scores[best] >= LIKE:
            members[best].append((number, text))
        else:
            leaders.append(words)
            members.append([(number, text)])
    groups = [
        Group(
            of_one[0][0],
            tuple(text for text, _ in Counter(text for _, text in of_one).most_common()),
            len(of_one),
            tuple(number for number, _ in of_one),
        )
        for of_one in members
    ]
    return sorted(groups, key=lambda each: (-each.count, each.number))


def _words(text: str) -> str:
    words = fold(text, words=True).split()
    return " ".join(word for word in words if word not in _EMPTY_WORDS) or " ".join(words)
