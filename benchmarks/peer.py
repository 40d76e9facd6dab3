"""The peer one would pick: APScheduler with one job per couple and schedule on its SQLAlchemy store."""

import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
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
from nudger.storage import claiming, messages
from nudger.storage.database import Database

KEY = b"a key for benchmarks alone"
NOW = datetime(2026, 3, 16, 0, 0, tzinfo=UTC)
DUE, CLAIM = 4000, 500
#: How many times faster ours is to be.
TARGET = 20.0
_fired = threading.Semaphore(0)


def fire(_: int) -> None:
    """What a job does: nothing but be counted."""
    _fired.release()


def figures() -> Iterator[Figure]:
    """As many couples in a schedule: planned, and each handed to a worker as its moment comes."""
    with tempfile.TemporaryDirectory(prefix="nudger-bench-") as name:
        ours, peer = _ours(Path(name, "ours.db")), _peer(Path(name, "peer.db"))
    bound = "APScheduler, one job each in its SQLAlchemy store"
    yield Figure(f"{DUE:,} planned and handed over", ours, Unit.PER_SECOND, peer, bound, TARGET * peer)


def _ours(path: Path) -> float:
    """Messages of a day a second, from nothing planned to claimed by a worker; a whole week is planned by the way."""
    crowd = Crowd(2 * DUE, NOW)
    crowd.seed(path)
    database = Database(f"sqlite:///{path}")
    crowd.make_due(database, 2, DUE)
    first_day = NOW + timedelta(days=1)
    with timed() as watch:
        plan(database, KEY, NOW)
        claimed = sum(iter(partial(_claim, database, first_day), 0))
    with database.read() as connection:
        following = messages.next_wake(connection)
    database.close()
    assert following is not None, "the week to come is not planned"
    assert following > first_day, "one was left behind"
    return claimed / watch.seconds


def _claim(database: Database, now: datetime) -> int:
    """Claim as the dispatcher does; how many."""
    with database.write() as connection:
        due = claiming.claimable(connection, now, CLAIM, list(ChannelKind))
        messages.save(connection, [(one, life.claim(one, now, Patience())) for one in due], now)
    return len(due)


def _peer(path: Path) -> float:
    """Jobs a second, from none stored to fired; however late, since by default most would be passed over."""
    scheduler = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(f"sqlite:///{path}")},
        executors={"default": ThreadPoolExecutor(10)},
        job_defaults={"misfire_grace_time": None},
        timezone="UTC",
    )
    scheduler.start(paused=True)
    past = datetime.now(UTC) - timedelta(seconds=1)
    with timed() as watch:
        for number in range(DUE):
            scheduler.add_job(fire, IntervalTrigger(days=1), [number], next_run_time=past)
        scheduler.resume()
        for _ in range(DUE):
            assert _fired.acquire(timeout=60), "a job did not fire"
    scheduler.shutdown(wait=True)
    return DUE / watch.seconds
