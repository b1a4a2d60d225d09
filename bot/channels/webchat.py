"""The web chat's way out: a reply becomes a line on the citizen's chat page."""

import math
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from starlette.routing import BaseRoute

from bot.channels.base import Abilities, Call, Hearing, Receive
from bot.messages import Reply

Post = Callable[[str, Call], Awaitable[str]]
"""Keeps a line on the page of a peer and returns its id."""


class WebChannel:
    """Replies as lines of a chat page; the pages themselves are in ``bot.web.chat``."""

    name: ClassVar[str] = "web"
    abilities: ClassVar[Abilities] = Abilities(
        text_max=20_000, choices_max=40, per_second=math.inf, location_button=True
    )

    def __init__(self, post: Post) -> None:
        self._post = post

    def render(self, reply: Reply) -> list[Call]:
        """One line: light markup, files and choices as they are; the page draws them."""
        choices = [
            [
                {
                    "label": choice.label,
                    "token": choice.token,
                    "kind": choice.kind.value,
                    "target": choice.target,
                }
                for choice in row
            ]
            for row in reply.choices
        ]
        files = [{"kind": each.kind.value, "path": each.path, "alt": each.alt} for each in reply.media]
        return [{"text": reply.text, "choices": choices, **({"files": files} if files else {})}]

    async def send(self, peer: str, call: Call) -> str:
        """Put the line on the page of *peer*."""
        return await self._post(peer, call)

    async def listen(self, receive: Receive) -> None:
        """Nothing to poll."""

    def routes(self, receive: Receive) -> Sequence[BaseRoute]:
        """No routes: the pages stand in ``bot.web.chat``."""
        return ()

    async def close(self) -> None:
        """Nothing to give back."""

    def state(self) -> str:
        """Always ok: it is our own page."""
        return "ok"

    def hearing(self) -> Hearing:
        """From our own hands."""
        return Hearing.DIRECT
