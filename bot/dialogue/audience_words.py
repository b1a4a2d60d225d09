"""An audience in words for citizens: where, about what, on which channel."""

from bot.contacts import Segment
from bot.dialogue.texts import Texts
from bot.places.gazetteer import Gazetteer


def describe_audience(segment: Segment, texts: Texts, gazetteer: Gazetteer) -> str:
    """Whom *segment* means, in one line."""
    either = [segment, *segment.any_of]
    codes = sorted({each for part in either for each in part.provinces})
    tokens = sorted({each for part in either for each in part.communes})
    places = [unit.full_name for code in codes if (unit := gazetteer.province(code))]
    places += [unit.full_name for token in tokens if (unit := gazetteer.unit(token))]
    topics = [texts(f"topic.{topic}") for topic in sorted({each for part in either for each in part.topics})]
    parts = [texts("check.places", names=", ".join(places))] if places else []
    if topics:
        parts.append(texts("check.topics", names=", ".join(topics)))
    known = texts.named("language")
    spoken = [known.get(code, code) for code in sorted({each for part in either for each in part.languages})]
    if spoken:
        parts.append(texts("check.languages", names=", ".join(spoken)))
    return "; ".join(parts) or texts("check.everyone")
