"""The picture or document of a draft: chosen in the composer, and shown to who may see the draft, nobody else."""

from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.access.rights import Right
from bot.db import attachments, drawers
from bot.messages import Media, MediaKind
from bot.office import deciding
from bot.outreach.attachment import Unfit, take_attachment
from bot.outreach.broadcast import Broadcast, Forbidden
from bot.outreach.frozen_content import media_of
from bot.web.console.front import Front, Visitor, number_in
from bot.web.files import send_file


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file as a page shows it: where a browser fetches it, and how many bytes it has."""

    media: Media
    src: str
    size: int

    @property
    def is_picture(self) -> bool:
        """Whether it is drawn, not named."""
        return self.media.kind is MediaKind.IMAGE

    @property
    def weight(self) -> str:
        """Its size as Vietnamese write it."""
        if self.size < 1 << 20:
            return f"{max(1, self.size >> 10)} KB"
        return f"{self.size / (1 << 20):.1f} MB".replace(".", ",")


class DraftFilePages:
    """``/console/files/<digest>/<name>`` out of one's own drawer, and ``/console/broadcasts/<number>/file``."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def routes(self) -> list[Route]:
        """The routes of these pages."""
        page = self._front.page
        return [
            page("/console/files/{digest}/{name}", self.chosen, Right.DRAFT),
            page("/console/broadcasts/{number}/file", self.of_broadcast, Right.SEE_BROADCASTS),
        ]

    async def chosen(self, request: Request, visitor: Visitor) -> Response:
        """A file the official chose for a draft."""
        digest, name = str(request.path_params["digest"]), str(request.path_params["name"])
        try:
            return send_file(*await _in_drawer(self._front, visitor, digest, name), {})
        except Unfit as unfit:
            raise Forbidden("rule.unknown", id=digest[:12]) from unfit

    async def of_broadcast(self, request: Request, visitor: Visitor) -> Response:
        """The file of a broadcast in the official's scope."""
        number, office = number_in(request), self._front.office
        found = await self._front.database.read(lambda c: deciding.find(c, office, visitor.official, number))
        for media in media_of(found.content):
            body = await self._front.database.read(lambda c, at=media.digest: attachments.find(c, at))  # type: ignore[misc]
            if body is not None:
                return send_file(media.name, body, {})
        raise Forbidden("rule.unknown", id=number)


def show_chosen(media: Media, body: bytes) -> ShownFile:
    """A file that lies in the official's own drawer."""
    return ShownFile(media, f"/console/files/{media.digest}/{media.name}", len(body))


async def show_file(front: Front, found: Broadcast) -> ShownFile | None:
    """The file of a broadcast; None when it has none."""
    for media in media_of(found.content):
        size = await front.database.read(lambda c, at=media.digest: attachments.size(c, at))  # type: ignore[misc]
        return ShownFile(media, f"/console/broadcasts/{found.id}/file", size)
    return None


async def choose_file(front: Front, visitor: Visitor) -> ShownFile | None:
    """The file that goes with the form: chosen just now, or before and not taken out. Raises Unfit."""
    sent, now, login = visitor.form.get("file"), front.clock(), visitor.official.login
    if isinstance(sent, UploadFile) and sent.filename:
        body = await sent.read()
        media = take_attachment(sent.filename, body, "")
        await front.act(lambda c: drawers.keep_file(c, login, media.digest, body, now))
        return show_chosen(media, body)
    digest, name = visitor.typed("digest", 64), visitor.typed("file_name", 80)
    if not digest or visitor.typed("no_file"):
        return None
    name, body = await _in_drawer(front, visitor, digest, name)
    return show_chosen(take_attachment(name, body, ""), body)


async def _in_drawer(front: Front, visitor: Visitor, digest: str, name: str) -> tuple[str, bytes]:
    """The plain name and the bytes of a file in the official's drawer. Raises Unfit."""
    login = visitor.official.login
    body = await front.database.read(lambda c: drawers.find_file(c, login, digest))
    if body is None:
        raise Unfit("upload_gone", {})
    return take_attachment(name, body, "").name, body
