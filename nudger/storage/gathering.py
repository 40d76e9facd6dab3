"""Gathering: a group's values in one row, where taking them row by row would cost far more than finding them."""

from typing import Any

from pydantic_core import from_json
from sqlalchemy import Column, Dialect, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


class ListOf(TypeDecorator[list[Any]]):
    """Values of one type: an array on PostgreSQL, a list in JSON on SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        """Values of the type `item`."""
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the type of the database at hand."""
        return ARRAY(self.item) if dialect.name == "postgresql" else Text()

    def process_result_value(self, value: Any, dialect: Dialect) -> list[Any]:  # noqa: ANN401 (the driver's)
        """Read them as if each came in a row of its own."""
        if dialect.name == "postgresql":
            return list(value)
        read = self.item.dialect_impl(dialect).result_processor(dialect, None)
        values: list[Any] = from_json(value)
        return values if read is None else list(map(read, values))


class Gathered(FunctionElement[list[Any]]):
    """All values of a column within a group, in no order: gather what to sort them by as well."""

    name = "gathered"
    inherit_cache = True

    def __init__(self, column: Column[Any]) -> None:
        """The values of this column."""
        super().__init__(column)
        self.type = ListOf(column.type)


@compiles(Gathered, "sqlite")
def _on_sqlite(gathered: Gathered, compiler: SQLCompiler, **wishes: Any) -> str:  # noqa: ANN401 (SQLAlchemy's own)
    return f"json_group_array({compiler.process(gathered.clauses, **wishes)})"


@compiles(Gathered, "postgresql")
def _on_postgresql(gathered: Gathered, compiler: SQLCompiler, **wishes: Any) -> str:  # noqa: ANN401 (SQLAlchemy's own)
    return f"array_agg({compiler.process(gathered.clauses, **wishes)})"
