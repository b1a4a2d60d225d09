"""A comparison as staff read it: in the terminal, and as a web page that stands alone."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import typer

from bot.dialogue.texts import Texts
from bot.knowledge.comparison import Change, Comparison, Kind
from bot.review import Review
from bot.review_report import LISTED, spell_asked, spell_outcome, tell
from bot.web.pages import open_templates

_SHOWN = 20


def print_report(found: Review, texts: Texts) -> None:
    """The report in the terminal: both answers of each question in one line each, the worst first."""
    comparison = found.comparison
    typer.echo(_heading(found, texts))
    for kind in LISTED:
        changes = comparison.of(kind)
        if changes:
            typer.echo(f"\n{texts(f'compare.{kind}', count=len(changes))}")
        for change in changes[:_SHOWN]:
            typer.echo("\n".join(_lines(change, found, texts)))
        if len(changes) > _SHOWN:
            typer.echo(texts("compare.more", count=len(changes) - _SHOWN))
    for key, codes in _codes(comparison):
        if codes:
            typer.echo(f"\n{texts(f'compare.{key}', count=len(codes), codes=', '.join(codes[:40]))}")
    blocking = comparison.blocking(())
    if blocking:
        typer.echo(f"\n{texts('compare.mandatory', ids=', '.join(each.asked.source for each in blocking))}")
        for change in blocking:
            if change.kind is Kind.REWORDED:
                typer.echo("\n".join(_lines(change, found, texts)))
    if comparison.expected:
        right, expected = comparison.right, comparison.expected
        typer.echo(f"\n{texts('compare.expected', right=right, expected=expected)}")
    for change in comparison.unexpected[:_SHOWN]:
        question = change.asked.question
        expect = question.expect if question else ""
        now, asked = spell_outcome(change.after, found, texts), spell_asked(change)
        typer.echo(texts("compare.unexpected", id=change.asked.source, asked=asked, expect=expect, now=now))


def write_html(found: Review, texts: Texts, path: Path, now: datetime) -> None:
    """The whole report as a web page without scripts or anything from elsewhere."""
    page = open_templates().env.get_template("comparison.html")
    report, heading = tell(found, texts, now), _heading(found, texts)
    path.write_text(page.render(texts=texts, heading=heading, report=report), encoding="utf-8")


def _heading(found: Review, texts: Texts) -> str:
    key = "compare.heading" if found.standing else "compare.first"
    number = found.standing.number if found.standing else 0
    return texts(key, number=number, asked=found.comparison.asked, digest=found.package.digest[:12])


def _codes(comparison: Comparison) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "reworded", comparison.reworded
    yield "added", comparison.added
    yield "removed", comparison.removed


def _lines(change: Change, found: Review, texts: Texts) -> Iterator[str]:
    mark = "! " if change.mandatory else "- "
    yield f"{mark}{spell_asked(change)}  ({change.asked.source})"
    if change.before:
        yield f"    {texts('compare.before')}: {spell_outcome(change.before, found, texts)}"
    yield f"    {texts('compare.after')}: {spell_outcome(change.after, found, texts)}"
