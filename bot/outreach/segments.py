"""The audiences officials name: read from ``content/segments.yml``, and made of typed conditions."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import yaml
from yaml import MappingNode, Node, ScalarNode, SequenceNode

from bot.contacts import Segment, Topic
from bot.outreach.broadcast import Forbidden
from nlu.vietnamese import fold

T = TypeVar("T")
PlaceReader = Callable[[str], str]
"""The province code or commune token that a typed name means. Raises Forbidden when it is not one place."""

# What a segment may be narrowed by: the folded label in the file.
_PROVINCES, _COMMUNES, _TOPICS, _CHANNELS, _TITLE = "tinh", "xa", "chu de", "kenh", "ten"
_ROLES, _ACTIVE, _SERIES, _ANY, _NONE = "vai tro", "nhan trong", "lo trinh", "mot trong", "tru"
_LANGUAGES = "ngon ngu"
_LABELS = (_PROVINCES, _COMMUNES, _TOPICS, _CHANNELS, _LANGUAGES, _ROLES, _ACTIVE, _SERIES, _ANY, _NONE)
_DAYS = re.compile(r"(\d{1,4})( ngay)?")
_DAYS_MOST = 3650


@dataclass(frozen=True, slots=True)
class Places:
    """How typed names of provinces and communes become codes and tokens."""

    province: PlaceReader
    commune: PlaceReader


@dataclass(frozen=True, slots=True)
class NamedSegment:
    """An entry of ``segments.yml``, or a group inside one: what it asks for, still as typed.

    Every condition given must hold; *any_of* adds that one of these groups fits too, *none_of* that none
    does. *lines* has the line of each typed value in *file*.
    """

    name: str
    title: str
    provinces: tuple[str, ...] = ()
    communes: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    active_days: int = 0
    series: str = ""
    any_of: "tuple[NamedSegment, ...]" = ()
    none_of: "tuple[NamedSegment, ...]" = ()
    file: str = ""
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)

    @property
    def names_topics(self) -> bool:
        """Whether it says what its people must have asked for, each of its alternatives too."""
        return bool(self.topics) or (bool(self.any_of) and all(each.names_topics for each in self.any_of))


def load_segments(path: Path) -> dict[str, NamedSegment]:
    """The named segments of *path*. Raises Forbidden naming the file, the line and what to do."""
    try:
        tree = yaml.compose(path.read_text("utf-8-sig"), Loader=yaml.SafeLoader)
    except FileNotFoundError:
        return {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        raise Forbidden("segment.unreadable", file=path.name, line=mark.line + 1 if mark else 1) from error
    if tree is None:
        return {}
    if not isinstance(tree, MappingNode):
        raise Forbidden("segment.unreadable", file=path.name, line=1)
    found: dict[str, NamedSegment] = {}
    for key, entry in tree.value:
        name = str(key.value)
        if name in found:
            raise Forbidden("segment.twice", file=path.name, line=_line(key), name=name)
        found[name] = _read(path.name, name, entry, _line(key), is_entry=True)
    return found


def build_segment(
    typed: NamedSegment,
    places: Places,
    topics: Mapping[str, Topic],
    channels: Sequence[str],
    languages: Mapping[str, str] | None = None,
) -> Segment:
    """The segment *typed* asks for; *topics* and *languages* are known by folded name.

    Raises Forbidden for the first name that means nothing, or more than one thing, with its line when it
    stands in a file."""

    def channel(name: str) -> str:
        if name not in channels:
            raise Forbidden("segment.channel", name=name, known=", ".join(sorted(channels)))
        return name

    def topic(name: str) -> Topic:
        if fold(name) not in topics:
            raise Forbidden("segment.topic", name=name, known=", ".join(sorted(set(topics.values()))))
        return topics[fold(name)]

    def language(name: str) -> str:
        known = languages or {}
        if fold(name) not in known:
            raise Forbidden("segment.language", name=name, known=", ".join(sorted(set(known.values()))))
        return known[fold(name)]

    def read(reader: Callable[[str], T], names: Sequence[str]) -> Iterator[T]:
        for name in names:
            try:
                yield reader(name)
            except Forbidden as error:
                if not typed.file:
                    raise
                raise Forbidden("segment.at", file=typed.file, line=typed.lines[name], what=error) from error

    def parts(groups: Sequence[NamedSegment]) -> tuple[Segment, ...]:
        return tuple(build_segment(each, places, topics, channels, languages) for each in groups)

    return Segment(
        provinces=frozenset(read(places.province, typed.provinces)),
        communes=frozenset(read(places.commune, typed.communes)),
        topics=frozenset(read(topic, typed.topics)),
        channels=frozenset(read(channel, typed.channels)),
        languages=frozenset(read(language, typed.languages)),
        roles=frozenset(each.strip().lower() for each in typed.roles),
        active_days=typed.active_days,
        series=typed.series,
        any_of=parts(typed.any_of),
        none_of=parts(typed.none_of),
    )


def _read(file: str, name: str, entry: Node, line: int, *, is_entry: bool = False) -> NamedSegment:
    """The group of *entry*; one inside another has no name of its own, and must ask for something."""
    if not isinstance(entry, MappingNode):
        raise Forbidden("segment.entry", file=file, line=line, name=name)
    nodes: dict[str, Node] = {}
    for key, value in entry.value:
        label = fold(str(key.value), words=True)
        if label not in _LABELS and not (is_entry and label == _TITLE):
            raise Forbidden("segment.label", file=file, line=_line(key), name=name, label=key.value)
        if label in nodes:
            raise Forbidden("segment.label_twice", file=file, line=_line(key), name=name, label=key.value)
        nodes[label] = value
    if not (is_entry or nodes):
        raise Forbidden("segment.entry", file=file, line=line, name=name)
    lines: dict[str, int] = {}

    def listed(label: str) -> tuple[str, ...]:
        if label not in nodes:
            return ()
        found = []
        for each in _items(nodes[label]):
            if not isinstance(each, ScalarNode) or not each.value.strip():
                raise Forbidden("segment.value", file=file, line=_line(each), name=name)
            lines.setdefault(each.value, _line(each))
            found.append(str(each.value))
        if not found:
            # Nothing would mean everybody.
            raise Forbidden("segment.value", file=file, line=_line(nodes[label]), name=name)
        return tuple(found)

    def one(label: str) -> str:
        values = listed(label)
        if len(values) > 1:
            raise Forbidden("segment.one_value", file=file, line=lines[values[1]], name=name)
        return values[0].strip() if values else ""

    def days() -> int:
        typed = one(_ACTIVE)
        if not typed:
            return 0
        found = _DAYS.fullmatch(fold(typed, words=True))
        if found is None or not 1 <= int(found[1]) <= _DAYS_MOST:
            raise Forbidden("segment.days", file=file, line=lines[typed], typed=typed)
        return int(found[1])

    def groups(label: str) -> tuple[NamedSegment, ...]:
        if label not in nodes:
            return ()
        within = _items(nodes[label])
        if not within:
            raise Forbidden("segment.value", file=file, line=_line(nodes[label]), name=name)
        return tuple(_read(file, name, each, _line(each)) for each in within)

    return NamedSegment(
        name=name,
        title=one(_TITLE) or name,
        provinces=listed(_PROVINCES),
        communes=listed(_COMMUNES),
        topics=listed(_TOPICS),
        channels=listed(_CHANNELS),
        languages=listed(_LANGUAGES),
        roles=listed(_ROLES),
        active_days=days(),
        series=one(_SERIES),
        any_of=groups(_ANY),
        none_of=groups(_NONE),
        file=file,
        lines=lines,
    )


def _items(node: Node) -> list[Node]:
    return list(node.value) if isinstance(node, SequenceNode) else [node]


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1
