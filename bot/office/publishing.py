"""Putting a version of the answers before citizens, and going back: who may, and what must not have changed."""

from collections.abc import Sequence
from datetime import datetime

from bot.access import rights
from bot.access.rights import Right
from bot.db import Connection, comparisons, edits, publications, unanswered
from bot.db.comparisons import Comparison
from bot.db.publications import Act, Publication
from bot.knowledge.edit import QUESTION
from bot.knowledge.grouping import group
from bot.knowledge.hoi_dap import Label
from bot.knowledge.package import Package
from bot.outreach.broadcast import Forbidden
from bot.outreach.official import Official
from nlu.vietnamese import fold


def check(official: Official) -> None:
    """Raises Forbidden when *official* may not change what the whole country reads."""
    rights.check(official, Right.EDIT_ANSWERS)
    if official.scope:
        raise Forbidden("rule.whole_country")


def publish(
    connection: Connection,
    official: Official,
    package: Package,
    answers: int,
    standing: int,
    accepted: Sequence[str],
    now: datetime,
) -> Publication:
    """Put *package* before citizens, if what stands still is publication *standing* (0: nothing).

    *accepted* are the mandatory questions whose new answer is accepted by name.
    """
    check(official)
    current = publications.current(connection)
    if (current.number if current else 0) != standing:
        raise Forbidden("rule.overtaken")
    return publications.publish(
        connection, package.digest, package.archive, answers, Act.PUBLISH, official.login, now, accepted
    )


def publish_comparison(
    connection: Connection, official: Official, number: int, accepted: Sequence[str], now: datetime
) -> Publication:
    """Publish exactly what comparison *number* compared, and end the edits that are in it.

    Raises Forbidden when it is not finished, when an edit in it or what stands has changed since, and while a
    mandatory question changes that nobody accepts.
    """
    check(official)
    found = comparisons.find(connection, number)
    if found is None:
        raise Forbidden("rule.unknown_comparison", id=number)
    kept = {each.key: each for each in edits.all_edits(connection) if each.key in found.marks}
    if {key: each.mark for key, each in kept.items()} != found.marks:
        raise Forbidden("rule.overtaken")
    missing = [each for each in blocking(found) if each not in accepted]
    if missing:
        raise Forbidden("rule.not_accepted", ids=", ".join(missing))
    archive = comparisons.take(connection, number)
    if archive is None:
        raise Forbidden("rule.overtaken")
    named = [each for each in blocking(found) if each in accepted]
    package = Package(found.digest, archive)
    done = publish(connection, official, package, found.answers, found.standing, named, now)
    edits.drop(connection, list(kept))
    wordings = [each.cells.get(QUESTION, "") for each in kept.values()]
    wordings += [line for each in kept.values() for line in each.cells.get(Label.WORDINGS, "").split("\n")]
    _settle(connection, wordings, now)
    return done


def blocking(comparison: Comparison) -> list[str]:
    """The ids of the mandatory questions that a person must accept by name."""
    return [str(each) for each in comparison.report.get("blocking", ())]


def find_earlier(history: Sequence[Publication], wanted: str) -> Publication:
    """The publication to go back to. Raises Forbidden when it is none, or what stands already."""
    found = next((each for each in history[1:] if str(each.number) == wanted), None)
    if found is None or found.digest == history[0].digest:
        raise Forbidden("rule.unknown_version", id=wanted[:9])
    return found


def roll_back(
    connection: Connection, official: Official, to: Publication, reason: str, now: datetime
) -> Publication:
    """Put an earlier version, which was read whole first, before citizens again, for a *reason*."""
    check(official)
    return publications.roll_back(connection, to, official.login, now, reason.strip())


def _settle(connection: Connection, wordings: Sequence[str], now: datetime) -> None:
    """Take the questions off the list of the unanswered that the published wordings were taken from."""
    known = {fold(each, words=True) for each in wordings}
    asked = [(each.id, each.question) for each in unanswered.recent(connection, now)]
    for each in group(asked):
        if any(fold(question, words=True) in known for question in each.questions):
            unanswered.settle(connection, list(each.ids))
