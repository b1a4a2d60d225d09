"""The alphabets of Vietnamese before Unicode (TCVN3, VNI) and text saved the wrong way: told, and read."""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from nlu.vietnamese import fold, is_syllable

# Bytes A1 to FF of TCVN 5712 as code points, as `iconv -f TCVN` of glibc gives them. The capitals of its
# bytes 80 to 9F were never in the .VnTime fonts, where Word has its quotation marks.
_TCVN3_TABLE: Final = """
102 c2 ca d4 1a0 1af 110 103 e2 ea f4 1a1 1b0 111 1eb0 300 309 303 301 323 e0 1ea3 e3 e1 1ea1 1eb2 1eb1 1eb3
1eb5 1eaf 1eb4 1eae 1ea6 1ea8 1eaa 1ea4 1ec0 1eb7 1ea7 1ea9 1eab 1ea5 1ead e8 1ec2 1ebb 1ebd e9 1eb9 1ec1
1ec3 1ec5 1ebf 1ec7 ec 1ec9 1ec4 1ebe 1ed2 129 ed 1ecb f2 1ed4 1ecf f5 f3 1ecd 1ed3 1ed5 1ed7 1ed1 1ed9 1edd
1edf 1ee1 1edb 1ee3 f9 1ed6 1ee7 169 fa 1ee5 1eeb 1eed 1eef 1ee9 1ef1 1ef3 1ef7 1ef9 fd 1ef5 1ed0
"""
_TCVN3: Final = {0xA1 + index: int(code, 16) for index, code in enumerate(_TCVN3_TABLE.split())}

# VNI writes a letter as its base and a mark, each a character of Windows-1252.
_VNI_TONES: Final = {0xF9: 0x301, 0xF8: 0x300, 0xFB: 0x309, 0xF5: 0x303, 0xEF: 0x323}
_VNI_HATS: Final = {0xE1: 0x301, 0xE0: 0x300, 0xE5: 0x309, 0xE3: 0x303, 0xE4: 0x323, 0xE2: 0}
_VNI_BREVES: Final = {0xE9: 0x301, 0xE8: 0x300, 0xFA: 0x309, 0xFC: 0x303, 0xEB: 0x323, 0xEA: 0}
_VNI_LETTERS: Final = {
    0xF6: 0x1B0,
    0xF4: 0x1A1,
    0xF1: 0x111,
    0xE6: 0x1EC9,
    0xF3: 0x129,
    0xF2: 0x1ECB,
    0xEE: 0x1EF5,
}
_VNI_LETTER: Final = re.compile(
    r"([aeouy\xf6\xf4])([\xe0-\xe5\xe8-\xeb\xef\xf5\xf8-\xfc])|[\xee\xf1-\xf4\xf6\xe6]", re.IGNORECASE
)

_WESTERN: Final = {
    code: ord(character) for code in range(0x80, 0xA0) if (character := bytes([code]).decode("cp1252", "ignore"))
}
_WESTERN_BYTES: Final = {character: code for code, character in _WESTERN.items()}
_HIGH_RUN: Final = re.compile("[\x80-\xff" + "".join(map(chr, _WESTERN_BYTES)) + "]{2,}")

_TONE_MARKS: Final = frozenset("\u0300\u0301\u0303\u0309\u0323")
_HAT_MARKS: Final = {"\u0302": "aeo", "\u0306": "a", "\u031b": "ou"}
_AROUND: Final = re.compile(r"^[^\w\xa1-\xff]+|[^\w\xa1-\xff]+$")


def read_western(raw: bytes) -> str:
    """*raw* as Windows-1252, where every byte is a character."""
    return raw.decode("latin-1").translate(_WESTERN)


def is_western(text: str) -> bool:
    """Whether all of *text* could have been Windows-1252."""
    return all(ord(each) < 0x100 or ord(each) in _WESTERN_BYTES for each in text)


