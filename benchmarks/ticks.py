"""One tick of the planner, with nothing to do and with a thousand due, the more enrollments stored the better."""

import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.figures import Figure, Unit, seconds_of, timed
from benchmarks.seeding import Crowd
from nudger.actions.plan import plan
from nudger.storage.database import Database

KEY = b"a key for benchmarks alone"
NOW = datetime(2026, 3, 16, 0, 0, tzinfo=UTC)
SIZES, DUE, ROUNDS = (10_000, 100_000, 1_000_000), 1000, 50
#: A tick with nothing to do, in milliseconds, however many enrollments are stored.
IDLE = 1.0
QUESTION = "SELECT id FROM enrollments WHERE cursor < 0 ORDER BY cursor LIMIT 1000"


def figures() -> Iterator[Figure]:
    """Both ticks at each size."""
    for stored in SIZES:
        with tempfile.TemporaryDirectory(prefix="nudger-bench-") as name:
            path, crowd = Path(name, "nudger.db"), Crowd(stored, NOW)
            crowd.seed(path)
            database = Database(f"sqlite:///{path}")
            yield _idle(database, path, stored)
            yield _busy(database, path, crowd)
            database.close()


def _idle(database: Database, path: Path, stored: int) -> Figure:
    """A tick that finds nothing, against the one question it has to ask."""
    idle = seconds_of(lambda: plan(database, KEY, NOW - timedelta(days=30)), rounds=ROUNDS)
    connection = sqlite3.connect(path)
    bare = seconds_of(lambda: connection.execute(QUESTION).fetchall(), rounds=ROUNDS)
    connection.close()
    subject = f"idle planning tick, {stored:,} enrollments"
    return Figure(subject, idle * 1000, Unit.MILLISECONDS, bare * 1000, "the same question to sqlite3", IDLE)


def _busy(database: Database, path: Path, crowd: Crowd) -> Figure:
    """A tick that plans for a thousand couples by a daily rule, against a commit of as many rows."""
    crowd.make_due(database, 2, DUE)
    with timed() as watch:
        report = plan(database, KEY, NOW)
    assert report.enrollments == DUE, report
    subject = f"planning tick with {DUE:,} due, {crowd.couples:,} enrollments"
    bare = _rewritten(path) * 1000
    return Figure(subject, watch.seconds * 1000, Unit.MILLISECONDS, bare, "its rows copied within sqlite3")


def _rewritten(path: Path) -> float:
    """Seconds to write the planned rows once more, in one statement and one commit."""
    connection = sqlite3.connect(path, isolation_level=None)
    for word in (
        "PRAGMA synchronous = FULL",
        "CREATE TEMP TABLE planned AS SELECT * FROM messages",
        "DELETE FROM messages",
    ):
        connection.execute(word)
    with timed() as watch:
        connection.execute("INSERT INTO messages SELECT * FROM planned")
    connection.close()
    return watch.seconds
