"""``hoctap official``: the accounts of those who draft and approve broadcasts."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer

from bot.app import utc_now
from bot.cli.errors import CommandError
from bot.cli.place_names import open_gazetteer, province_code
from bot.config import Config
from bot.db import Database, officials
from bot.dialogue.texts import Texts, load_texts
from bot.log import set_up
from bot.outreach.broadcast import Forbidden
from bot.outreach.campaign import CampaignError
from bot.outreach.official import PASSWORD_MIN, Official, Role, clean_login, hash_password, is_password
from bot.outreach.report import explain, explain_faults

app = typer.Typer(help="Accounts of officials.", no_args_is_help=True)

OPERATOR = "operator"
"""Who stands in the audit for what is done on the machine itself."""

_LOGIN = re.compile(r"^[a-z0-9][a-z0-9.-]{1,59}$")

PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of standard input.")
]
As = Annotated[str, typer.Option("--as", help="Who you are: your login.")]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a command works: the configuration, the database, the words, the time."""

    config: Config
    database: Database
    texts: Texts
    now: datetime

    def sign_in(self, login: str, *, from_stdin: bool) -> Official:
        """The official of *login*, who knows the password. Raises Forbidden, the same for every fault."""
        login = clean_login(login)
        found = self.database.read_now(lambda c: officials.find(c, login))
        typed = _read_password(self, "ask.password", login, from_stdin=from_stdin)
        right = is_password(found[1] if found else None, typed)
        if found is None or not right or not found[0].active:
            raise Forbidden("rule.login")
        return found[0]


@contextmanager
def open_desk() -> Iterator[Desk]:
    """A desk, closed at the end; a rule that says no becomes the sentence the command ends with."""
    config = Config.load()
    set_up("error")
    texts = load_texts(config.content / "broadcast_texts.yml")
    database = Database.open(config.database)
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
    role: Annotated[str, typer.Option("--role", help="drafter or approver.")],
    province: Annotated[
        list[str] | None, typer.Option("--province", help="Answers only for this province; may be repeated.")
    ] = None,
    password_stdin: PasswordStdin = False,
) -> None:
    """Make an account; the password is asked twice."""
    with open_desk() as desk:
        login = clean_login(login)
        if not _LOGIN.match(login):
            raise Forbidden("rule.login_shape")
        if role not in set(Role):
            raise Forbidden("rule.role_unknown", typed=role)
        scope = frozenset(province_code(open_gazetteer(desk.config.content), each) for each in province or ())
        password = _read_password(desk, "ask.new_password", login, from_stdin=password_stdin)
        if len(password) < PASSWORD_MIN:
            raise Forbidden("rule.password_short", least=PASSWORD_MIN)
        if not password_stdin and typer.prompt(desk.texts("ask.again"), hide_input=True) != password:
            raise Forbidden("rule.password_differs")
        official = Official(login, name.strip(), Role(role), scope=scope)
        password_hash = hash_password(password)
        added = desk.database.submit(
            lambda c: officials.add(c, official, password_hash, OPERATOR, desk.now)
        ).result()
        if not added:
            raise Forbidden("rule.login_taken", login=login)
        typer.echo(desk.texts("done.official_added", login=login, role=desk.texts(f"role.{role}")))


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
