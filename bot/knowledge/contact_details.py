"""Telephone numbers and web addresses in a text: which of them nobody could call or open."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from nlu.vietnamese import fold

_URL = re.compile(r"\b(?:https?:/{0,2}|www\.)[^\s<>()\[\]“”]*", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\d/.,-])(?:(?:\+84|0)[\d .\-()]{4,18}|(?<!nam )1[89]00[\d .]{1,10})\d(?![\d/%])")
_CALLED = re.compile(
    r"\b(?:dien thoai|dt|tong dai|hotline)\W{0,3}(?:so\W{1,2})?((?:\+84|\d)[\d .\-()]+\d)", re.IGNORECASE
)

# Quyết định 2362/QĐ-BTTTT, 2018 (mobile) and Thông tư 22/2014/TT-BTTTT (fixed, services, short numbers).
_MOBILE = re.compile(r"0[35789]\d{8}")
_FIXED = re.compile(r"02\d{9}")
_SERVICE = re.compile(r"1[89]00\d{4,6}")
_SHORT = re.compile(r"1(?:1[1-9]|022|08\d)")


def bad_urls(text: str) -> Iterator[str]:
    """The web addresses of *text* that no browser opens."""
    for match in _URL.finditer(text):
        url = match[0].rstrip(".,;:!?*_")
        if not is_web(url):
            yield url


def bad_phones(text: str) -> Iterator[str]:
    """The telephone numbers of *text* that do not exist in Vietnam's numbering."""
    text = fold(_URL.sub(" ", text))
    written = [match[0] for match in _PHONE.finditer(text)] + [match[1] for match in _CALLED.finditer(text)]
    for number in dict.fromkeys(each.strip() for each in written):
        if not any(pattern.fullmatch(_digits(number)) for pattern in (_MOBILE, _FIXED, _SERVICE, _SHORT)):
            yield number


def mobile_phones(text: str) -> Iterator[str]:
    """The mobile numbers of *text*, which belong to a person and not to an office."""
    for match in _PHONE.finditer(fold(_URL.sub(" ", text))):
        if _MOBILE.fullmatch(_digits(match[0])):
            yield match[0].strip()


def is_web(url: str) -> bool:
    """Whether *url* is a web address a browser opens."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "." in host.strip(".") and not re.search(r'[\s<>"]', url)


def _digits(number: str) -> str:
    digits = re.sub(r"\D", "", number.replace("(0)", ""))
    return f"0{digits[2:]}" if number.startswith("+84") else digits
