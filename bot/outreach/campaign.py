"""A campaign: what to say. Read from a text file with Vietnamese labels, frozen, shown as a Reply."""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.contacts import Topic
from bot.messages import Choice, ChoiceKind, Reply
from nlu.vietnamese import fold, normalise_unicode

TEXT_MAX = 900
BUTTONS_MAX = 6
LABEL_MAX = 60
TOKEN_MAX = 48

# The labels of a file, folded: staff may type them with or without diacritics.
LABELS = ("ma", "ten", "chu de", "loai", "noi dung", "nut bam", "nguon", "hieu luc")

_LABEL = re.compile(r"^\s*([^:|/]{2,20}?)\s*:(.*)$")
_CODE = re.compile(r"^[a-z0-9][a-z0-9-]*$")
_DATES = re.compile(r"^(\d{1,2}/\d{1,2}/\d{4})\s*[-–—]\s*(\d{1,2}/\d{1,2}/\d{4})$")


class Kind(StrEnum):
    """Only an urgent campaign may ever disturb the quiet hours."""

    ORDINARY = "ordinary"
    URGENT = "urgent"


_KINDS = {"thuong": Kind.ORDINARY, "khan": Kind.URGENT}


@dataclass(frozen=True, slots=True)
class Campaign:
    """What to say, about which topic, from and to which day, and where it is written."""

    code: str
    title: str
    topic: Topic
    kind: Kind
    text: str
    buttons: tuple[Choice, ...]
    sources: tuple[str, ...]
    valid_from: date
    valid_to: date

    def is_valid_on(self, day: date) -> bool:
        """Whether it may be sent on *day*."""
        return self.valid_from <= day <= self.valid_to


