"""Teaching in a process of its own: what it needs of memory and time, and its failures, stay there."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from nlu.teaching import train
from nlu.training import Example, Kind

_SECONDS_MAX: Final = 300


class TeachingFailed(Exception):
    """No model came of it; the message says why."""


def teach_apart(examples: Sequence[Example], path: Path) -> None:
    """Train a model of `examples` in another process and leave it at `path`.

    Raises TeachingFailed; whatever was at `path` is then untouched.
    """
    command = [sys.executable, "-m", "nlu.workshop", str(path)]
    lines = "\n".join(json.dumps([each.text, each.intent, each.kind]) for each in examples)
    try:
        done = subprocess.run(
            command, input=lines, capture_output=True, text=True, timeout=_SECONDS_MAX, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TeachingFailed(f"the training process: {type(error).__name__}") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise TeachingFailed(f"the training process: {last[:300]}")


def main() -> None:
    """Train on the examples on standard input (JSON lines) and save the model at the path given."""
    taught = [json.loads(line) for line in sys.stdin if line.strip()]
    train([Example(text, intent, Kind(kind)) for text, intent, kind in taught]).save(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
