"""How work gets to workers: given out once, taken back from the dead, on a real PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from parts.databases import opened
from parts.loops import in_loop
from parts.postgres import Postgres
from procrastinate import App
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy import text

from nudger.runtime import queue
from nudger.runtime.cluster import connector, rescue
from nudger.runtime.queue import Queue
from nudger.storage.database import Database
from nudger.storage.turns import take_turn

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def url(postgres: Postgres) -> Iterator[str]:
    """The address of a database with tables."""
    with postgres.fresh() as address:
        yield address


@pytest.fixture(scope="module")
def queued(url: str) -> Iterator[Database]:
    """That database, with the queue's tables too."""
    with opened(url) as database:
        queue.upgrade(database)
        yield database


@pytest.fixture
def empty(queued: Database) -> Database:
    """The same with nothing in it."""
    with queued.write() as connection:
        connection.exec_driver_sql("TRUNCATE ticks, procrastinate.procrastinate_jobs CASCADE")
    return queued


def jobs(database: Database) -> list[tuple[Any, ...]]:
    """Every job: its name and how it stands."""
    query = text("SELECT task_name, status::text FROM procrastinate.procrastinate_jobs ORDER BY id")
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(query)]


def give_out(database: Database, name: str) -> bool:
    """Give out a tick as a scheduler does; whether it was this one's turn."""
    with database.write() as connection:
        mine = take_turn(connection, name, MINUTE)
        if mine:
            Queue(database).put(connection, name)
    return mine


def test_of_many_schedulers_one_gives_out_each_tick(empty: Database) -> None:
    """Asked by eight at once, a tick is given out once, and not again before its time."""
    with ThreadPoolExecutor(8) as schedulers:
        turns = list(schedulers.map(lambda _: give_out(empty, "plan"), range(8)))
    assert sorted(turns) == [False] * 7 + [True]
    assert jobs(empty) == [("plan", "todo")]
    assert give_out(empty, "invite")
    assert not give_out(empty, "plan")


def test_a_tick_comes_again_when_its_time_has_come(empty: Database) -> None:
    """A scheduler that is a little early is not sent away for another round."""
    assert give_out(empty, "plan")
    with empty.write() as connection:
        connection.exec_driver_sql("UPDATE ticks SET at = at - interval '55 seconds'")
    assert give_out(empty, "plan")
    assert jobs(empty) == [("plan", "todo")]


def test_a_clock_that_was_set_back_stops_no_tick(empty: Database) -> None:
    """A turn that was taken in what is the future by now is over; otherwise nothing would come until then."""
    assert give_out(empty, "plan")
    with empty.write() as connection:
        connection.exec_driver_sql("UPDATE ticks SET at = at + interval '2 hours'")
    assert give_out(empty, "plan")
    assert not give_out(empty, "plan")


def test_a_tick_that_could_not_be_given_out_is_not_lost(empty: Database) -> None:
    """The turn and the job are one transaction: where the job fails, the next scheduler has the turn."""

    def fail() -> None:
        with empty.write() as connection:
            assert take_turn(connection, "plan", MINUTE)
            raise AlreadyEnqueued

    with pytest.raises(AlreadyEnqueued):
        fail()
    assert give_out(empty, "plan")


def test_a_job_that_waits_is_not_put_in_twice(empty: Database) -> None:
    """However many ask for it at once, one job of a name waits."""
    offer = Queue(empty).offer
    with ThreadPoolExecutor(4) as askers:
        list(askers.map(lambda _: offer("dispatch"), range(12)))
    assert jobs(empty) == [("dispatch", "todo")]


def test_upgrade_may_be_repeated_and_runs_what_is_new(empty: Database) -> None:
    """Run again it changes nothing; a migration that is not on record is run."""
    assert queue.upgrade(empty) == queue.upgrade(empty)
    with empty.write() as connection:
        connection.exec_driver_sql("DELETE FROM procrastinate.migrations WHERE name LIKE '03.03.00_01_pre%%'")
        connection.exec_driver_sql("DROP FUNCTION procrastinate.procrastinate_fetch_job_v2")
    queue.upgrade(empty)
    query = "SELECT to_regproc('procrastinate.procrastinate_fetch_job_v2') IS NOT NULL"
    with empty.read() as connection:
        assert connection.exec_driver_sql(query).scalar_one()


STALLED = text("""
WITH workers AS (
    INSERT INTO procrastinate.procrastinate_workers (last_heartbeat)
    VALUES (now() - interval '31 seconds'), (now()) RETURNING id
)
INSERT INTO procrastinate.procrastinate_jobs (queue_name, task_name, queueing_lock, status, worker_id)
SELECT name, name, name, 'doing', worker FROM (
    SELECT 'plan' AS name, min(id) AS worker FROM workers
    UNION ALL SELECT 'invite', min(id) FROM workers
    UNION ALL SELECT 'notify', max(id) FROM workers
) AS held
""")


@in_loop
async def test_jobs_of_a_dead_worker_come_back(url: str, empty: Database) -> None:
    """A job whose worker gave no sign of life for half a minute waits again, also where one like it waits already."""
    with empty.write() as connection:
        connection.execute(STALLED)
    Queue(empty).offer("plan")
    async with App(connector=connector(url)).open_async() as app:
        assert await rescue(app, Queue(empty)) == 2
        assert await rescue(app, Queue(empty)) == 0
    assert sorted(jobs(empty)) == [("invite", "todo"), ("notify", "doing"), ("plan", "todo")]
