"""The place names that stand in a text, each with how surely it is meant as one."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

from bot.places.index import Entry, NameIndex, Origin
from bot.places.names import LONGEST_NAME, TYPES, Word, clean, fold, name_words, split_words
from bot.places.units import AdminUnit, Level
from bot.places.vocabulary import Vocabulary

_MIXED_SHARE = 0.3
_WHOLE_SHARE = 0.6
_LONGEST_SYLLABLE = 7

# A message may be of any length; what names a place is said soon, and not over and over.
_MOST_WORDS = 80
_MOST_REPEATS = 2


class Quality(IntEnum):
    """How well the written name agrees with the unit's."""

    FUZZY = 0
    CONFLICTING = 1
    PLAIN = 2
    EXACT = 3


@dataclass(frozen=True, slots=True)
class Match:
    """A unit whose name the window *start*–*end* (words) may be; *type* is the type word before it.

    *closeness* is below 1 for a misspelt name only.
    """

    start: int
    end: int
    unit: AdminUnit
    quality: Quality
    origin: Origin
    type: str
    type_start: int
    closeness: float = 1.0

    def overlaps(self, other: "Match") -> bool:
        """Whether both claim a word, type words included."""
        return self.type_start < other.end and other.type_start < self.end


@dataclass(slots=True)
class Reading:
    """A text as words, and the *matches* that passed the gate, of all that were *found*.

    *typed_at* is, for a word, the type word before it and where that begins. *beside* are the words
    right after a landmark's ("market").
    """

    text: str
    words: list[Word]
    matches: list[Match]
    typed_at: dict[int, tuple[str, int]]
    found: list[Match] = field(default_factory=list)
    beside: set[int] = field(default_factory=set)

    def is_mostly(self, start: int, end: int, fills: Callable[[Word], bool]) -> bool:
        """Whether words *start*–*end* are nearly all that *fills* leaves of the text."""
        others = [w for at, w in enumerate(self.words) if not start <= at < end and not fills(w)]
        return (end - start) >= _WHOLE_SHARE * (end - start + len(others))

    def said(self, start: int, end: int) -> str:
        """The text from word *start* up to word *end*, as the citizen wrote it."""
        return self.text[self.words[start].start : self.words[end - 1].end]


def read(index: NameIndex, vocabulary: Vocabulary, text: str, *, trusted: bool = False) -> Reading:
    """The matches of *text*. *trusted* text answers a question about a place: nothing is gated out."""
    text = clean(text)
    words = split_words(text)[:_MOST_WORDS]
    accented = sum(word.accented for word in words) >= _MIXED_SHARE * len(words)
    typed_at = {
        at: typed for at in range(1, len(words)) if (typed := _type_before(words, at, accented)) is not None
    }
    inside_type = {at - 1 for at, (_, start) in typed_at.items() if at - start == 2}
    found = [
        Match(
            start,
            end,
            entry.unit,
            _quality(words[start:end], entry),
            entry.origin,
            *typed_at.get(start, ("", start)),
        )
        for start, end, entries in _windows(index, words)
        for entry in entries
        if start not in inside_type
        if entry.origin is not Origin.OFFICIAL or end - start <= len(name_words(entry.unit.name))
    ]
    found += _untyped(found)
    gate = _Gate(index, vocabulary, words, found, trusted)
    passed = [match for match in found if gate.passes(match)]
    return Reading(text, words, passed, typed_at, found, gate.beside())


def _untyped(found: Sequence[Match]) -> list[Match]:
    """The matches once more without their type word where it may be the end of another name."""
    ends = {match.end for match in found if match.end - match.start > 1}
    return [
        replace(match, type="", type_start=match.start) for match in found if match.type and match.start in ends
    ]


def _windows(index: NameIndex, words: Sequence[Word]) -> Iterator[tuple[int, int, list[Entry]]]:
    times: Counter[str] = Counter()
    for start in range(len(words)):
        key = ""
        for end in range(start + 1, min(len(words), start + LONGEST_NAME) + 1):
            if end > start + 1 and words[end - 1].breaks:
                break
            key += words[end - 1].key
            entries = index.find(key)
            times[key] += 1
            if entries and times[key] <= _MOST_REPEATS:
                yield start, end, entries


