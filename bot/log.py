"""Logging: coloured lines on a terminal, JSON lines elsewhere, nothing personal in either."""

import logging
import re
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

_TOKEN = re.compile(r"\b\d{5,}:[A-Za-z0-9_-]{20,}|(?<=/bot)\d+:[^/\s]+")
_PHONE = re.compile(r"(?<!\d)(?:\+?84|0)\d{8,10}(?!\d)")

# What may never be a key of a log line, whatever a developer meant.
_PERSONAL = frozenset({"text", "name", "phone", "peer", "address", "latitude", "longitude", "token"})


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """*event* without bot tokens, telephone numbers and personal keys."""
    for key, value in event.items():
        if key in _PERSONAL:
            event[key] = "…"
        elif isinstance(value, str):
            event[key] = _PHONE.sub("…", _TOKEN.sub("…", value))
    return event


def set_up(level: str = "info") -> None:
    """Send every log line, ours and libraries', through one redacting pipe to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Their INFO lines carry URLs, and Telegram's URLs carry the token.
    for chatty in ("httpx", "httpcore", "aiohttp", "telegram", "uvicorn.access", "apscheduler", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
