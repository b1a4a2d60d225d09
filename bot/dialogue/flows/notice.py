"""Broadcasts, from a citizen's side: is this message really yours, and what the buttons under one do."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from bot.dialogue import flows
from bot.dialogue.audience_words import describe_audience
from bot.dialogue.place_words import all_words, words_for_anybody
from bot.dialogue.turn import SeriesJoined, SeriesLeft, Situation, Tapped, Turn
from bot.messages import Choice, Reply
from bot.outreach.check_code import find_code, is_only_asking, is_same, without_question
from bot.outreach.frozen_content import media_of, texts_of
from bot.outreach.notice import ACKNOWLEDGE, JOIN, LEAVE, QUIZ, Notice
from bot.outreach.placeholders import PlaceWords, fill_person
from nlu.vietnamese import fold

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
CHECK = "check"
CHECKED = "checked"


def is_asked(situation: Situation) -> bool:
    """Whether a text asks if a message is ours: it holds a check code, or says so."""
    text = situation.heard.text
    if find_code(text):
        return True
    if situation.conversation.step.startswith("await_"):
        return False
    folded = fold(text)
    asked = (fold(each) for each in situation.house.texts("check.phrases").splitlines())
    return any(each and each in folded for each in asked)


def answer(situation: Situation, argument: str) -> Turn:
    """``check`` looks up the code that was typed; ``<code>/<token>`` is a tap under a broadcast."""
    if argument == CHECK:
        return _check(situation)
    _, _, token = argument.partition("/")
    notice = situation.notice
    tapped = (Tapped(notice.broadcast_id, token),) if notice else ()
    if token == ACKNOWLEDGE:
        return _say(situation, "notice.acknowledged", tapped)
    if token.startswith(QUIZ) and notice:
        return _mark(situation, notice, token)
    if token.startswith((JOIN, LEAVE)):
        return _join(situation, token, tapped)
    flow, _, rest = token.partition("/")
    if flow == "tin" or flow not in flows.FLOWS:
        return flows.FLOWS["welcome"](situation, "help")
    turn = flows.FLOWS[flow](situation, rest)
    return replace(turn, events=(*turn.events, *tapped))


def _check(situation: Situation) -> Turn:
    texts = situation.house.texts
    code = find_code(situation.heard.text)
    if situation.looked_too_often:
        return _say(situation, "check.too_often")
    if code is None:
        return _say(situation, "check.ask")
    notice = situation.notice
    if notice is None:
        rows = ((Choice(texts("button.handover"), "handover/start"),),)
        return Turn((Reply(texts("check.unknown", code=code), rows),), actions=("check",))
    head = "check.stopped" if notice.stopped else "check.ours"
    if not is_only_asking(situation.heard.text) and not _is_ours(situation, notice):
        head = "check.altered"
    said = texts(
        "check.notice",
        head=texts(head, code=code),
        title=notice.title,
        sent=f"{notice.sent_at.astimezone(ZONE):%d/%m/%Y %H:%M}",
        audience=describe_audience(notice.segment, texts, situation.house.gazetteer),
        drafted=notice.drafted_by,
        approved=notice.approved_by,
        text=fill_person(notice.content["text"], words_for_anybody(texts)),
    )
    if notice.correction:
        said += "\n\n" + texts("check.corrected", code=notice.correction)
    events = (Tapped(notice.broadcast_id, CHECKED),)
    return Turn((Reply(said, media=media_of(notice.content)),), events=events, actions=("check",))


def _is_ours(situation: Situation, notice: Notice) -> bool:
    """Whether what was heard is a copy of *notice*, whatever the channel and the place, or quotes it."""
    house, nowhere = situation.house, notice.content.get("nowhere", {})

    def places() -> Iterator[PlaceWords]:
        yield words_for_anybody(house.texts)
        yield from ({**nowhere, **words} for words in all_words(house.gazetteer))

    heard = without_question(situation.heard.text, house.texts("check.phrases").splitlines())
    return any(is_same(heard, each, places()) for each in texts_of(notice.content))


def _mark(situation: Situation, notice: Notice, token: str) -> Turn:
    """Right or wrong, and why, with the source."""
    texts = situation.house.texts
    quiz: Mapping[str, Any] = notice.content.get("quiz") or {}
    number = token.removeprefix(QUIZ)
    if not number.isdecimal() or int(number) >= len(quiz.get("options", ())):
        return _say(situation, "welcome.old_menu")
    is_right = int(number) == quiz["right"]
    said = texts(
        "notice.right" if is_right else "notice.wrong",
        answer=quiz["options"][quiz["right"]],
        why=quiz["why"],
        sources=quiz["sources"],
    )
    return Turn((Reply(said),), events=(Tapped(notice.broadcast_id, token),), actions=("quiz",))


def _join(situation: Situation, token: str, tapped: tuple[Tapped, ...]) -> Turn:
    texts = situation.house.texts
    word, _, series = token.partition(":")
    if word == "leave":
        return Turn((Reply(texts("notice.left")),), events=(SeriesLeft(series), *tapped), actions=("series",))
    if not situation.contact.notices:
        # A step of the path is a notice: the consent comes first.
        turn = flows.FLOWS["subscription"](situation, "start")
        return replace(turn, events=(*turn.events, SeriesJoined(series), *tapped))
    rows = ((Choice(texts("notice.leave_button"), f"tin/-/{LEAVE}{series}"),),)
    return Turn(
        (Reply(texts("notice.joined"), rows),), events=(SeriesJoined(series), *tapped), actions=("series",)
    )


def _say(situation: Situation, key: str, events: tuple[Tapped, ...] = ()) -> Turn:
    return Turn((Reply(situation.house.texts(key)),), situation.conversation, events, ("notice",))
