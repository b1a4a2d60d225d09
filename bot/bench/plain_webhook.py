"""The baseline of the webhook, which reads an update and says yes; it prints its port."""

import socket

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def hear(request: Request) -> PlainTextResponse:
    """Take it and forget it."""
    await request.json()
    return PlainTextResponse("")


def main() -> None:
    """Serve until killed."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(512)
    print(listening.getsockname()[1], flush=True)
    app = Starlette(routes=[Route("/hook/telegram", hear, methods=["POST"])])
    uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False)).run(sockets=[listening])


if __name__ == "__main__":
    main()
