"""The two databases every action must agree on; tests/conftest.py makes these fixtures everybody's."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from parts.postgres import Postgres, running_postgres
from parts.vaults import VAULT

from nudger.storage.database import Database
from nudger.storage.tables import metadata

KINDS = ("sqlite", "postgresql")
#: All rows gone, all numbers from 1 on, no reference looked at: a twentieth of what TRUNCATE takes for so few rows.
EMPTIED = "; ".join(
    [
        "SET LOCAL session_replication_role = replica",
        *(f"DELETE FROM {name}" for name in metadata.tables),  # noqa: S608 (our own names)
        "SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace",
    ]
)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """A database, closed afterwards."""
    database = Database(url, vault=VAULT)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def in_memory() -> Iterator[Database]:
    """A fresh SQLite in memory with all its tables: a copy, which is quicker than migrating one."""
    with opened("sqlite://") as database:
        _raw(database).deserialize(_migrated())
        yield database


@cache
def _migrated() -> bytes:
    with opened("sqlite://") as database:
        database.upgrade()
        return _raw(database).serialize()


def _raw(database: Database) -> sqlite3.Connection:
    with database.read() as connection:
        found = connection.connection.driver_connection
    assert isinstance(found, sqlite3.Connection)
    return found


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
        database.migrate()
    return path


@pytest.fixture
def sqlite_url(template: Path, tmp_path: Path) -> str:
    """The URL of a fresh, migrated SQLite file."""
    return f"sqlite:///{shutil.copy(template, tmp_path / 'nudger.db')}"


@pytest.fixture(scope="session")
def lasting_sqlite(template: Path) -> Iterator[Database]:
    """One door to a file that each test finds fresh: statements once compiled need not be compiled again."""
    with opened(f"sqlite:///{template.with_name('shared.db')}") as database:
        yield database


@pytest.fixture
def sqlite_database(lasting_sqlite: Database, template: Path) -> Database:
    """A fresh, migrated SQLite file."""
    lasting_sqlite.close()
    path = lasting_sqlite.path
    assert path is not None
    for left in path.parent.glob(f"{path.name}-*"):  # journals
        left.unlink()
    shutil.copy(template, path)
    return lasting_sqlite


@pytest.fixture(scope="session")
def lasting_postgres(postgres: Postgres) -> Iterator[Database]:
    """The same for PostgreSQL."""
    with postgres.fresh() as url, opened(url) as database:
        yield database


@pytest.fixture
def postgres_database(lasting_postgres: Database) -> Database:
    """A fresh, migrated PostgreSQL database."""
    lasting_postgres.close()
    with lasting_postgres.write() as connection:
        connection.exec_driver_sql(EMPTIED)
    return lasting_postgres


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
