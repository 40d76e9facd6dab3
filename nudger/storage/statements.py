"""Two things every bulk write needs: short lists of ids, and an insert that knows what to do about a conflict."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Item = TypeVar("Item")

#: Well below SQLite's 32,766 parameters in one statement (https://sqlite.org/limits.html), and short enough to lock.
CHUNK = 500


def chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """The items in order, a few hundred at a time."""
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert with `ON CONFLICT`, in the words of the database at hand."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
