"""What somebody wants of a centre, read from what they say: its type, a course, open now."""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bot.places.centre import CentreType
from bot.places.names import fold

CONTENT = Path(__file__).parents[2] / "content"

_OPEN_NOW = (
    "dang mo cua", "dang mo khong", "mo cua khong", "con mo cua", "mo cua bay gio", "gio nay con mo", "bay gio mo",
    "mo cua luc nay", "hom nay co mo", "hom nay mo", "gio nay mo",
)  # fmt: skip
_GDTX = (CentreType.GDTX, CentreType.GDNN_GDTX)


@dataclass(frozen=True, slots=True)
class Course:
    """Something that is taught: *code*, its *name*, its *group* (xoa-mu-chu, bo-tuc, nghe…)."""

    code: str
    name: str
    group: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted: any of *types* (all, when empty), *course* (its code), *open_now*."""

    types: frozenset[CentreType] = frozenset()
    course: str = ""
    open_now: bool = False

    def __bool__(self) -> bool:
        return bool(self.types or self.course or self.open_now)

    def write(self) -> str:
        """The wish as a short text, for a conversation to keep; `Wish.parse` reads it."""
        return "/".join([",".join(sorted(self.types)), self.course, "open" if self.open_now else ""])

    @classmethod
    def parse(cls, text: str) -> "Wish":
        """The wish of ``write``; no wish for anything else."""
        types, _, rest = text.partition("/")
        course, _, now = rest.partition("/")
        known = {str(kind): kind for kind in CentreType}
        return cls(frozenset(known[each] for each in types.split(",") if each in known), course, now == "open")


class Catalogue:
    """The courses and the types of centres by all they are called."""

    def __init__(
        self, courses: Mapping[str, Course], course_words: Mapping[str, str], type_words: Mapping[str, CentreType]
    ) -> None:
        self.courses = dict(courses)
        self._course_words = dict(course_words)
        self._type_words = dict(type_words)
        self._patterns = tuple((_pattern(words), words) for words in (self._course_words, self._type_words))

    @classmethod
    def load(cls, content: Path = CONTENT) -> "Catalogue":
        """The catalogue of ``courses.csv`` and ``centre_types.csv`` in *content*; empty without the files."""
        return _load(content)

    def course_of(self, said: str) -> Course | None:
        """The course that a cell of a centre file names."""
        return self.courses.get(self._course_words.get(fold(said), "") or self.wish(said).course)

    def wish(self, text: str) -> Wish:
        """What *text* wants of a centre. The longest words win: "day nghe may" is sewing."""
        folded = fold(text)
        (course_pattern, _), (type_pattern, _) = self._patterns
        said = sorted(course_pattern.findall(folded), key=len, reverse=True)
        courses = [self._course_words[found] for found in said]
        types = {self._type_words[found] for found in type_pattern.findall(folded)}
        if CentreType.GDTX in types:
            types |= {CentreType.GDNN_GDTX}
        first = next((each for each in courses if not each.endswith("-khac")), courses[0] if courses else "")
        return Wish(frozenset(types), first, any(words in folded for words in _OPEN_NOW))

    def fulfilling(self, course: str) -> frozenset[str]:
        """The codes that fulfil a wish for *course*: itself, or all of its group where that is general."""
        wanted = self.courses.get(course)
        if wanted is None or not course.endswith("-khac"):
            return frozenset({course})
        return frozenset(each.code for each in self.courses.values() if each.group == wanted.group)


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    longest = sorted(filter(None, words), key=len, reverse=True)
    # Looked for at every word, so that one name does not hide another that begins inside it.
    names = "|".join(map(re.escape, longest))
    return re.compile(rf"(?<![a-z0-9])(?=({names})(?![a-z0-9]))" if longest else r"(?!)")


@lru_cache(maxsize=4)
def _load(content: Path) -> Catalogue:
    courses: dict[str, Course] = {}
    course_words: dict[str, str] = {}
    for row in _rows(content / "courses.csv"):
        courses[row["ma"]] = Course(row["ma"], row["ten"], row["nhom"])
        for word in (row["ten"], *row["goi la"].split(";")):
            course_words.setdefault(fold(word), row["ma"])
    type_words: dict[str, CentreType] = {}
    for row in _rows(content / "centre_types.csv"):
        for word in filter(str.strip, row["goi la"].split(";")):
            type_words.setdefault(fold(word), CentreType(row["ma"]))
    return Catalogue(courses, course_words, type_words)


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        headers = [fold(header) for header in next(reader, [])]
        return [dict(zip(headers, map(str.strip, cells), strict=False)) for cells in reader if any(cells)]
