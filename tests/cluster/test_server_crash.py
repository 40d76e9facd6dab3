"""A PostgreSQL that crashes, as with the machine under it, and comes back."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from parts.daemon import wait_for
from parts.databases import opened
from parts.desks import Desk
from parts.engines import cluster
from parts.fake_twilio import running_fake_twilio
from parts.loops import in_loop
from parts.postgres import Postgres
from procrastinate import App

from nudger.runtime import queue
from nudger.runtime.cluster import connector
from nudger.runtime.queue import Queue
from nudger.storage import holding
from nudger.storage.database import Database

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
#: Seconds within which a worker must hear of a job.
SOON = 20.0


def test_what_was_committed_is_still_there(postgres: Postgres) -> None:
    """Also where the server does not wait for its disk by itself: a message leaves right after a commit."""
    with postgres.fresh() as url, opened(url) as database:
        with database.write() as connection:
            holding.hold(connection, "to be seen later", NOON)
        postgres.crash()
        with database.read() as connection:
            assert holding.held(connection) == "to be seen later"


def test_texts_on_their_way_meanwhile_go_out_once(
    postgres: Postgres, desk: Desk, to_twilio: Callable[[int, str], Desk]
) -> None:
    """Nobody has forgotten that they were handed over; the worker comes back by itself and asks about them."""
    with postgres.fresh() as url, running_fake_twilio() as twilio:
        desk.set(DATABASE_URL=url)
        to_twilio(3, twilio.url).set(NUDGER_LEASE=1)
        twilio.hold()
        engine = cluster()
        with engine.scheduling(desk) as schedulers, engine.working(desk) as worker:
            wait_for(lambda: twilio.requests == 3, "sends in flight")
            postgres.crash()
            twilio.let_go()
            wait_for(lambda: states(desk) == ["accepted"] * 3, "three texts")
            assert [daemon.stop() for daemon in (*schedulers, worker)] == [0, 0]
    assert len(twilio.accepted) == twilio.requests == 3


def states(desk: Desk) -> list[str]:
    """How the texts that were due stand."""
    listed = desk.nudger("outbox", "list", "--json", "--days", 1).json
    today = min(message["due_at"] for message in listed)
    return [one["state"] for one in listed if one["due_at"] == today and one["channel"] == "sms"]


@in_loop
async def test_a_worker_hears_of_jobs_again(postgres: Postgres) -> None:
    """The line on which it waits for them is broken, and cannot be mended at once; later it is."""
    with postgres.fresh() as url, opened(url) as database:
        queue.upgrade(database)
        heard = asyncio.Event()

        async def hear(**_: Any) -> None:  # noqa: ANN401 (the library's own)
            heard.set()

        async with App(connector=connector(url)).open_async() as app:
            listening = asyncio.create_task(app.job_manager.listen_for_jobs(on_notification=hear, queues=["plan"]))
            await _until_heard(heard, database)
            await asyncio.to_thread(postgres.crash)
            await _until_heard(heard, database)
            listening.cancel()


async def _until_heard(heard: asyncio.Event, database: Database) -> None:
    """Put in jobs until one is heard of."""
    heard.clear()
    async with asyncio.timeout(SOON):
        while not heard.is_set():
            with database.write() as connection:
                connection.exec_driver_sql("TRUNCATE procrastinate.procrastinate_jobs CASCADE")
            await asyncio.to_thread(Queue(database).offer, "plan")
            await asyncio.sleep(0.2)
