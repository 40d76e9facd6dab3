from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert, inspect, text
from sqlalchemy.exc import IntegrityError

from nudger.storage.database import Database
from nudger.storage.tables import messages, metadata


def test_migrations_make_the_tables_of_the_code(database: Database) -> None:
    """The migrated database and the tables in code do not differ, down to defaults and indexes."""
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_migrations_name_constraints_as_the_code_does(database: Database) -> None:
    """Every constraint bears the name later migrations will look for."""
    with database.read() as connection:
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


def test_a_state_nobody_knows_is_refused(database: Database) -> None:
    """A message is in one of the states of its life, whichever way it got into the table."""
    now = datetime(2026, 3, 2, tzinfo=UTC)
    row = dict.fromkeys(("enrollment_id", "couple_id", "partner_id"), 1)
    lost = insert(messages).values(
        **row, channel="sms", period=now.date(), slot=0, due_at=now, not_after=now, state="lost"
    )
    with pytest.raises(IntegrityError, match="ck_messages_state"), database.write(trusting=True) as connection:
        connection.execute(lost)
