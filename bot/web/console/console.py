"""The console whole: every group of pages on one front."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.routing import BaseRoute

from bot.comparing import Comparer
from bot.dialogue.turn import House
from bot.inbox import Mind
from bot.office.working_copy import WorkingCopy
from bot.web.console.answer_pages import AnswerPages
from bot.web.console.broadcast_pages import BroadcastPages
from bot.web.console.calendar_pages import CalendarPages
from bot.web.console.centre_list_pages import CentreListPages
from bot.web.console.centre_pages import CentrePages
from bot.web.console.composer_pages import ComposerPages
from bot.web.console.file_pages import DraftFilePages
from bot.web.console.front import Front
from bot.web.console.handover_pages import HandoverPages
from bot.web.console.health_pages import Health, HealthPages, ReadVitals
from bot.web.console.people_pages import PeoplePages
from bot.web.console.publication_pages import PublicationPages, ReadVersion
from bot.web.console.question_pages import QuestionPages
from bot.web.console.sign_in_pages import SignInPages
from bot.web.console.test_send_pages import TestSendPages
from bot.web.console.workbook_pages import WorkbookPages


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the pages of answers work with: the folder of data, comparisons, versions, what the bot knows now."""

    data: Path
    comparer: Comparer
    read_version: ReadVersion
    mind: Callable[[], Mind]


def open_console(
    front: Front,
    house: Callable[[], House],
    knowledge: Knowledge,
    health: Health,
    vitals: ReadVitals,
    base: str,
) -> list[BaseRoute]:
    """The routes below ``/console``.

    *house* is what stands before citizens now, *base* the https address the house is reached at, or empty.
    """
    copy = WorkingCopy(front.database, knowledge.data, front.clock)
    return [
        *SignInPages(front).routes(),
        # Before the pages of a number: "new" is none.
        *ComposerPages(front).routes(),
        *BroadcastPages(front).routes(),
        *DraftFilePages(front).routes(),
        *TestSendPages(front).routes(),
        *CalendarPages(front).routes(),
        *HandoverPages(front).routes(),
        *QuestionPages(front, house).routes(),
        *CentreListPages(front, house).routes(),
        *CentrePages(front, house).routes(),
        # Before the pages of a code: "changes" is none.
        *PublicationPages(front, copy, knowledge.comparer, knowledge.read_version).routes(),
        *WorkbookPages(front, copy).routes(),
        *AnswerPages(front, copy, knowledge.mind).routes(),
        *PeoplePages(front, base).routes(),
        *HealthPages(front, health, vitals).routes(),
    ]
