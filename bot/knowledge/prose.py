"""What single sentences say: things that are gone, too many words, jargon, letters and numbers nobody can use."""

import re
from collections.abc import Iterator

from bot.knowledge.contact_details import bad_phones, bad_urls, mobile_phones
from bot.knowledge.entry import Answer, Audience
from bot.knowledge.fault import Fault, Severity
from bot.knowledge.hoi_dap import Label
from bot.knowledge.rules import Rules

WORDS_MOST = 25
WORDS_MOST_FOR_OFFICIALS = 40
"""Syllables a sentence; law that is quoted exactly needs more."""

_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\n")
_WORD = re.compile(r"\S*\w\S*")
_CITIZENS = {Audience.CITIZEN, Audience.LEARNER}


def check(answer: Answer, rules: Rules) -> Iterator[Fault]:
    """The faults of the text of *answer* and of its detail, each with its line."""
    for label, text in ((Label.TEXT, answer.text), (Label.DETAIL, answer.detail)):
        plain = label is Label.TEXT and bool(_CITIZENS.intersection(answer.audiences))
        for index, row in enumerate(text.split("\n")):
            for key, severity, arguments in _faults_of(row, rules, plain=plain):
                yield Fault(answer.file, answer.line_of(label, index), key, arguments, severity)
        for word in rules.unknown_abbreviations(text):
            index = next(number for number, row in enumerate(text.split("\n")) if word in row)
            line = answer.line_of(label, index)
            yield Fault(answer.file, line, "unknown_abbreviation", {"word": word}, Severity.WARNING)


def _faults_of(row: str, rules: Rules, *, plain: bool) -> Iterator[tuple[str, Severity, dict[str, str]]]:
    most = WORDS_MOST if plain else WORDS_MOST_FOR_OFFICIALS
    for sentence in filter(None, _SENTENCE_END.split(row)):
        start = sentence if len(sentence) <= 60 else f"{sentence[:60].rstrip()}…"
        for gone in rules.named_as_current(sentence):
            yield "gone", Severity.ERROR, {"name": gone.name, "now": gone.now, "sentence": start}
        count = len(_WORD.findall(sentence))
        if count > most:
            arguments = {"sentence": start, "count": str(count), "most": str(most)}
            yield "long_sentence", Severity.WARNING, arguments
        for met in rules.jargon_in(sentence) if plain else ():
            yield "jargon", Severity.WARNING, {"phrase": met.phrase, "plain": met.plain}
    for url in bad_urls(row):
        yield "bad_url", Severity.ERROR, {"url": url}
    for number in bad_phones(row):
        yield "bad_phone_in_text", Severity.ERROR, {"number": number}
    for number in mobile_phones(row):
        yield "mobile_in_text", Severity.WARNING, {"number": number}
