"""The far end of `RasaParser`: a server that asks for a token and JSON as Rasa's does, and can be made to fail."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "a token/with & signs"


def no_reading(text: str) -> dict[str, Any]:
    """What Rasa's server says of a text it makes nothing of."""
    return {"text": text, "intent": {"name": None, "confidence": 0.0}, "entities": [], "intent_ranking": []}


@dataclass
class Edge:
    """What the server was asked, what it says, and how it is to fail: a status, a wait, a broken body."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    says: Callable[[str], Any] = no_reading
    status: int = 200
    seconds: float = 0.0
    broken: bytes = b""
    hangs_up: bool = False
    connections: int = 0


@contextmanager
def rasa_edge() -> Iterator[Edge]:
    """Serve on a free port of the loopback interface."""
    edge = Edge()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            edge.connections += 1

        def do_POST(self) -> None:
            where = urlsplit(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if parse_qs(where.query).get("token") != [TOKEN]:
                self.answer(401, b'{"status":"failure","reason":"NotAuthenticated"}')
            elif where.path != "/model/parse":
                self.answer(404, b"{}")
            else:
                text = json.loads(body)["text"]
                edge.asked.append(text)
                time.sleep(edge.seconds)
                self.answer(edge.status, edge.broken or json.dumps(edge.says(text)).encode())

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            with suppress(ConnectionError):  # whoever asked may be gone
                self.end_headers()
                self.wfile.write(body)
            # Rasa's server hangs up on a connection that idles, without a word.
            self.close_connection = edge.hangs_up

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """Whoever hung up on us is no error of ours."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    edge.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield edge
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
