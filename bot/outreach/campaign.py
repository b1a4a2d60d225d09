"""A campaign: what to say. Read from a text file with Vietnamese labels."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from bot.contacts import Topic
from bot.markup import telegram_length, to_plain
from bot.messages import Choice, ChoiceKind, Media, MediaKind, Template
from bot.outreach.attachment import CAPTION_MAX, Unfit, read_attachment
from bot.outreach.campaign_texts import at_longest, read_texts
from bot.outreach.notice import JOIN, button_token
from bot.outreach.placeholders import PlaceWords
from nlu.vietnamese import fold, normalise_unicode

BUTTONS_MAX = 6
LABEL_MAX = 60
TOKEN_MAX = 48 - len(button_token("HT-XXXXX", "x")) + 1
_PATH = "lo-trinh:"

# The labels of a file, folded: staff may type them with or without diacritics.
FIELDS = ("ma", "ten", "chu de", "loai", "noi dung", "nut bam", "nguon", "hieu luc")
LABELS = (
    *FIELDS,
    "noi dung telegram",
    "noi dung zalo",
    "noi dung web",
    "dap an",
    "giai thich",
    "xac nhan",
    "mau zalo",
    "hinh",
    "tai lieu",
)
_FILES = {"hinh": MediaKind.IMAGE, "tai lieu": MediaKind.DOCUMENT}
_BEHIND = re.compile(r"\s*\(([^()]*)\)\s*$")
_RIGHT = "dung"

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
    texts: Mapping[str, str] = field(default_factory=dict)
    """Other words for a channel, by its name."""
    options: tuple[str, ...] = ()
    """The answers to choose from, when it is a quiz; *right* is the index of the right one."""
    right: int = 0
    why: str = ""
    asks_confirmation: bool = False
    template: Template | None = None
    media: Media | None = None
    """The picture or document that goes with it."""

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
    the codes of answers (None: not checked). *frame* is what citizens see around the text, *values* what
    fills a text's ``{table.row.column}``; *longest_place*, asked only when it is needed, the longest words
    that may stand in its places for the person."""

    topics: Mapping[str, Topic]
    buttons: Mapping[str, str]
    codes: Collection[str] | None = None
    frame: str = "{text}"
    values: Mapping[str, str] = field(default_factory=dict)
    longest_place: Callable[[], PlaceWords] = dict


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
    return read_campaign(text, path.name, vocabulary, folder)


def check_campaigns(folder: Path, vocabulary: Vocabulary) -> list[Fault]:
    """Every fault of every campaign in *folder*."""
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.md")):
        try:
            load_campaign(folder, path.stem, vocabulary)
        except CampaignError as error:
            faults += error.faults
    return faults


def read_campaign(text: str, file: str, vocabulary: Vocabulary, folder: Path | None = None) -> Campaign:
    """The campaign written in *text*, the content of *file*; its picture or document lies in *folder*.
    Raises CampaignError with every fault."""
    faults: list[Fault] = []
    parts = _split(normalise_unicode(text), file, faults)
    return _build(parts, file, vocabulary, faults, folder)


def build_campaign(written: Written, vocabulary: Vocabulary, media: Media | None = None) -> Campaign:
    """The campaign of words typed into a form, with which *media* goes. Raises CampaignError with every fault;
    its *line* is the position of the field in ``FIELDS``, counted from one."""
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
        for position, (label, value) in enumerate(zip(FIELDS, said, strict=True), 1)
    }
    return _build(parts, f"{written.code}.md", vocabulary, [], media=media)


