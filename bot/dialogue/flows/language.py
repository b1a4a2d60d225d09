"""The language a citizen wants officials' messages in, where there are such; the bot speaks Vietnamese."""

from bot.dialogue.turn import LanguageSet, Situation, Turn
from bot.messages import Choice, Reply


def answer(situation: Situation, argument: str) -> Turn:
    """``choose`` offers the languages of ``texts.yml``, the code of one sets it."""
    texts = situation.house.texts
    names = texts.named("language")
    if argument in names:
        said = texts("languages.set", name=names[argument])
        return Turn((Reply(said),), events=(LanguageSet(argument),), actions=("language",))
    rows = tuple((Choice(name, f"language/{code}"),) for code, name in names.items())
    spoken = situation.contact.language or "vi"
    said = texts("languages.choose", name=names.get(spoken, spoken))
    return Turn((Reply(said, rows),), situation.conversation, actions=("language",))
