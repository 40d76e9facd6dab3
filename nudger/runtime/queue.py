"""The queue of the cluster: procrastinate's tables in a schema of their own, and how a job gets into them.

A job says only what to look for ("plan", "dispatch"); what is due stands in our own tables, and a message's state
keeps it from being lost or doubled. So a job may be dropped, repeated or done by two at once, and need not be
written in the transaction of the rows it concerns. The one exception is a tick, which is given out in the
transaction that takes its turn, so that neither happens without the other.
"""

from importlib.resources import files
from typing import Any

from procrastinate import App, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, text

from nudger.errors import StorageError
from nudger.storage.database import Database
from nudger.storage.migrating import LOCK

#: Apart from our own tables, whose migrations know nothing of these.
SCHEMA = "procrastinate"

#: Dispatch comes last: it takes as many places as there are, and the others are short.
PRIORITIES = {"dispatch": -1}

_WAITING = text("SELECT 1 FROM procrastinate.procrastinate_jobs WHERE queueing_lock = :name AND status = 'todo'")
_SEARCH_PATH = text("SELECT set_config('search_path', :path || ', ' || current_setting('search_path'), true)")
_RECORD = """
CREATE SCHEMA IF NOT EXISTS procrastinate;
CREATE TABLE IF NOT EXISTS procrastinate.migrations (name text PRIMARY KEY);
"""


class Queue:
    """Where jobs are put, from any thread."""

    def __init__(self, database: Database) -> None:
        """Put jobs into this PostgreSQL."""
        self._database = database
        self._app = App(connector=SyncPsycopgConnector())  # never opened: every job goes through our own connection

    def offer(self, name: str) -> None:
        """See that a job of this name waits for a worker. StorageError where the database fails."""
        try:
            with self._database.write() as connection:
                self.put(connection, name)
        except AlreadyEnqueued:  # by another process, since we looked
            return

    def put(self, connection: Connection, name: str) -> None:
        """The same within a transaction, which AlreadyEnqueued and StorageError break."""
        if connection.execute(_WAITING, {"name": name}).first() is not None:
            return
        connection.execute(_SEARCH_PATH, {"path": SCHEMA})
        raw = connection.connection.dbapi_connection
        job = self._app.configure_task(
            name, queue=name, queueing_lock=name, priority=PRIORITIES.get(name, 0), connection=raw
        )
        try:
            job.defer()
        except AlreadyEnqueued:
            raise
        except ConnectorException as error:
            raise StorageError("The queue of jobs does not take any.", mend="See that PostgreSQL is up.") from error


def upgrade(database: Database) -> str:
    """Make the queue's tables, or bring them to the installed procrastinate; the name of its last migration.

    Two programs that try at once take turns. StorageError where the database fails.
    """
    known = sorted(one.name for one in files("procrastinate.sql.migrations").iterdir() if one.name.endswith(".sql"))
    with database.write() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '60s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        raw = connection.connection.driver_connection
        _run(raw, _RECORD)
        done = set(connection.exec_driver_sql("SELECT name FROM procrastinate.migrations").scalars())
        _run(raw, f"SET LOCAL search_path = {SCHEMA}")
        for script in _scripts(known, done):
            _run(raw, script)
        insert = text("INSERT INTO procrastinate.migrations (name) VALUES (:name)")
        for name in known:
            if name not in done:
                connection.execute(insert, {"name": name})
    return known[-1].removesuffix(".sql")


def _scripts(known: list[str], done: set[str]) -> list[str]:
    """The whole schema where there is none yet, else each migration not yet run."""
    if not done:
        return [SchemaManager.get_schema()]
    folder = files("procrastinate.sql.migrations")
    return [(folder / name).read_text(encoding="utf-8") for name in known if name not in done]


def _run(raw: Any, script: str) -> None:  # noqa: ANN401 (the driver's own type)
    """Run a script of several statements, which SQLAlchemy would not take."""
    raw.execute(script)
