"""Single cells of a centre file: what a telephone number, a date, an address of the web may look like."""

import re
from datetime import date
from itertools import pairwise
from urllib.parse import urlsplit

import phonenumbers

from bot.places.names import fold

_CONTACT = re.compile(r"\d{7,}|\S+@\S+\.\S+")
_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[A-Za-z]{2,}")
_ISO_DATE = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
_OUR_DATE = re.compile(r"(?:(?:(\d{1,2})[/.-])?(\d{1,2})[/.-])?(\d{4})")
_TITLES = frozenset({"ong", "ba", "anh", "chi", "thay", "co", "dong chi"})
_NAMED_PLACES = frozenset({"ba ria", "ba trieu", "ba den", "ba chieu", "ba hom", "ba diem", "ong ich", "anh son"})
_OLD_LANDLINE = re.compile(r"0(?:[2-8]\d{1,2})[ .)-]")


def has_contact(text: str) -> bool:
    """Whether a telephone number or an e-mail address stands in *text*."""
    return bool(_CONTACT.search(text))


def names_person(text: str) -> bool:
    """Whether *text* seems to name a person: a title, then a capital. Known places such as Ba Ria do not."""
    words = text.split()
    return any(
        fold(title).strip(".:") in _TITLES
        and name[:1].isupper()
        and f"{fold(title)} {fold(name)}" not in _NAMED_PLACES
        for title, name in pairwise(words)
    )


def is_web(value: str) -> bool:
    """Whether *value* is an address of the web."""
    parts = urlsplit(value)
    return parts.scheme in {"http", "https"} and "." in parts.netloc and " " not in value


def is_official_host(value: str) -> bool:
    """Whether the address is of an authority, a school, or a newspaper's own Vietnamese domain."""
    return urlsplit(value).netloc.lower().endswith((".vn", ".gov.vn", ".edu.vn"))


def is_email(value: str) -> bool:
    """Whether *value* looks like an e-mail address."""
    return bool(_EMAIL.fullmatch(value))


def read_date(value: str) -> str | None:
    """*value* as 2025, 2025-10 or 2025-10-08, written so or as 8/10/2025; None for no date."""
    if found := _ISO_DATE.fullmatch(value):
        year, month, day = found.groups()
    elif found := _OUR_DATE.fullmatch(value):
        day, month, year = found.groups()
    else:
        return None
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    return "-".join([year, *(f"{int(part):02}" for part in (month, day) if part)])


def day_of(as_of: str) -> date:
    """The first day that a date of `read_date` may mean."""
    return date.fromisoformat(as_of + "-01" * (2 - as_of.count("-")))


def read_phone(value: str) -> tuple[str, str]:
    """*value* in E.164 and what is to be said of it: "", ``mobile``, or ``older`` (a landline before 2017).

    Raises ValueError for no Vietnamese number.
    """
    try:
        number = phonenumbers.parse(value, "VN")
    except phonenumbers.NumberParseException as error:
        raise ValueError(value) from error
    if number.country_code != 84 or not phonenumbers.is_valid_number(number):
        raise ValueError(value)
    said = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if phonenumbers.number_type(number) is not phonenumbers.PhoneNumberType.MOBILE:
        return said, ""
    # "076 384…" was An Giang before 2017: as it is grouped tells, but no more than that.
    return said, "older" if _OLD_LANDLINE.match(value) and not re.match(
        r"\d{4}[ .]\d{3}[ .]\d{3}$", value
    ) else "mobile"


def show_phone(e164: str) -> str:
    """A number of `read_phone` as it is dialled in Vietnam: 024 3825 5397."""
    if not e164:
        return ""
    number = phonenumbers.parse(e164, "VN")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
