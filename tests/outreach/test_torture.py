"""The short form of ``make torture``: kills, freezes and faults, in seconds."""

from pathlib import Path

import pytest

from bot.bench.torture import Ordeal, run
from bot.outreach.delivery import OnAmbiguous


@pytest.mark.parametrize("policy", [OnAmbiguous.HOLD, OnAmbiguous.RESEND])
async def test_a_small_broadcast_survives_torture(policy: OnAmbiguous, tmp_path: Path) -> None:
    ordeal = Ordeal(people=400, kills=4, freezes=0, jumps=1, workers=2, policy=policy)
    outcome = await run(f"sqlite:///{tmp_path / 'torture.db'}", ordeal, tmp_path)

    assert outcome.faults == []
    assert outcome.kills == 4
