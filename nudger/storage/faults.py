"""What a driver's error means to the operator, in words without a row's content."""

from sqlalchemy.exc import DBAPIError

from nudger.errors import StorageError

#: SQLite's name of the result code (https://sqlite.org/rescode.html) -> what is wrong, and the way out.
SQLITE = {
    "SQLITE_FULL": ("The disk, or the database's share of it, is full.", "Make room, then try again."),
    "SQLITE_BUSY": ("The database is locked by another process.", "See what else has the database file open."),
    "SQLITE_LOCKED": ("The database is locked by another process.", "See what else has the database file open."),
    "SQLITE_CANTOPEN": ("The database file cannot be opened.", "See that it and its folder exist and can be read."),
    "SQLITE_READONLY": ("The database can only be read.", "See that the file, its folder and its disk are writable."),
    "SQLITE_NOTADB": ("The file is not a database of SQLite.", "Set DATABASE_URL to another file, or move this one."),
    "SQLITE_CORRUPT": ("The database file is damaged.", "Restore the last good backup."),
    "SQLITE_IOERR": ("The disk failed to read or write the database.", "Look at the disk and the system's log."),
}

#: Class or code of a PostgreSQL error (https://www.postgresql.org/docs/current/errcodes-appendix.html).
POSTGRESQL = {
    "08": ("The connection to the database was lost.", "See that PostgreSQL runs and can be reached."),
    "28": ("The database refused the user or password.", "Look at DATABASE_URL."),
    "3D": ("PostgreSQL has no database of that name.", "Create it, or look at DATABASE_URL."),
    "40": ("The database gave up one of two transactions that waited for each other.", "Try again."),
    "53": ("The database is out of disk, memory or connections.", "Make room on the database's machine."),
    "55P03": ("The database is locked by another process.", "Try again; see what holds the lock if it stays."),
    "57014": ("The database took too long to answer.", "Try again; see how busy the database is if it stays."),
    "57": ("The database was shut down, or ended this connection.", "See that PostgreSQL runs, then try again."),
    "25006": ("The database can only be read.", "Set DATABASE_URL to the primary server."),
}

UNREACHABLE = ("The database cannot be reached.", "See that it runs and that DATABASE_URL names it.")


def explain(error: DBAPIError) -> StorageError:
    """The error as the operator should read it."""
    message, mend = _words(error.orig)
    return StorageError(message, mend=mend)


def _words(cause: BaseException | None) -> tuple[str, str]:
    name = getattr(cause, "sqlite_errorname", None)
    if name is not None:
        extended = (words for code, words in SQLITE.items() if name.startswith(code))
        return next(extended, (f"The database failed: {name}.", "Look at the log."))
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        known = (POSTGRESQL[part] for part in (state, state[:2]) if part in POSTGRESQL)
        return next(known, (f"The database failed: {state}.", "Look at PostgreSQL's log."))
    return UNREACHABLE
