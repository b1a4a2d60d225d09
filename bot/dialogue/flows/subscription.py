"""Receiving notices: consent first, then topics, then the home commune; and stopping at a word."""

from bot.contacts import Purpose, Topic
from bot.dialogue.flows import nearest_centre
from bot.dialogue.turn import Consented, Conversation, HomeSet, Situation, Subscribed, Turn, Unsubscribed
from bot.messages import Choice, ChoiceKind, Reply

NOTICE_VERSION = "2026-11-24"


def answer(situation: Situation, argument: str) -> Turn:
    """The step named by *argument*; without a yes to the notice nothing is stored."""
    step, _, value = argument.partition(":")
    match step:
        case "stop":
            return _stop(situation)
        case "yes":
            return _topics(situation, frozenset(situation.contact.topics), agreed=True)
        case "no":
            return Turn(
                (Reply(situation.house.texts("subscription.declined")),),
                events=(Consented(Purpose.NOTICES, given=False, notice=NOTICE_VERSION),),
            )
        case "topic" if value in set(Topic):
            return _topics(situation, situation.contact.topics ^ {Topic(value)})
        case "all":
            return _topics(situation, frozenset(Topic) - {Topic.OFFICIALS})
        case "done":
            return _ask_home(situation)
        case "await_home":
            return _hear_home(situation)
        case "here" | "unit":
            return _confirm_home(situation, value or situation.heard.unit)
        case "keep":
            return _keep_home(situation, value)
        case "skip":
            return Turn((Reply(_summary(situation, situation.contact.home)),), actions=("subscribe",))
        case _:
            return _start(situation)


def _start(situation: Situation) -> Turn:
    texts = situation.house.texts
    if situation.contact.notices:
        return _topics(situation, situation.contact.topics)
    rows = (
        (
            Choice(texts("button.agree"), "subscription/yes"),
            Choice(texts("button.disagree"), "subscription/no"),
        ),
        (Choice(texts("button.privacy"), "privacy/notice"),),
    )
    return Turn((Reply(texts("subscription.consent"), rows),), actions=("subscribe",), intent="subscribe")


def _topics(situation: Situation, chosen: frozenset[Topic], *, agreed: bool = False) -> Turn:
    texts = situation.house.texts
    if not agreed and not situation.contact.notices:
        return _start(situation)
    rows = [
        (
            Choice(
                texts("subscription.on" if topic in chosen else "subscription.off", name=texts(f"topic.{topic}")),
                f"subscription/topic:{topic}",
            ),
        )
        for topic in Topic
    ]
    rows.append((Choice(texts("button.all_topics"), "subscription/all"),))
    if chosen:
        rows.append((Choice(texts("button.done"), "subscription/done"),))
    consent = (Consented(Purpose.NOTICES, given=True, notice=NOTICE_VERSION),) if agreed else ()
    return Turn(
        (Reply(texts("subscription.topics"), tuple(rows)),),
        events=(*consent, Subscribed(chosen)),
        actions=("subscribe",),
        intent="subscribe",
    )


def _ask_home(situation: Situation, said: str = "") -> Turn:
    texts = situation.house.texts
    rows = (
        (Choice(texts("button.share_location"), kind=ChoiceKind.SHARE_LOCATION),),
        (Choice(texts("button.skip"), "subscription/skip"),),
    )
    return Turn(
        (Reply(said or texts("subscription.home"), rows),),
        Conversation("subscription", "await_home"),
        actions=("subscribe", "ask_place"),
        intent="subscribe",
    )


def _hear_home(situation: Situation) -> Turn:
    texts = situation.house.texts
    unit, choices, question = nearest_centre.place_of(situation, "subscription/unit:")
    if unit is not None:
        return _confirm_home(situation, unit.token)
    if choices:
        skip = (Choice(texts("button.skip"), "subscription/skip"),)
        return Turn(
            (Reply(question, (*choices, skip)),),
            Conversation("subscription", "await_home", {"place": situation.heard.text[:100]}),
            actions=("subscribe", "ask_place"),
        )
    return _ask_home(situation, question or texts("subscription.home_unknown"))


def _confirm_home(situation: Situation, token: str) -> Turn:
    texts = situation.house.texts
    unit = situation.house.gazetteer.unit(token)
    if unit is None:
        return _ask_home(situation)
    current = nearest_centre.current(situation, unit)
    if len(current) != 1:
        parts = tuple(
            (Choice(nearest_centre.short_name(situation, each), f"subscription/unit:{each.token}"),)
            for each in current[:5]
        )
        return Turn((Reply(texts("centre.divided", place=nearest_centre.full_name(situation, unit)), parts),))
    rows = (
        (
            Choice(texts("button.keep_home"), f"subscription/keep:{current[0].token}"),
            Choice(texts("button.skip"), "subscription/skip"),
        ),
    )
    text = texts("subscription.confirm_home", place=nearest_centre.full_name(situation, unit))
    return Turn((Reply(text, rows),), actions=("subscribe",))


def _keep_home(situation: Situation, token: str) -> Turn:
    unit = situation.house.gazetteer.unit(token)
    if unit is None:
        return _ask_home(situation)
    return Turn(
        (Reply(_summary(situation, token)),),
        events=(
            Consented(Purpose.PLACE, given=True, notice=NOTICE_VERSION),
            HomeSet(unit.token, unit.province_code),
        ),
        actions=("set_place",),
    )


def _stop(situation: Situation) -> Turn:
    texts = situation.house.texts
    rows = (
        (Choice(texts("button.subscribe_again"), "subscription/start"),),
        (Choice(texts("button.forget"), "privacy/forget"),),
    )
    return Turn(
        (Reply(texts("subscription.stopped"), rows),),
        events=(Unsubscribed(),),
        actions=("unsubscribe",),
        intent="unsubscribe",
    )


def _summary(situation: Situation, home: str) -> str:
    """What the citizen will receive; without notices, only that the place is kept."""
    texts = situation.house.texts
    unit = situation.house.gazetteer.unit(home) if home else None
    place = nearest_centre.full_name(situation, unit) if unit else texts("subscription.no_home")
    if not situation.contact.notices:
        return texts("subscription.place_kept", place=place)
    topics = ", ".join(texts(f"topic.{topic}") for topic in Topic if topic in situation.contact.topics)
    return texts("subscription.done", topics=topics or texts("subscription.no_topics"), place=place)
