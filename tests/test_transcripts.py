"""Whole conversations that staff can read (tests/transcripts/*.yml), run on every channel's rendering.

A conversation is a list of steps: what the citizen says, taps or shares, and what must stand in what
the bot then shows (``bot``), what must not (``not``), and the buttons that must be among those offered.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.messages import HeardKind
from tests.conftest import Citizen

FOLDER = Path(__file__).parent / "transcripts"
CONVERSATIONS = [
    pytest.param(name, steps, id=f"{path.stem}: {name}")
    for path in sorted(FOLDER.glob("*.yml"))
    for name, steps in yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader).items()
]


@pytest.mark.parametrize("channel", ["terminal", "web", "telegram", "zalo_oa", "zalo_bot"])
@pytest.mark.parametrize(("name", "steps"), CONVERSATIONS)
async def test_the_conversation_goes_as_written(
    name: str, steps: list[dict[str, Any]], channel: str, meet: Callable[..., Citizen]
) -> None:
    citizen = meet(channel)
    shown: list[str] = []

    for step in steps:
        match step:
            case {"citizen": text}:
                shown = await citizen.says(text)
            case {"citizen taps": label}:
                shown = await citizen.taps(label)
            case {"citizen shares": place}:
                latitude, longitude = (float(part) for part in place.split(","))
                shown = await citizen.shares(latitude, longitude)
            case {"citizen sends": kind}:
                shown = await citizen.hears(HeardKind(kind))
            case {"bot": _} | {"buttons": _} | {"not": _} | {"silent": _}:
                await check(step, shown, citizen)
            case _:
                pytest.fail(f"{name}: a step nobody understands: {step}")


async def check(step: dict[str, Any], shown: list[str], citizen: Citizen) -> None:
    everything = "\n".join(shown)
    if "silent" in step:
        assert not shown
        return
    for expected in _several(step.get("bot", [])):
        assert expected in everything
    for forbidden in _several(step.get("not", [])):
        assert forbidden not in everything
    for button in _several(step.get("buttons", [])):
        assert await citizen.is_offered(button)


def _several(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def test_there_are_at_least_twenty_five_conversations() -> None:
    assert len(CONVERSATIONS) >= 25
