"""A reply as calls of the Official Account's interface: a text with a picture or five buttons, else a menu."""

from typing import Any, Final

from bot.channels import plain_message
from bot.channels.base import Call, Files
from bot.channels.plain_message import MenuWords, compose
from bot.channels.zalo_oa_event import TAP
from bot.messages import Choice, ChoiceKind, Reply

TEXT_MAX: Final = 2000
BUTTONS_MAX: Final = 5
TITLE_MAX: Final = 100

LOCATION: Final = "hoctap:location"
"""Stands for the address of our location page, which is made for one person when the call is sent."""


def render_reply(
    reply: Reply, words: MenuWords, *, has_location_page: bool, files: Files | None = None
) -> list[Call]:
    """The calls that show *reply*: texts, the choices under the last. A picture goes with the last, whose
    choices are then numbers; documents are links.

    Whether a text may have buttons is for Zalo to say: a call with ``buttons`` also has ``menu``, the
    same text with the choices by numbers. The first call carries the template, if there is one.
    """
    picture, others = plain_message.part_files(reply.media, files)
    lines = [*([plain_message.place(reply.venue, words)] if reply.venue else []), *others]
    shown = [
        choice
        for choice in reply.all_choices()
        if choice.label.strip() and (has_location_page or choice.kind is not ChoiceKind.SHARE_LOCATION)
    ]
    as_buttons = shown
    if len(shown) > BUTTONS_MAX:
        # Links and telephone numbers work as lines too; answers are worth a button more.
        as_buttons = [choice for choice in shown if choice.kind in (ChoiceKind.REPLY, ChoiceKind.SHARE_LOCATION)]
    if len(as_buttons) > BUTTONS_MAX:
        as_buttons = []
    buttons = [_button(choice) for choice in as_buttons]
    by_numbers = [choice for choice in shown if choice.kind is ChoiceKind.REPLY]
    menu = plain_message.menu(by_numbers, words)

    without = lines + [_line(choice) for choice in shown if choice.kind is not ChoiceKind.REPLY]
    with_menu = compose(reply, without, menu, TEXT_MAX)
    calls: list[dict[str, Any]]
    if buttons and not picture:
        beside = lines + [_line(choice) for choice in shown if choice not in as_buttons]
        texts = compose(reply, beside, "", TEXT_MAX) or [words.hint]
        calls = [{"method": "text", "text": text} for text in texts]
        calls[-1]["buttons"] = buttons
        # The choices by numbers stand under the same part, or after it where they find no room.
        own = compose(Reply(""), without[len(beside) :], menu, TEXT_MAX)
        calls[-1]["menu"] = _joined(texts[-1], own)
    else:
        calls = [{"method": "text", "text": text} for text in with_menu or [words.hint]]
        if picture:
            calls[-1]["picture"] = picture
    if reply.template and calls:
        calls[0]["template"] = {"id": reply.template.id, "data": dict(reply.template.data)}
    return list(calls)


def _joined(text: str, own: list[str]) -> list[str]:
    joined = "\n\n".join([text, *own])
    return [joined] if plain_message.utf16_length(joined) <= TEXT_MAX else [text, *own]


def _line(choice: Choice) -> str:
    if choice.kind is ChoiceKind.SHARE_LOCATION:
        return f"{choice.label.strip()}: {LOCATION}"
    return plain_message.line(choice)


def _button(choice: Choice) -> dict[str, Any]:
    title = choice.label.strip()[:TITLE_MAX]
    match choice.kind:
        case ChoiceKind.URL:
            return {"title": title, "type": "oa.open.url", "payload": {"url": choice.target}}
        case ChoiceKind.PHONE:
            number = "".join(sign for sign in choice.target if sign.isdecimal() or sign == "+")
            return {"title": title, "type": "oa.open.phone", "payload": {"phone_code": number}}
        case ChoiceKind.SHARE_LOCATION:
            return {"title": title, "type": "oa.open.url", "payload": {"url": LOCATION}}
        case _:
            return {"title": title, "type": "oa.query.hide", "payload": TAP + choice.token}
