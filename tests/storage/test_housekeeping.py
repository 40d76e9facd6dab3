"""Housekeeping among millions of rows finds its own by an index: it holds the lock that everybody waits for."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from parts.cast import NOON
from sqlalchemy import Connection

from nudger.storage.copies import copies_of, forget_copies
from nudger.storage.database import Database
from nudger.storage.keeping import forget_names, forget_words
from nudger.storage.tables import metadata

WORK: dict[str, Callable[[Connection], object]] = {
    "what a provider holds of somebody": lambda connection: copies_of(connection, [1, 2]),
    "what a provider deleted": lambda connection: forget_copies(connection, [1, 2], "twilio", ["SM1", "SM2"]),
    "old names": lambda connection: forget_names(connection, NOON),
    "old words": lambda connection: forget_words(connection, NOON - timedelta(days=30), NOON),
}


@pytest.mark.parametrize("name", WORK)
def test_no_table_is_read_through(sqlite_database: Database, name: str) -> None:
    """SQLite's own plan of each statement names an index for every table that grows."""
    with sqlite_database.write() as connection:
        raw: Any = connection.connection.driver_connection
        said: list[str] = []
        raw.set_trace_callback(said.append)
        WORK[name](connection)
        raw.set_trace_callback(None)
        statements = [one for one in said if one.startswith(("SELECT", "UPDATE", "DELETE"))]
        plans = [row[3] for one in statements for row in raw.execute(f"EXPLAIN QUERY PLAN {one}")]
    assert statements
    read_through = [plan for plan in plans if plan.startswith("SCAN") and plan.split()[1] in metadata.tables]
    assert read_through == []
