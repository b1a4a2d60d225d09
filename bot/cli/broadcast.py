"""``hoctap broadcast``: draft, submit, have approved by a second person, watch, stop, settle doubts."""

from dataclasses import replace
from typing import Annotated

import typer

from bot.cli.drafting import look_at, look_at_newest, show, show_progress
from bot.cli.official import As, PasswordStdin, Whose, open_desk
from bot.db import broadcasts, recovery
from bot.office import deciding
from bot.office.drafting import Typed, compose
from bot.office.drafting import correct as compose_correction
from bot.outreach import broadcast as rules
from bot.outreach.broadcast import Act, Forbidden
from bot.outreach.report import moment

app = typer.Typer(help="Broadcasts: messages to the citizens who asked for them.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="The number of the broadcast.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; officials will read it.")]
Names = list[str] | None
To = Annotated[str, typer.Option("--to", help="A named segment of content/segments.yml.")]
Provinces = Annotated[Names, typer.Option("--province", help="Only this province; may be repeated.")]
Communes = Annotated[Names, typer.Option("--commune", help="Only this commune; may be repeated.")]
Topics = Annotated[Names, typer.Option("--topic", help="Only who asked for this topic; may be repeated.")]
Channels = Annotated[Names, typer.Option("--channel", help="Only this channel; may be repeated.")]
At = Annotated[str, typer.Option("--at", help='When, in Vietnam: "24/11/2026 08:30".')]
NotAfter = Annotated[str, typer.Option("--not-after", help="Not sent after; by default a day later.")]
Urgent = Annotated[str, typer.Option("--urgent-reason", help="Why an urgent campaign may disturb at night.")]
Holidays = Annotated[bool, typer.Option("--on-holidays", help="Meant for public holidays too.")]
Ambiguous = Annotated[str, typer.Option("--on-ambiguous", help="hold, resend or assume-sent.")]


@app.command()
def draft(
    campaign: Annotated[str, typer.Argument(help="A file of content/campaigns, without .md.")],
    *,
    at: At,
    login: As,
    to: To = "",
    province: Provinces = None,
    commune: Communes = None,
    topic: Topics = None,
    channel: Channels = None,
    not_after: NotAfter = "",
    urgent_reason: Urgent = "",
    on_ambiguous: Ambiguous = "",
    on_holidays: Holidays = False,
    password_stdin: PasswordStdin = False,
) -> None:
    """Draft a broadcast; shows it as citizens will see it, and how many they are."""
    with open_desk() as desk:
        official = desk.sign_in(login, from_stdin=password_stdin)
        places = (to, province or (), commune or (), topic or (), channel or ())
        typed = Typed(campaign, at, not_after, *places, urgent_reason, on_ambiguous, on_holidays)
        made = compose(desk.office, typed, official.login, desk.now)
        kept = desk.act(lambda c: deciding.draft(c, desk.office, official, made, desk.now))
        show(desk, kept)
        typer.echo(desk.texts("done.drafted", id=kept.id, login=official.login))


@app.command()
def edit(
    number: Number,
    campaign: Annotated[str, typer.Argument(help="A file of content/campaigns, without .md.")],
    *,
    at: At,
    login: As,
    to: To = "",
    province: Provinces = None,
    commune: Communes = None,
    topic: Topics = None,
    channel: Channels = None,
    not_after: NotAfter = "",
    urgent_reason: Urgent = "",
    on_ambiguous: Ambiguous = "",
    on_holidays: Holidays = False,
    password_stdin: PasswordStdin = False,
) -> None:
    """Write a broadcast anew; every approval it had is void. Without people named, they stay the same."""
    with open_desk() as desk:
        official = desk.sign_in(login, from_stdin=password_stdin)
        places = (to, province or (), commune or (), topic or (), channel or ())
        typed = Typed(campaign, at, not_after, *places, urgent_reason, on_ambiguous, on_holidays)
        made = compose(desk.office, typed, official.login, desk.now)
        if not any(places):
            before = look_at(desk, number, official)
            made = replace(made, segment=before.segment, corrects=before.corrects)
        kept = desk.act(lambda c: deciding.edit(c, desk.office, official, number, made, desk.now))
        show(desk, kept)
        typer.echo(desk.texts("done.edited", id=number))


@app.command()
def submit(number: Number, login: As, password_stdin: PasswordStdin = False) -> None:
    """Submit a draft for approval; from now on nothing of it may change."""
    with open_desk() as desk:
        official = desk.sign_in(login, from_stdin=password_stdin)
        desk.act(lambda c: deciding.submit(c, desk.office, official, number, desk.now))
        typer.echo(desk.texts("done.submitted", id=number))


@app.command()
def approve(
    number: Number,
    login: As,
    yes: Annotated[bool, typer.Option("--yes", help="You have read it; do not ask.")] = False,
    password_stdin: PasswordStdin = False,
) -> None:
    """Approve what somebody else drafted and submitted; shows first what it is and whom it reaches."""
    with open_desk() as desk:
        if password_stdin and not yes:
            raise Forbidden("rule.needs_yes")
        official = desk.sign_in(login, from_stdin=password_stdin)
        seen = desk.database.read_now(lambda c: broadcasts.find(c, number))
        desk.database.read_now(lambda c: deciding.may_approve(c, desk.office, official, seen, desk.now))
        total = show(desk, seen).total
        if not yes and typer.prompt(desk.texts("ask.confirm", total=total)).strip() != str(total):
            raise Forbidden("rule.not_confirmed", total=total)

        approved = desk.act(lambda c: deciding.approve(c, desk.office, official, seen, total, desk.now))
        until = desk.now + rules.WITHDRAW
        typer.echo(desk.texts("done.approved", id=number, due=moment(approved.starts_at), until=moment(until)))


@app.command()
def withdraw(number: Number, login: As, reason: Reason = "", password_stdin: PasswordStdin = False) -> None:
    """Take an approval back, within ten minutes of it; the broadcast is a draft again."""
    with open_desk() as desk:
        official = desk.sign_in(login, from_stdin=password_stdin)
        desk.act(lambda c: deciding.withdraw(c, desk.office, official, number, reason, desk.now))
        typer.echo(desk.texts("done.withdrawn", id=number))


@app.command()
def correct(
    number: Annotated[int, typer.Argument(help="The broadcast that was wrong.")],
    campaign: Annotated[str, typer.Argument(help="The correction: a file of content/campaigns, without .md.")],
    *,
    at: At,
    login: As,
    not_after: NotAfter = "",
    urgent_reason: Urgent = "",
    on_ambiguous: Ambiguous = "",
    on_holidays: Holidays = False,
    password_stdin: PasswordStdin = False,
) -> None:
    """Draft a correction for exactly those who were reached by a broadcast."""
    with open_desk() as desk:
        official = desk.sign_in(login, from_stdin=password_stdin)
        wrong = look_at(desk, number, official)
        typed = Typed(
            campaign,
            at,
            not_after,
            urgent_reason=urgent_reason,
            on_ambiguous=on_ambiguous,
            holidays=on_holidays,
        )
        made = compose_correction(desk.office, wrong, typed, official.login, desk.now)
        kept = desk.act(lambda c: deciding.draft(c, desk.office, official, made, desk.now))
        show(desk, kept)
        typer.echo(desk.texts("done.drafted", id=kept.id, login=official.login))


@app.command("return")
def send_back(number: Number, login: As, reason: Reason = "", password_stdin: PasswordStdin = False) -> None:
    """Return a broadcast to be mended."""
    _turn_back(number, login, reason, Act.RETURN, "done.returned", from_stdin=password_stdin)


@app.command()
def reject(number: Number, login: As, reason: Reason = "", password_stdin: PasswordStdin = False) -> None:
    """Reject a broadcast for good."""
    _turn_back(number, login, reason, Act.REJECT, "done.rejected", from_stdin=password_stdin)


@app.command("list")
def list_newest(login: Whose = "", password_stdin: PasswordStdin = False) -> None:
    """Show the newest broadcasts."""
    with open_desk() as desk:
        found = look_at_newest(desk, desk.reader(login, from_stdin=password_stdin))
        if not found:
            typer.echo(desk.texts("done.none"))
        for each in found:
            status = desk.texts(f"status.{each.status}")
            typer.echo(
                desk.texts("show.row", id=each.id, status=status, due=moment(each.due_at), title=each.title)
            )


@app.command()
def status(
    number: Annotated[int | None, typer.Argument(help="The broadcast; by default the newest.")] = None,
    login: Whose = "",
    password_stdin: PasswordStdin = False,
) -> None:
    """Show how far a broadcast is: copies by status, adding up to all, and the doubtful one by one."""
    with open_desk() as desk:
        reader = desk.reader(login, from_stdin=password_stdin)
        if number is None:
            newest = look_at_newest(desk, reader, 1)
            if not newest:
                typer.echo(desk.texts("done.none"))
                return
            number = newest[0].id
        show_progress(desk, look_at(desk, number, reader))


@app.command()
def stop(number: Number, login: As, reason: Reason = "", password_stdin: PasswordStdin = False) -> None:
    """Stop a broadcast for good, also while it is being sent."""
    with open_desk() as desk:
        official = desk.sign_in(login, from_stdin=password_stdin)
        # First the word, which every sender sees at its next message; then the counting.
        desk.act(lambda c: deciding.stop(c, desk.office, official, number, reason, desk.now))
        while desk.database.submit(lambda c: recovery.sweep(c, desk.now)).result():
            pass
        typer.echo(desk.texts("done.stopped", id=number))
        show_progress(desk, desk.database.read_now(lambda c: broadcasts.find(c, number)))


@app.command()
def pause(number: Number, login: As, reason: Reason = "", password_stdin: PasswordStdin = False) -> None:
    """Hold a broadcast where it is."""
    with open_desk() as desk:
        official = desk.sign_in(login, from_stdin=password_stdin)
        desk.act(lambda c: deciding.pause(c, desk.office, official, number, reason, desk.now))
        typer.echo(desk.texts("done.paused", id=number))


@app.command()
def resume(number: Number, login: As, password_stdin: PasswordStdin = False) -> None:
    """Go on with a paused broadcast."""
    with open_desk() as desk:
        official = desk.sign_in(login, from_stdin=password_stdin)
        desk.act(lambda c: deciding.resume(c, desk.office, official, number, desk.now))
        typer.echo(desk.texts("done.resumed", id=number))


@app.command()
def resolve(
    number: Number,
    login: As,
    resend: Annotated[bool, typer.Option("--resend", help="Send them again; some may get it twice.")] = False,
    assume_sent: Annotated[bool, typer.Option("--assume-sent", help="Take them as sent.")] = False,
    password_stdin: PasswordStdin = False,
) -> None:
    """Settle the copies of which nobody knows whether they arrived."""
    with open_desk() as desk:
        if resend == assume_sent:
            raise Forbidden("rule.one_choice")
        official = desk.sign_in(login, from_stdin=password_stdin)
        count = desk.act(lambda c: deciding.resolve(c, desk.office, official, number, desk.now, resend=resend))
        typer.echo(desk.texts("done.resent" if resend else "done.assumed", id=number, count=count))


def _turn_back(number: int, login: str, reason: str, act: Act, said: str, *, from_stdin: bool) -> None:
    with open_desk() as desk:
        official = desk.sign_in(login, from_stdin=from_stdin)
        desk.act(lambda c: deciding.turn_back(c, desk.office, official, number, act, reason, desk.now))
        typer.echo(desk.texts(said, id=number))
