"""Planning with a million enrollments stored, on SQLite and PostgreSQL, against the same rows written by hand."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.figures import Figure, Note, Unit, timed
from benchmarks.seeding import Crowd
from benchmarks.servers import postgresql
from nudger.actions.plan import plan
from nudger.storage.database import Database

KEY = b"a key for benchmarks alone"
NOW = datetime(2026, 3, 16, 0, 0, tzinfo=UTC)
STORED, DUE, BATCH = int(os.environ.get("NUDGER_BENCH_STORED", "1000000")), 30_000, 2000
COLUMNS = "enrollment_id, couple_id, partner_id, channel, period, slot, due_at, not_after, wake_at, state"
#: Each rule's number, name and targets, in messages a second, on the two databases.
RULES = ((2, "daily", 50_000, 15_000), (1, "random", 30_000, None))
Insert = Callable[[str, Sequence[Any]], object]


def figures() -> Iterator[Figure | Note]:
    """Both databases, seeded alike."""
    crowd = Crowd(STORED, NOW)
    with tempfile.TemporaryDirectory(prefix="nudger-bench-") as name:
        path = Path(name, "nudger.db")
        with timed() as seeding:
            crowd.seed(path)
        yield "planning", f"{STORED:,} couples, each in a schedule, written to SQLite in {seeding.seconds:.0f} s"
        database = Database(f"sqlite:///{path}")
        yield from _rates(crowd, database, "SQLite", lambda: _by_sqlite3(path))
        database.close()
    with postgresql() as url:
        crowd.seed_postgresql(url)
        database = Database(url)
        with database.read() as connection:
            release = connection.exec_driver_sql("SHOW server_version").scalar_one()
        yield "planning", f"PostgreSQL {release}, on the same machine, as it comes"
        yield from _rates(crowd, database, "PostgreSQL", lambda: _by_psycopg(url))
        database.close()


def _rates(crowd: Crowd, database: Database, kind: str, by_hand: Callable[[], float]) -> Iterator[Figure]:
    """Messages planned a second by each rule, and the same rows written again with nothing worked out."""
    for number, rule, on_sqlite, on_postgresql in RULES:
        crowd.make_due(database, number, DUE)
        with timed() as watch:
            report = plan(database, KEY, NOW)
        assert report.enrollments == DUE, report
        yield Figure(
            f"messages planned by a {rule} rule, {STORED:,} enrollments, {kind}",
            report.planned / watch.seconds,
            Unit.PER_SECOND,
            by_hand(),
            "the same rows and cursors by the bare driver",
            on_sqlite if database.is_sqlite else on_postgresql,
        )


def _by_sqlite3(path: Path) -> float:
    """Messages a second; all are deleted afterwards."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -16000")
    rows = connection.execute(f"SELECT {COLUMNS} FROM messages").fetchall()  # noqa: S608 (our own words)
    connection.execute("DELETE FROM messages")
    with timed() as watch:
        for part in _batches(rows):
            connection.execute("BEGIN IMMEDIATE")
            _write(connection.executemany, part, "?")
            connection.execute("COMMIT")
    connection.execute("DELETE FROM messages")
    connection.close()
    return len(rows) / watch.seconds


def _by_psycopg(url: str) -> float:
    """The same on PostgreSQL, by the driver's own executemany (which sends rows in one go, as a pipeline)."""
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute(f"SELECT {COLUMNS} FROM messages").fetchall()  # noqa: S608 (the same)
        connection.execute("TRUNCATE messages CASCADE")
        with timed() as watch:
            for part in _batches(rows):
                with connection.transaction(), connection.cursor() as cursor:
                    _write(cursor.executemany, part, "%s")
        connection.execute("TRUNCATE messages CASCADE")
    return len(rows) / watch.seconds


def _write(insert: Insert, rows: Sequence[Sequence[Any]], mark: str) -> None:
    marks = ",".join([mark] * len(rows[0]))
    insert(f"INSERT INTO messages ({COLUMNS}) VALUES ({marks}) ON CONFLICT DO NOTHING", rows)  # noqa: S608 (our own words)
    cursors = {row[0]: row[6] for row in rows}
    moved = [(at, one) for one, at in cursors.items()]
    insert(f"UPDATE enrollments SET cursor = {mark} WHERE id = {mark}", moved)  # noqa: S608 (the same)


def _batches(rows: Sequence[Sequence[Any]]) -> Iterator[Sequence[Sequence[Any]]]:
    """As many rows at a time as the planner writes for a batch of enrollments."""
    size = max(1, len(rows) * BATCH // DUE)
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
