"""A whole database as one file, taken while others work on it, and laid out again elsewhere."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine, func, select
from sqlalchemy.exc import DBAPIError

from nudger.errors import ConfigurationError, StorageError
from nudger.storage.database import Database, parse
from nudger.storage.holding import for_psql
from nudger.storage.tables import metadata

#: Seconds that PostgreSQL's own tools may take.
PATIENCE = 3600
#: Not ours to keep: jobs of the queue are made anew, and a schema put aside is the operator's.
LEFT_OUT = ("procrastinate", "before_restore_*")


def take(database: Database, url: str, target: Path) -> dict[str, int]:
    """Write all of a database (at that URL), as of one moment, to a new file; how many rows each table has in it.

    The file is a SQLite database, or pg_dump's format. StorageError where that fails; ConfigurationError where pg_dump
    is not installed.
    """
    if database.path is not None:
        _copy_sqlite(database.path, target)
        with closing(sqlite3.connect(target)) as copy:
            return {name: copy.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in metadata.tables}  # noqa: S608 (our own names)
    left_out = [f"--exclude-schema={schema}" for schema in LEFT_OUT]
    with database.read() as connection:  # pg_dump sees what we see, and the rows are counted in it
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        shared = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
        options = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={shared}", *left_out)
        _run("pg_dump", parse(url), *options, f"--file={target}")
        return count_rows(connection, metadata.tables)


def count_rows(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """How many rows each of these tables has, as far as this program knows them."""
    known = [metadata.tables[name] for name in names if name in metadata.tables]
    return {table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in known}


@contextmanager
def temporary_database(url: str, name: str) -> Iterator[str]:
    """A new, empty database beside the one at this PostgreSQL URL, by its own URL; it goes in the end."""
    parsed = parse(url)
    server = create_engine(parsed, isolation_level="AUTOCOMMIT", hide_parameters=True)
    try:
        with server.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
        try:
            yield parsed.set(database=name).render_as_string(hide_password=False)
        finally:
            with server.connect() as connection:
                connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    except DBAPIError as fault:
        raise StorageError(
            "A database to try the backup in cannot be made.",
            mend="let the user create databases: ALTER USER ... CREATEDB",
        ) from fault
    finally:
        server.dispose()


def lay_out(dump: Path, url: str, why: str, aside: str | None = None) -> None:
    """Fill the PostgreSQL database at that URL from a file of pg_dump, hold all sending, and all of it or nothing.

    The schema that holds the tables there is renamed to `aside`, where one is given, and else is to be empty. By psql,
    since pg_restore has no way to do anything else in its transaction; what it makes of the dump goes in the end.
    """
    script = dump.with_name(f"{dump.name}.sql")
    before = ["SET LOCAL lock_timeout = '2s'"]
    if aside is not None:
        before += [f'ALTER SCHEMA public RENAME TO "{aside}"', "CREATE SCHEMA public"]
    strict = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
    try:
        _run("pg_restore", None, "--exit-on-error", "--no-owner", "--no-privileges", f"--file={script}", str(dump))
        steps = (*(f"--command={one}" for one in before), f"--file={script}", f"--command={for_psql(why)}")
        _run("psql", parse(url), *strict, *steps)
    finally:
        script.unlink(missing_ok=True)


def _copy_sqlite(source: Path, target: Path) -> None:
    """By SQLite's own backup API, in one step: writers wait as long as it takes, some 200 MB a second.

    In several steps it would begin anew with every write of another process. https://sqlite.org/backup.html
    """
    try:
        with closing(sqlite3.connect(source, timeout=10)) as live, closing(sqlite3.connect(target)) as copy:
            live.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            found = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error as fault:
        raise StorageError(f"The database cannot be copied: {fault}.", mend="nudger doctor") from fault
    if found != "ok":
        raise StorageError(f"The copy has a fault: {found}.", mend="nudger doctor")


def compact(path: Path) -> None:
    """Write a SQLite file anew, so that nothing of what was blanked is left between its rows. StorageError."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("VACUUM")
    except sqlite3.Error as fault:
        raise StorageError(f"The database cannot be written anew: {fault}.", mend="make room") from fault


def _run(tool: str, url: URL | None, *arguments: str) -> None:
    """Run one of PostgreSQL's tools; the password goes by its environment, where no list of processes shows it."""
    program = shutil.which(tool)
    if program is None:
        raise ConfigurationError(
            f"{tool} is not on the PATH, and a backup of PostgreSQL is made with it.",
            mend="install the client programs of your PostgreSQL (Debian: apt install postgresql-client)",
        )
    secret = {"PGPASSWORD": str(url.password)} if url is not None and url.password else {}
    command = [program, *(_address(url) if url is not None else ()), *arguments]
    try:
        done = subprocess.run(  # noqa: S603 (a program of the PATH, our own arguments)
            command, env=os.environ | secret, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as slow:
        raise StorageError(f"{tool} has not come to an end within {PATIENCE // 60} minutes.") from slow
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise StorageError(f"{tool} failed: {said[0] if said else f'exit code {done.returncode}'}")


def _address(url: URL) -> tuple[str, str]:
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    return "--no-password", f"--dbname={address}"


def others_at_work(database: Database) -> int:
    """How many other connections of ours there are to this PostgreSQL database."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name LIKE 'nudger%%' AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    with database.read() as connection:
        number: int = connection.exec_driver_sql(query).scalar_one()
        return number
