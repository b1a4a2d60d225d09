"""Files that go with our messages, at ``/tep/<digest>/<name>``: shown or kept by a browser, never run."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.db import Database, attachments
from bot.outreach.attachment import is_name, type_of
from bot.web.safety import Pace


class FilePages:
    """One file a digest; its name only says what a browser calls it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pace = Pace(per_minute=120, burst=60)

    def routes(self) -> list[Route]:
        """``/tep/<digest>/<name>``."""
        return [Route("/tep/{digest}/{name}", self.file)]

    async def file(self, request: Request) -> Response:
        """The file. It never changes: another would have another digest."""
        digest, name = request.path_params["digest"], request.path_params["name"]
        if not self._pace.allows(request.client.host if request.client else ""):
            return PlainTextResponse("too many requests", 429)
        headers = {"ETag": f'"{digest[:64]}"', "Cache-Control": "public, max-age=31536000, immutable"}
        kind = type_of(name)
        if kind == "application/octet-stream" or not is_name(name):
            return PlainTextResponse("no such file", 404)
        body = await self._database.read(lambda c: attachments.find(c, digest))
        if body is None:
            return PlainTextResponse("no such file", 404)
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return send_file(name, body, headers)


def send_file(name: str, body: bytes, headers: Mapping[str, str]) -> Response:
    """The file *name*: a picture to be shown, anything else to be kept."""
    kind = type_of(name)
    shown = "inline" if kind.startswith("image/") else "attachment"
    disposition = {"Content-Disposition": f'{shown}; filename="{name}"'}
    return Response(body, headers={**headers, **disposition}, media_type=kind)
