"""The console whole: every group of pages on one front."""

from collections.abc import Callable

from starlette.routing import BaseRoute

from bot.dialogue.turn import House
from bot.web.console.broadcast_pages import BroadcastPages
from bot.web.console.calendar_pages import CalendarPages
from bot.web.console.centre_list_pages import CentreListPages
from bot.web.console.centre_pages import CentrePages
from bot.web.console.composer_pages import ComposerPages
from bot.web.console.front import Front
from bot.web.console.handover_pages import HandoverPages
from bot.web.console.health_pages import Health, HealthPages, ReadVitals
from bot.web.console.people_pages import PeoplePages
from bot.web.console.question_pages import QuestionPages, ReadVersion
from bot.web.console.sign_in_pages import SignInPages
from bot.web.console.test_send_pages import TestSendPages


def open_console(
    front: Front,
    house: Callable[[], House],
    read_version: ReadVersion,
    health: Health,
    vitals: ReadVitals,
    base: str,
) -> list[BaseRoute]:
    """The routes below ``/console``.

    *house* is what stands before citizens now, *base* the https address the house is reached at, or empty.
    """
    return [
        *SignInPages(front).routes(),
        # Before the pages of a number: "new" is none.
        *ComposerPages(front).routes(),
        *BroadcastPages(front).routes(),
        *TestSendPages(front).routes(),
        *CalendarPages(front).routes(),
        *HandoverPages(front).routes(),
        *QuestionPages(front, house, read_version).routes(),
        *CentreListPages(front, house).routes(),
        *CentrePages(front, house).routes(),
        *PeoplePages(front, base).routes(),
        *HealthPages(front, health, vitals).routes(),
    ]
