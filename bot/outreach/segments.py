"""The audiences officials name: read from ``content/segments.yml``, and made of typed conditions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.contacts import Segment, Topic
from bot.outreach.broadcast import Forbidden
from nlu.vietnamese import fold

PlaceReader = Callable[[str], str]
"""The province code or commune token that a typed name means. Raises Forbidden when it is not one place."""

# What a segment may be narrowed by: the folded label in the file.
_PROVINCES, _COMMUNES, _TOPICS, _CHANNELS, _TITLE = "tinh", "xa", "chu de", "kenh", "ten"


@dataclass(frozen=True, slots=True)
class Places:
    """How typed names of provinces and communes become codes and tokens."""

    province: PlaceReader
    commune: PlaceReader


@dataclass(frozen=True, slots=True)
class NamedSegment:
    """An entry of ``segments.yml``: its name, what officials read, and what it asks for, still as typed."""

    name: str
    title: str
    provinces: tuple[str, ...] = ()
    communes: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


def load_segments(path: Path) -> dict[str, NamedSegment]:
    """The named segments of *path*. Raises Forbidden naming the file and what is wrong with it."""
    try:
        tree = yaml.load(path.read_text("utf-8-sig"), Loader=yaml.BaseLoader) or {}
    except FileNotFoundError:
        return {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        raise Forbidden("segment.unreadable", file=path.name, line=mark.line + 1 if mark else 1) from error
    if not isinstance(tree, dict):
        raise Forbidden("segment.unreadable", file=path.name, line=1)
    return {str(name): _read(str(name), entry) for name, entry in tree.items()}


def build_segment(
    typed: NamedSegment, places: Places, topics: Mapping[str, Topic], channels: Sequence[str]
) -> Segment:
    """The segment *typed* asks for; *topics* are known by folded name. Raises Forbidden for the first
    name that means nothing, or more than one thing."""
    for channel in typed.channels:
        if channel not in channels:
            raise Forbidden("segment.channel", name=channel, known=", ".join(sorted(channels)))
    for topic in typed.topics:
        if fold(topic) not in topics:
            raise Forbidden("segment.topic", name=topic, known=", ".join(sorted(set(topics.values()))))
    return Segment(
        frozenset(map(places.province, typed.provinces)),
        frozenset(map(places.commune, typed.communes)),
        frozenset(topics[fold(topic)] for topic in typed.topics),
        frozenset(typed.channels),
    )


def _read(name: str, entry: Any) -> NamedSegment:
    if not isinstance(entry, dict):
        raise Forbidden("segment.entry", name=name)
    values = {fold(str(label), words=True): value for label, value in entry.items()}
    unknown = values.keys() - {_PROVINCES, _COMMUNES, _TOPICS, _CHANNELS, _TITLE}
    if unknown:
        raise Forbidden("segment.label", name=name, label=min(unknown))

    def listed(label: str) -> tuple[str, ...]:
        value = values.get(label, [])
        return tuple(str(each) for each in ([value] if isinstance(value, str) else value))

    return NamedSegment(
        name,
        str(values.get(_TITLE, name)),
        listed(_PROVINCES),
        listed(_COMMUNES),
        listed(_TOPICS),
        listed(_CHANNELS),
    )
