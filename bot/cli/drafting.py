"""What officials read of a broadcast on the command line."""

from collections.abc import Mapping
from typing import Any

import typer

from bot.cli.official import Desk
from bot.db import broadcasts, deliveries, schedules
from bot.db.audience import Audience
from bot.markup import to_plain
from bot.office import deciding
from bot.office.samples import samples
from bot.outreach import report
from bot.outreach.broadcast import Broadcast
from bot.outreach.frozen_content import paths_of
from bot.outreach.official import Official


def look_at(desk: Desk, number: int, reader: Official | None) -> Broadcast:
    """The broadcast, as *reader* may see it. Raises Forbidden."""
    if reader is None:
        return desk.database.read_now(lambda c: broadcasts.find(c, number))
    return desk.database.read_now(lambda c: deciding.find(c, desk.office, reader, number))


def look_at_newest(desk: Desk, reader: Official | None, limit: int = 50) -> list[Broadcast]:
    """The newest broadcasts that *reader* may see, newest first."""
    if reader is None:
        return desk.database.read_now(lambda c: broadcasts.newest(c, limit))
    return desk.database.read_now(lambda c: deciding.newest(c, desk.office, reader, limit))


def show(desk: Desk, broadcast: Broadcast) -> Audience:
    """Print what the broadcast is, how citizens will see it, and how many. Returns the audience."""
    _describe(desk, broadcast)
    for whose, place in samples(desk.office, broadcast).items():
        for line in report.preview(desk.texts, broadcast, to_plain, whose, place):
            typer.echo(line)
    show_beside(desk, broadcast.content)
    people = desk.database.read_now(lambda c: deciding.count_people(c, desk.office, broadcast, desk.now))
    for line in report.reach(desk.texts, people.channels, people.excluded):
        typer.echo(line)
    planned, known = desk.database.read_now(lambda c: deciding.plan(c, desk.office, broadcast, desk.now))
    for line in report.plan(desk.texts, planned, known):
        typer.echo(line)
    if twins := desk.database.read_now(lambda c: broadcasts.twins(c, broadcast)):
        typer.echo(desk.texts("show.twins", ids=", ".join(map(str, twins))))
    return people


def show_beside(desk: Desk, content: Mapping[str, Any]) -> None:
    """Print what is approved with a message and not seen in it, and which of its buttons lead nowhere yet."""
    for line in report.beside(desk.texts, content, to_plain):
        typer.echo(line)
    for code in desk.database.read_now(lambda c: schedules.paths_not_open(c, paths_of(content))):
        typer.echo(desk.texts("check.path_closed", code=code))


def show_progress(desk: Desk, broadcast: Broadcast) -> None:
    """Print how far the broadcast is, and every copy in doubt."""
    _describe(desk, broadcast)
    if broadcast.started_at is None:
        return
    for line in report.counts(
        desk.texts, desk.database.read_now(lambda c: deliveries.count_by_status(c, broadcast.id))
    ):
        typer.echo(line)
    doubtful = desk.database.read_now(lambda c: deliveries.doubts(c, broadcast.id))
    if not doubtful:
        return
    typer.echo(desk.texts("show.doubts", count=len(doubtful)))
    for each in doubtful:
        reason = report.because(desk.texts, each.reason)
        at = report.moment(each.at)
        typer.echo(desk.texts("show.doubt", sequence=each.sequence, channel=each.channel, at=at, reason=reason))
    typer.echo(desk.texts("show.doubts_do", id=broadcast.id))


def _describe(desk: Desk, broadcast: Broadcast) -> None:
    office = desk.office
    for line in report.describe(desk.texts, broadcast, office.place_name, office.topic_name):
        typer.echo(line)
