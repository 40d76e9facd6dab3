"""Bring the tables from any earlier revision to the latest, from inside the program."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from nudger.errors import StorageError
from nudger.storage.tables import metadata

SCRIPTS = Path(__file__).parent / "migrations"
#: Any number no other program on the same PostgreSQL uses; the letters of `nudger` in ASCII.
LOCK = int.from_bytes(b"nudger")


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def head() -> str:
    """The latest revision this program knows."""
    (revision,) = _scripts().get_heads()
    return revision


def known(revision: str) -> bool:
    """Whether this program knows the revision."""
    try:
        return _scripts().get_revision(revision) is not None
    except CommandError:
        return False


def current(connection: Connection) -> str | None:
    """The revision the tables are at, None before the first."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(connection: Connection) -> None:
    """Run every migration not yet run, in one transaction; two programs that try at once take turns."""
    if connection.dialect.name == "postgresql":
        _upgrade_postgresql(connection)
    else:
        _upgrade_sqlite(connection)


def _upgrade_postgresql(connection: Connection) -> None:
    with connection.begin():
        connection.exec_driver_sql("SET LOCAL lock_timeout = '60s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        # Waiting longer for a table would make every other query of that table wait behind us.
        connection.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        command.upgrade(_config(connection), "head")


def _upgrade_sqlite(connection: Connection) -> None:
    # A table is changed by building it anew; with foreign keys on, dropping the old one would empty those that refer
    # to it. https://sqlite.org/lang_altertable.html#otheralter
    trusting = connection.execution_options(nudger_trusts=True)
    with trusting.begin():
        if _is_empty(trusting):
            _make(trusting)
            return
        if current(trusting) == head():
            return
        command.upgrade(_config(trusting), "head")
        if trusting.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
            raise StorageError("An upgrade of the database would have left rows that refer to nothing.")


def _is_empty(connection: Connection) -> bool:
    return connection.exec_driver_sql("SELECT 1 FROM sqlite_master").first() is None


def _make(connection: Connection) -> None:
    """The tables as the steps would leave them, at once: every preview and demo begins with an empty database."""
    metadata.create_all(connection, checkfirst=False)
    MigrationContext.configure(connection).stamp(_scripts(), "head")
