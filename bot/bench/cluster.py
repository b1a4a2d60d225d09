"""A PostgreSQL cluster of our own on a free port, which may be ended and started: never the machine's."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running cluster; *url* is its database for SQLAlchemy, *settings* what it is started with."""

    folder: Path
    port: int
    bin: Path
    settings: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """Where the database is."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def restart(self) -> None:
        """End it as a power cut would, and start it again."""
        self.stop()
        self.start()

    def start(self) -> None:
        """Start it, and return when it answers."""
        settings = ("listen_addresses=127.0.0.1", f"unix_socket_directories={self.folder}", *self.settings)
        options = " ".join(f"-c {each}" for each in settings)
        self._control("start", "-w", "-l", str(self.folder / "log"), "-o", f"-p {self.port} {options}")

    def stop(self) -> None:
        """End it."""
        self._control("stop", "-m", "immediate")

    def make(self) -> None:
        """Make its files."""
        folder = str(self.folder / "data")
        _run(str(self.bin / "initdb"), "-D", folder, "-U", "postgres", "-A", "trust", "--no-sync")

    def _control(self, *words: str) -> None:
        _run(str(self.bin / "pg_ctl"), "-D", str(self.folder / "data"), *words)


@contextmanager
def private_cluster(parent: Path, *settings: str) -> Iterator[Cluster]:
    """A cluster below *parent*, ended afterwards. Raises SystemExit where PostgreSQL is not installed."""
    cluster = _prepare(parent, settings)
    cluster.make()
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.stop()


def _prepare(parent: Path, settings: tuple[str, ...]) -> Cluster:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [Path(shutil.which("initdb") or "")]
    programs = found[-1].parent
    if not (programs / "initdb").exists():
        raise SystemExit("PostgreSQL's programs are not installed: apt install postgresql")
    parent.chmod(0o755)
    folder = parent / "postgresql"
    folder.mkdir()
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return Cluster(folder, port, programs, settings)


def _run(*words: str) -> None:
    """A program, as the user postgres where we are root, which PostgreSQL refuses to run as."""
    silent = subprocess.DEVNULL
    account = "postgres" if os.geteuid() == 0 else None
    ended = subprocess.run(words, stdout=silent, stderr=silent, cwd="/", user=account, check=False)
    if ended.returncode != 0:
        raise SystemExit(f"{Path(words[0]).name} {words[-1]} failed")
