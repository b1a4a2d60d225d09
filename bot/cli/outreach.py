"""``hoctap outreach``: schedules, learning paths, reminders, the year's plan; ``results`` has what came of it."""

from typing import Annotated, Any

import typer

from bot.cli import results
from bot.cli.broadcast import Holidays
from bot.cli.drafting import show_beside
from bot.cli.official import As, Desk, PasswordStdin, Whose, open_desk
from bot.db import broadcasts, contacts, schedules
from bot.markup import to_plain
from bot.messages import Address
from bot.office import deciding, scheduling
from bot.office.drafting import Typed, compose
from bot.office.planning import read_day_month, read_days_before, read_hour, read_message, read_when
from bot.office.samples import samples
from bot.outreach import report
from bot.outreach.broadcast import Broadcast, Forbidden
from bot.outreach.calendar import load_calendar, propose
from bot.outreach.official import Official
from bot.outreach.recurrence import check_rule, next_due
from bot.outreach.schedule import Kind, Schedule

app = typer.Typer(help="Schedules, the year's plan, and results of broadcasts.", no_args_is_help=True)
app.add_typer(results.app)

TIMES_SHOWN = 5

Number = Annotated[int, typer.Argument(help="The number of the schedule.")]
Campaign = Annotated[str, typer.Argument(help="A file of content/campaigns, without .md.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; officials will read it.")]
To = Annotated[str, typer.Option("--to", help="A named segment of content/segments.yml.")]
Hour = Annotated[str, typer.Option("--hour", help='The hour in Vietnam: "08:30".')]
CatchUp = Annotated[int, typer.Option("--catch-up", help="Minutes after which a missed time is skipped.")]


@app.command()
def every(
    campaign: Campaign,
    *,
    login: As,
    when: Annotated[str, typer.Option("--when", help='daily, mon … sun, "15", last, "21/4" or "lunar 10/3".')],
    hour: Hour = "08:30",
    to: To = "",
    catch_up: CatchUp = 60,
    on_holidays: Holidays = False,
    password_stdin: PasswordStdin = False,
) -> None:
    """Plan a campaign again and again, by the sun's calendar or the moon's."""
    with open_desk() as desk:
        official = desk.sign_in(login, from_stdin=password_stdin)
        rule = check_rule({**read_when(when), **read_hour(hour)})
        message = read_message(desk.office, campaign, to, holidays=on_holidays)
        plan = {"rule": rule, "messages": [message], "catch_up": catch_up}
        _keep(desk, official, Kind.RECURRING, plan)


@app.command()
def series(
    code: Annotated[str, typer.Argument(help="The code of the path; buttons name it lo-trinh:CODE.")],
    step: Annotated[list[str], typer.Option("--step", help='"2=campaign": sent two days after joining.')],
    *,
    login: As,
    hour: Hour = "08:30",
    password_stdin: PasswordStdin = False,
) -> None:
    """Plan a learning path: each step so many days after a citizen joined."""
    with open_desk() as desk:
        official = desk.sign_in(login, from_stdin=password_stdin)
        messages = []
        for each in step:
            day, _, campaign = each.partition("=")
            if not day.strip().isdecimal() or not campaign.strip():
                raise Forbidden("schedule.step", typed=each)
            messages.append({**read_message(desk.office, campaign.strip(), series=code), "day": int(day)})
        rule = check_rule({"every": "daily", **read_hour(hour)})
        _keep(desk, official, Kind.SERIES, {"rule": rule, "messages": messages, "series": code})


@app.command()
def remind(
    campaign: Campaign,
    *,
    login: As,
    deadline: Annotated[str, typer.Option("--deadline", help='Day and month, each year: "20/12".')],
    before: Annotated[str, typer.Option("--before", help='Days before it: "19,10,5,2".')],
    to: To,
    superiors: Annotated[str, typer.Option("--superiors", help="Also this segment, at the last reminders.")] = "",
    superiors_last: Annotated[int, typer.Option("--superiors-last", help="At how many of the last.")] = 1,
    hour: Hour = "08:30",
    password_stdin: PasswordStdin = False,
) -> None:
    """Plan reminders on working days before a deadline, until each official confirmed."""
    with open_desk() as desk:
        official = desk.sign_in(login, from_stdin=password_stdin)
        days = read_days_before(before)
        day, month = read_day_month(deadline)
        rule = check_rule({"every": "deadline", "day": day, "month": month, "before": days, **read_hour(hour)})
        first = read_message(desk.office, campaign, to)
        if not any(each["token"] == "ack" for each in first["content"]["buttons"]):
            raise Forbidden("schedule.no_confirmation", campaign=campaign)
        messages = [first]
        if superiors:
            messages.append({**read_message(desk.office, campaign, superiors), "escalates": superiors_last})
        _keep(desk, official, Kind.REMINDER, {"rule": rule, "messages": messages, "catch_up": 24 * 60})


