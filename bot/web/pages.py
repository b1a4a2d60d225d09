"""The web application: chat pages, the platforms' webhooks, the console, health."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from bot.web.safety import BodyLimit, SafeHeaders

HERE = Path(__file__).parent
Health = Callable[[], Awaitable[dict[str, Any]]]


def open_templates() -> Jinja2Templates:
    """The Jinja2 templates of this package; everything is escaped unless it is already HTML."""
    return Jinja2Templates(HERE / "templates")


def tell_too_large(request: Request, largest: int) -> Response:
    """What is answered to a body of more than *largest* bytes: a page to officials, a word to programs."""
    if not request.url.path.startswith("/console"):
        return PlainTextResponse("too large", 413)
    context = {"megabytes": largest // 1_000_000}
    return open_templates().TemplateResponse(request, "console/too_large.html", context, status_code=413)


def build_app(
    pages: Sequence[BaseRoute],
    webhooks: Sequence[BaseRoute],
    health: Health,
    frame_ancestors: str = "",
    *,
    secure: bool = False,
) -> Starlette:
    """The ASGI application that serves *pages*, *webhooks* and ``/health``; *secure*: citizens come by TLS."""

    async def show_health(request: Request) -> Response:
        state = await health()
        return JSONResponse(state, 200 if state["status"] != "down" else 503)

    return Starlette(
        routes=[
            *pages,
            *webhooks,
            Route("/health", show_health),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ],
        middleware=[
            Middleware(SafeHeaders, frame_ancestors=frame_ancestors, secure=secure),
            Middleware(BodyLimit, tell=tell_too_large),
        ],
    )
