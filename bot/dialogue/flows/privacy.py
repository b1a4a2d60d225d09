"""What we hold about a citizen: the notice, showing it, and deleting it."""

from dataclasses import replace

from bot.contacts import Held, Topic
from bot.dialogue.place_names import name_both
from bot.dialogue.turn import Exported, Forgotten, House, Situation, Turn
from bot.messages import Choice, Reply


def answer(situation: Situation, argument: str) -> Turn:
    """``notice`` explains, ``export`` shows, ``forget`` asks once, ``forget_now`` deletes."""
    texts = situation.house.texts
    rows = (
        (Choice(texts("button.export"), "privacy/export"),),
        (Choice(texts("button.forget"), "privacy/forget"),),
        (Choice(texts("button.link"), "linking/start"),),
    )
    match argument:
        case "export":
            return Turn(
                (Reply(texts("privacy.export"), rows[1:2]),),
                situation.conversation,
                (Exported(),),
                ("export_me",),
                intent="export_me",
            )
        case "forget":
            confirm = (
                (Choice(texts("button.forget_now"), "privacy/forget_now"),),
                (Choice(texts("button.keep"), "privacy/keep"),),
            )
            return Turn((Reply(texts("privacy.confirm"), confirm),), actions=("forget_me",), intent="forget_me")
        case "forget_now":
            return Turn((Reply(texts("privacy.forgotten")),), events=(Forgotten(),), actions=("forget_me",))
        case "keep":
            return Turn((Reply(texts("privacy.kept")),))
        case _:
            return Turn(
                (Reply(texts("privacy.notice"), rows),),
                situation.conversation,
                actions=("privacy",),
                intent="privacy",
            )


def show(reply: Reply, held: Held, house: House) -> Reply:
    """*reply* with a line for each thing held about the citizen."""
    texts = house.texts
    lines = [
        texts(
            "privacy.held_contact",
            channel=held.contact.address.channel,
            since=f"{held.since:%d/%m/%Y}",
            last=f"{held.last:%d/%m/%Y}",
        )
    ]
    topics = ", ".join(texts(f"topic.{topic}") for topic in Topic if topic in held.contact.topics)
    if held.contact.notices:
        lines.append(texts("privacy.held_notices_on", topics=topics or texts("subscription.no_topics")))
    else:
        lines.append(texts("privacy.held_notices_off"))
    unit = house.gazetteer.unit(held.contact.home) if held.contact.home else None
    if unit:
        lines.append(texts("privacy.held_home", place=name_both(texts, house.gazetteer, unit)))
    else:
        lines.append(texts("privacy.held_no_home"))
    if held.contact.language:
        known = texts.named("language")
        language = known.get(held.contact.language, held.contact.language)
        lines.append(texts("privacy.held_language", language=language))
    lines += [
        texts(
            "privacy.held_consent",
            at=f"{at:%d/%m/%Y}",
            answer=texts("privacy.said_yes" if given else "privacy.said_no"),
            purpose=texts(f"privacy.purpose_{purpose}"),
            notice=notice or "/dung",
        )
        for at, purpose, given, notice in held.consents
    ]
    lines += [
        texts("privacy.held_handover", at=f"{at:%d/%m/%Y}", question=question) for at, question in held.handovers
    ]
    lines += [
        texts("privacy.held_awaiting", at=f"{at:%d/%m/%Y}", question=question) for at, question in held.awaiting
    ]
    if held.votes:
        lines.append(texts("privacy.held_votes", count=held.votes))
    for at, id, wrong, note in held.reports:
        centre = house.directory.centre(id)
        about = ": ".join(filter(None, (texts(f"report.{wrong}"), note)))
        name = centre.name if centre else id
        lines.append(texts("privacy.held_report", at=f"{at:%d/%m/%Y}", centre=name, about=about))
    if held.linked:
        known = texts.named("channel")
        channels = ", ".join(known.get(each, each) for each in held.linked)
        lines.append(texts("privacy.held_linked", channels=channels))
    if held.deliveries:
        lines.append(texts("privacy.held_deliveries", count=held.deliveries))
    if held.messages:
        lines.append(texts("privacy.held_messages", count=held.messages))
    return replace(reply, text="\n".join([reply.text, *lines]))
