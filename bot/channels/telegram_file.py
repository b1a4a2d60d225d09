"""Files on their way to Telegram: uploaded once, then named by the id Telegram gave them."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from telegram import InputFile
from telegram.error import BadRequest

from bot.channels.base import Files
from bot.channels.telegram_message import FILE_FIELDS

MethodCall = Callable[[str, Mapping[str, object]], Awaitable[Any]]

# Texts of tdlib/telegram-bot-api, Client.cpp, for an id that is another bot's, or too old.
_UNKNOWN_ID: Final = ("wrong file identifier", "wrong remote file", "invalid file", "file_reference")


class FileGone(Exception):
    """The file of a call is not kept any more, or is no longer what it was."""


class Shipper:
    """Makes calls that may send a file; ids belong to the bot *account*, and all processes share them."""

    def __init__(self, account: str, files: Files | None, call: MethodCall) -> None:
        self._account = f"telegram:{account}"
        self._files = files
        self._call = call
        self._handles: dict[str, str] = {}
        self._uploading: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def send(self, method: str, parameters: Mapping[str, object]) -> Any:
        """The result of the call. Raises FileGone, and TelegramError.

        Only the first of many calls uploads; the others wait for the id it gets.
        """
        if "file" not in parameters:
            return await self._call(method, parameters)
        digest, name = str(parameters["file"]), str(parameters["name"])
        rest = {key: value for key, value in parameters.items() if key not in ("file", "name")}
        if self._files is None:
            raise FileGone
        if handle := await self._known(digest):
            try:
                return await self._call(method, rest | {FILE_FIELDS[method]: handle})
            except BadRequest as error:
                if not error.message.lower().startswith(_UNKNOWN_ID):
                    raise
            await self._keep(digest, "", instead_of=handle)
        async with self._uploading[digest]:
            if not (handle := await self._known(digest)):
                return await self._upload(method, rest, digest, name)
        return await self._call(method, rest | {FILE_FIELDS[method]: handle})

    async def _upload(self, method: str, rest: Mapping[str, object], digest: str, name: str) -> Any:
        assert self._files is not None
        body = await self._files.read(digest)
        if body is None:
            raise FileGone
        file = InputFile(body, filename=name)
        result = await self._call(method, {**rest, FILE_FIELDS[method]: file})
        match result:
            case {"photo": [*_, {"file_id": str() as handle}]} | {"document": {"file_id": str() as handle}}:
                await self._keep(digest, handle)
        return result

    async def _known(self, digest: str) -> str:
        assert self._files is not None
        if digest not in self._handles and (handle := await self._files.handle(self._account, digest)):
            self._handles[digest] = handle
        return self._handles.get(digest, "")

    async def _keep(self, digest: str, handle: str, *, instead_of: str = "") -> None:
        """Keep the id; a refused one goes only if no other took its place meanwhile."""
        assert self._files is not None
        if instead_of and self._handles.get(digest) not in (instead_of, None):
            return
        self._handles.pop(digest, None)
        if handle:
            self._handles[digest] = handle
        await self._files.keep_handle(self._account, digest, handle)
