"""A segment as it is stored and frozen: JSON in a stable order, read back the same."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.contacts import Segment, Topic

_SETS = ("provinces", "communes", "topics", "channels", "languages", "roles", "awaited")


def segment_as_json(segment: Segment) -> dict[str, Any]:
    """The segment as it is stored; conditions that do not narrow are left out."""
    stored: dict[str, Any] = {
        name: sorted(values) for name in _SETS if (values := getattr(segment, name)) or name in _SETS[:4]
    }
    for name in ("active_days", "series", "reached"):
        if value := getattr(segment, name):
            stored[name] = value
    if segment.joined:
        stored["joined"] = [each.timestamp() for each in segment.joined]
    for name in ("any_of", "none_of"):
        if parts := getattr(segment, name):
            stored[name] = [segment_as_json(each) for each in parts]
    return stored


def segment_from_json(stored: Mapping[str, Any]) -> Segment:
    """The segment that was stored."""
    joined = stored.get("joined")
    return Segment(
        provinces=frozenset(stored["provinces"]),
        communes=frozenset(stored["communes"]),
        topics=frozenset(Topic(topic) for topic in stored["topics"]),
        channels=frozenset(stored["channels"]),
        languages=frozenset(stored.get("languages", ())),
        roles=frozenset(stored.get("roles", ())),
        active_days=int(stored.get("active_days", 0)),
        series=str(stored.get("series", "")),
        joined=(_moment(joined[0]), _moment(joined[1])) if joined else None,
        reached=int(stored.get("reached", 0)),
        awaited=frozenset(int(each) for each in stored.get("awaited", ())),
        any_of=tuple(segment_from_json(each) for each in stored.get("any_of", ())),
        none_of=tuple(segment_from_json(each) for each in stored.get("none_of", ())),
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
