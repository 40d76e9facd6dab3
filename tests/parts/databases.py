"""The two databases every action must agree on; import `postgres`, `template` and `database` into a conftest."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from parts.postgres import Postgres, running_postgres

from nudger.storage.database import Database

KINDS = ("sqlite", "postgresql")


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """A database, closed afterwards."""
    database = Database(url)
    try:
        yield database
    finally:
        database.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The PostgreSQL server of this test process, started when first asked for."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: quicker than migrating one for each test."""
    path = tmp_path_factory.mktemp("template") / "nudger.db"
    with opened(f"sqlite:///{path}") as database:
        database.upgrade()
    return path


@pytest.fixture
def sqlite_url(template: Path, tmp_path: Path) -> str:
    """The URL of a fresh, migrated SQLite file."""
    return f"sqlite:///{shutil.copy(template, tmp_path / 'nudger.db')}"


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """A fresh, migrated SQLite file."""
    with opened(sqlite_url) as database:
        yield database


@pytest.fixture
def postgres_database(postgres: Postgres) -> Iterator[Database]:
    """A fresh, migrated PostgreSQL database."""
    with postgres.fresh() as url, opened(url) as database:
        yield database


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest) -> Database:
    """Each of the two in turn, fresh and migrated: what holds for one must hold for the other."""
    name = {"sqlite": "sqlite_database", "postgresql": "postgres_database"}[request.param]
    found: Database = request.getfixturevalue(name)
    return found


@pytest.fixture(params=KINDS)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Each of the two in turn, without tables."""
    if request.param == "sqlite":
        with opened(f"sqlite:///{tmp_path / 'empty.db'}") as found:
            yield found
    else:
        server: Postgres = request.getfixturevalue("postgres")
        with server.fresh(migrated=False) as url, opened(url) as found:
            yield found
