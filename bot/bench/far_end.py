"""A Bot API that says yes at once, or after a round trip, and costs little: ``python -m bot.bench.far_end MS``.

It prints its port. It checks nothing: what refuses is ``bot_api``.
"""

import asyncio
import itertools
import random
import sys


class Answering(asyncio.Protocol):
    """One connection kept alive; each request is answered in its turn."""

    numbers = itertools.count(1)
    low = high = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._heard = bytearray()

    def data_received(self, data: bytes) -> None:
        """Answer every whole request."""
        self._heard += data
        while (end := self._heard.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._heard[:end]).lower()
            _, _, rest = head.partition(b"content-length:")
            length = int(rest.split(b"\r\n", 1)[0]) if rest else 0
            if len(self._heard) < end + 4 + length:
                return
            del self._heard[: end + 4 + length]
            # What getMe gives and what a sent message is, in one: whoever asks takes its part.
            body = (
                b'{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"B","date":1,'
                b'"chat":{"id":1,"type":"private"},"message_id":%d}}' % next(self.numbers)
            )
            answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
                len(body),
                body,
            )
            if self.high:
                wait = random.uniform(self.low, self.high)
                asyncio.get_running_loop().call_later(wait, self._transport.write, answer)
            else:
                self._transport.write(answer)


async def main(low: float, high: float) -> None:
    """Answer until killed."""
    Answering.low, Answering.high = low / 1000, high / 1000
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), float(sys.argv[2])))