def from_tcvn3(text: str) -> str:
    """*text*, in which letters of TCVN3 show as characters of Windows-1252, in Unicode."""
    return unicodedata.normalize("NFC", text.translate(_TCVN3))


def from_vni(text: str) -> str:
    """*text*, in which letters of VNI show as characters of Windows-1252, in Unicode."""
    return _VNI_LETTER.sub(_read_vni, text)


def _read_vni(match: re.Match[str]) -> str:
    if match[1] is None:
        return _read_vni_letter(match[0])
    base, mark = match[1], ord(match[2].lower())
    if mark in _VNI_TONES:
        return unicodedata.normalize("NFC", _read_vni_letter(base) + chr(_VNI_TONES[mark]))
    if mark in _VNI_HATS and base in "aeoAEO":
        marks = (0x302, _VNI_HATS[mark])
    elif mark in _VNI_BREVES and base in "aA":
        marks = (0x306, _VNI_BREVES[mark])
    else:
        return _read_vni_letter(base) + match[2]
    return unicodedata.normalize("NFC", base + "".join(chr(each) for each in marks if each))


def _read_vni_letter(letter: str) -> str:
    read = chr(_VNI_LETTERS.get(ord(letter.lower()), ord(letter.lower())))
    return read.upper() if letter.isupper() else read


def from_mojibake(text: str) -> str:
    """*text* with the runs that are UTF-8 once read as Windows-1252 put right."""

    def mend(match: re.Match[str]) -> str:
        raw = bytes(_WESTERN_BYTES.get(ord(each), ord(each)) for each in match.group())
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return match.group()

    return unicodedata.normalize("NFC", _HIGH_RUN.sub(mend, text))


ALPHABETS: Final[dict[str, Callable[[str], str]]] = {
    "mojibake": from_mojibake,
    "tcvn3": from_tcvn3,
    "vni": from_vni,
}
"""How to read each, by the key of the sentence that tells of it."""


def best_alphabet(text: str) -> str | None:
    """The alphabet *text* makes Vietnamese in, which it does not as it stands; None when it is best left."""
    words = [word for word in text.split() if not word.isascii()]
    before = sum(map(_is_vietnamese, words))
    best, found = before + max(1, 0.25 * len(words)), None
    if best >= len(words):
        return None
    for name, convert in ALPHABETS.items():
        after = sum(_is_vietnamese(convert(word)) for word in words)
        if after > best and after >= 0.7 * len(words):
            best, found = after, name
    return found


def share_of_vietnamese(text: str) -> float:
    """Which share of the words with other than ASCII letters could be Vietnamese; 1 if there are none."""
    words = [word for word in text.split() if not word.isascii()]
    return sum(map(_is_vietnamese, words)) / len(words) if words else 1.0


@lru_cache(maxsize=8192)
def _is_vietnamese(token: str) -> bool:
    """Whether each part of *token* is a syllable that the Vietnamese alphabet can write."""
    bare = _AROUND.sub("", unicodedata.normalize("NFC", token)).strip("\xab\xbb\xb7")
    parts = [part for part in re.split(r"[^\w\xa1-\xff]+", bare) if part]
    return all(part.isascii() or _is_written_syllable(part) for part in parts)


def _is_written_syllable(word: str) -> bool:
    if not (word.islower() or word.isupper() or word[1:].islower()):
        return _is_initialism(word)
    tones, base = 0, ""
    for each in unicodedata.normalize("NFD", word.lower()):
        if each in _TONE_MARKS:
            tones += 1
        elif each in _HAT_MARKS:
            if base not in _HAT_MARKS[each]:
                return False
        elif each == "\u0111" or (each.isascii() and each.isalpha()):
            base = each
        else:
            return False
    return tones <= 1 and (is_syllable(fold(word)) or _is_initialism(word))


def _is_initialism(word: str) -> bool:
    """Whether *word* is letters that stand for words, such as those of a ministry, with their capital D."""
    return len(word) > 1 and all(each.isascii() or each in "\u0110\u0111" for each in word)
