"""Reviewed answers, word for word, each ending with its source; and the topics to browse."""

from dataclasses import replace

from bot.contacts import Topic
from bot.dialogue.flows.fallback import refuse
from bot.dialogue.turn import Conversation, Situation, Turn
from bot.knowledge.entry import Answer
from bot.messages import Choice, ChoiceKind, Reply
from nlu.vietnamese import fold

_ACTIONS = {
    "find_centre": "centre/ask",
    "handover": "handover/start",
    "subscribe": "subscription/start",
    "menu": "welcome/help",
}
_SHOWN_IN_TOPIC = 8
DETAIL = "chi-tiet"


def answer(situation: Situation, argument: str) -> Turn:
    """The answer whose code is *argument*; ``topics`` and ``topic:<name>[:page]`` browse.

    ``<code>:chi-tiet`` is the detail of an answer. Who asks as an official gets it at once, too.
    """
    if argument == "topics":
        return _topics(situation)
    if argument.startswith("topic:"):
        return _topic(situation, *argument.split(":")[1:3])
    code, _, part = argument.partition(":")
    found = situation.house.library.answer(code, situation.today)
    if found is None:
        return _withdrawn(situation, code)
    conversation = Conversation(last_answer=found.code)
    if situation.conversation.step.startswith("await_"):
        conversation = replace(situation.conversation, last_answer=found.code)
    return Turn(
        (show(situation, found, detail=part == DETAIL),),
        conversation,
        sources=tuple(source.title for source in found.sources),
        intent=f"faq/{found.code}",
    )


def answer_several(situation: Situation) -> Turn:
    """One reply for each question in the message."""
    turns = [answer(situation, part.intent.name.removeprefix("faq/")) for part in situation.parse.parts]
    return Turn(
        tuple(reply for turn in turns for reply in turn.replies),
        turns[-1].conversation,
        sources=tuple(dict.fromkeys(source for turn in turns for source in turn.sources)),
        intent="+".join(turn.intent for turn in turns),
    )


def show(situation: Situation, found: Answer, *, detail: bool = False) -> Reply:
    """The reviewed text of *found* or its *detail*, its source and as of when, and its buttons."""
    texts = situation.house.texts
    said, more = found.text, bool(found.detail)
    if found.detail and detail:
        said, more = found.detail, False
    elif found.detail and _asks_as_official(situation):
        said, more = f"{found.text}\n\n{found.detail}", False
    names = "; ".join(source.title for source in found.sources)
    text = texts(
        "faq.answer", title=found.short_title, text=said, sources=names, checked=f"{found.checked_on:%d/%m/%Y}"
    )
    rows: list[tuple[Choice, ...]] = []
    if more:
        rows.append((Choice(texts("button.detail"), f"faq/{found.code}:{DETAIL}"),))
    rows += [
        (Choice(button.label, _ACTIONS.get(button.target, f"faq/{button.target}")),)
        for button in found.buttons
        if button.target in _ACTIONS or situation.house.library.answer(button.target, situation.today)
    ]
    page = next((source.public_url for source in found.sources if source.public_url), None)
    if page:
        rows.append((Choice(texts("button.read_source"), kind=ChoiceKind.URL, target=page),))
    rows.append(
        (
            Choice(texts("button.useful"), f"feedback/yes:{found.code}"),
            Choice(texts("button.not_useful"), f"feedback/no:{found.code}"),
        )
    )
    return Reply(text, tuple(rows))


def _asks_as_official(situation: Situation) -> bool:
    """Whether the message says so, or its sender chose to hear of officials' work."""
    if Topic.OFFICIALS in situation.contact.topics:
        return True
    heard = f" {fold(situation.heard.text, words=True)} "
    phrases = situation.house.texts("faq.said_by_officials").split("|")
    return any(f" {fold(phrase, words=True)} " in heard for phrase in phrases)


def _withdrawn(situation: Situation, code: str) -> Turn:
    """No expired text is ever given: say that it is under review, and who knows today."""
    known = situation.house.library.by_code.get(code)
    if known is None:
        return refuse(situation)
    texts = situation.house.texts
    rows = (
        (Choice(texts("button.handover"), "handover/start"),),
        (Choice(texts("button.find_centre"), "centre/ask"),),
    )
    return Turn(
        (Reply(texts("faq.expired", question=known.question), rows),),
        Conversation(),
        intent=f"expired/{code}",
    )


def _topics(situation: Situation) -> Turn:
    rows = tuple(
        (Choice(topic.title[:40], f"faq/topic:{topic.name}"),) for topic in situation.house.library.topics
    )
    return Turn((Reply(situation.house.texts("faq.topics"), rows),), intent="topics")


def _topic(situation: Situation, name: str, page: str = "0") -> Turn:
    topic = next((each for each in situation.house.library.topics if each.name == name), None)
    if topic is None or not page.isdecimal():
        return _topics(situation)
    texts, library = situation.house.texts, situation.house.library
    shown = [found for code in topic.codes if (found := library.answer(code, situation.today))]
    start = int(page) * _SHOWN_IN_TOPIC
    rows = [(Choice(found.short_title, f"faq/{found.code}"),) for found in shown[start : start + _SHOWN_IN_TOPIC]]
    if start + _SHOWN_IN_TOPIC < len(shown):
        rows.append((Choice(texts("button.more"), f"faq/topic:{name}:{int(page) + 1}"),))
    rows.append((Choice(texts("button.topics"), "faq/topics"),))
    return Turn((Reply(texts("faq.topic", title=topic.title), tuple(rows)),), intent="topics")
