"""A course for officials (HOCTAP_TRAINING): channels that only record, and a database without real people."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.channels.base import Channel
from bot.channels.recording import RecordingChannel
from bot.config import Config
from bot.db import Database, training
from bot.places.gazetteer import Gazetteer

PROVINCES = 6


def silenced(channels: Mapping[str, Channel]) -> dict[str, Channel]:
    """*channels* for conversations: platforms neither hear nor are heard; the web chat is a page of our own."""
    return {name: each if name == "web" else RecordingChannel(each) for name, each in channels.items()}


def recorded(channels: Mapping[str, Channel]) -> dict[str, Channel]:
    """*channels* for broadcasts and test sends: each of them only records."""
    return {name: RecordingChannel(each) for name, each in channels.items()}


def fault_of(
    config: Config, database: Database, channels: Sequence[str], gazetteer: Gazetteer, now: datetime
) -> str:
    """Why the bot must not start on this database; empty when it may.

    An empty database becomes a course's when one begins, with people made up for it.
    """
    if not config.training:
        is_course = database.read_now(training.is_course)
        return "this database is one of a course: set HOCTAP_TRAINING=1, or use another" if is_course else ""
    provinces = [each.code for each in gazetteer.provinces()][:PROVINCES]
    opened = database.submit(lambda c: training.open_course(c, channels, provinces, now)).result()
    return "" if opened else "a course needs a database of its own: set HOCTAP_DATA to an empty folder"
