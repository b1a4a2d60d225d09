"""``hoctap outreach``: schedules, learning paths, reminders, the year's plan, results, the books."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.official import As, Desk, PasswordStdin, open_desk
from bot.cli.tables import save_table
from bot.db import broadcasts, contacts, deliveries, reconciling, results, schedules, taps
from bot.db.audience import count_audience
from bot.messages import Address
from bot.office import scheduling
from bot.office.drafting import Typed, compose
from bot.office.place_names import province_code
from bot.office.planning import read_day_month, read_hour, read_message, read_when
from bot.office.sheets import describe_copy
from bot.outreach import report
from bot.outreach import schedule as rules
from bot.outreach.broadcast import Forbidden
from bot.outreach.calendar import load_calendar, propose
from bot.outreach.notice import QUIZ
from bot.outreach.official import Official
from bot.outreach.recurrence import check_rule, next_due
from bot.outreach.schedule import Kind, Schedule

app = typer.Typer(help="Schedules, the year's plan, and results of broadcasts.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="The number of the schedule.")]
Broadcast = Annotated[int, typer.Argument(help="The number of the broadcast.")]
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
    password_stdin: PasswordStdin = False,
) -> None:
    """Plan a campaign again and again, by the sun's calendar or the moon's."""
    with open_desk() as desk:
        official = desk.sign_in(login, from_stdin=password_stdin)
        rule = check_rule({**read_when(when), **read_hour(hour)})
        plan = {"rule": rule, "messages": [read_message(desk.office, campaign, to)], "catch_up": catch_up}
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
            messages.append({**read_message(desk.office, campaign.strip(), ""), "day": int(day)})
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
        days = [int(each) for each in before.split(",") if each.strip().isdecimal()]
        if not days:
            raise Forbidden("schedule.before", typed=before)
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
def list_schedules() -> None:
    """Show the schedules and when each is due next."""
    with open_desk() as desk:
        found = desk.database.read_now(schedules.newest)
        if not found:
            typer.echo(desk.texts("schedule.none"))
        for each in found:
            _show(desk, each)


@app.command()
def show(number: Number) -> None:
    """Show a schedule, its next times, what it sends, and its runs."""
    with open_desk() as desk:
        found = desk.database.read_now(lambda c: schedules.find(c, number))
        _show(desk, found)
        _show_messages(desk, found)
        at = desk.now
        for _ in range(5):
            if (due := next_due(found.plan["rule"], at)) is None:
                break
            typer.echo(desk.texts("schedule.next", due=report.moment(due)))
            at = due
        for due_at, status, made in desk.database.read_now(lambda c: schedules.runs_of(c, number)):
            said = desk.texts(f"run.{status}")
            numbers = ", ".join(map(str, made)) or "–"
            typer.echo(desk.texts("schedule.run", due=report.moment(due_at), status=said, broadcasts=numbers))


@app.command()
def submit(number: Number, login: As, password_stdin: PasswordStdin = False) -> None:
    """Submit a schedule for approval."""
    _change(number, login, "submit", rules.submit, from_stdin=password_stdin)


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
        seen = desk.database.read_now(lambda c: schedules.find(c, number))
        desk.database.read_now(lambda c: scheduling.may_approve(c, desk.office, official, seen, desk.now))
        _show(desk, seen)
        total = _show_messages(desk, seen)
        if not yes and typer.prompt(desk.texts("ask.confirm", total=total)).strip() != str(total):
            raise Forbidden("rule.not_confirmed", total=total)
        kept = desk.act(lambda c: scheduling.approve(c, desk.office, official, seen, desk.now))
        _show(desk, kept)
        typer.echo(desk.texts("schedule.approved", id=number, login=official.login))


@app.command()
def pause(number: Number, login: As, reason: Reason = "", password_stdin: PasswordStdin = False) -> None:
    """Make no broadcast until it is resumed."""
    _change(number, login, "pause", lambda s, _: rules.pause(s, reason), from_stdin=password_stdin)


@app.command()
def resume(number: Number, login: As, password_stdin: PasswordStdin = False) -> None:
    """Go on; what was due meanwhile is not made up for."""
    _change(number, login, "resume", rules.resume, from_stdin=password_stdin)


@app.command("return")
def send_back(number: Number, login: As, reason: Reason = "", password_stdin: PasswordStdin = False) -> None:
    """Make it a draft again; its approval is void."""
    _change(number, login, "return", lambda s, who: rules.turn_back(s, who, reason), from_stdin=password_stdin)


@app.command()
def end(number: Number, login: As, reason: Reason = "", password_stdin: PasswordStdin = False) -> None:
    """End a schedule for good."""
    _change(number, login, "end", lambda s, _: rules.end(s, reason), from_stdin=password_stdin)


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
            except Forbidden as error:
                typer.echo("  " + report.explain(desk.texts, error))
                continue
            kept = desk.act(lambda c, made=made: broadcasts.add(c, made, desk.now))  # type: ignore[misc]
            typer.echo("  " + desk.texts("done.drafted", id=kept.id, login=official.login))
        if not proposals:
            typer.echo(desk.texts("plan.none", year=year))


@app.command("results")
def show_results(
    number: Broadcast,
    province: Annotated[str, typer.Option("--province", help="The communes of this province.")] = "",
    save: Annotated[Path | None, typer.Option("--save", help="Every copy into a .csv or .xlsx file.")] = None,
) -> None:
    """Show what became of a broadcast, by status, channel and place, and what people did."""
    with open_desk() as desk:
        office = desk.office
        code = province_code(office.gazetteer, province) if province else ""
        found = desk.database.read_now(lambda c: broadcasts.find(c, number))
        by_status = desk.database.read_now(lambda c: deliveries.count_by_status(c, number))
        typer.echo(desk.texts("show.head", id=found.id, title=found.title, campaign=found.campaign))
        for line in report.counts(desk.texts, by_status):
            typer.echo(line)
        by_channel = desk.database.read_now(lambda c: results.by_channel(c, number))
        by_place = desk.database.read_now(lambda c: results.by_place(c, number, code))
        for key, counted, name in (
            ("results.channels", by_channel, str),
            ("results.places", by_place, office.place_name),
        ):
            typer.echo(desk.texts(key))
            for (place, status), copies in sorted(counted.items()):
                word = desk.texts(f"delivery.{status}")
                shown = name(place) if place else desk.texts("results.nowhere")
                typer.echo(desk.texts("results.row", name=shown, status=word, count=copies))
        typer.echo(desk.texts("results.taps"))
        for token, people in desk.database.read_now(lambda c: taps.count(c, number)).items():
            typer.echo(desk.texts("results.tap", name=_tap(desk, found.content, token), count=people))
        if save is not None:
            sent = desk.database.read_now(lambda c: list(results.copies(c, number)))
            rows = [tuple(desk.texts("results.columns").split("|"))]
            rows += ((str(each.sequence), *describe_copy(office, each)) for each in sent)
            typer.echo(desk.texts("results.saved", count=save_table(save, rows), file=save.name))


@app.command()
def tally(number: Broadcast) -> None:
    """Show how many chose each answer of a quiz."""
    with open_desk() as desk:
        found = desk.database.read_now(lambda c: broadcasts.find(c, number))
        quiz: dict[str, Any] = found.content.get("quiz") or {}
        if not quiz:
            raise Forbidden("results.no_quiz", id=number)
        chosen = desk.database.read_now(lambda c: taps.count(c, number))
        total = sum(people for token, people in chosen.items() if token.startswith(QUIZ))
        for index, option in enumerate(quiz["options"]):
            people = chosen.get(f"{QUIZ}{index}", 0)
            mark = "✓" if index == quiz["right"] else " "
            share = round(100 * people / total) if total else 0
            typer.echo(f"{mark} {people:6} {share:3}%  {option}")


@app.command()
def watch(number: Broadcast) -> None:
    """Show a progress bar while a broadcast is being sent."""
    with open_desk() as desk:
        total = desk.database.read_now(lambda c: broadcasts.find(c, number)).total
        with typer.progressbar(length=max(total, 1), label=desk.texts("results.progress", id=number)) as bar:
            done = 0
            while True:
                found = desk.database.read_now(lambda c: broadcasts.find(c, number))
                counts = desk.database.read_now(lambda c: deliveries.count_by_status(c, number))
                bar.length = max(found.total, 1)
                settled = sum(n for (status, _), n in counts.items() if status not in ("queued", "sending"))
                bar.update(settled - done)
                done = settled
                if found.status not in ("scheduled", "sending"):
                    break
                time.sleep(1)
        for line in report.counts(desk.texts, counts):
            typer.echo(line)


@app.command()
def reconcile() -> None:
    """Prove that planned = sent + failed + skipped + uncertain + waiting, for every broadcast of the last days."""
    with open_desk() as desk:
        balances = desk.database.read_now(lambda c: reconciling.reconcile(c, desk.now))
        desk.act(lambda c: reconciling.keep_outcome(c, balances, desk.now))
        for each in balances:
            said = "; ".join(each.faults) or desk.texts("books.balance")
            typer.echo(desk.texts("books.row", id=each.broadcast_id, planned=each.planned, said=said))
        if any(each.faults for each in balances):
            raise typer.Exit(1)
        typer.echo(desk.texts("books.all", count=len(balances)))


@app.command()
def role(
    address: Annotated[str, typer.Argument(help='Whom: "telegram:123456".')],
    name: Annotated[str, typer.Argument(help="The role segments name, such as commune; empty: none.")],
) -> None:
    """Say what role a contact has, for segments of officials."""
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
    kept = desk.act(lambda c: schedules.add(c, made, desk.now))
    _show(desk, kept)
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


def _show_messages(desk: Desk, found: Schedule) -> int:
    """Print each message, whom it reaches and whom not, and why. Returns how many copies they are now."""
    office, total = desk.office, 0
    for message, segment in zip(found.plan["messages"], rules.whole_audience(found), strict=True):
        audience = report.audience(desk.texts, segment, office.place_name, office.topic_name)
        typer.echo(desk.texts("schedule.message", title=message["title"], audience=audience))
        typer.echo(message["content"]["text"])
        people = desk.database.read_now(
            lambda c, s=segment: count_audience(c, s, office.channels.keys(), desk.now)  # type: ignore[misc]
        )
        for line in report.reach(desk.texts, people.channels, people.excluded):
            typer.echo(line)
        total += people.total
    return total


def _change(number: int, login: str, act: str, rule: Any, *, from_stdin: bool) -> None:
    with open_desk() as desk:
        official = desk.sign_in(login, from_stdin=from_stdin)
        kept = desk.act(
            lambda c: schedules.change(
                c, number, lambda s: rule(s, official), act, by=official.login, now=desk.now
            )
        )
        _show(desk, kept)


def _tap(desk: Desk, content: Any, token: str) -> str:
    for each in content["buttons"]:
        if each["token"] == token:
            return str(each["label"])
    try:
        return desk.texts(f"tap.{token}")
    except KeyError:
        return token