@dataclass(frozen=True, slots=True)
class Written:
    """A campaign as typed into a form; each field as it would stand in a file."""

    code: str
    title: str
    topic: str
    kind: str
    text: str
    buttons: str
    sources: str
    dates: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong and where; *key* is the sentence in ``broadcast_texts.yml``."""

    file: str
    line: int
    key: str
    arguments: Mapping[str, str] = field(default_factory=dict)


class CampaignError(Exception):
    """The campaign cannot be used; *faults* are all that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{each.file}:{each.line}: {each.key}" for each in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a file may refer to, by folded name: topics, buttons that open a flow (their tokens), and
    the codes of answers (None: not checked)."""

    topics: Mapping[str, Topic]
    buttons: Mapping[str, str]
    codes: Collection[str] | None = None


def load_campaign(folder: Path, code: str, vocabulary: Vocabulary) -> Campaign:
    """The campaign ``<code>.md`` of *folder*. Raises CampaignError with every fault."""
    path = folder / f"{code}.md"
    if not _CODE.match(code) or not path.is_file():
        known = ", ".join(sorted(each.stem for each in folder.glob("*.md"))) or "–"
        raise CampaignError([Fault(path.name, 1, "fault.missing_file", {"code": code, "known": known})])
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CampaignError([Fault(path.name, 1, "fault.not_utf8")]) from error
    return read_campaign(text, path.name, vocabulary)


def check_campaigns(folder: Path, vocabulary: Vocabulary) -> list[Fault]:
    """Every fault of every campaign in *folder*."""
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.md")):
        try:
            load_campaign(folder, path.stem, vocabulary)
        except CampaignError as error:
            faults += error.faults
    return faults


def read_campaign(text: str, file: str, vocabulary: Vocabulary) -> Campaign:
    """The campaign written in *text*, the content of *file*. Raises CampaignError with every fault."""
    faults: list[Fault] = []
    parts = _split(normalise_unicode(text), file, faults)
    return _build(parts, file, vocabulary, faults)


def build_campaign(written: Written, vocabulary: Vocabulary) -> Campaign:
    """The campaign of words typed into a form. Raises CampaignError with every fault; its *line* is the
    position of the field in ``LABELS``, counted from one."""
    said = (
        written.code,
        written.title,
        written.topic,
        written.kind,
        written.text,
        written.buttons,
        written.sources,
        written.dates,
    )
    parts = {
        label: (position, normalise_unicode(value).strip())
        for position, (label, value) in enumerate(zip(LABELS, said, strict=True), 1)
    }
    return _build(parts, f"{written.code}.md", vocabulary, [])


def freeze(
    campaign: Campaign, frame: str, urgent_reason: str = "", *, code: str = "", holidays: bool = False
) -> dict[str, Any]:
    """What is stored, approved and sent: *frame* holds ``{text}``, ``{sources}``, ``{code}`` and how to
    stop. *holidays*: it is meant for public holidays too."""
    return {
        "kind": campaign.kind.value,
        "urgent_reason": urgent_reason if campaign.kind is Kind.URGENT else "",
        "code": code,
        "holidays": holidays,
        "text": frame.format(text=campaign.text, sources="; ".join(campaign.sources), code=code),
        "buttons": [
            {"label": each.label, "token": each.token, "kind": each.kind.value, "target": each.target}
            for each in campaign.buttons
        ],
    }


def text_digest_of(content: Mapping[str, Any]) -> str:
    """What two contents share that say the same, whatever their check codes are."""
    text = str(content["text"]).replace(str(content.get("code") or "\0"), "")
    return hashlib.sha256(re.sub(r"\W+", " ", text.casefold()).strip().encode()).hexdigest()


def render(content: Mapping[str, Any]) -> Reply:
    """What citizens see of a frozen content."""
    rows = tuple(
        (Choice(each["label"], each["token"], ChoiceKind(each["kind"]), each["target"]),)
        for each in content["buttons"]
    )
    return Reply(content["text"], rows)


def _build(
    parts: Mapping[str, tuple[int, str]], file: str, vocabulary: Vocabulary, faults: list[Fault]
) -> Campaign:
    def part(label: str, *, needed: bool = True) -> tuple[int, str]:
        line, value = parts.get(label, (1, ""))
        if needed and not value:
            faults.append(Fault(file, line, f"fault.no_{label.replace(' ', '_')}"))
        return line, value

    def fault(line: int, key: str, **arguments: str) -> None:
        faults.append(Fault(file, line, f"fault.{key}", arguments))

    line, code = part("ma")
    if code and (not _CODE.match(code) or f"{code}.md" != file):
        fault(line, "code", code=code, file=file)
    _, title = part("ten")
    line, name = part("chu de")
    topic = vocabulary.topics.get(fold(name), Topic.EVENTS)
    if name and fold(name) not in vocabulary.topics:
        fault(line, "topic", name=name)
    line, name = part("loai", needed=False)
    kind = _KINDS.get(fold(name or "thuong"), Kind.ORDINARY)
    if name and fold(name) not in _KINDS:
        fault(line, "kind", name=name)
    line, body = part("noi dung")
    if len(body) > TEXT_MAX:
        fault(line, "too_long", length=str(len(body)), most=str(TEXT_MAX))
    if "chua xac minh" in fold(body):
        fault(line, "unverified")
    _, written = part("nguon")
    sources = tuple(each.removeprefix("- ").strip() for each in written.splitlines() if each.strip())
    line, dates = part("hieu luc")
    valid_from, valid_to = _read_dates(dates) or (date.min, date.min)
    if dates and valid_from == date.min:
        fault(line, "dates", dates=dates)
    line, named = part("nut bam", needed=False)
    buttons = tuple(_read_buttons(named, line, file, vocabulary, faults))
    if len(buttons) > BUTTONS_MAX:
        fault(line, "too_many_buttons", most=str(BUTTONS_MAX))

    if faults:
        raise CampaignError(sorted(faults, key=lambda each: each.line))
    return Campaign(code, title, topic, kind, body, buttons, sources, valid_from, valid_to)


def _split(text: str, file: str, faults: list[Fault]) -> dict[str, tuple[int, str]]:
    """The value of each label with its line; a value may go on over the following lines."""
    found: dict[str, tuple[int, list[str]]] = {}
    current = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not current and (line.startswith("#") or not line.strip()):
            continue
        match = _LABEL.match(line)
        label = fold(match[1], words=True) if match else ""
        if match and label in LABELS:
            if label in found:
                faults.append(
                    Fault(file, number, "fault.twice", {"label": match[1], "line": str(found[label][0])})
                )
            current = label
            found[label] = (number, [match[2].strip()])
        elif match and current not in ("noi dung", "nguon"):
            faults.append(Fault(file, number, "fault.label", {"label": match[1]}))
        elif current:
            found[current][1].append(line.rstrip())
        else:
            faults.append(Fault(file, number, "fault.stray", {"text": line.strip()[:40]}))
    return {label: (number, "\n".join(lines).strip()) for label, (number, lines) in found.items()}


def _read_dates(written: str) -> tuple[date, date] | None:
    match = _DATES.match(written)
    if match is None:
        return None
    try:
        first, last = (datetime.strptime(each, "%d/%m/%Y").date() for each in match.groups())
    except ValueError:
        return None
    return (first, last) if first <= last else None


def _read_buttons(
    written: str, line: int, file: str, vocabulary: Vocabulary, faults: list[Fault]
) -> Iterator[Choice]:
    """The buttons of ``label = target | label``; what is wrong with one goes to *faults*."""
    for each in filter(None, (piece.strip() for piece in re.split(r"[|\n]", written))):
        label, _, target = (piece.strip() for piece in each.partition("="))
        key = ""
        if not label or len(label) > LABEL_MAX:
            key = "fault.button_label"
        elif not target:
            token = vocabulary.buttons.get(fold(label))
            if token:
                yield Choice(label, token)
                continue
            key = "fault.button_unknown"
        elif target.startswith(("https://", "http://")):
            if urlsplit(target).netloc and " " not in target:
                yield Choice(label, kind=ChoiceKind.URL, target=target)
                continue
            key = "fault.button_url"
        else:
            token = f"faq/{target}"
            known = vocabulary.codes is None or target in vocabulary.codes
            if _CODE.match(target) and known and len(token) <= TOKEN_MAX:
                yield Choice(label, token)
                continue
            key = "fault.button_code"
        known_names = ", ".join(sorted(vocabulary.buttons))
        faults.append(Fault(file, line, key, {"label": label or each, "target": target, "known": known_names}))
