"""Rows carried to PostgreSQL as they are: read by key, written with COPY, and read again to compare.

A chunk is one transaction and tables are filled in the order of their keys, so the target's own last key tells how
far a copy came, however it was cut off.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Connection, String, Table, column, func, inspect, literal, select, table

from nudger.storage.tables import metadata

Rows = Sequence[tuple[Any, ...]]

#: In the target while a copy is not finished; it holds where the rows come from.
MARK = "unfinished_move"


def tables_in_order() -> Sequence[Table]:
    """Every table, those referred to first."""
    return metadata.sorted_tables


def count(connection: Connection, of: Table) -> int:
    """How many rows a table has."""
    return connection.execute(select(func.count()).select_from(of)).scalar_one()


def chunk(connection: Connection, of: Table, after: object, limit: int) -> Rows:
    """At most `limit` rows in the order of their key, those after a key, or the first ones where it is None."""
    key = _sorting_key(connection, of)
    query = select(of).order_by(key).limit(limit)
    if after is not None:
        query = query.where(key > after)
    return [tuple(row) for row in connection.execute(query)]


def key_of(of: Table, row: tuple[Any, ...]) -> object:
    """The key of a row that `chunk` read."""
    return row[list(of.columns).index(_key(of))]


def last_key(connection: Connection, of: Table) -> object:
    """The greatest key a table holds, None where it is empty."""
    query = select(_key(of)).order_by(_sorting_key(connection, of).desc()).limit(1)
    return connection.execute(query).scalar_one_or_none()


def _key(of: Table) -> Column[Any]:
    (key,) = of.primary_key.columns
    return key


def _sorting_key(connection: Connection, of: Table) -> Any:  # noqa: ANN401 (SQLAlchemy's type)
    """Text in the order of its bytes, as SQLite has it whatever the language."""
    key = _key(of)
    return key.collate("C") if connection.dialect.name == "postgresql" and isinstance(key.type, String) else key


def copy_in(connection: Connection, of: Table, rows: Rows) -> None:
    """Write rows into a table of PostgreSQL: https://www.postgresql.org/docs/current/sql-copy.html ."""
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(one.name) for one in of.columns)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {quote(of.name)} ({names}) FROM STDIN") as copying:
        for row in rows:
            copying.write_row(row)


def compared(left: Connection, right: Connection, of: Table, limit: int) -> Iterator[tuple[int, bool]]:
    """A table on both sides, `limit` rows at a time: how many, and whether they are the same; ends where not."""
    after: object = None
    while True:
        here, there = chunk(left, of, after, limit), chunk(right, of, after, limit)
        yield len(here), here == there
        if here != there or not here:
            return
        after = key_of(of, here[-1])


def is_empty(connection: Connection) -> bool:
    """Whether no table holds a row."""
    return all(
        connection.execute(select(literal(1)).select_from(one).limit(1)).first() is None for one in tables_in_order()
    )


def mark(connection: Connection, origin: str) -> None:
    """Begin a copy."""
    connection.exec_driver_sql(f"CREATE TABLE {MARK} (origin text NOT NULL)")
    connection.execute(table(MARK, column("origin")).insert().values(origin=origin))


def marked(connection: Connection) -> str | None:
    """Where the rows of an unfinished copy come from; None where there is no such copy."""
    if not inspect(connection).has_table(MARK):
        return None
    origin: str = connection.execute(select(table(MARK, column("origin")).c.origin)).scalar_one()
    return origin


def wipe(connection: Connection) -> None:
    """Empty every table."""
    quote = connection.dialect.identifier_preparer.quote
    connection.exec_driver_sql(f"TRUNCATE {', '.join(quote(one.name) for one in tables_in_order())}")


def finish(connection: Connection) -> None:
    """Have new rows numbered after the old ones, and take away the mark."""
    for one in tables_in_order():
        if "id" in one.columns:
            sequence = func.pg_get_serial_sequence(one.name, "id")
            highest = func.max(one.c.id)
            connection.execute(select(func.setval(sequence, func.coalesce(highest, 1), highest.is_not(None))))
    connection.exec_driver_sql(f"DROP TABLE {MARK}")
