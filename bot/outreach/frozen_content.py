"""What is approved, kept and sent of a campaign: frozen once, shown the same on every channel."""

import hashlib
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from bot.messages import Choice, ChoiceKind, Media, MediaKind, Reply, Template
from bot.outreach.campaign import Campaign, Kind
from bot.outreach.notice import ACKNOWLEDGE, JOIN, QUIZ, button_token
from bot.outreach.placeholders import COMMUNE, PROVINCE, PlaceWords, fill_person, names_person

TEMPLATE_CHANNEL: Final = "zalo_oa"
TEMPLATE_AFTER: Final = timedelta(days=7)
"""Only an Official Account sends a template, to who has been silent for so long (Zalo's window)."""


def freeze(
    campaign: Campaign,
    frame: str,
    urgent_reason: str = "",
    *,
    code: str = "",
    holidays: bool = False,
    confirm: str = "",
    nowhere: PlaceWords | None = None,
) -> dict[str, Any]:
    """What is stored, approved and sent: *frame* holds ``{text}``, ``{sources}``, ``{code}`` and how to
    stop. *holidays*: it is meant for public holidays too. *confirm*: the label of the button that confirms.
    *nowhere*: the words for who told no place, approved with the text that has a place for the person;
    raises KeyError where they are missing for such a text."""
    sources = "; ".join(campaign.sources)

    def framed(text: str) -> str:
        return frame.format(text=text, sources=sources, code=code)

    choices = [
        {"label": each.label, "token": each.token, "kind": each.kind.value, "target": each.target}
        for each in campaign.buttons
    ]
    own = [(each, f"{QUIZ}{number}") for number, each in enumerate(campaign.options)]
    if campaign.asks_confirmation and confirm:
        own.append((confirm, ACKNOWLEDGE))
    taps = [{"label": label, "token": token, "kind": "reply", "target": ""} for label, token in own]
    frozen: dict[str, Any] = {
        "kind": campaign.kind.value,
        "urgent_reason": urgent_reason if campaign.kind is Kind.URGENT else "",
        "code": code,
        "holidays": holidays,
        "text": framed(campaign.text),
        "buttons": [*taps, *choices],
    }
    if campaign.texts:
        frozen["texts"] = {channel: framed(text) for channel, text in campaign.texts.items()}
    if any(map(names_person, texts_of(frozen))):
        frozen["nowhere"] = {name: (nowhere or {})[name] for name in (COMMUNE, PROVINCE)}
    if campaign.options:
        frozen["quiz"] = {
            "options": list(campaign.options),
            "right": campaign.right,
            "why": campaign.why,
            "sources": sources,
        }
    if campaign.media:
        media = campaign.media
        frozen["media"] = {
            "kind": media.kind.value,
            "digest": media.digest,
            "name": media.name,
            "alt": media.alt,
        }
    if campaign.template:
        frozen["template"] = {"id": campaign.template.id, "data": dict(campaign.template.data)}
    return frozen


def texts_of(content: Mapping[str, Any]) -> list[str]:
    """The words of a frozen content, for all channels and for single ones; places for the person stand in them."""
    return [str(content["text"]), *map(str, content.get("texts", {}).values())]


def text_digest_of(content: Mapping[str, Any]) -> str:
    """What two contents share that say the same, whatever their check codes are."""
    text = str(content["text"]).replace(str(content.get("code") or "\0"), "")
    return hashlib.sha256(re.sub(r"\W+", " ", text.casefold()).strip().encode()).hexdigest()


def render(content: Mapping[str, Any], channel: str = "", place: PlaceWords | None = None) -> Reply:
    """What citizens on *channel* see of a frozen content, at a *place*; without one, as who told none."""
    rows = tuple(
        (
            Choice(
                each["label"],
                button_token(content.get("code", ""), each["token"]),
                ChoiceKind(each["kind"]),
                each["target"],
            ),
        )
        for each in content["buttons"]
    )
    # zalo_bot and zalo_oa share their words.
    words = content.get("texts", {}).get(channel.partition("_")[0], content["text"])
    if names_place(content):
        words = fill_person(words, {**content["nowhere"], **(place or {})})
    template = content.get("template")
    return Reply(words, rows, media=media_of(content), template=Template(**template) if template else None)


def paths_of(content: Mapping[str, Any]) -> list[str]:
    """The learning paths that its buttons open."""
    tokens = (str(each["token"]) for each in content["buttons"])
    return [each.removeprefix(JOIN) for each in tokens if each.startswith(JOIN)]


def media_of(content: Mapping[str, Any]) -> tuple[Media, ...]:
    """The picture or document of a frozen content, if it has one."""
    kept = content.get("media")
    return (Media(MediaKind(kept["kind"]), kept["digest"], kept["name"], kept["alt"]),) if kept else ()


def names_place(content: Mapping[str, Any]) -> bool:
    """Whether copies differ by where people live."""
    return "nowhere" in content


def came_as_template(content: Mapping[str, Any], channel: str, silent: timedelta) -> bool:
    """Whether who had been *silent* for so long got the template, which shows none of the choices."""
    return bool(content.get("template")) and channel == TEMPLATE_CHANNEL and silent > TEMPLATE_AFTER


def closing(content: Mapping[str, Any], windows: Mapping[str, timedelta]) -> Mapping[str, timedelta]:
    """The channels of *windows* that are shut to who is silent for so long: none where a template goes."""
    return {} if content.get("template") else windows
