"""The short form of ``make torture``: kills, freezes and faults, in seconds."""

import time
from pathlib import Path

import pytest

from bot.bench.nursery import BentTime, bend
from bot.bench.torture import Ordeal, run
from bot.outreach.delivery import OnAmbiguous


@pytest.mark.parametrize("policy", [OnAmbiguous.HOLD, OnAmbiguous.RESEND])
async def test_a_small_broadcast_survives_torture(policy: OnAmbiguous, tmp_path: Path) -> None:
    ordeal = Ordeal(people=400, kills=4, freezes=0, jumps=1, workers=2, policy=policy)
    outcome = await run(f"sqlite:///{tmp_path / 'torture.db'}", ordeal, tmp_path)

    assert outcome.faults == []
    assert outcome.kills == 4


def test_a_bent_clock_keeps_to_what_it_was_told(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    bend(file, 3600)
    with file.open() as half_read:
        bend(file, -40)
        assert half_read.read() == "3600"

    assert BentTime(file).time() == pytest.approx(time.time() - 40, abs=5)
