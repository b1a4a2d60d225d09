"""``hoctap official``: the accounts of those who draft and approve broadcasts."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, TypeVar

import typer

from bot.access.sign_in import LINK_LASTS, new_secret
from bot.app import open_office, utc_now
from bot.cli.errors import CommandError
from bot.config import Config
from bot.db import Act, Database, officials, sign_in
from bot.dialogue.texts import Texts, load_texts
from bot.log import set_up
from bot.office.accounts import check_login, new_official
from bot.office.office import Office
from bot.outreach.broadcast import Forbidden
from bot.outreach.campaign import CampaignError
from bot.outreach.official import PASSWORD_MIN, Official, clean_login, hash_password, is_password
from bot.outreach.report import explain, explain_faults

T = TypeVar("T")

app = typer.Typer(help="Accounts of officials.", no_args_is_help=True)

OPERATOR = "operator"
"""Who stands in the audit for what is done on the machine itself."""

PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of standard input.")
]
As = Annotated[str, typer.Option("--as", help="Who you are: your login.")]
Whose = Annotated[
    str,
    typer.Option("--as", help="Only what this official may see; without it, all, as who runs the machine sees."),
]


@dataclass(frozen=True)
class Desk:
    """Where a command works: the configuration, the database, the words, the time."""

    config: Config
    database: Database
    texts: Texts
    now: datetime

    @cached_property
    def office(self) -> Office:
        """What the acts of officials need to know."""
        return open_office(self.config, self.database)

    def act(self, act: Act[T]) -> T:
        """Do *act* in a transaction and wait for it."""
        return self.database.submit(act).result()

    def link(self, login: str) -> str:
        """Make a one-time link for *login* and return its address. Raises Forbidden for nobody."""
        secret = new_secret()
        until = self.now + LINK_LASTS
        if not self.act(lambda c: sign_in.issue_link(c, login, secret, until, OPERATOR, self.now)):
            raise Forbidden("rule.no_official", login=login)
        base = self.config.public_url or f"http://{self.config.host}:{self.config.port}"
        return f"{base}/console/welcome/{secret}"

    def sign_in(self, login: str, *, from_stdin: bool) -> Official:
        """The official of *login*, who knows the password. Raises Forbidden, the same for every fault."""
        login = clean_login(login)
        found = self.database.read_now(lambda c: officials.find(c, login))
        typed = _read_password(self, "ask.password", login, from_stdin=from_stdin)
        right = is_password(found[1] if found else None, typed)
        if found is None or not right or not found[0].active:
            raise Forbidden("rule.login")
        return found[0]

    def reader(self, login: str, *, from_stdin: bool) -> Official | None:
        """The official of *login*, signed in; None without a login: who runs the machine, who sees all."""
        return self.sign_in(login, from_stdin=from_stdin) if login else None


@contextmanager
def open_desk() -> Iterator[Desk]:
    """A desk, closed at the end; a rule that says no becomes the sentence the command ends with."""
    config = Config.load()
    set_up("error")
    texts = load_texts(config.content / "broadcast_texts.yml")
    database = Database.open(config.database, config.keys)
    try:
        yield Desk(config, database, texts, utc_now())
    except Forbidden as error:
        raise CommandError(explain(texts, error)) from error
    except CampaignError as error:
        raise CommandError(explain_faults(texts, error.faults)) from error
    finally:
        database.close()


@app.command()
def add(
    login: Annotated[str, typer.Argument(help="What the official signs in with.")],
    name: Annotated[str, typer.Option("--name", help="The official's name.")],
    role: Annotated[str, typer.Option("--role", help="drafter, approver, editor, viewer, admin or auditor.")],
    province: Annotated[
        list[str] | None, typer.Option("--province", help="Answers only for this province; may be repeated.")
    ] = None,
    commune: Annotated[
        list[str] | None, typer.Option("--commune", help="Answers only for this commune; may be repeated.")
    ] = None,
    password_stdin: PasswordStdin = False,
) -> None:
    """Make an account; shows the one-time link by which the official sets a password and second factor."""
    with open_desk() as desk:
        check_login(clean_login(login))
        official = new_official(desk.office, login, name, role, province or (), commune or ())
        password_hash = ""
        if password_stdin:
            password = _read_password(desk, "ask.new_password", official.login, from_stdin=True)
            if len(password) < PASSWORD_MIN:
                raise Forbidden("rule.password_short", least=PASSWORD_MIN)
            password_hash = hash_password(password)
        if not desk.act(lambda c: officials.add(c, official, password_hash, OPERATOR, desk.now)):
            raise Forbidden("rule.login_taken", login=official.login)
        typer.echo(desk.texts("done.official_added", login=official.login, role=desk.texts(f"role.{role}")))
        if not password_stdin:
            typer.echo(desk.texts("done.official_link", link=desk.link(official.login)))


@app.command()
def link(login: Annotated[str, typer.Argument(help="The account.")]) -> None:
    """Make a new one-time link; the password, second factor and sessions of the account end at once."""
    with open_desk() as desk:
        typer.echo(desk.texts("done.official_link", link=desk.link(clean_login(login))))


@app.command("list")
def list_all() -> None:
    """Show the accounts."""
    with open_desk() as desk:
        known = desk.database.read_now(officials.all_officials)
        if not known:
            typer.echo(desk.texts("done.no_officials"))
        for each in known:
            mark = "" if each.active else " " + desk.texts("done.disabled_mark")
            typer.echo(f"{each.login}\t{each.name}\t{desk.texts(f'role.{each.role}')}{mark}")


@app.command()
def disable(login: Annotated[str, typer.Argument(help="The account.")]) -> None:
    """Take an account out of use; what it did stays on record."""
    with open_desk() as desk:
        cleaned = clean_login(login)
        if not desk.database.submit(lambda c: officials.disable(c, cleaned, OPERATOR, desk.now)).result():
            raise Forbidden("rule.no_official", login=cleaned)
        typer.echo(desk.texts("done.official_disabled", login=cleaned))


def _read_password(desk: Desk, question: str, login: str, *, from_stdin: bool) -> str:
    if not from_stdin:
        return str(typer.prompt(desk.texts(question, login=login, least=PASSWORD_MIN), hide_input=True))
    typed = sys.stdin.readline().rstrip("\r\n")
    if not typed:
        raise Forbidden("rule.no_password")
    return typed
