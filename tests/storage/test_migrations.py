import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from parts.databases import opened
from sqlalchemy import Inspector, insert, inspect, text
from sqlalchemy.exc import IntegrityError

from nudger.storage import migrating
from nudger.storage.database import Database
from nudger.storage.tables import messages, metadata, pending


@pytest.fixture
def stepped(empty_database: Database) -> Database:
    """Each kind of database, brought from the first revision to the latest step by step."""
    go_to(empty_database, "0001")
    empty_database.migrate()
    return empty_database


def go_to(database: Database, revision: str) -> None:
    """Bring an older database to one of its revisions."""
    with database.write(trusting=True) as connection:
        command.upgrade(migrating._config(connection), revision)


def test_migrations_make_the_tables_of_the_code(stepped: Database) -> None:
    """The migrated database and the tables in code do not differ, down to defaults and indexes."""
    with stepped.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_all_at_once_makes_what_the_steps_make(stepped: Database, sqlite_database: Database) -> None:
    """A new SQLite has the columns, keys, checks and indexes of one that was there from the beginning."""
    if stepped.is_sqlite:
        assert details(sqlite_database) == details(stepped)
    assert sqlite_database.current() == stepped.current() == migrating.head()


def details(database: Database) -> dict[str, object]:
    """All that can be told of each table and index, whatever the order it was made in."""
    with database.read() as connection:
        known = inspect(connection)
        tables = {name: sorted(map(str, told)) for name, told in details_of(known)}
        indexes = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'index'").all()
    return {**tables, "indexes": sorted(map(str, indexes))}


def details_of(known: Inspector) -> Iterator[tuple[str, list[object]]]:
    """Columns, keys and checks of each table."""
    for name in known.get_table_names():
        keys = [*known.get_foreign_keys(name), *known.get_unique_constraints(name), known.get_pk_constraint(name)]
        yield name, [*known.get_columns(name), *keys, *known.get_check_constraints(name)]


def test_migrations_name_constraints_as_the_code_does(stepped: Database) -> None:
    """Every constraint bears the name later migrations will look for."""
    with stepped.read() as connection:
        inspector = inspect(connection)
        for table in metadata.tables.values():
            checks = {check["name"] for check in inspector.get_check_constraints(table.name)}
            keys = {key["name"] for key in inspector.get_foreign_keys(table.name)}
            named = {str(constraint.name) for constraint in table.constraints}
            assert {name for name in named if name.startswith(("ck_", "fk_"))} == checks | keys
            assert inspector.get_pk_constraint(table.name)["name"] in named
            assert {unique["name"] for unique in inspector.get_unique_constraints(table.name)} <= named


def test_upgrade_starts_from_nothing_and_may_be_repeated(empty_database: Database) -> None:
    """An empty database becomes current, and upgrading a current one changes nothing."""
    assert empty_database.current() is None
    empty_database.upgrade()
    empty_database.upgrade()
    empty_database.ensure_current()
    assert empty_database.current() == empty_database.head()


def test_upgrade_leaves_foreign_keys_on(empty_database: Database) -> None:
    """After an upgrade a row that refers to nothing is still refused."""
    empty_database.upgrade()
    with empty_database.read() as connection:
        if empty_database.is_sqlite:
            assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
        assert empty_database.integrity() == "ok"


def test_an_upgrade_loses_no_row(tmp_path: Path) -> None:
    """Where a table is dropped to be built anew, no row of another one that refers to it goes with it."""
    path = tmp_path / "old.db"
    database = Database(f"sqlite:///{path}")
    go_to(database, "0004")
    with sqlite3.connect(path) as old:
        tables = [name for (name,) in old.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in set(tables) - {"alembic_version"}:
            _fill(old, table)
    database.migrate()
    with sqlite3.connect(path) as new:
        counts = {name: new.execute(f"SELECT count(*) FROM {name}").fetchone() for name in tables}  # noqa: S608 (ours)
    assert counts == dict.fromkeys(tables, (1,))
    assert database.integrity() == "ok"
    database.close()


def test_a_row_that_refers_to_nothing_does_not_lock_everybody_out(sqlite_url: str) -> None:
    """Where there is nothing to upgrade the database opens: whoever looks for the fault has to come in."""
    lost = insert(pending).values(partner_id=17, command="apart", expires_at=datetime(2026, 3, 2, tzinfo=UTC))
    with opened(sqlite_url) as database:
        with database.write(trusting=True) as connection:
            connection.execute(lost)
        database.upgrade()
        assert database.integrity() == "a row refers to one that is not there"


def _fill(connection: sqlite3.Connection, table: str) -> None:
    """One row, the first of its table, that refers to the first of every other table."""
    row: dict[str, object] = {}
    for _, name, kind, required, default, key in connection.execute(f"PRAGMA table_info({table})").fetchall():
        if key or (required and default is None) or (name.endswith("_id") and kind in {"INTEGER", "BIGINT"}):
            row[name] = 1
    row |= {name: value for name, value in {"state": "planned", "channel": "sms"}.items() if name in row}
    places = ", ".join(f":{name}" for name in row)
    connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", row)  # noqa: S608 (ours)


def test_a_state_nobody_knows_is_refused(database: Database) -> None:
    """A message is in one of the states of its life, whichever way it got into the table."""
    now = datetime(2026, 3, 2, tzinfo=UTC)
    row = dict.fromkeys(("enrollment_id", "couple_id", "partner_id"), 1)
    lost = insert(messages).values(
        **row, channel="sms", period=now.date(), slot=0, due_at=now, not_after=now, state="lost"
    )
    with pytest.raises(IntegrityError, match="ck_messages_state"), database.write(trusting=True) as connection:
        connection.execute(lost)
