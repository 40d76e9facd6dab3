"""Planning with a million enrollments stored: an idle tick, and one with 60,000 due, against bare sqlite3."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.figures import Figure, Note, Unit, seconds_of, timed
from benchmarks.seeding import FAR, Crowd, milliseconds
from nudger.actions.plan import plan
from nudger.storage.database import Database

KEY = b"a key for benchmarks alone"
NOW = datetime(2026, 3, 16, 0, 0, tzinfo=UTC)
STORED, DUE = int(os.environ.get("NUDGER_BENCH_STORED", "1000000")), 60_000
BATCH = 1000


def figures() -> Iterator[Figure | Note]:
    """Seed once, then an idle tick, the real tick, and the same rows by hand."""
    with tempfile.TemporaryDirectory(prefix="nudger-bench-") as name:
        path = Path(name, "nudger.db")
        with timed() as seeding:
            Crowd(STORED, DUE, NOW).seed(path)
        yield "seeding", f"{STORED:,} couples, each in a schedule, written in {seeding.seconds:.0f} s"
        database = Database(f"sqlite:///{path}")
        idle = seconds_of(lambda: plan(database, KEY, NOW - timedelta(days=30)), rounds=50)
        rates = {name: _planned(database, path, number) for number, name in ((2, "daily"), (1, "random"))}
        database.close()
        bare_idle, bare = _by_hand(path, sum(planned for planned, _ in rates.values()))
    yield Figure(
        f"idle planning tick, {STORED:,} enrollments, SQLite", idle * 1000, Unit.MILLISECONDS,
        bare_idle * 1000, "the same question to sqlite3", 2.0,
    )  # fmt: skip
    for name, target in (("daily", 30_000), ("random", None)):
        planned, seconds = rates[name]
        yield Figure(
            f"messages planned, {DUE // 2:,} enrollments in a {name} rule due", planned / seconds, Unit.PER_SECOND,
            sum(planned for planned, _ in rates.values()) / bare, "the same rows by sqlite3", target,
        )  # fmt: skip


def _planned(database: Database, path: Path, schedule: int) -> tuple[int, float]:
    """How many messages of one of the two rules were planned in how many seconds, the other one not being due."""
    later = milliseconds(NOW + FAR)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE IF NOT EXISTS waiting AS SELECT id, cursor, schedule_id FROM enrollments LIMIT 0")
    connection.execute("INSERT INTO waiting SELECT id, cursor, schedule_id FROM enrollments WHERE cursor < ?", [later])
    connection.execute(
        "UPDATE enrollments SET cursor = ? WHERE cursor < ? AND schedule_id <> ?", [later, later, schedule]
    )
    connection.commit()
    with timed() as watch:
        report = plan(database, KEY, NOW)
    connection.execute(
        "UPDATE enrollments SET cursor = w.cursor FROM waiting w WHERE w.id = enrollments.id AND w.schedule_id <> ?",
        [schedule],
    )
    connection.execute("DROP TABLE waiting")
    connection.commit()
    connection.close()
    return report.planned, watch.seconds


def _by_hand(path: Path, planned: int) -> tuple[float, float]:
    """Seconds for an idle question, and for writing as many messages and cursors again with nothing worked out."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    idle = seconds_of(lambda: connection.execute(
        "SELECT id FROM enrollments WHERE cursor < 0 ORDER BY cursor LIMIT 1000").fetchall(), rounds=50)  # fmt: skip
    columns = "enrollment_id, couple_id, partner_id, channel, period, slot, due_at, not_after, wake_at, state"
    rows = connection.execute(f"SELECT {columns} FROM messages LIMIT {planned}").fetchall()  # noqa: S608 (our own words)
    connection.execute("DELETE FROM messages")
    insert = f"INSERT INTO messages ({columns}) VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING"  # noqa: S608 (as above)
    with timed() as watch:
        for start in range(0, len(rows), BATCH):
            part = rows[start : start + BATCH]
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(insert, part)
            connection.executemany("UPDATE enrollments SET cursor = ? WHERE id = ?", [(row[6], row[0]) for row in part])
            connection.execute("COMMIT")
    connection.close()
    return idle, watch.seconds
