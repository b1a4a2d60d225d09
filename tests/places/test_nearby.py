"""The nearest sites: one set of tests for memory, plain SQL on both databases, and PostGIS."""

from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random

import pytest

from bot.db import Database
from bot.db.centres import replace_all
from bot.db.nearby import SitesInPostgis, SitesInSql, prepare_postgis
from bot.places.centre import Centre, CentreStatus, CentreType, Precision
from bot.places.centres import Directory
from bot.places.gazetteer import Gazetteer
from bot.places.nearby import FARTHEST_KM, Filter, NearestSites, SitesInMemory, measure_all
from bot.places.opening import is_open
from tests.conftest import a_postgres_database
from tests.places.made import centre, site

WEEKDAY = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
COURSES = ("xoa-mu-chu", "tin-hoc", "nghe-may")


def made_up(count: int, seed: int = 7) -> list[Centre]:
    """Centres of one to three sites in the south, some on the same spot, some without a distance."""
    random = Random(seed)
    found = []
    for number in range(count):
        id = f"c{number:04}"
        sites = [
            site(
                id,
                round(random.uniform(9.0, 11.8), random.choice((1, 4))),
                round(random.uniform(105.0, 107.5), random.choice((1, 4))),
                number=at,
                precision=random.choice((Precision.EXACT, Precision.NEW_WARD, Precision.DISTRICT)),
                opening_hours=random.choice(("", "Mo-Fr 07:00-17:00", "Sa 08:00-11:00")),
            )
            for at in range(1, random.choice((1, 1, 1, 2, 3)) + 1)
        ]
        codes = frozenset(random.sample(COURSES, random.randint(0, 2)))
        status = random.choice((CentreStatus.ACTIVE, CentreStatus.UNVERIFIED, CentreStatus.DISSOLVED))
        kind = random.choice(tuple(CentreType))
        found.append(centre(id, *sites, course_codes=codes, status=status, type=kind))
    return found


@pytest.fixture(scope="module")
def published(gazetteer: Gazetteer) -> Directory:
    """The directory that all engines search."""
    return Directory(made_up(600), gazetteer)


@pytest.fixture(scope="module", params=["memory", "sqlite", "postgresql", "postgis"])
def engine(
    request: pytest.FixtureRequest, published: Directory, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NearestSites]:
    """Each engine with the same sites."""
    if request.param == "memory":
        yield SitesInMemory(published.placed)
        return
    if request.param == "sqlite":
        yield from _in_database(f"sqlite:///{tmp_path_factory.mktemp('near') / 'near.db'}", published, "sql")
        return
    with a_postgres_database(request.getfixturevalue("postgres_server")) as url:
        yield from _in_database(url, published, request.param)


def _in_database(url: str, published: Directory, kind: str) -> Iterator[NearestSites]:
    database = Database.open(url)
    database.submit(lambda connection: replace_all(connection, published.centres)).result()
    sites = {placed.id: placed for placed in published.placed}
    if kind == "postgis":
        if not prepare_postgis(database):
            pytest.skip("the PostgreSQL server has no PostGIS")
        yield SitesInPostgis(database, sites)
    else:
        yield SitesInSql(database, sites)
    database.close()


FILTERS = {
    "everything": Filter(),
    "types": Filter(types=frozenset({"gdtx", "thu-vien"})),
    "course": Filter(courses=frozenset({"nghe-may"})),
    "rare": Filter(types=frozenset({"khac"}), courses=frozenset({"nghe-may", "tin-hoc"})),
    "without": Filter(without=frozenset(f"c{n:04}" for n in range(0, 600, 2))),
    "open now": Filter(keeps=lambda placed: is_open(placed.opening_hours, WEEKDAY)),
    "nothing": Filter(keeps=lambda _: False),
}


@pytest.mark.parametrize("name", FILTERS)
def test_every_engine_finds_what_measuring_all_would_find(
    engine: NearestSites, published: Directory, name: str
) -> None:
    random = Random(name)
    for _ in range(25):
        point = (random.uniform(8.5, 12.3), random.uniform(104.5, 108.0))
        k = random.choice((1, 3, 5, 12))

        assert engine.nearest(point, k, FILTERS[name]) == measure_all(published.placed, point, k, FILTERS[name])


def test_a_centre_is_named_once_at_its_nearest_site(engine: NearestSites, published: Directory) -> None:
    found = engine.nearest((10.5, 106.2), 20)

    centres = [published.at(id)[0].id for _, id in found]
    assert len(set(centres)) == len(centres) == 20


def test_nobody_is_sent_farther_than_sixty_kilometres(engine: NearestSites) -> None:
    assert engine.nearest((14.0, 108.0), 3) == []
    assert all(away <= FARTHEST_KM for away, _ in engine.nearest((8.6, 105.0), 50))


def test_without_sites_nothing_is_near() -> None:
    assert SitesInMemory([]).nearest((10.5, 106.2), 3) == []
