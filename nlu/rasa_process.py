"""A Rasa server of our own, for measuring and testing: started by `rasa.sh`, watched, ended."""

import http.client
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nlu.rasa_project import FOLDER
from nlu.rasa_server import RasaServer

SCRIPT: Final = FOLDER / "rasa.sh"
_STARTS_WITHIN: Final = 240.0


class RasaFailed(Exception):
    """A command of Rasa's failed; the message holds the last of what it said."""


@dataclass(frozen=True, slots=True)
class RasaProcess:
    """A server that runs: where, its token, and the number of its process."""

    url: str
    token: str
    pid: int

    def server(self) -> RasaServer:
        """Return its HTTP side."""
        return RasaServer(self.url, self.token)

    def megabytes(self) -> float:
        """Return the memory it holds resident. Linux only."""
        return resident_megabytes(self.pid)


def run_rasa(*words: str, seconds: float = 1500) -> str:
    """Run a command of Rasa's in the project and return what it said. Raises RasaFailed."""
    done = subprocess.run(
        [SCRIPT, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode:
        raise RasaFailed(f"rasa {' '.join(words)}: exit code {done.returncode}\n{done.stdout[-3000:]}")
    return done.stdout


@contextmanager
def serve(model: Path, logs: Path) -> Iterator[RasaProcess]:
    """Run a server of `model` on a free port while the block lasts; what it says goes to `logs`.

    Raises RasaFailed when it is not there within four minutes.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    token = secrets.token_urlsafe(24)
    variables = {"RASA_MODEL": str(model), "RASA_PORT": str(port), "HOCTAP_RASA_TOKEN": token}
    with logs.open("wb") as said:
        process = subprocess.Popen(
            [SCRIPT, "serve"],
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(process, port, token, logs)
            yield RasaProcess(f"http://127.0.0.1:{port}", token, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def resident_megabytes(pid: int) -> float:
    """Return the memory a process holds resident. Linux only."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _wait_for(process: "subprocess.Popen[bytes]", port: int, token: str, logs: Path) -> None:
    until = time.monotonic() + _STARTS_WITHIN
    while process.poll() is None and time.monotonic() < until:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", f"/status?token={token}")
            if connection.getresponse().status == 200:
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.5)
    raise RasaFailed(f"the server did not start\n{logs.read_text('utf-8', errors='replace')[-3000:]}")
