"""The files that go with messages, as channels ask for them: from the database, at our public address."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.db import Database, attachments
from bot.messages import Media


@dataclass(frozen=True, slots=True)
class KeptFiles:
    """``Files`` of the database, for channels whose platform fetches at *public_url*."""

    database: Database
    public_url: str
    clock: Callable[[], datetime]

    @property
    def are_public(self) -> bool:
        """Whether a platform can fetch them."""
        return bool(self.public_url)

    def address(self, media: Media) -> str:
        """Where anybody can fetch the file; empty when we have no public address."""
        return f"{self.public_url}{media.path}" if self.public_url else ""

    async def read(self, digest: str) -> bytes | None:
        """The bytes of the file; None when they are gone or changed."""
        return await self.database.read(lambda c: attachments.find(c, digest))

    async def handle(self, account: str, digest: str) -> str:
        """What the platform of *account* calls the file; empty when it does not hold it."""
        return await self.database.read(lambda c: attachments.handle(c, account, digest))

    async def keep_handle(self, account: str, digest: str, handle: str) -> None:
        """Note it; empty: the platform no longer knows the file."""
        await self.database.write(lambda c: attachments.keep_handle(c, account, digest, handle, self.clock()))
