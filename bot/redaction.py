"""A question without what could tell who asked: no long numbers, addresses on the net, names of persons."""

import re

from nlu.vietnamese import fold

_NET = re.compile(r"\S+@\S+|(?:https?://|www\.)\S+|(?<!\w)@\w+", re.IGNORECASE)
# Years, grades and numbers of laws say what is meant; five digits and more say who.
_NUMBER = re.compile(r"(?<![\w/])\+?\d(?:[ .\-]?\d){4,}(?!\w)|\d{5,}")
_HOUSE = re.compile(r"\b(?:so nha|ngo|ngach|hem|kiet)\s+\d[\w/]*|\b(?:so\s+)?\d+(?:/\d+)*\s+(?:duong|pho)\b")
_WORD = re.compile(r"[^\W\d_]+")

_SURNAMES = frozenset(
    re.findall(
        r"\w+",
        """
    nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly dinh trinh doan luong
    mai dao truong lam phung cao ta ha quach thai chau luu vuong to lo hoang giang trieu tong
    """,
    )
)
_NAMED = re.compile(
    r"\b(?:toi|em|minh|chau|con|anh|chi|co|chu|bac|ong|ba)?\s*ten(?:\s+(?:la|em|toi|minh|con))*\s+"
    r"|\bho va ten:?\s+|\bho ten:?\s+"
)
_MIDDLE = ("van", "thi")
# Surnames that also begin the names of provinces.
_PLACES = frozenset(["ha", "ho", "thai", "cao", "lam", "dong", "tuyen", "phu", "an"])
_TITLES = frozenset(["anh", "chi", "co", "chu", "bac", "ong", "ba", "thay", "em", "chau"])
# Words that follow a surname or a title in ordinary talk and are no names.
_NO_NAMES = frozenset(
    re.findall(
        r"\w+",
        """
    la o co duoc khong ko k hoc hoi muon can va thi da chua roi cua ten nam nay kia ay a oi cho voi
    tai xa phuong tinh lop cap nghe chu sao nao gi the phai may bao nhieu di den xin day do tuoi
    gia cung con thuong ban
    """,
    )
)
_NAME_WORDS_MOST = 4

MARK = "[…]"
"""What stands where something was taken out."""


def redact(text: str) -> str:
    """*text* with a mark where such stood, on one line, at most 300 characters.

    Names are met by what stands before them, by a capital after a title, or by a surname with capitals after
    it; a name typed in small letters without any of these passes.
    """
    text = " ".join(_NET.sub(f" {MARK} ", text).split())
    text = _NUMBER.sub(MARK, text)
    for match in reversed(list(_HOUSE.finditer(_folded(text)))):
        text = text[: match.start()] + MARK + text[match.end() :]
    return " ".join(_without_names(text).split())[:300]


def _without_names(text: str) -> str:
    folded = _folded(text)
    words = list(_WORD.finditer(text))
    cut: list[tuple[int, int]] = []
    for match in _NAMED.finditer(folded):
        cut += _run(text, words, match.end(), capitals=False)
    for index, word in enumerate(words):
        said = fold(word[0])
        following = words[index + 1][0] if index + 1 < len(words) else ""
        after_capital = index > 0 and words[index - 1][0][0].isupper()
        third = words[index + 2][0] if index + 2 < len(words) else ""
        is_place = said in _PLACES and (not third[:1].isupper() or fold(following) == "chi")
        if said in _SURNAMES and word[0][0].isupper() and following[:1].isupper() and not is_place:
            cut += _run(text, words, word.start(), capitals=True)
        elif said in _TITLES and not after_capital and following[:1].isupper() and not following.isupper():
            cut += _run(text, words, words[index + 1].start(), capitals=True)
        elif said in _SURNAMES and fold(following) in _MIDDLE:
            cut += _run(text, words, word.start(), capitals=False)
    for start, end in sorted(set(cut), reverse=True):
        text = text[:start] + MARK + text[end:] if MARK not in text[start:end] else text
    return text


def _folded(text: str) -> str:
    """*text* folded, letter by letter, so that places in one are places in the other."""
    return "".join(fold(each)[:1] or " " for each in text)


def _run(text: str, words: list[re.Match[str]], start: int, *, capitals: bool) -> list[tuple[int, int]]:
    """The part of *text* from *start* that reads on as a name: words side by side, no other talk among them."""
    end = start
    taken = 0
    for word in words:
        if word.start() < start:
            continue
        if taken == _NAME_WORDS_MOST or text[end : word.start()].strip():
            break
        said = fold(word[0])
        middle = taken == 1 and said in _MIDDLE
        if said in _NO_NAMES and not middle and not (taken and word[0][0].isupper()):
            break
        if capitals and not word[0][0].isupper():
            break
        end, taken = word.end(), taken + 1
    return [(start, end)] if taken else []
