"""A process that sends broadcasts over a socket, to be killed: ``python sender.py URL PORT EPOCH``.

The far end counts what arrives and says so after the platform's usual time.
"""

import asyncio
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

sys.path.insert(0, str(Path(__file__).parents[2]))

from bot.channels.base import Abilities, Call
from bot.db import Database, broadcasts
from bot.dispatch import Dispatcher
from tests.outreach.postroom import NOW, Recorder


class SocketChannel(Recorder):
    """Every message is a line on a connection of its own; the answer is a line back."""

    name: ClassVar[str] = "fake"

    def __init__(self, port: int) -> None:
        super().__init__(Abilities(text_max=100, choices_max=1, per_second=250))
        self.port = port

    async def send(self, peer: str, call: Call) -> str:
        """Send, and wait for the answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"{peer}\n".encode())
        answer = await reader.readline()
        writer.close()
        return answer.decode().strip()


async def main(url: str, port: int, epoch: float) -> None:
    """Send until every broadcast is over."""
    database = Database.open(url)

    def clock() -> object:
        return NOW + timedelta(seconds=time.time() - epoch)

    lease = timedelta(seconds=1)
    dispatcher = Dispatcher(database, {"fake": SocketChannel(port)}, clock, lease=lease)  # type: ignore[arg-type]
    await dispatcher.recover_at_start()
    while any(each.status in ("scheduled", "sending") for each in database.read_now(broadcasts.newest)):
        await dispatcher.tick(clock())  # type: ignore[arg-type]
        await dispatcher.run_ready(clock())  # type: ignore[arg-type]
        await asyncio.sleep(0.1)
    database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