def _type_before(words: Sequence[Word], at: int, accented: bool) -> tuple[str, int] | None:
    """The type of unit said right before word *at*, and where it is said."""
    for length in (2, 1):
        start = at - length
        if start < 0 or (length == 2 and words[start + 1].breaks):
            continue
        said = TYPES.get(" ".join(word.key for word in words[start:at]))
        if said is None:
            continue
        if words[start].key in _SPELLINGS and length == 1 and not _spelt_as_type(words[start], said, accented):
            return None
        return said, start
    return None


# The spelling of the one-word types, tone last: without accents in an accented text they some are
# other words ("xa" is far).
_SPELLINGS = {
    "xa": "xa\u0303",
    "phuong": "phu\u031bo\u031bng\u0300",
    "huyen": "huye\u0302n\u0323",
    "quan": "qua\u0302n\u0323",
    "tinh": "tinh\u0309",
}


_WORDS_THEMSELVES = frozenset({"xa", "quan", "tinh"})


def _spelt_as_type(word: Word, said: str, accented: bool) -> bool:
    if word.accented:
        return word.spelling == _SPELLINGS[said]
    return said not in _WORDS_THEMSELVES or not accented or word.capital


def _quality(words: Sequence[Word], entry: Entry) -> Quality:
    if entry.origin is not Origin.OFFICIAL:
        return Quality.PLAIN
    name = name_words(entry.unit.name)
    if len(name) != len(words):
        return Quality.PLAIN
    accented = [(w, spelling) for w, (_, spelling) in zip(words, name, strict=True) if w.accented]
    if not accented:
        return Quality.PLAIN
    agrees = all(_loose(word.spelling) == _loose(spelling) for word, spelling in accented)
    return Quality.EXACT if agrees else Quality.CONFLICTING


def _loose(spelling: str) -> str:
    return spelling.replace("y", "i")


