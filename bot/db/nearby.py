"""The nearest sites asked of the database: PostGIS where it is, plain SQL where it is not.

For the country's consoles and tools; a dialogue asks the same of memory (`bot.places.nearby`). All
three give the same answers, and are held to one test set.
"""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection, Select, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import ColumnElement

from bot.db import Database
from bot.db.centre_tables import centre_courses, centre_sites, centres
from bot.db.centres import version
from bot.places.centre import CentreStatus
from bot.places.centres import Directory
from bot.places.coordinates import KM_PER_DEGREE, Point, distance
from bot.places.nearby import EVERY, FARTHEST_KM, Filter, NearestSites, Placed, degrees_across

_SERVING = (CentreStatus.ACTIVE, CentreStatus.UNVERIFIED)
_FIRST_LOOK_KM = 8.0
_LEAST_ROWS = 32

# Written the same in the index and in the query, or the index is not used.
_PLACE = "(ST_SetSRID(ST_MakePoint(longitude, latitude), 4326)::geography)"


def open_nearest(database: Database, directory: Directory) -> tuple[NearestSites, str]:
    """What finds the nearest sites of the published directory, and a note on it: a key below ``cli``, or "".

    Memory, where the directory still comes from files or the database is a file.
    """
    if database.is_sqlite or not database.read_now(version):
        return directory.nearest_sites, ""
    sites = _placed_by_id(directory)
    if prepare_postgis(database):
        return SitesInPostgis(database, sites), "engine_postgis"
    return SitesInSql(database, sites), "engine_sql"


def prepare_postgis(database: Database) -> bool:
    """Make the extension and its index where the server has them and lets us; whether they are there."""

    def act(connection: Connection) -> bool:
        has = text("SELECT count(*) FROM pg_available_extensions WHERE name = 'postgis'")
        if not connection.scalar(has):
            return False
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
        connection.execute(
            text(
                "CREATE INDEX IF NOT EXISTS ix_centre_sites_place ON centre_sites "
                f"USING gist ({_PLACE}) WHERE latitude IS NOT NULL"
            )
        )
        return True

    if database.is_sqlite:
        return False
    try:
        return database.submit(act).result()
    except DBAPIError:
        return False


class SitesInSql:
    """Looks in a box of latitude and longitude, and in a larger one where that holds too few."""

    def __init__(self, database: Database, sites: dict[str, Placed]) -> None:
        self._database, self._sites = database, sites

    def nearest(self, point: Point, k: int, only: Filter = EVERY) -> list[tuple[float, str]]:
        """As `NearestSites`."""
        reach = _FIRST_LOOK_KM
        while True:
            reach = min(reach, FARTHEST_KM)
            best = self._within(point, reach, only)
            if len(best) >= k or reach == FARTHEST_KM:
                return best[:k]
            reach *= 2.5

    def _within(self, point: Point, reach: float, only: Filter) -> list[tuple[float, str]]:
        up, across = reach / KM_PER_DEGREE, degrees_across(point[0], reach)
        c = centre_sites.c
        query = _query(only).where(
            c.latitude.between(point[0] - up, point[0] + up),
            c.longitude.between(point[1] - across, point[1] + across),
        )
        rows = self._rows(query, {})
        return [found for found in _best(point, rows, self._keeps(only)) if found[0] <= reach]

    def _rows(self, query: Select[Any], values: dict[str, float]) -> list[Any]:
        return list(self._database.read_now(lambda connection: connection.execute(query, values).all()))

    def _keeps(self, only: Filter) -> Callable[[str], bool]:
        keeps, sites = only.keeps, self._sites
        return (lambda id: keeps(sites[id])) if keeps is not None else (lambda _: True)


class SitesInPostgis(SitesInSql):
    """Walks PostGIS' index outward from the point (``<->``)."""

    def nearest(self, point: Point, k: int, only: Filter = EVERY) -> list[tuple[float, str]]:
        """As `NearestSites`."""
        at = "ST_SetSRID(ST_MakePoint(:longitude, :latitude), 4326)::geography"
        near: ColumnElement[Any] = text(f"ST_DWithin({_PLACE}, {at}, :metres, false)")  # type: ignore[assignment]
        limit = max(_LEAST_ROWS, 4 * k)
        where = {"latitude": point[0], "longitude": point[1], "metres": FARTHEST_KM * 1000 + 100}
        while True:
            query = _query(only).where(near).order_by(text(f"{_PLACE} <-> {at}")).limit(limit)
            rows = self._rows(query, where)
            best = [found for found in _best(point, rows, self._keeps(only)) if found[0] <= FARTHEST_KM]
            if len(rows) < limit:
                return best[:k]
            # Whatever was cut off is no nearer than the last row.
            last = distance(point, (rows[-1].latitude, rows[-1].longitude))
            if len(best) >= k and best[k - 1][0] < last - 1e-6:
                return best[:k]
            limit *= 4


def _query(only: Filter) -> Select[Any]:
    c = centre_sites.c
    query = (
        select(c.id, c.centre_id, c.latitude, c.longitude)
        .join(centres, centres.c.id == c.centre_id)
        .where(c.latitude.is_not(None), c.longitude.is_not(None), c.by_distance)
        .where(centres.c.status.in_([str(status) for status in _SERVING]))
    )
    if only.types:
        query = query.where(centres.c.type.in_(sorted(only.types)))
    if only.without:
        query = query.where(c.centre_id.not_in(sorted(only.without)))
    if only.courses:
        teaching = select(centre_courses.c.centre_id).where(centre_courses.c.course.in_(sorted(only.courses)))
        query = query.where(c.centre_id.in_(teaching))
    return query


def _best(point: Point, rows: Iterable[Any], keeps: Callable[[str], bool]) -> list[tuple[float, str]]:
    """The rows by distance, one a centre: its nearest. Measured here, so that all engines agree."""
    best: dict[str, tuple[float, str]] = {}
    for row in rows:
        found = (distance(point, (row.latitude, row.longitude)), row.id)
        if (row.centre_id not in best or found < best[row.centre_id]) and keeps(row.id):
            best[row.centre_id] = found
    return sorted(best.values())


def _placed_by_id(directory: Directory) -> dict[str, Placed]:
    return {placed.id: placed for placed in directory.placed}