@app.command("list")
def list_schedules(login: Whose = "", password_stdin: PasswordStdin = False) -> None:
    """Show the schedules and when each is due next."""
    with open_desk() as desk:
        reader = desk.reader(login, from_stdin=password_stdin)
        if reader is None:
            found = desk.database.read_now(schedules.newest)
        else:
            found = desk.database.read_now(lambda c: scheduling.newest(c, desk.office, reader, desk.now))
        if not found:
            typer.echo(desk.texts("schedule.none"))
        for each in found:
            _show(desk, each)


@app.command()
def show(number: Number, login: Whose = "", password_stdin: PasswordStdin = False) -> None:
    """Show a schedule, its next times, what it sends, and its runs."""
    with open_desk() as desk:
        reader = desk.reader(login, from_stdin=password_stdin)
        if reader is None:
            found = desk.database.read_now(lambda c: schedules.find(c, number))
        else:
            found = desk.database.read_now(lambda c: scheduling.find(c, desk.office, reader, number, desk.now))
        _show(desk, found)
        _show_messages(desk, found)
        _show_times(desk, found)
        for due_at, status, made in desk.database.read_now(lambda c: schedules.runs_of(c, number)):
            said = desk.texts(f"run.{status}")
            numbers = ", ".join(map(str, made)) or "–"
            typer.echo(desk.texts("schedule.run", due=report.moment(due_at), status=said, broadcasts=numbers))


@app.command()
def submit(number: Number, login: As, password_stdin: PasswordStdin = False) -> None:
    """Submit a schedule for approval; shows first what it sends, to how many, for how much."""
    with open_desk() as desk:
        official = desk.sign_in(login, from_stdin=password_stdin)
        seen = desk.database.read_now(lambda c: scheduling.find(c, desk.office, official, number, desk.now))
        _show_times(desk, seen)
        _show_messages(desk, seen)
        _show(desk, desk.act(lambda c: scheduling.submit(c, desk.office, official, number, desk.now)))


@app.command()
def approve(
    number: Number,
    login: As,
    yes: Annotated[bool, typer.Option("--yes", help="You have read it; do not ask.")] = False,
    password_stdin: PasswordStdin = False,
) -> None:
    """Approve a schedule that somebody else made and submitted; shows first what it sends and to how many."""
    with open_desk() as desk:
        if password_stdin and not yes:
            raise Forbidden("rule.needs_yes")
        official = desk.sign_in(login, from_stdin=password_stdin)
        seen = desk.database.read_now(lambda c: scheduling.find(c, desk.office, official, number, desk.now))
        desk.database.read_now(lambda c: scheduling.may_approve(c, desk.office, official, seen, desk.now))
        _show(desk, seen)
        _show_times(desk, seen)
        total = _show_messages(desk, seen)
        if not yes and typer.prompt(desk.texts("ask.confirm", total=total)).strip() != str(total):
            raise Forbidden("rule.not_confirmed", total=total)
        kept = desk.act(lambda c: scheduling.approve(c, desk.office, official, seen, desk.now))
        _show(desk, kept)
        typer.echo(desk.texts("schedule.approved", id=number, login=official.login))


@app.command()
def pause(number: Number, login: As, reason: Reason = "", password_stdin: PasswordStdin = False) -> None:
    """Make no broadcast until it is resumed."""
    with open_desk() as desk:
        official = desk.sign_in(login, from_stdin=password_stdin)
        _show(desk, desk.act(lambda c: scheduling.pause(c, desk.office, official, number, reason, desk.now)))


@app.command()
def resume(number: Number, login: As, password_stdin: PasswordStdin = False) -> None:
    """Go on; what was due meanwhile is not made up for."""
    with open_desk() as desk:
        official = desk.sign_in(login, from_stdin=password_stdin)
        _show(desk, desk.act(lambda c: scheduling.resume(c, desk.office, official, number, desk.now)))


@app.command("return")
def send_back(number: Number, login: As, reason: Reason = "", password_stdin: PasswordStdin = False) -> None:
    """Make it a draft again; its approval is void."""
    with open_desk() as desk:
        official = desk.sign_in(login, from_stdin=password_stdin)
        _show(desk, desk.act(lambda c: scheduling.turn_back(c, desk.office, official, number, reason, desk.now)))


@app.command()
def end(number: Number, login: As, reason: Reason = "", password_stdin: PasswordStdin = False) -> None:
    """End a schedule for good."""
    with open_desk() as desk:
        official = desk.sign_in(login, from_stdin=password_stdin)
        _show(desk, desk.act(lambda c: scheduling.end(c, desk.office, official, number, reason, desk.now)))


