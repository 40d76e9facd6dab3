"""Housekeeping among millions of rows finds its own by an index: it holds the lock that everybody waits for."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from parts.cast import NOON
from sqlalchemy import Connection

from nudger.domain.people import ChannelKind
from nudger.storage import history
from nudger.storage.claiming import claimable, lanes_taken
from nudger.storage.copies import copies_of, forget_copies
from nudger.storage.database import Database
from nudger.storage.keeping import forget_names, forget_words
from nudger.storage.messages import spent
from nudger.storage.tables import metadata
from nudger.storage.unpicked import unpicked

WORK: dict[str, Callable[[Connection], object]] = {
    "what a provider holds of somebody": lambda connection: copies_of(connection, [1, 2]),
    "what a provider deleted": lambda connection: forget_copies(connection, [1, 2], "twilio", ["SM1", "SM2"]),
    "old names": lambda connection: forget_names(connection, NOON),
    "old words": lambda connection: forget_words(connection, NOON - timedelta(days=30), NOON),
}


#: What is asked about hundreds of people at once -> the index that leads to their rows, and to no one else's.
MANY = range(1, 501)
OF_MANY: dict[str, tuple[Callable[[Connection], object], str]] = {
    "whose time has come": (
        lambda connection: claimable(connection, NOON, 500, list(ChannelKind)),
        "ix_messages_turn (state=? AND wake_at<?)",
    ),
    "who has one in flight": (
        lambda connection: lanes_taken(connection, MANY),
        "ix_messages_lane (partner_id=? AND channel=? AND state=?)",
    ),
    "what budgets count": (
        lambda connection: spent(connection, MANY, NOON),
        "ix_messages_partner_id_sent_at (partner_id=? AND sent_at>?)",
    ),
    "what was picked in the year": (
        lambda connection: history.recent(connection, MANY, NOON),
        "ix_picks_couple_id_at (couple_id=? AND at>?)",
    ),
    "what stood in for something else": (
        lambda connection: history.replaced(connection, MANY, NOON),
        "ix_picks_own (couple_id=?)",
    ),
    "what nothing was picked for": (
        lambda connection: unpicked(connection, MANY, NOON - timedelta(days=365), NOON, 500),
        "sqlite_autoindex_messages_1 (enrollment_id=? AND partner_id=? AND period>?)",
    ),
}


@pytest.mark.parametrize("name", OF_MANY)
def test_hundreds_are_found_among_everybodys_years(sqlite_database: Database, name: str) -> None:
    """SQLite guesses badly with long lists and no statistics: what was ever sent is no way to find a few people's."""
    work, index = OF_MANY[name]
    plans = plans_of(sqlite_database, work)
    reads = [plan for plan in plans if plan.startswith(("SEARCH messages", "SEARCH picks", "SCAN"))]
    assert reads
    assert index in reads[0]
    assert [plan for plan in plans if plan.startswith("SCAN")] == []


@pytest.mark.parametrize("name", WORK)
def test_no_table_is_read_through(sqlite_database: Database, name: str) -> None:
    """SQLite's own plan of each statement names an index for every table that grows."""
    plans = plans_of(sqlite_database, WORK[name])
    read_through = [plan for plan in plans if plan.startswith("SCAN") and plan.split()[1] in metadata.tables]
    assert read_through == []


def plans_of(database: Database, work: Callable[[Connection], object]) -> list[str]:
    """How SQLite goes about each statement of some work, which asks for something at least."""
    with database.write() as connection:
        raw: Any = connection.connection.driver_connection
        said: list[str] = []
        raw.set_trace_callback(said.append)
        work(connection)
        raw.set_trace_callback(None)
        statements = [one for one in said if one.startswith(("SELECT", "UPDATE", "DELETE"))]
        assert statements
        return [row[3] for one in statements for row in raw.execute(f"EXPLAIN QUERY PLAN {one}")]
