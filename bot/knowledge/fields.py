"""The values behind the labels of a Hỏi – Đáp file (dates, buttons, sources …), read and written."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date

from bot.knowledge.contact_details import is_web
from bot.knowledge.entry import Action, Audience, Button, FollowUp, Source, Validity
from nlu.vietnamese import fold

Report = Callable[..., None]
"""Takes the key of a fault and what fills its sentence."""

ACTIONS = {
    "tim trung tam": Action.FIND_CENTRE,
    "gap can bo": Action.HANDOVER,
    "nhan thong bao": Action.SUBSCRIBE,
    "trang chu": Action.MENU,
}
"""The fixed buttons, by folded label."""

AUDIENCES = {
    "nguoi dan": Audience.CITIZEN,
    "nguoi hoc": Audience.LEARNER,
    "can bo": Audience.OFFICIAL,
    "lanh dao": Audience.LEADER,
}
"""Whom an answer may be for, by folded name."""

# The number keeps a code from ever being taken for an Action; the token of a button limits its length.
_CODE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*-\d{2,3}")
_CODE_MOST = 30
_DATE = re.compile(r"(\d{1,2})\s*/\s*(\d{1,2})\s*/\s*(\d{4})")
_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2212"
_DASH = re.compile(f"[{_DASHES}]")
_TAG = re.compile(r"tu\s+(?P<start>.*?)(?:\s+den\s+(?P<end>.*))?|den\s+(?P<until>.*)")


def read_code(written: str) -> str | None:
    """The code in *written*, whose letters and dashes a word processor may have changed; None if it is none."""
    code = _DASH.sub("-", written.strip().lower())
    return code if len(code) <= _CODE_MOST and _CODE.fullmatch(code) else None


def read_date(written: str) -> date | None:
    """The day in *written* (day/month/year); None if it is none."""
    match = _DATE.fullmatch(written.strip())
    if match is None:
        return None
    day, month, year = map(int, match.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None


def write_date(day: date) -> str:
    """*day* as staff write it."""
    return f"{day.day:02}/{day.month:02}/{day.year:04}"


def read_validity(written: str, report: Report) -> Validity:
    """The days in *written*: ``a – b``, ``từ a``, ``đến b`` or ``từ a đến b``; open when it is faulty."""
    match = _TAG.fullmatch(fold(written).strip())
    if match:
        start, end = match["start"], match["end"] or match["until"]
    else:
        start, dash, end = (part.strip() for part in _DASH.sub("-", written).partition("-"))
        if not (start and dash and end):
            report("bad_validity" if read_date(start or end) else "bad_date", text=written)
            return Validity()
    days = [read_date(each) if each else None for each in (start, end)]
    for each, day in zip((start, end), days, strict=True):
        if each and day is None:
            report("bad_date", text=each)
            return Validity()
    if days[0] and days[1] and days[1] < days[0]:
        report("ends_before_it_starts", text=written)
        return Validity()
    return Validity(*days)


def write_validity(validity: Validity, sentences: Mapping[str, str]) -> str:
    """*validity* as staff write it; nothing when it is open at both ends."""
    if validity.start and validity.end:
        return f"{write_date(validity.start)} – {write_date(validity.end)}"
    if validity.start:
        return f"{sentences['word.from']} {write_date(validity.start)}"
    return f"{sentences['word.until']} {write_date(validity.end)}" if validity.end else ""


def read_buttons(written: str, report: Report) -> Iterator[Button]:
    """The buttons of ``label | label = target``, without those that are faulty."""
    for piece in filter(None, map(str.strip, written.split("|"))):
        label, sign, target = (part.strip() for part in piece.rpartition("="))
        if not sign:
            label = target
        code = read_code(target)
        found = code if sign and code else ACTIONS.get(fold(target, words=True))
        if not label:
            report("button_without_label", button=piece)
        elif found is None:
            report("bad_button_code" if sign else "unknown_button", label=label, code=target)
        else:
            yield Button(label, str(found))


def write_buttons(buttons: tuple[Button, ...], sentences: Mapping[str, str]) -> str:
    """*buttons* as staff write them."""
    pieces = []
    for button in buttons:
        if button.target == ACTIONS.get(fold(button.label, words=True)):
            pieces.append(button.label)
        else:
            target = sentences.get(f"button.{button.target}", button.target)
            pieces.append(f"{button.label} = {target}")
    return " | ".join(pieces)


def read_follow_up(written: str, report: Report) -> FollowUp:
    """The follow-up of ``phrase | phrase = code``; what is faulty is left out."""
    spoken, sign, target = (part.strip() for part in written.rpartition("="))
    code = read_code(target)
    pieces = tuple(map(str.strip, spoken.split("|")))
    phrases = tuple(piece for piece in pieces if fold(piece, words=True))
    if not sign or code is None:
        report("bad_follow_up", text=written)
    elif phrases != pieces:
        report("empty_follow_up", text=written)
    return FollowUp(phrases, code or "")


def write_follow_up(follow_up: FollowUp) -> str:
    """*follow_up* as staff write it."""
    return f"{' | '.join(follow_up.phrases)} = {follow_up.target}"


def read_source(written: str, report: Report) -> Source:
    """The source of ``title | issuer | url``; a part that is faulty is left empty."""
    parts = [part.strip() for part in written.split("|")]
    if len(parts) == 2 and parts[1].lower().startswith(("http:", "https:", "www.")):
        parts.insert(1, "")
    if len(parts) > 3:
        report("bad_source", text=written)
        parts = parts[:2]
    title, issuer, url = [*parts, "", ""][:3]
    if not title or title.lower().startswith(("http:", "https:")):
        report("unsourced", text=written)
        title = ""
    if url and not is_web(url):
        report("bad_url", url=url)
        url = ""
    return Source(title, issuer, url)


def write_source(source: Source) -> str:
    """*source* as staff write it."""
    if source.url and not source.issuer:
        return f"{source.title} | {source.url}"
    return " | ".join(filter(None, (source.title, source.issuer, source.url)))


def read_audiences(written: str, report: Report) -> Iterator[Audience]:
    """The audiences named in *written*, each once, without those nobody knows."""
    found: list[Audience] = []
    for name in filter(None, map(str.strip, re.split("[,;]", written))):
        audience = AUDIENCES.get(fold(name, words=True))
        if audience is None:
            report("unknown_audience", text=name)
        elif audience not in found:
            found.append(audience)
            yield audience


def write_audiences(audiences: tuple[Audience, ...], sentences: Mapping[str, str]) -> str:
    """*audiences* as staff write them."""
    return ", ".join(sentences[f"audience.{each}"] for each in audiences)
