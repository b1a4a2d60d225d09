"""The console whole: every group of pages on one front."""

from starlette.routing import BaseRoute

from bot.web.console.broadcast_pages import BroadcastPages
from bot.web.console.calendar_pages import CalendarPages
from bot.web.console.composer_pages import ComposerPages
from bot.web.console.front import Front
from bot.web.console.handover_pages import HandoverPages
from bot.web.console.people_pages import Health, PeoplePages
from bot.web.console.sign_in_pages import SignInPages


def open_console(front: Front, health: Health, base: str) -> list[BaseRoute]:
    """The routes below ``/console``; *base* is the https address the house is reached at, or empty."""
    return [
        *SignInPages(front).routes(),
        # Before the pages of a number: "new" is none.
        *ComposerPages(front).routes(),
        *BroadcastPages(front).routes(),
        *CalendarPages(front).routes(),
        *HandoverPages(front).routes(),
        *PeoplePages(front, health, base).routes(),
    ]
