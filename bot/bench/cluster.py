"""A PostgreSQL cluster of our own on a free port, which may be ended and started: never the machine's."""

import asyncio
import os
import pwd
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running cluster; *url* is its database for SQLAlchemy."""

    folder: Path
    port: int
    bin: Path

    @property
    def url(self) -> str:
        """Where the database is."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    async def restart(self) -> None:
        """End it as a power cut would, and start it again."""
        await self._control("stop", "-m", "immediate")
        await self.start()

    async def start(self) -> None:
        """Start it, and return when it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        await self._control("start", "-w", "-l", str(self.folder / "log"), "-o", options)

    async def stop(self) -> None:
        """End it."""
        await self._control("stop", "-m", "immediate")

    async def make(self) -> None:
        """Make its files."""
        await _run(str(self.bin / "initdb"), "-D", str(self.folder / "data"), "-U", "postgres", "-A", "trust")

    async def _control(self, *words: str) -> None:
        await _run(str(self.bin / "pg_ctl"), "-D", str(self.folder / "data"), *words)


@asynccontextmanager
async def private_cluster(parent: Path) -> AsyncIterator[Cluster]:
    """A cluster below *parent*, ended afterwards. Raises SystemExit where PostgreSQL is not installed."""
    cluster = await asyncio.to_thread(_prepare, parent)
    await cluster.make()
    await cluster.start()
    try:
        yield cluster
    finally:
        await cluster.stop()


def _prepare(parent: Path) -> Cluster:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    programs = found[-1] if found else Path(shutil.which("pg_ctl") or "").parent
    if not (programs / "pg_ctl").exists():
        raise SystemExit("PostgreSQL's programs are not installed: apt install postgresql")
    parent.chmod(0o755)
    folder = parent / "postgresql"
    folder.mkdir()
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return Cluster(folder, port, programs)


async def _run(*words: str) -> None:
    """A program, as the user postgres where we are root, which PostgreSQL refuses to run as."""
    account = pwd.getpwnam("postgres").pw_uid if os.geteuid() == 0 else None
    silent = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*words, stdout=silent, stderr=silent, cwd="/", user=account)
    if await process.wait() != 0:
        raise SystemExit(f"{Path(words[0]).name} {words[-1]} failed")
