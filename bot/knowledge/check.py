"""The checker: what is wrong in the answers together, and in each text, as faults staff can mend."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from bot.knowledge import prose
from bot.knowledge.entry import Action, Answer
from bot.knowledge.fault import ContentError, Fault, Place, Severity, describe
from bot.knowledge.fields import write_date
from bot.knowledge.hoi_dap import Label
from bot.knowledge.rules import NO_RULES, Rules
from nlu.vietnamese import fold

__all__ = ["ContentError", "Fault", "Severity", "check", "describe"]

WORDINGS_LEAST = 6
TITLE_MOST = 40
TEXT_MOST = 1500
DETAIL_MOST = 3000
BUTTONS_MOST = 3
SOON = timedelta(days=60)


def check(answers: Sequence[Answer], today: date, rules: Rules = NO_RULES) -> list[Fault]:
    """Every fault of *answers*, together and one by one, as of *today*, by file and line."""
    faults = [*_repeated(answers), *_wordings(answers), *_lost_buttons(answers), *_follow_ups(answers)]
    for answer in answers:
        faults += [*_sizes(answer), *prose.check(answer, rules), *_times(answer, today)]
    return sorted(faults, key=lambda each: (each.file, each.line))


def _repeated(answers: Sequence[Answer]) -> Iterator[Fault]:
    """Codes and button labels that would open two answers."""
    codes: dict[str, Answer] = {}
    titles: dict[str, Answer] = {}
    for answer in answers:
        first = codes.setdefault(answer.code, answer)
        if answer.code and first is not answer:
            at = _place(first, first.line_of(Label.CODE))
            line = answer.line_of(Label.CODE)
            yield Fault(answer.file, line, "code_twice", {"code": answer.code, "at": at})
        title = fold(answer.short_title, words=True)
        first = titles.setdefault(title, answer)
        if title and first is not answer:
            at = _place(first, first.line_of(Label.SHORT_TITLE))
            arguments = {"title": answer.short_title, "at": at}
            yield Fault(answer.file, answer.line_of(Label.SHORT_TITLE), "title_twice", arguments)


def _wordings(answers: Sequence[Answer]) -> Iterator[Fault]:
    """What stands twice: nobody could know which answer is meant."""
    seen: dict[str, Place] = {}
    for answer in answers:
        asked = fold(answer.question, words=True)
        if asked and seen.setdefault(asked, _place(answer, answer.line)) != _place(answer, answer.line):
            yield Fault(answer.file, answer.line, "wording_twice", {"wording": answer.question, "at": seen[asked]})
    for answer in answers:
        for index, wording in enumerate(answer.wordings):
            line = answer.line_of(Label.WORDINGS, index)
            key = fold(wording, words=True) or wording
            if seen.setdefault(key, _place(answer, line)) != _place(answer, line):
                yield Fault(answer.file, line, "wording_twice", {"wording": wording, "at": seen[key]})


def _lost_buttons(answers: Sequence[Answer]) -> Iterator[Fault]:
    known = {answer.code for answer in answers} | set(Action)
    for answer in answers:
        for button in answer.buttons:
            if button.target not in known:
                arguments = {"label": button.label, "code": button.target}
                yield Fault(answer.file, answer.line_of(Label.BUTTONS), "button_to_nowhere", arguments)


def _follow_ups(answers: Sequence[Answer]) -> Iterator[Fault]:
    """Follow-ups that lead nowhere, or of which nobody could know where they lead."""
    known = {answer.code for answer in answers}
    for answer in answers:
        seen: dict[str, int] = {}
        for index, follow_up in enumerate(answer.follow_ups):
            line = answer.line_of(Label.FOLLOW_UPS, index)
            if follow_up.target and follow_up.target not in known:
                yield Fault(answer.file, line, "follow_up_to_nowhere", {"code": follow_up.target})
            for phrase in follow_up.phrases:
                key = fold(phrase, words=True)
                if key in seen:
                    yield Fault(answer.file, line, "follow_up_twice", {"phrase": phrase, "first": seen[key]})
                seen.setdefault(key, line)


def _sizes(answer: Answer) -> Iterator[Fault]:
    def fault(at: Label, key: str, **arguments: object) -> Fault:
        return Fault(answer.file, answer.line_of(at), key, arguments)

    if len(answer.wordings) < WORDINGS_LEAST:
        yield fault(Label.WORDINGS, "few_wordings", count=len(answer.wordings), least=WORDINGS_LEAST)
    if len(answer.short_title) > TITLE_MOST:
        length = len(answer.short_title)
        yield fault(Label.SHORT_TITLE, "long_title", title=answer.short_title, count=length, most=TITLE_MOST)
    if len(answer.text) > TEXT_MOST:
        yield fault(Label.TEXT, "long_text", count=len(answer.text), most=TEXT_MOST)
    if len(answer.detail) > DETAIL_MOST:
        yield fault(Label.DETAIL, "long_detail", count=len(answer.detail), most=DETAIL_MOST)
    if len(answer.buttons) > BUTTONS_MOST:
        yield fault(Label.BUTTONS, "many_buttons", count=len(answer.buttons), most=BUTTONS_MOST)
    for button in answer.buttons:
        if len(button.label) > TITLE_MOST:
            length = len(button.label)
            yield fault(Label.BUTTONS, "long_button", label=button.label, count=length, most=TITLE_MOST)


def _times(answer: Answer, today: date) -> Iterator[Fault]:
    def warning(label: Label, key: str, day: date) -> Fault:
        arguments = {"code": answer.code, "day": write_date(day)}
        return Fault(answer.file, answer.line_of(label), key, arguments, Severity.WARNING)

    end, review_by = answer.validity.end, answer.review_by
    if end and end < today:
        yield warning(Label.VALIDITY, "expired", end)
    elif end and end - today <= SOON:
        yield warning(Label.VALIDITY, "expires_soon", end)
    if review_by and review_by - today <= SOON:
        yield warning(Label.REVIEW_BY, "review_soon", review_by)
    if answer.checked_on > today:
        yield warning(Label.CHECKED_ON, "checked_in_future", answer.checked_on)


def _place(answer: Answer, line: int) -> Place:
    return Place(answer.file, line)
