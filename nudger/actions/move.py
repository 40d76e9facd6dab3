"""Move: an SQLite installation with its whole history to PostgreSQL, compared row by row."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from nudger.errors import StorageError, WrongUsage
from nudger.storage import moving
from nudger.storage.database import Database

#: Rows in one transaction: what a kill costs, and what is held in memory.
BATCH = 5000

#: What was done ("found" there, "copied" or "compared"), in which table, with how many rows since the last call.
Told = Callable[[str, str, int], None]


@dataclass(frozen=True, slots=True)
class Moved:
    """How many rows and tables there are now, and whether an earlier, unfinished copy was gone on with."""

    rows: int
    tables: int
    resumed: bool


def silent(_what: str, _table: str, _rows: int) -> None:
    """Tell nobody."""


def move(source: Database, target: Database, *, told: Told = silent, batch: int = BATCH) -> Moved:
    """Copy every row of an SQLite file into an empty PostgreSQL, both at this program's revision.

    Whoever calls this sees to it that no daemon works on the file. No other process can write to it meanwhile, though
    all may read. Cut off at any point it may be called again: it goes on where it was, or begins anew where the file
    has changed since. Raises WrongUsage for other kinds of databases, StorageError where the target holds anything
    that is not an unfinished copy of this file, or where a database fails.
    """
    if source.path is None or target.is_sqlite:
        raise WrongUsage("a move goes from an SQLite file to PostgreSQL", mend="see `nudger db move-to --help`")
    origin = str(source.path.resolve())
    resumed = _begin(target, origin)
    with source.write() as reader:  # nobody else writes until we are done
        rows = _copy(reader, target, told, batch)
        if not _same(reader, target, told, batch):
            with target.write() as writer:  # the file has changed since an earlier part was copied
                moving.wipe(writer)
            rows = _copy(reader, target, told, batch)
            if not _same(reader, target, told, batch):
                raise StorageError(
                    "The copy differs from the file.", mend="See that nothing else writes to PostgreSQL."
                )
        with target.write() as writer:
            moving.finish(writer)
    return Moved(rows, len(moving.tables_in_order()), resumed)


def rows_in(source: Database) -> int:
    """How many rows there are to move."""
    with source.read() as connection:
        return sum(moving.count(connection, table) for table in moving.tables_in_order())


def _begin(target: Database, origin: str) -> bool:
    """Mark the target as being filled; whether it was already."""
    with target.write() as connection:
        before = moving.marked(connection)
        if before == origin:
            return True
        if before is not None or not moving.is_empty(connection):
            raise StorageError(
                "The PostgreSQL database is not empty, and what it holds is not an unfinished copy of this file.",
                mend="create a new, empty database; if the move is done already, set DATABASE_URL to it",
            )
        moving.mark(connection, origin)
    return False


def _copy(reader: Connection, target: Database, told: Told, batch: int) -> int:
    """Copy what is not there yet; how many rows there are in all."""
    total = 0
    for table in moving.tables_in_order():
        total += moving.count(reader, table)
        with target.read() as connection:
            after = moving.last_key(connection, table)
            told("found", table.name, moving.count(connection, table) if after is not None else 0)
        while rows := moving.chunk(reader, table, after, batch):
            with target.write() as writer:
                moving.copy_in(writer, table, rows)
            after = moving.key_of(table, rows[-1])
            told("copied", table.name, len(rows))
    return total


def _same(reader: Connection, target: Database, told: Told, batch: int) -> bool:
    """Whether both sides hold the same rows, each compared with the other."""
    for table in moving.tables_in_order():
        with target.read() as connection:
            for rows, same in moving.compared(reader, connection, table, batch):
                if not same:
                    return False
                told("compared", table.name, rows)
    return True
