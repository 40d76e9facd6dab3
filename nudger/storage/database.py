"""One door to the database: where it is, transactions on it, and whether its tables are ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from nudger.errors import ConfigurationError, NewerDatabase, StorageError
from nudger.storage import migrating, moving, rotating, sqlite
from nudger.storage.faults import explain
from nudger.storage.journal import OPTION, Journal, Notes
from nudger.storage.vault import CARRIED, Vault

EXAMPLES = "Write sqlite:///data/nudger.db or postgresql+psycopg://user:password@host/name."
DRIVERS = {
    "sqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}

#: Where a connection to SQLite keeps what its two switches stand at: whether it reads, and whether it trusts.
SWITCHES = "nudger_switches"

#: A worker that hangs must not hold a lock for long; and a commit is on the disk before what it allows is done, also
#: where the server's own default forgoes that (synchronous_commit=off): else a crash of the server would take back that
#: a message is being sent. https://www.postgresql.org/docs/current/runtime-config-client.html and -wal.html
POSTGRESQL_SESSION = (
    "-c statement_timeout=15s -c lock_timeout=2s -c idle_in_transaction_session_timeout=30s -c timezone=UTC"
    " -c synchronous_commit=on"
)
#: https://www.postgresql.org/docs/current/libpq-connect.html; seconds, but tcp_user_timeout is in milliseconds.
POSTGRESQL_CONNECT = {
    "connect_timeout": 5,
    "tcp_user_timeout": 20_000,
    "application_name": "nudger",
    "options": POSTGRESQL_SESSION,
}


def parse(url: str) -> URL:
    """The URL with the driver we use; ConfigurationError, which keeps the password to itself, where it is not ours."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigurationError("DATABASE_URL is not a database URL.", mend=EXAMPLES) from None
    driver = DRIVERS.get(parsed.drivername)
    if driver is None:
        raise ConfigurationError("DATABASE_URL names a database that Nudger does not know.", mend=EXAMPLES)
    return parsed.set(drivername=driver)


class Database:
    """A SQLite file, a SQLite in memory (`sqlite://`), or a PostgreSQL, and a small pool of connections to it.

    May be shared between threads. Nothing connects before the first transaction, but a SQLite file is created at once.
    `journal` is where withdrawals and the like are written down a second time; without one they are not.
    """

    def __init__(self, url: str, journal: Journal | None = None, vault: Vault | None = None) -> None:
        """Make ready; ConfigurationError for a URL that is none of ours, StorageError for a file that cannot be.

        Without a vault everything can be done that neither reads nor writes a name, an address or a word.
        """
        self.vault = vault
        parsed = parse(url)
        self.journal = journal
        self.is_sqlite = parsed.drivername == "sqlite"
        in_memory = parsed.database in (None, "", ":memory:")
        self.path = Path(str(parsed.database)) if self.is_sqlite and not in_memory else None
        if self.path is not None:
            sqlite.create_file(self.path)
        engine = _sqlite_engine(parsed, in_memory=in_memory) if self.is_sqlite else _postgresql_engine(parsed)
        self._writer = engine.execution_options(**({CARRIED: vault} if vault else {}))
        self._reader = self._writer.execution_options(
            **({"nudger_reads": True} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}),
            postgresql_readonly=True,
        )

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one unchanging state and writes nothing; StorageError where the database fails."""
        with _explained(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *, trusting: bool = False) -> Iterator[Connection]:
        """A transaction that commits on leaving and rolls back on an exception; StorageError where the database fails.

        On SQLite it waits for its turn before it begins (BEGIN IMMEDIATE), so that two writers never deadlock. There
        `trusting` spares it looking up, for each row written, the rows it refers to: for those who have just read them
        in this very transaction, as nobody else can write meanwhile. (Measured: a sixth of an insert.) What was noted
        for the journal is on the disk before the commit.
        """
        if self.vault is not None:
            self.vault.refresh()  # what other processes seal with by now
        writer = self._writer.execution_options(nudger_trusts=True) if trusting and self.is_sqlite else self._writer
        with _explained(), writer.begin() as connection:
            if self.journal is None:
                yield connection
                return
            notes = Notes(self.journal)
            yield connection.execution_options(**{OPTION: notes})
            notes.write_down()

    def upgrade(self, told: rotating.Told = rotating.silent) -> None:
        """Bring the tables to this program's revision, and seal what an older one left in clear; then it may be used.

        NewerDatabase where the tables are beyond this program, StorageError where they are half a copy, and
        ConfigurationError where the keys are not the database's. Cut off while it seals, it goes on there when
        called again.
        """
        self._refuse_half_a_copy()
        self.migrate()
        if self.vault is not None:
            rotating.fit(self.write, self.vault, told)

    def migrate(self) -> None:
        """Bring the tables alone to this program's revision, all of it or nothing; raises as `upgrade` does."""
        self._refuse_newer(self.current())
        with _explained(), self._writer.connect() as connection:
            migrating.upgrade(connection)

    def current(self) -> str | None:
        """The revision the tables are at; None where there are none yet."""
        with self.read() as connection:
            return migrating.current(connection)

    def head(self) -> str:
        """The revision this program knows."""
        return migrating.head()

    def ensure_current(self) -> None:
        """NewerDatabase where a newer Nudger made the tables, StorageError where they are behind.

        ConfigurationError where the keys are not those the database is in need of.
        """
        current = self.current()
        self._refuse_newer(current)
        self._refuse_half_a_copy()
        if current != self.head():
            raise StorageError("The database is older than this Nudger.", mend="Run `nudger db upgrade`.")
        if self.vault is not None:
            with self.read() as connection:
                rotating.check(connection, self.vault)

    def _refuse_newer(self, current: str | None) -> None:
        if current is not None and not migrating.known(current):
            raise NewerDatabase(
                f"The database is at revision {current}, which this Nudger does not know: a newer one made it.",
                mend="Upgrade Nudger, or restore the backup made before the upgrade.",
            )

    def _refuse_half_a_copy(self) -> None:
        """StorageError where a move to here was cut off: what it has not brought yet would be done a second time."""
        with self.read() as connection:
            origin = None if self.is_sqlite else moving.marked(connection)
        if origin is not None:
            raise StorageError(
                f"The copy of {origin} to this database is not finished.",
                mend="Set DATABASE_URL to the file again, and repeat `nudger db move-to`.",
            )

    def integrity(self) -> str:
        """`ok`, or the first fault the database finds in itself."""
        with self.read() as connection:
            return _sqlite_integrity(connection) if self.is_sqlite else _postgresql_integrity(connection)

    def close(self) -> None:
        """Close every connection."""
        self._writer.dispose()


