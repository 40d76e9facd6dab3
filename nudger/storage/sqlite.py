"""What SQLite must be told on every connection, and where its file lives."""

import os
import sqlite3
from pathlib import Path

from nudger.errors import StorageError

#: How long a connection waits for another's lock, in milliseconds.
BUSY_TIMEOUT = 10_000

#: First releases of each line without the WAL-reset fault, which can corrupt a database two connections write to.
#: Source: https://sqlite.org/wal.html#walresetbug
WAL_MENDED = (3, 51, 3)
WAL_MENDED_BACKPORTS = ((3, 50, 7), (3, 44, 6))


def journal_mode(version: tuple[int, ...]) -> str:
    """The fastest journal that is safe with this version of the SQLite library: WAL, or TRUNCATE."""
    mended = version >= WAL_MENDED or any(
        version[:2] == backport[:2] and version >= backport for backport in WAL_MENDED_BACKPORTS
    )
    return "WAL" if mended else "TRUNCATE"


def prepare(connection: sqlite3.Connection) -> None:
    """Make a fresh connection durable and strict, and leave BEGIN and COMMIT to us.

    synchronous FULL: a commit survives a power cut, which `sending` relies on. https://sqlite.org/pragma.html
    """
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT}",  # first, since changing the journal mode may have to wait
        f"journal_mode = {journal_mode(sqlite3.sqlite_version_info)}",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",  # nothing of what was erased is left between the rows, however the library was built
        # Kibibytes: what a batch of the planner touches, or pages are written and synced before its commit.
        "cache_size = -16000",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def create_file(path: Path) -> None:
    """See that the file and its folder exist; those made here are for this user's eyes only (0600 and 0700).

    StorageError where that cannot be.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StorageError(
            f"The database file {path} cannot be opened for writing: {error.strerror}.",
            mend="See that its folder exists and belongs to the user Nudger runs as, or set DATABASE_URL elsewhere.",
        ) from error
