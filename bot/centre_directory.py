"""The directory citizens are sent by: what staff published, else the centres of the content folder."""

from dataclasses import replace
from datetime import date

from bot.config import Config
from bot.db import Connection, Database, centres
from bot.inbox import Mind
from bot.places.centre import Centre
from bot.places.centres import Directory
from bot.places.gazetteer import Gazetteer
from bot.places.wishes import Catalogue


def load_directory(config: Config, database: Database, gazetteer: Gazetteer, today: date) -> Directory:
    """The standing directory. Raises CentresError with every fault of ``content/centres`` where that is it."""

    def published(connection: Connection) -> tuple[int, list[Centre]]:
        version = centres.version(connection)
        return version, centres.published(connection) if version else []

    version, found = database.read_now(published)
    if not version:
        return Directory.load(config.content / "centres", gazetteer, today)
    return Directory(found, gazetteer, Catalogue.load(config.content), version)


def with_published_centres(config: Config, database: Database, mind: Mind, today: date) -> Mind:
    """*mind* with the directory that staff published since it was made; the same one if none is newer."""
    if database.read_now(centres.version) == mind.house.directory.version:
        return mind
    directory = load_directory(config, database, mind.house.gazetteer, today)
    return replace(mind, house=replace(mind.house, directory=directory))
