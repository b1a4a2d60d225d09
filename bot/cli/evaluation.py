"""How an evaluation is shown: a table in the terminal, and a page with the picture of what is confused."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.web.pages import open_templates
from nlu.evaluation import Outcome, confusions, measure, measure_kinds, percentile

_PICTURED = 24


def describe(outcomes: Sequence[Outcome], megabytes: float | None) -> Mapping[str, Any]:
    """The figures of *outcomes*: all, each style, out of scope, time, memory the engine adds, and confusions."""
    styles = sorted({each.question.style for each in outcomes})
    rows = [("all", measure(outcomes))]
    for style in styles:
        figures = measure([each for each in outcomes if each.question.style == style])
        if figures.count:
            rows.append((style, figures))
    return {
        "rows": rows,
        "foreign": measure_kinds(outcomes),
        "p50": percentile(outcomes, 0.50),
        "p99": percentile(outcomes, 0.99),
        "megabytes": megabytes,
        "confusions": confusions(outcomes),
    }


def write_table(found: Mapping[str, Any]) -> Iterable[str]:
    """The lines of the terminal's report."""
    yield f"{'style':12}{'n':>6}{'top-1':>8}{'top-3':>8}{'F1':>8}{'answered':>10}{'wrong':>8}{'ECE':>8}"
    for style, each in found["rows"]:
        yield (
            f"{style:12}{each.count:6d}{_percent(each.accuracy):>8}{_percent(each.top3):>8}"
            f"{_percent(each.macro_f1):>8}{_percent(each.answered):>10}"
            f"{_percent(each.wrong_of_answered):>8}{each.calibration_error:8.3f}"
        )
    for kind, foreign in found["foreign"] if found["foreign"][0][1].count else ():
        yield (
            f"{kind or 'out of scope':13} n {foreign.count}, AUROC {foreign.auroc:.3f}, answered at 95 % recall "
            f"{_percent(foreign.at_recall)}, as shipped {_percent(foreign.as_shipped)}"
        )
    yield f"parse         p50 {found['p50']:.2f} ms, p99 {found['p99']:.2f} ms"
    if found["megabytes"] is not None:
        yield f"memory        {found['megabytes']:.0f} MB resident more than without the engine"
    for expected, taken, times in found["confusions"][:10]:
        yield f"confused      {times} × {expected} taken for {taken or 'nothing known'}"


def write_page(found: Mapping[str, Any], title: str, path: Path) -> None:
    """Write the report as one page to *path*. Raises OSError."""
    pairs = found["confusions"][:_PICTURED]
    expected = list(dict.fromkeys(pair[0] for pair in pairs))
    taken = list(dict.fromkeys(pair[1] for pair in pairs))
    most = max((times for _, _, times in pairs), default=1)
    cells = [
        (taken.index(got), expected.index(right), times, round(0.2 + 0.8 * times / most, 2))
        for right, got, times in pairs
    ]
    template = open_templates().env.get_template("evaluation.html")
    page = template.render(**found, title=title, expected=expected, taken=taken, cells=cells, percent=_percent)
    path.write_text(page, "utf-8")


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.1f}%"
