"""The file of a campaign, kept in the database with the draft that names it: what is approved is what is sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.db import Connection, attachments
from bot.office.office import Office
from bot.outreach.attachment import digest_of
from bot.outreach.broadcast import Forbidden


def keep_file(connection: Connection, office: Office, content: Mapping[str, Any], now: datetime) -> None:
    """Keep the file of a frozen *content*. Raises Forbidden when it changed since it was read."""
    media = content.get("media")
    if media is None or attachments.renew(connection, media["digest"], now):
        return
    try:
        body = (office.content / "campaigns" / media["name"]).read_bytes()
    except OSError:
        body = b""
    if digest_of(body) != media["digest"]:
        raise Forbidden("rule.file_changed", name=media["name"])
    attachments.keep(connection, media["digest"], body, now)
