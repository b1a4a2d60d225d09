"""Chooses the flow that answers: a tap, a typed label or number, a command, a flow that waits, an intent."""

from dataclasses import replace

from bot.dialogue import menu
from bot.dialogue.flows import COMMANDS, FLOWS, INTENTS, fallback, faq, linking, notice, welcome
from bot.dialogue.turn import Left, Situation, Turn
from bot.messages import HeardKind
from bot.places.resolver import mentions_place
from nlu.context import is_marked, leans, nearest_phrase
from nlu.parse import ANSWER_AT, OFFER_AT, OFFER_SHARE, OUT_OF_SCOPE, Intent
from nlu.vietnamese import fold

_UNREAD = {
    HeardKind.VOICE,
    HeardKind.PHOTO,
    HeardKind.STICKER,
    HeardKind.FILE,
    HeardKind.CONTACT,
    HeardKind.UNSUPPORTED,
}
_PLAIN = 0.98
_UNSURE = ANSWER_AT - 0.01
_CLEAR = 0.93
_LEANING_AT = 0.6
_PLACE_INTENTS = ("find_centre", "set_place")
_PLACE_STEPS = ("await_place", "await_home")


def respond(situation: Situation) -> Turn:
    """What to say to what was heard, what changes, and where the conversation then is.

    Always at least one reply, except to a citizen who has blocked us or just came back.
    """
    heard = situation.heard
    if heard.kind is HeardKind.LEFT or heard.kind is HeardKind.CAME_BACK:
        left = heard.kind is HeardKind.LEFT
        return Turn((), situation.conversation, (Left(gone=left),))
    if heard.kind is HeardKind.EDITED:
        return _answer_edited(situation)
    return menu.remember(_choose(situation), situation.now)


def _answer_edited(situation: Situation) -> Turn:
    """An edited text is answered anew, and says so; an edit without text (a moving location) is left."""
    if not situation.heard.text.strip():
        return Turn((), situation.conversation)
    turn = respond(replace(situation, heard=replace(situation.heard, kind=HeardKind.TEXT)))
    first = replace(turn.replies[0], text=f"{situation.house.texts('edited')}\n\n{turn.replies[0].text}")
    return replace(turn, replies=(first, *turn.replies[1:]))


def _choose(situation: Situation) -> Turn:
    heard = situation.heard
    if heard.kind in _UNREAD:
        return welcome.cannot_read(situation, heard.kind.value)
    if heard.kind is HeardKind.LOCATION:
        waits = situation.conversation.flow == "subscription"
        return open_token(situation, "subscription/here" if waits else "centre/here")
    if heard.kind is HeardKind.CHOICE:
        return open_token(situation, heard.token)
    if heard.kind is HeardKind.START:
        payload = heard.text.strip()
        if payload.startswith("faq-"):
            return open_token(situation, "faq/" + payload.removeprefix("faq-"))
        return open_token(situation, "welcome/greet")
    text = heard.text.strip()
    if not text:
        return open_token(situation, "fallback/unreadable")
    if text.startswith("/"):
        command = fold(text[1:].split(maxsplit=1)[0].partition("@")[0]) if text[1:].split() else ""
        return open_token(situation, COMMANDS.get(command, "fallback/command"))
    if notice.is_asked(situation):
        return open_token(situation, f"tin/{notice.CHECK}")
    if code := linking.code_in(text):
        return open_token(situation, f"linking/code:{code}")
    if linking.is_asked(situation):
        return open_token(situation, "linking/start")
    if token := menu.choose(situation.conversation, text, situation.now):
        return open_token(situation, token)
    if again := menu.show_again(situation, text):
        return again
    if menu.is_number(text) and not situation.conversation.step.startswith("await_"):
        return welcome.unclear_number(situation)
    return _understood(situation)