def _build(
    parts: Mapping[str, tuple[int, str]],
    file: str,
    vocabulary: Vocabulary,
    faults: list[Fault],
    folder: Path | None = None,
    media: Media | None = None,
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
    part("noi dung")
    texts = read_texts(parts, vocabulary.values, vocabulary.longest_place, fault)
    body = texts.pop("")
    _, written = part("nguon")
    sources = tuple(each.removeprefix("- ").strip() for each in written.splitlines() if each.strip())
    line, dates = part("hieu luc")
    valid_from, valid_to = _read_dates(dates) or (date.min, date.min)
    if dates and valid_from == date.min:
        fault(line, "dates", dates=dates)
    line, named = part("nut bam", needed=False)
    buttons = tuple(_read_buttons(named, line, file, vocabulary, faults))
    options, right, why = _read_quiz(part, fault)
    line, asks = part("xac nhan", needed=False)
    if asks and fold(asks) not in ("co", "khong"):
        fault(line, "confirmation", typed=asks)
    if len(buttons) + len(options) + bool(fold(asks) == "co") > BUTTONS_MAX:
        fault(line, "too_many_buttons", most=str(BUTTONS_MAX))

    line, written = part("mau zalo", needed=False)
    template = _read_template(written)
    if written and template is None:
        fault(line, "template", typed=written[:60])

    media = media or _read_file(parts, folder, fault)
    longest = max((at_longest(each, vocabulary.longest_place) for each in (body, *texts.values())), key=len)
    whole = vocabulary.frame.format(text=longest, sources="; ".join(sources), code="HT-XXXXX")
    if media and (length := telegram_length(to_plain(whole))) > CAPTION_MAX:
        fault(parts["noi dung"][0], "caption", length=str(length), most=str(CAPTION_MAX))

    if faults:
        raise CampaignError(sorted(faults, key=lambda each: each.line))
    return Campaign(
        code,
        title,
        topic,
        kind,
        body,
        buttons,
        sources,
        valid_from,
        valid_to,
        texts,
        options,
        right,
        why,
        fold(asks) == "co",
        template,
        media,
    )


def _read_file(
    parts: Mapping[str, tuple[int, str]], folder: Path | None, fault: Callable[..., None]
) -> Media | None:
    """The picture or document beside the file; one at most, so that a copy is one message everywhere."""
    named = [(label, *parts[label]) for label in _FILES if label in parts and parts[label][1]]
    if not named or folder is None:
        return None
    if len(named) > 1:
        fault(named[1][1], "one_file")
        return None
    label, line, written = named[0]
    try:
        return read_attachment(folder, _FILES[label], written)
    except Unfit as unfit:
        fault(line, unfit.key, **unfit.arguments)
    return None


def _read_quiz(
    part: Callable[..., tuple[int, str]], fault: Callable[..., None]
) -> tuple[tuple[str, ...], int, str]:
    """The answers of a quiz, which one is right, and why; nothing for what is no quiz."""
    line, answers = part("dap an", needed=False)
    listed = [each.removeprefix("- ").strip() for each in answers.splitlines() if each.strip()]
    right = [bool((mark := _BEHIND.search(each)) and fold(mark[1]) == _RIGHT) for each in listed]
    options = tuple(
        _BEHIND.sub("", each) if is_right else each for each, is_right in zip(listed, right, strict=True)
    )
    marked = [number for number, is_right in enumerate(right) if is_right]
    why = part("giai thich", needed=False)[1]
    if listed and (len(marked) != 1 or not 2 <= len(listed) <= BUTTONS_MAX):
        fault(line, "quiz", most=str(BUTTONS_MAX))
    if any(len(each) > LABEL_MAX for each in options):
        fault(line, "button_label", label=max(options, key=len)[:20])
    if listed and not why:
        fault(line, "no_giai_thich")
    return options, marked[0] if marked else 0, why


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


def _read_template(written: str) -> Template | None:
    """The number of a template Zalo approved, then its parameters: ``12345; lop = …; ngay = …``."""
    number, *rest = (piece.strip() for piece in re.split(r"[;\n]", written) if piece.strip()) if written else ("",)
    pairs = [each.partition("=") for each in rest]
    if not number.isdecimal() or not all(name.strip() and value.strip() for name, _, value in pairs):
        return None
    return Template(number, {name.strip(): value.strip() for name, _, value in pairs})


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
            path = target.removeprefix(_PATH) if target.startswith(_PATH) else ""
            token = f"{JOIN}{path}" if path else f"faq/{target}"
            known = bool(path) or vocabulary.codes is None or target in vocabulary.codes
            if _CODE.match(path or target) and known and len(token) <= TOKEN_MAX:
                yield Choice(label, token)
                continue
            key = "fault.button_code"
        known_names = ", ".join(sorted(vocabulary.buttons))
        faults.append(Fault(file, line, key, {"label": label or each, "target": target, "known": known_names}))
