"""Something told of a centre is wrong: which centre, what about it, and what would be right, for staff."""

from bot.dialogue.turn import CentreReported, Conversation, Situation, Turn
from bot.messages import Choice, Reply
from bot.places.centres import Directory, nearest
from bot.places.units import AdminUnit

WRONG = ("address", "phone", "hours", "courses", "closed", "other")
"""What may be wrong; the words for each stand below ``report`` in texts.yml."""

_LONGEST_LABEL = 60
_MOST = 6
_LONGEST_NOTE = 500


def ask_which(situation: Situation, unit: AdminUnit | None) -> Turn:
    """Which of the centres that were told for *unit*; at once what is wrong, where it was one."""
    texts, directory = situation.house.texts, situation.house.directory
    found = nearest(directory, unit).found if unit else ()
    ids = list(dict.fromkeys(each.centre.id for each in found))[:_MOST]
    if not ids:
        return Turn((Reply(texts("report.nothing")),), Conversation())
    if len(ids) == 1:
        return ask_what(situation, ids[0])
    rows = tuple((Choice(_name(directory, id), f"centre/report:{id}"),) for id in ids)
    return Turn((Reply(texts("report.which"), rows),), actions=("report_centre",))


def ask_what(situation: Situation, id: str) -> Turn:
    """What is wrong about the centre *id*."""
    texts, directory = situation.house.texts, situation.house.directory
    if directory.centre(id) is None:
        return Turn((Reply(texts("report.nothing")),), Conversation())
    rows = tuple((Choice(texts(f"report.{wrong}"), f"centre/report:{id}:{wrong[0]}"),) for wrong in WRONG)
    return Turn((Reply(texts("report.what", name=_name(directory, id)), rows),), actions=("report_centre",))


def store(situation: Situation, id: str, letter: str) -> Turn:
    """Keep the report now, and ask what would be right: nothing is lost if no answer comes."""
    texts, directory = situation.house.texts, situation.house.directory
    wrong = next((each for each in WRONG if each[0] == letter), None)
    if wrong is None or directory.centre(id) is None:
        return Turn((Reply(texts("report.nothing")),), Conversation())
    rows = ((Choice(texts("button.no_more"), "centre/reported"),),)
    return Turn(
        (Reply(texts("report.note", name=_name(directory, id)), rows),),
        Conversation("centre", "await_note", {"report": f"{id}:{letter}"}),
        events=(CentreReported(id, wrong),),
        actions=("report_centre",),
    )


def add_note(situation: Situation) -> Turn:
    """The citizen's own words on what would be right."""
    id, _, letter = situation.conversation.slots.get("report", "").partition(":")
    wrong = next((each for each in WRONG if each[0] == letter), None)
    if wrong is None:
        return thank(situation)
    event = CentreReported(id, wrong, situation.heard.text.strip()[:_LONGEST_NOTE])
    return Turn((Reply(situation.house.texts("report.stored")),), events=(event,), actions=("report_centre",))


def thank(situation: Situation) -> Turn:
    """Nothing more is to be said."""
    return Turn((Reply(situation.house.texts("report.stored")),))


def _name(directory: Directory, id: str) -> str:
    centre = directory.centre(id)
    return centre.name[:_LONGEST_LABEL] if centre else id
