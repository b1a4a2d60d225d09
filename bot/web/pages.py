"""The web application: chat pages, the platforms' webhooks, the console, health."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from bot.web.safety import BodyLimit, SafeHeaders

HERE = Path(__file__).parent
Health = Callable[[], Awaitable[dict[str, Any]]]


def open_templates() -> Jinja2Templates:
    """The Jinja2 templates of this package; everything is escaped unless it is already HTML."""
    return Jinja2Templates(HERE / "templates")


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
            Middleware(BodyLimit),
        ],
    )
