"""What bulk writes need: short lists of ids, an insert that knows what to do about a conflict, rows in one go."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import (
    ClauseElement,
    Column,
    ColumnElement,
    Connection,
    Executable,
    Table,
    TableValuedAlias,
    bindparam,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

Item = TypeVar("Item")

#: Well below SQLite's 32,766 parameters in one statement (https://sqlite.org/limits.html), and short enough to lock.
CHUNK = 500
#: The column of `unnested` that counts its rows.
PLACE = "place_"


def chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """The items in order, a few hundred at a time."""
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


def unsearched(column: Column[Any]) -> ColumnElement[Any]:
    """The column for a condition that no index is to be chosen by, where another one finds far less.

    SQLite counts on ten rows for each value that an index holds, and takes everything ever delivered for little.
    https://www.sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_
    """
    return func.coalesce(column, column)


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert with `ON CONFLICT`, in the words of the database at hand."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def unnested(columns: Mapping[str, Column[Any]]) -> TableValuedAlias:
    """Rows as one array for each name, of its column's values: PostgreSQL's quickest way in but COPY.

    Each array is a parameter `<name>_`, and all of them are what `arrays` makes of rows. Beside the names there is
    the row's place among them.
    """
    given = [bindparam(f"{name}_", type_=postgresql.ARRAY(column.type)) for name, column in columns.items()]
    return func.unnest(*given).table_valued(*columns, with_ordinality=PLACE).render_derived()


def arrays(names: Iterable[str], rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    """The parameters of `unnested` for these rows, of which there is one at least."""
    return {f"{name}_": list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}


class ManyRows:
    """One statement run for very many rows on SQLite, past the work SQLAlchemy does for each of them.

    Values are turned into what the database holds column by column, once for each that differs: planning writes few
    moments for many couples. (Measured: it halves the time of an insert.)
    """

    def __init__(self, statement: ClauseElement, parameters: Mapping[str, Column[Any]]) -> None:
        """Compile the statement; `parameters` says, in the order of the rows, which column's values each name takes."""
        dialect = sqlite.dialect()
        compiled = statement.compile(dialect=dialect, column_keys=list(parameters))
        self._sql = str(compiled)
        order: list[str] = compiled.positiontup  # type: ignore[attr-defined]  # an SQLCompiler has it
        self._order = [list(parameters).index(name) for name in order]
        self._writers = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in parameters.values()]

    def run(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> int:
        """Run it for every row (a value for each parameter, in order); how many rows it changed."""
        if not rows:
            return 0
        written = [_written(read, writer) for read, writer in zip(zip(*rows, strict=True), self._writers, strict=True)]
        placed = list(zip(*(written[index] for index in self._order), strict=True))
        options = {"preserve_rowcount": True}  # or the count of an insert is not kept
        return connection.exec_driver_sql(self._sql, placed, options).rowcount


class Bulk:
    """One write for many rows: row by row on SQLite, as arrays in one statement on PostgreSQL."""

    def __init__(self, one: ClauseElement, many: Executable, parameters: Mapping[str, Column[Any]]) -> None:
        """`one` takes a row's values by the names of `parameters`; `many` is the same of `unnested(parameters)`."""
        self._many = many
        self._names = tuple(parameters)
        self._on_sqlite = ManyRows(one, parameters)

    def run(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> None:
        """Run it for every row (a value for each parameter, in order); with none nothing happens."""
        if connection.dialect.name == "sqlite":
            self._on_sqlite.run(connection, rows)
        elif rows:
            connection.execute(self._many, arrays(self._names, rows))


def inserting(table: Table, names: Sequence[str]) -> Bulk:
    """New rows, of which these columns are given, in this order; their ids grow from row to row."""
    columns = {name: table.c[name] for name in names}
    rows = unnested(columns)
    found = select(*(rows.c[name] for name in names)).order_by(rows.c[PLACE])
    return Bulk(insert(table), insert(table).from_select(names, found), columns)


def updating(table: Table, where: Sequence[str], to: Sequence[str]) -> Bulk:
    """Changes of the rows that have the first values in the columns `where`: to those that follow, in `to`."""
    olds, news = {name: f"old_{name}" for name in where}, {name: f"new_{name}" for name in to}
    columns = {key: table.c[name] for keys in (olds, news) for name, key in keys.items()}
    rows = unnested(columns)
    one = update(table).where(*(table.c[name] == bindparam(key) for name, key in olds.items()))
    many = update(table).where(*(table.c[name] == rows.c[key] for name, key in olds.items()))
    return Bulk(
        one.values({name: bindparam(key) for name, key in news.items()}),
        many.values({name: rows.c[key] for name, key in news.items()}),
        columns,
    )


def _written(values: Sequence[Any], writer: Callable[[Any], Any] | None) -> Iterable[Any]:
    if writer is None:
        return values
    known = {value: writer(value) for value in set(values)}
    return list(map(known.__getitem__, values))
