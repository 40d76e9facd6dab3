"""Moments as the two databases hold them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware moment in UTC, to the millisecond: timestamptz on PostgreSQL, an integer on SQLite.

    An integer because SQLite has no time type, and comparing text dates costs three times as much.
    """

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column type of the database at hand."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401 (SQLAlchemy's type)
        """Write an aware moment; a naive one is a bug and raises."""
        if value is None:
            return None
        milliseconds = (value - EPOCH) // MILLISECOND
        if dialect.name == "postgresql":
            return EPOCH + milliseconds * MILLISECOND
        return milliseconds

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:  # noqa: ARG002 (SQLAlchemy's)
        """Read it back as UTC; without the calls that SQLAlchemy would wrap round each of thousands of values."""
        return _from_timestamp if dialect.name == "postgresql" else _from_milliseconds


def _from_timestamp(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)


def _from_milliseconds(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else EPOCH + milliseconds * MILLISECOND
