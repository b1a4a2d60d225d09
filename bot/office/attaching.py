"""The file that goes with a campaign: chosen for a draft, and kept with it: what is approved is what is sent.

A file that is chosen in a form lies in its official's drawer until the draft is kept.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.db import Connection, attachments, drawers
from bot.messages import Media
from bot.office.office import Office
from bot.outreach.attachment import digest_of
from bot.outreach.broadcast import Broadcast, Forbidden
from bot.outreach.campaign import Campaign
from bot.outreach.frozen_content import media_of


def keep_file(
    connection: Connection, office: Office, content: Mapping[str, Any], now: datetime, login: str = ""
) -> None:
    """Keep the file of a frozen *content*, out of the drawer of *login* or the folder of campaigns.

    Raises Forbidden when it changed since it was read.
    """
    media = content.get("media")
    if media is None or attachments.renew(connection, media["digest"], now):
        return
    body = drawers.find_file(connection, login, media["digest"]) or _in_folder(office, media["name"])
    if digest_of(body) != media["digest"]:
        raise Forbidden("rule.file_changed", name=media["name"])
    attachments.keep(connection, media["digest"], body, now)


def lay_out(
    connection: Connection, office: Office, source: Broadcast | Campaign, login: str, now: datetime
) -> tuple[Media, bytes] | None:
    """Put the file of a broadcast or a campaign into the drawer of *login*, to go with a draft of theirs.

    Returns it with its bytes; None when there is none.
    """
    if isinstance(source, Campaign):
        media = source.media
        body = _in_folder(office, media.name) if media else b""
    else:
        media = next(iter(media_of(source.content)), None)
        body = (attachments.find(connection, media.digest) if media else None) or b""
    if media is None or digest_of(body) != media.digest:
        return None
    drawers.keep_file(connection, login, media.digest, body, now)
    return media, body


def _in_folder(office: Office, name: str) -> bytes:
    try:
        return (office.content / "campaigns" / name).read_bytes()
    except OSError:
        return b""
