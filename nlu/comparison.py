"""Engines side by side: what each understands as typed and without diacritics, its time, memory and training."""

import math
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from nlu.evaluation import Figures, Foreign, Question, ask, measure, measure_kinds, percentile
from nlu.noise import Typing, retype
from nlu.parse import Parse

_HELD: Final = """
import os, sys
from pathlib import Path
from nlu.rasa_process import resident_megabytes
without = resident_megabytes(os.getpid())
from nlu.embedded import EmbeddedParser, Model
parser = EmbeddedParser(Model.load(Path(sys.argv[1])))
parser.parse("hoc xoa mu chu o dau")
print(resident_megabytes(os.getpid()), resident_megabytes(os.getpid()) - without)
"""


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured of an engine: times in milliseconds a text, memory of the whole process, CPU seconds.

    What does not apply to an engine is nan.
    """

    name: str
    typed: Figures
    folded: Figures
    foreign: tuple[tuple[str, Foreign], ...]
    p50: float
    p99: float
    megabytes: float = math.nan
    training: float = math.nan


def examine(name: str, read: Callable[[str], Parse], questions: Sequence[Question]) -> Row:
    """Return what `read`, a parser's method, makes of `questions` as they are and without diacritics."""
    read(questions[0].text)  # an engine may do the last of its loading at the first text
    typed = ask(read, questions)
    folded = ask(
        read,
        [replace(each, text=retype(each.text, Typing.NO_DIACRITICS)) for each in questions if not each.foreign],
    )
    kinds = tuple(measure_kinds(typed))
    return Row(
        name,
        measure(typed),
        measure(folded),
        kinds if kinds[0][1].count else (),
        percentile([*typed, *folded], 0.5),
        percentile([*typed, *folded], 0.99),
    )


def write_rows(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of a table of `rows`; the ratios are to the first of them."""
    yield (
        f"{'engine':38}{'clean':>8}{'top-3':>8}{'nodia':>8}{'p50 ms':>9}{'p99 ms':>9}{'MB':>7}{'train s':>9}"
        f"{'× p50':>8}{'× p99':>8}{'× MB':>7}"
    )
    first = rows[0]
    for row in rows:
        yield (
            f"{row.name:38}{_percent(row.typed.accuracy):>8}{_percent(row.typed.top3):>8}"
            f"{_percent(row.folded.accuracy):>8}{row.p50:9.2f}{row.p99:9.2f}{_number(row.megabytes, 0):>7}"
            f"{_number(row.training, 1):>9}{row.p50 / first.p50:8.1f}{row.p99 / first.p99:8.1f}"
            f"{_number(row.megabytes / first.megabytes, 1):>7}"
        )
    if any(row.foreign for row in rows):
        yield "out of scope: AUROC, and the share accepted at the threshold that 95 % of the others pass"
    for row in rows:
        if row.foreign:
            told = (f"{kind or 'all'} {each.auroc:.3f} {_percent(each.at_recall)}" for kind, each in row.foreign)
            yield f"{row.name:38}  {'   '.join(told)}"


def held_megabytes(model: Path) -> tuple[float, float]:
    """Return the memory of a process that holds the embedded engine alone, and how much of it is the engine.

    Linux only.
    """
    said = subprocess.run([sys.executable, "-c", _HELD, model], capture_output=True, text=True, check=True).stdout
    whole, added = map(float, said.split())
    return whole, added


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.1f}%"


def _number(value: float, places: int) -> str:
    return "–" if math.isnan(value) else f"{value:.{places}f}"
