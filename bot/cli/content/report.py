"""A comparison as staff read it: in the terminal, and as a web page that stands alone."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import typer

from bot.dialogue.texts import Texts
from bot.knowledge.comparison import Change, Comparison, Kind, Outcome, Sort
from bot.knowledge.entry import Answer
from bot.rehearsal import converse, said_in
from bot.review import Review
from bot.web.pages import open_templates

_SHOWN = 20
_LISTED = (Kind.LOST, Kind.CHANGED, Kind.GAINED, Kind.NEAR)


def print_report(found: Review, texts: Texts) -> None:
    """The report in the terminal: both answers of each question in one line each, the worst first."""
    comparison = found.comparison
    typer.echo(_heading(found, texts))
    for kind in _LISTED:
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
        now = _said(change.after, found, texts)
        typer.echo(
            texts("compare.unexpected", id=change.asked.source, asked=_asked(change), expect=expect, now=now)
        )


def write_html(found: Review, texts: Texts, path: Path, now: datetime) -> None:
    """The whole report as a web page without scripts or anything from elsewhere."""
    sections = [
        {
            "title": texts(f"compare.{kind}", count=len(changes)),
            "rows": [_row(change, found, texts, now) for change in changes],
        }
        for kind in _LISTED
        if (changes := found.comparison.of(kind))
    ]
    mandatory = [change for change in found.comparison.blocking(()) if change.kind is Kind.REWORDED]
    if mandatory:
        title = texts("compare.reworded_mandatory", count=len(mandatory))
        sections.append({"title": title, "rows": [_row(change, found, texts, now) for change in mandatory]})
    standing = found.standing
    published = found.published.house.library.by_code if found.published else {}
    edited = found.edited.house.library.by_code
    page = open_templates().env.get_template("comparison.html")
    path.write_text(
        page.render(
            texts=texts,
            heading=_heading(found, texts),
            sections=sections,
            reworded=[(edited[code], published[code]) for code in found.comparison.reworded],
            added=[edited[code] for code in found.comparison.added],
            removed=[published[code] for code in found.comparison.removed],
            unexpected=[_row(change, found, texts, now) for change in found.comparison.unexpected],
            expected=texts("compare.expected", right=found.comparison.right, expected=found.comparison.expected),
            standing=standing,
        ),
        encoding="utf-8",
    )


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
    yield f"{mark}{_asked(change)}  ({change.asked.source})"
    if change.before:
        yield f"    {texts('compare.before')}: {_said(change.before, found, texts)}"
    yield f"    {texts('compare.after')}: {_said(change.after, found, texts)}"


def _row(change: Change, found: Review, texts: Texts, now: datetime) -> dict[str, object]:
    minds = {"before": found.published if change.before else None, "after": found.edited}
    said = {
        f"{name}_said": said_in(converse(mind, change.asked.turns, now)[0]) if mind else ""
        for name, mind in minds.items()
    }
    return said | {
        "asked": _asked(change),
        "source": change.asked.source,
        "mandatory": change.mandatory,
        "expect": change.asked.question.expect if change.asked.question else "",
        "before_is": _said(change.before, found, texts) if change.before else "",
        "after_is": _said(change.after, found, texts),
    }


def _asked(change: Change) -> str:
    return " → ".join(change.asked.turns)


def _said(outcome: Outcome, found: Review, texts: Texts) -> str:
    """What came of a question in a few words: the answer's title, the titles offered, or a refusal."""
    score = f"{outcome.score:.2f}".replace(".", ",")
    if outcome.sort is Sort.ANSWERED:
        title = _title(outcome.name, found)
        return texts("compare.answered", title=title, code=outcome.name, score=score)
    if outcome.sort is Sort.OFFERED:
        offered = ", ".join(outcome.offered) or "–"
        return texts("compare.offered", codes=offered, score=score)
    return texts(f"compare.{outcome.sort}", name=outcome.name, score=score)


def _title(code: str, found: Review) -> str:
    minds = (found.edited, found.published)
    known: list[Answer] = [
        mind.house.library.by_code[code] for mind in minds if mind and code in mind.house.library.by_code
    ]
    return known[0].short_title if known else code
