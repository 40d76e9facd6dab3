"""The peer one would pick: APScheduler with one job per couple and schedule on its SQLAlchemy store."""

import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from benchmarks.figures import Figure, Unit, timed
from benchmarks.seeding import Crowd
from nudger.actions.plan import plan
from nudger.domain import life
from nudger.domain.life import Patience
from nudger.domain.people import ChannelKind
from nudger.storage import messages
from nudger.storage.database import Database

KEY = b"a key for benchmarks alone"
NOW = datetime(2026, 3, 16, 0, 0, tzinfo=UTC)
DUE = 2000
_fired = threading.Semaphore(0)


def fire(_: int) -> None:
    """What a job does: nothing but be counted."""
    _fired.release()


def figures() -> Iterator[Figure]:
    """2,000 due at once: ours planned and claimed, the peer's jobs fired."""
    with tempfile.TemporaryDirectory(prefix="nudger-bench-") as name:
        ours, peer = _ours(Path(name, "ours.db")), _peer(Path(name, "peer.db"))
    yield Figure(f"{DUE:,} due at once, planned and claimed", ours, Unit.PER_SECOND, peer, "APScheduler's job store")


def _ours(path: Path) -> float:
    Crowd(DUE, DUE, NOW).seed(path)
    database = Database(f"sqlite:///{path}")
    claimed = 0
    with timed() as watch:
        plan(database, KEY, NOW)
        later = NOW + timedelta(days=3)
        while True:
            with database.write() as connection:
                due = messages.claimable(connection, later, 500, list(ChannelKind))
                messages.save(connection, [(one, life.claim(one, later, Patience())) for one in due], later)
            if not due:
                break
            claimed += len(due)
    database.close()
    return claimed / watch.seconds


def _peer(path: Path) -> float:
    scheduler = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(f"sqlite:///{path}")},
        executors={"default": ThreadPoolExecutor(10)},
        job_defaults={"misfire_grace_time": None},
        timezone="UTC",
    )
    scheduler.start(paused=True)
    past = datetime.now(UTC) - timedelta(seconds=1)
    for number in range(DUE):
        scheduler.add_job(fire, IntervalTrigger(days=1), [number], next_run_time=past)
    with timed() as watch:
        scheduler.resume()
        for _ in range(DUE):
            assert _fired.acquire(timeout=60), "a job did not fire"
    scheduler.shutdown(wait=True)
    return DUE / watch.seconds