class _Gate:
    """Keeps out the names that ordinary words happen to spell."""

    def __init__(
        self,
        index: NameIndex,
        vocabulary: Vocabulary,
        words: Sequence[Word],
        found: Sequence[Match],
        trusted: bool,
    ) -> None:
        self._index, self._vocabulary, self._words, self._trusted = index, vocabulary, words, trusted
        self._found = found
        self._content = sum(not self._fills(at) for at in range(len(words)))
        self._sure: dict[str, list[Match]] = defaultdict(list)
        self._above_typed: dict[str, list[Match]] = defaultdict(list)
        self._ends: dict[int, list[Match]] = defaultdict(list)
        for match in found:
            if match.quality >= Quality.PLAIN:
                self._sure[match.unit.token].append(match)
                self._ends[match.end].append(match)
                for token in index.lineage(match.unit) if match.type else ():
                    self._above_typed[token].append(match)
        self._shouted = all(word.capital for word in words if word.key.isalpha())

    def passes(self, match: Match) -> bool:
        if self._follows(match, self._vocabulary.below) and not match.type and not self._holds(match):
            return False
        if match.origin is Origin.FORMER and not (match.type or self._trusted) and self._is_lower_accented(match):
            return self._leans(match)
        everyday = self._key(match.start, match.end) in self._vocabulary.everyday
        if match.quality is Quality.CONFLICTING and not (match.type or self._trusted or self._leans(match)):
            return False
        if everyday:
            typed = match.type == fold(match.unit.type)
            named = (bool(match.type) and self._is_capital(match)) or (typed and self._is_all(match))
            return named or self._leans(match) or (self._trusted and match.quality is Quality.EXACT)
        return (
            self._trusted
            or bool(match.type)
            or self._is_anchor(match)
            or self._covers(match)
            or self._capital(match)
            or (match.origin is not Origin.FORMER and self._is_cued(match))
            or self._leans(match)
            or self._bears(match)
            or self._holds(match)
        )

    def _is_lower_accented(self, match: Match) -> bool:
        """Whether the words carry accents, which former names have lost, and no capital speaks for a name."""
        words = self._words[match.start : match.end]
        return any(word.accented for word in words) and not all(word.capital for word in words)

    def _is_capital(self, match: Match) -> bool:
        words = self._words[match.start : match.end]
        return not self._shouted and words[0].capital and (words[-1].capital or match.quality is Quality.EXACT)

    def _is_all(self, match: Match) -> bool:
        return self._content <= sum(not self._fills(at) for at in range(match.type_start, match.end))

    def beside(self) -> set[int]:
        """The words that begin a name after "market", "school" and the like."""
        return {m.start for m in self._found if self._follows(m, self._vocabulary.beside)}

    def _is_anchor(self, match: Match) -> bool:
        """A province is meant wherever it is named; so is a numbered district or ward."""
        if self._key(match.start, match.end) in self._vocabulary.everyday:
            return False
        if match.quality is Quality.CONFLICTING:
            return False
        if any(word.key.isdigit() for word in self._words[match.start : match.end]):
            return True
        return match.unit.level is Level.PROVINCE and self._substantial(match)

    def _substantial(self, match: Match) -> bool:
        """Not a lone syllable that could be any word, unless its size or spelling says more."""
        window = self._words[match.start : match.end]
        if len(window) > 1 or len(window[0].key) > _LONGEST_SYLLABLE:
            return True
        exact = match.quality is Quality.EXACT and window[0].accented
        if match.unit.level is Level.COMMUNE:
            return exact and window[0].capital and not self._shouted and match.start > 0
        return exact or window[0].capital or match.origin is Origin.NICKNAME

    def _covers(self, match: Match) -> bool:
        size = match.end - match.type_start
        others = self._content - sum(not self._fills(at) for at in range(match.type_start, match.end))
        return size >= _WHOLE_SHARE * (size + others) and (
            self._substantial(match) or (not others and match.unit.level is not Level.COMMUNE)
        )

    def _capital(self, match: Match) -> bool:
        window = self._words[match.start : match.end]
        return (
            not self._shouted
            and len(window) > 1
            and match.quality is Quality.EXACT
            and all(word.capital for word in window)
        )

    def _follows(self, match: Match, keys: Iterable[str]) -> bool:
        """Whether one of *keys* stands right before the match or its type word."""
        for length in (1, 2, 3):
            start = match.type_start - length
            if start >= 0 and self._key(start, match.type_start) in keys:
                return True
        return False

    def _is_cued(self, match: Match) -> bool:
        return self._follows(match, self._vocabulary.cues) and self._substantial(match)

    def _leans(self, match: Match, deep: bool = True) -> bool:
        """Whether a unit that it lies in is named right beside it, itself surely or by a third one."""
        if not (match.type or match.unit.level is Level.DISTRICT or self._substantial(match)):
            return deep and self._closes(match)
        return any(
            self._beside(match, anchor)
            and (bool(anchor.type) or self._substantial(anchor) or (deep and self._leans(anchor, deep=False)))
            for token in self._index.lineage(match.unit)
            for anchor in self._sure.get(token, ())
        )

    def _closes(self, match: Match) -> bool:
        """Whether a lone syllable and the units it lies in, named one after the other, are the whole text."""
        lineage = self._index.lineage(match.unit)
        end, said = match.end, 0
        while end < len(self._words) and (above := self._longest_from(end, lineage)):
            end, said = above.end, said + 1
        others = self._content - sum(not self._fills(at) for at in range(match.type_start, end))
        return said > 0 and others <= 0

    def _longest_from(self, start: int, tokens: Iterable[str]) -> Match | None:
        found = (each for token in tokens for each in self._sure.get(token, ()) if each.type_start == start)
        return max(found, key=lambda each: each.end, default=None)

    def _holds(self, match: Match) -> bool:
        """Whether a commune of it is named right before it, and the two are nearly the whole text."""
        if match.unit.level is not Level.DISTRICT or not self._substantial(match):
            return False
        return any(
            each.unit.level is Level.COMMUNE
            and match.unit.token in self._index.lineage(each.unit)
            and (bool(each.type) or self._substantial(each))
            and self._beside(each, match)
            and self._covers(replace(match, start=each.start, type_start=each.type_start))
            for each in self._ending_near(match.type_start)
        )

    def _ending_near(self, at: int) -> Iterator[Match]:
        """The sure matches that end at word *at*, or with only fillers between."""
        for end in (at, at - 1, at - 2):
            yield from self._ends.get(end, ())

    def _bears(self, match: Match) -> bool:
        """Whether a unit that surely is one, and lies in it, is named right beside it."""
        typed = self._above_typed.get(match.unit.token, ())
        return bool(typed) and self._substantial(match) and any(self._beside(match, sure) for sure in typed)

    def _beside(self, one: Match, other: Match) -> bool:
        first, second = sorted((one, other), key=lambda match: match.type_start)
        between = range(first.end, second.type_start)
        return first.end <= second.type_start and len(between) <= 2 and all(map(self._fills, between))

    def _fills(self, at: int) -> bool:
        return self._vocabulary.fills(self._words[at]) or TYPES.get(self._words[at].key) is not None

    def _key(self, start: int, end: int) -> str:
        return "".join(word.key for word in self._words[start:end])
