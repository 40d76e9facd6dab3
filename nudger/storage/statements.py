"""What bulk writes need: short lists of ids, an insert that knows what to do about a conflict, rows as arrays."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from sqlalchemy import Connection, Table, TableValuedAlias, bindparam, func
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


def unnested(table: Table, names: Sequence[str]) -> TableValuedAlias:
    """Rows of a table as one array per column, each a parameter `<name>_`: PostgreSQL's quickest way in but COPY."""
    arrays = [bindparam(f"{name}_", type_=postgresql.ARRAY(table.c[name].type)) for name in names]
    return func.unnest(*arrays).table_valued(*names).render_derived()