def _understood(situation: Situation) -> Turn:
    """The answer to a text, by the flow that waits for one, else by its intent."""
    conversation = situation.conversation
    waiting = conversation.flow if conversation.step.startswith("await_") else ""
    if waiting and not _interrupts(situation):
        return FLOWS[waiting](situation, conversation.step)
    if code := _followed_up(situation):
        return open_token(situation, f"faq/{code}")
    situation = _in_context(situation)
    parse = situation.parse
    if parse.parts:
        return faq.answer_several(situation)
    name, score = parse.intent.name, parse.intent.score
    if name == "":
        return open_token(situation, "fallback/unreadable")
    if score < ANSWER_AT or name == OUT_OF_SCOPE:
        about_places = max((each.score for each in parse.ranking if each.name in _PLACE_INTENTS), default=0.0)
        if about_places >= (score if name == OUT_OF_SCOPE else OFFER_AT) and mentions_place(
            situation.house.gazetteer, parse.text
        ):
            return open_token(situation, "centre/text")
    if name == OUT_OF_SCOPE:
        best = parse.ranking[0].score if parse.ranking else 0.0
        return fallback.offer(situation) if best >= OFFER_SHARE * score else fallback.refuse(situation)
    if score < OFFER_AT:
        return fallback.refuse(situation)
    if score < ANSWER_AT:
        return fallback.offer(situation)
    return open_token(situation, name if name.startswith("faq/") else INTENTS.get(name, "fallback/refuse"))


def _interrupts(situation: Situation) -> bool:
    """Whether a text that a flow waits for is plainly something else: a sure question or a wish to stop."""
    intent = situation.parse.intent
    if situation.conversation.flow == "handover":
        return intent.name in ("unsubscribe", "forget_me") and intent.score >= ANSWER_AT
    if situation.conversation.step in _PLACE_STEPS and mentions_place(
        situation.house.gazetteer, situation.parse.text
    ):
        return False
    return intent.score >= ANSWER_AT and intent.name not in (
        "find_centre",
        "set_place",
        OUT_OF_SCOPE,
        "affirm",
        "deny",
        "greet",
        "",
    )


def _followed_up(situation: Situation) -> str:
    """The code of the answer that a text leaning on the last answer asks for, or ""."""
    parse, library = situation.parse, situation.house.library
    last = library.answer(situation.conversation.last_answer, situation.today)
    sure = _PLAIN if is_marked(parse.text) else ANSWER_AT
    if last is None or not leans(parse.text) or parse.intent.score >= sure:
        return ""
    phrases = [(phrase, each.target) for each in library.follow_ups(last.code) for phrase in each.phrases]
    index, _ = nearest_phrase(parse.text, [phrase for phrase, _ in phrases])
    if index >= 0 and library.answer(phrases[index][1], situation.today):
        return phrases[index][1]
    best = parse.in_context[0] if parse.in_context else None
    if best is None or (parse.intent.score >= _CLEAR and parse.intent.faq_code not in ("", last.code)):
        return ""
    needed = _LEANING_AT if is_marked(parse.text) else ANSWER_AT
    own = parse.intent.score if parse.intent.faq_code else 0.0
    return best.faq_code if best.score >= max(needed, own) else ""


def _in_context(situation: Situation) -> Situation:
    """The situation with the readings in context where those of the text alone are weaker and unsure."""
    parse = situation.parse
    alone = max(
        (intent.score for intent in (parse.intent, *parse.ranking) if intent.name != OUT_OF_SCOPE), default=0
    )
    if not parse.in_context or alone >= ANSWER_AT or parse.in_context[0].score <= alone:
        return situation
    nearest = [Intent(each.name, min(each.score, _UNSURE)) for each in parse.in_context]
    return replace(situation, parse=replace(parse, intent=nearest[0], ranking=tuple(nearest)))


def open_token(situation: Situation, token: str) -> Turn:
    """The turn of the flow that *token* names; an unknown token gets the main menu with a word on it."""
    flow, _, argument = token.partition("/")
    if flow not in FLOWS:
        return welcome.old_menu(situation)
    return FLOWS[flow](situation, argument)
