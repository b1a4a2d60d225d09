"""Accounts of officials: what a login looks like, and a scope read from the names of places."""

import re
from collections.abc import Sequence

from bot.office.office import Office
from bot.office.place_names import commune_token, province_code
from bot.outreach.broadcast import Forbidden
from bot.outreach.official import Official, Role, clean_login

SCOPE_MAX = 400
NAME_MAX = 120

_LOGIN = re.compile(r"^[a-z0-9][a-z0-9.-]{1,59}$")


def check_login(login: str) -> None:
    """Raises Forbidden when *login* is no login."""
    if not _LOGIN.match(login):
        raise Forbidden("rule.login_shape")


def new_official(
    office: Office, login: str, name: str, role: str, provinces: Sequence[str], communes: Sequence[str]
) -> Official:
    """The account that was typed; places are named as people say them. Raises Forbidden."""
    login = clean_login(login)
    check_login(login)
    if role not in set(Role):
        raise Forbidden("rule.role_unknown", typed=role)
    if not name.strip() or len(name.strip()) > NAME_MAX:
        raise Forbidden("rule.name", most=NAME_MAX)
    scope = frozenset(province_code(office.gazetteer, each) for each in provinces) | frozenset(
        commune_token(office.gazetteer, each) for each in communes
    )
    if len(" ".join(scope)) > SCOPE_MAX:
        raise Forbidden("rule.scope_long")
    return Official(login, name.strip(), Role(role), scope=scope)
