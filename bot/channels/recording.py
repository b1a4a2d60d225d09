"""A channel of a course: it shows a message as the real one does, and nothing of it leaves the house."""

from collections.abc import Sequence
from itertools import count
from typing import ClassVar

from starlette.routing import BaseRoute

from bot.channels.base import Abilities, Call, Channel, Hearing, Receive
from bot.messages import Reply


class RecordingChannel:
    """Renders as *real*, at its pace and within its plan; hears nothing, and only counts what is sent."""

    name: ClassVar[str] = "recording"

    def __init__(self, real: Channel) -> None:
        self._real = real
        self._numbers = count(1)

    @property
    def abilities(self) -> Abilities:
        """Those of the real channel."""
        return self._real.abilities

    def render(self, reply: Reply) -> list[Call]:
        """As the real channel."""
        return self._real.render(reply)

    async def send(self, peer: str, call: Call) -> str:
        """Take it, and tell nobody. The message's id says that it is none."""
        return f"recorded-{next(self._numbers)}"

    async def listen(self, receive: Receive) -> None:
        """Nothing is heard: whoever wrote would get no answer."""

    def routes(self, receive: Receive) -> Sequence[BaseRoute]:
        """No routes."""
        return ()

    async def close(self) -> None:
        """Give back what the real channel holds."""
        await self._real.close()

    def state(self) -> str:
        """Always ok."""
        return "ok"

    def hearing(self) -> Hearing:
        """From nobody but ourselves."""
        return Hearing.DIRECT