def _sqlite_engine(url: URL, *, in_memory: bool) -> Engine:
    # In memory there is one connection, or there would be several databases; threads take turns.
    pool = {"pool_size": 1, "max_overflow": 0} if in_memory else {"pool_size": 5, "max_overflow": 5}
    engine = create_engine(
        url,
        hide_parameters=True,
        poolclass=QueuePool,
        pool_timeout=10,
        connect_args={"timeout": sqlite.BUSY_TIMEOUT / 1000, "check_same_thread": False},
        **pool,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 (SQLAlchemy's type)
        sqlite.prepare(connection)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        reads, trusts = options.get("nudger_reads", False), options.get("nudger_trusts", False)
        if connection.info.get(SWITCHES) != (reads, trusts):
            connection.exec_driver_sql(f"PRAGMA query_only = {int(reads)}")
            connection.exec_driver_sql(f"PRAGMA foreign_keys = {int(not trusts)}")
            connection.info[SWITCHES] = (reads, trusts)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _postgresql_engine(url: URL) -> Engine:
    try:
        return create_engine(
            url,
            hide_parameters=True,
            pool_size=5,
            max_overflow=5,
            pool_timeout=10,
            pool_pre_ping=True,
            connect_args=POSTGRESQL_CONNECT,
        )
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "The driver for PostgreSQL is not installed.", mend="Run `pip install 'nudger[postgres]'`."
        ) from error


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (IntegrityError, ProgrammingError):
        raise  # a bug of ours, not the state of the database
    except DBAPIError as error:
        raise explain(error) from error
    except PoolTimeoutError as error:
        raise StorageError(
            "All connections to the database are busy.", mend="Try again; see how busy the database is if it stays."
        ) from error


def _sqlite_integrity(connection: Connection) -> str:
    found: str = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if found == "ok" and connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        return "a row refers to one that is not there"
    return found


def _postgresql_integrity(connection: Connection) -> str:
    broken = connection.exec_driver_sql("SELECT count(*) FROM pg_index WHERE NOT indisvalid").scalar_one()
    return "ok" if broken == 0 else f"{broken} indexes are not valid"