@app.command()
def plan(
    year: Annotated[int, typer.Argument(help="The year.")],
    login: Annotated[str, typer.Option("--as", help="Draft them, as you.")] = "",
    password_stdin: PasswordStdin = False,
) -> None:
    """Propose what to send in a year from content/calendar.csv; with --as, draft what has a campaign."""
    with open_desk() as desk:
        official = desk.sign_in(login, from_stdin=password_stdin) if login else None
        proposals = propose(load_calendar(desk.config.content / "calendar.csv"), year)
        for each in proposals:
            key = "plan.moved" if each.moved else "plan.row"
            campaign = each.event.campaign or "–"
            typer.echo(
                desk.texts(
                    key,
                    at=report.moment(each.at),
                    title=each.event.title,
                    audience=each.event.audience,
                    campaign=campaign,
                    source=each.event.source,
                )
            )
            if official is None or not each.event.campaign:
                continue
            try:
                typed = Typed(each.event.campaign, f"{each.at:%d/%m/%Y %H:%M}")
                made = compose(desk.office, typed, official.login, desk.now)
                if before := desk.database.read_now(lambda c, made=made: broadcasts.drafted_for(c, made)):  # type: ignore[misc]
                    typer.echo("  " + desk.texts("plan.drafted_before", id=before))
                    continue
                kept = desk.act(lambda c, made=made: deciding.draft(c, desk.office, official, made, desk.now))  # type: ignore[misc]
            except Forbidden as error:
                typer.echo("  " + report.explain(desk.texts, error))
                continue
            typer.echo("  " + desk.texts("done.drafted", id=kept.id, login=official.login))
        if not proposals:
            typer.echo(desk.texts("plan.none", year=year))


@app.command()
def role(
    address: Annotated[str, typer.Argument(help='Whom: "telegram:123456".')],
    name: Annotated[str, typer.Argument(help="The role segments name, such as commune; empty: none.")],
) -> None:
    """For who runs the machine: say what role a contact has, for segments of officials."""
    with open_desk() as desk:
        try:
            whom = Address.parse(address)
        except ValueError as error:
            raise Forbidden("results.address", typed=address) from error
        if not desk.act(lambda c: contacts.set_role(c, whom, name.strip().lower()[:20])):
            raise Forbidden("results.nobody", typed=address)
        typer.echo(desk.texts("results.role", address=address, role=name or "–"))


def _keep(desk: Desk, official: Official, kind: Kind, plan: dict[str, Any]) -> None:
    title = plan["messages"][0]["title"]
    made = Schedule(kind, title, plan, official.login)
    kept = desk.act(lambda c: scheduling.draft(c, desk.office, official, made, desk.now))
    _show(desk, kept)
    _show_times(desk, kept)
    typer.echo(desk.texts("schedule.drafted", id=kept.id, login=official.login))


def _show(desk: Desk, each: Schedule) -> None:
    due = each.next_due_at or (next_due(each.plan["rule"], desk.now) if each.status != "ended" else None)
    typer.echo(
        desk.texts(
            "schedule.row",
            id=each.id,
            kind=desk.texts(f"schedule_kind.{each.kind}"),
            status=desk.texts(f"schedule_status.{each.status}"),
            due=report.moment(due),
            title=each.title,
        )
    )
    if each.reason:
        typer.echo(desk.texts("show.because", reason=report.because(desk.texts, each.reason)))


def _show_times(desk: Desk, each: Schedule) -> None:
    """Print when it is due the next times, and in which months never."""
    if each.kind is Kind.SERIES:
        typer.echo(desk.texts("schedule.series_times", code=each.plan["series"], **each.plan["rule"]))
        return
    at = desk.now
    for _ in range(TIMES_SHOWN):
        if (due := next_due(each.plan["rule"], at)) is None:
            break
        goes = scheduling.sent_at(each, due)
        key = "next_expired" if goes is None else "next" if goes == due else "next_moved"
        typer.echo(desk.texts(f"schedule.{key}", due=report.moment(due), at=report.moment(goes)))
        at = due
    for line in report.skips(desk.texts, each.plan["rule"]):
        typer.echo(line)


def _show_messages(desk: Desk, found: Schedule) -> int:
    """Print each message, whom it reaches and whom not, and at what cost. Returns how many copies they are now."""
    total = 0
    for message, probe in zip(found.plan["messages"], scheduling.messages_of(found, desk.now), strict=True):
        if found.kind is Kind.SERIES:
            typer.echo(desk.texts("schedule.on_day", day=message["day"]))
        if last := message.get("escalates"):
            typer.echo(desk.texts("schedule.to_superiors", last=last))
        total += _show_message(desk, probe)
    return total


def _show_message(desk: Desk, probe: Broadcast) -> int:
    office = desk.office
    audience = report.audience(desk.texts, probe.segment, office.place_name, office.topic_name)
    typer.echo(desk.texts("schedule.message", title=probe.title, audience=audience))
    for whose, place in samples(office, probe).items():
        for line in report.preview(desk.texts, probe, to_plain, whose, place):
            typer.echo(line)
    show_beside(desk, probe.content)
    people = desk.database.read_now(lambda c: deciding.count_people(c, office, probe, desk.now))
    for line in report.reach(desk.texts, people.channels, people.excluded):
        typer.echo(line)
    for line in report.plan(
        desk.texts, *desk.database.read_now(lambda c: deciding.plan(c, office, probe, desk.now))
    ):
        typer.echo(line)
    return people.total
