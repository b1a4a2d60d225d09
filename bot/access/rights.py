"""What each role may do, and where: deny by default, checked at every act and on every object."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from bot.outreach.broadcast import Broadcast, Forbidden, check_scope
from bot.outreach.official import Official, Role


class Right(StrEnum):
    """One thing an official may be allowed to do."""

    SEE_BROADCASTS = "see_broadcasts"
    DRAFT = "draft"
    APPROVE = "approve"
    HALT = "halt"
    ANSWER = "answer"
    UNMASK = "unmask"
    SEE_QUESTIONS = "see_questions"
    EDIT_ANSWERS = "edit_answers"
    SEE_CENTRES = "see_centres"
    EDIT_CENTRES = "edit_centres"
    MANAGE_PEOPLE = "manage_people"
    SEE_HEALTH = "see_health"
    READ_AUDIT = "read_audit"


_VIEWER = frozenset({Right.SEE_BROADCASTS, Right.SEE_QUESTIONS, Right.SEE_CENTRES})
_DRAFTER = _VIEWER | {Right.DRAFT, Right.HALT, Right.ANSWER, Right.UNMASK}

RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.VIEWER: _VIEWER,
    Role.DRAFTER: _DRAFTER,
    Role.APPROVER: _DRAFTER | {Right.APPROVE},
    Role.EDITOR: _VIEWER | {Right.ANSWER, Right.UNMASK, Right.EDIT_ANSWERS, Right.EDIT_CENTRES},
    # Who makes accounts could make an approver and be two persons: an admin sends nothing and approves nothing.
    Role.ADMIN: _VIEWER | {Right.MANAGE_PEOPLE, Right.SEE_HEALTH},
    Role.AUDITOR: frozenset({Right.READ_AUDIT}),
}


def has(official: Official, right: Right) -> bool:
    """Whether the role of *official* gives *right*."""
    return official.active and right in RIGHTS[official.role]


def check(official: Official, right: Right) -> None:
    """Raises Forbidden when the role of *official* does not give *right*."""
    if not has(official, right):
        raise Forbidden("rule.role" if right is Right.APPROVE else "rule.no_right")


def covers(official: Official, place: str, province: str) -> bool:
    """Whether *place* (the token of a unit, or a province's code) of *province* lies in the official's scope.

    A place nobody knows belongs only to officials of the whole country.
    """
    return not official.scope or (bool(place) and place in official.scope) or province in official.scope


def is_in_scope(broadcast: Broadcast, official: Official, province_of: Callable[[str], str]) -> bool:
    """Whether everybody the broadcast names lives where *official* answers for."""
    try:
        check_scope(broadcast, official, province_of)
    except Forbidden:
        return False
    return True
