"""The terminal, for trying and for showing: plain text, choices as a numbered menu."""

import math
from collections.abc import Callable, Sequence
from typing import ClassVar

from starlette.routing import BaseRoute

from bot.channels.base import Abilities, Call, Hearing, Receive
from bot.markup import to_plain
from bot.messages import ChoiceKind, Reply


class TerminalChannel:
    """Prints replies through *show*; what is typed comes in through the command that owns it."""

    name: ClassVar[str] = "terminal"
    abilities: ClassVar[Abilities] = Abilities(text_max=20_000, choices_max=99, per_second=math.inf, buttons=False)

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show

    def render(self, reply: Reply) -> list[Call]:
        """One text: the reply, its files, then its choices by number, then addresses and telephone numbers."""
        lines = [to_plain(reply.text)]
        lines += [f"  [{each.alt}] {each.path}" for each in reply.media]
        number = 0
        for choice in reply.all_choices():
            match choice.kind:
                case ChoiceKind.REPLY:
                    number += 1
                    lines.append(f"  {number}. {choice.label}")
                case ChoiceKind.URL | ChoiceKind.PHONE:
                    lines.append(f"  {choice.label}: {choice.target}")
                case ChoiceKind.SHARE_LOCATION:
                    pass  # A terminal knows no location; the text asks for the place's name.
        return [{"text": "\n".join(lines)}]

    async def send(self, peer: str, call: Call) -> str:
        """Print; there is nothing to fail."""
        self._show(str(call["text"]))
        return ""

    async def listen(self, receive: Receive) -> None:
        """Nothing to poll."""

    def routes(self, receive: Receive) -> Sequence[BaseRoute]:
        """No routes."""
        return ()

    async def close(self) -> None:
        """Nothing to give back."""

    def state(self) -> str:
        """Always ok."""
        return "ok"

    def hearing(self) -> Hearing:
        """From our own hands."""
        return Hearing.DIRECT
