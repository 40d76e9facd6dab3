"""A worker beside a database that comes and goes."""

import asyncio
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from parts.daemon import wait_for
from parts.databases import opened
from parts.loops import in_loop
from parts.ports import free_port
from parts.postgres import Postgres
from procrastinate.exceptions import ConnectorException
from sqlalchemy import text

from nudger.runtime import cluster, queue
from nudger.runtime.clock import surroundings
from nudger.runtime.cluster import Connector, Signs, Worker
from nudger.settings import Intake
from nudger.storage.database import Database

SIGNS = text("SELECT max(last_heartbeat) FROM procrastinate.procrastinate_workers")


def worker(url: str, database: Any = None) -> Worker:  # noqa: ANN401 (none, or a real one)
    """One that finds nothing to do."""
    settings = SimpleNamespace(url=url, shutdown=1, ask_after=15, settle=60, inbound=Intake.NONE)
    service: Any = SimpleNamespace(database=database, settings=settings, around=surroundings())
    return Worker(service, ["forget"], 1)


@in_loop
async def test_a_database_that_is_gone_at_the_start_is_waited_for() -> None:
    """It may come back; and who waits for it can be told to stop."""
    one = worker(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")
    running = asyncio.create_task(one.run())
    await asyncio.sleep(0.5)
    one.stop()
    await ended(running)


@in_loop
async def test_a_stop_during_the_start_is_heeded(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the driver, busy with its first connection, lets the cancellation pass."""
    starting, passing = asyncio.Event(), Signs.register_worker

    async def deaf(self: Signs) -> int:
        starting.set()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        return await passing(self)

    monkeypatch.setattr(Signs, "register_worker", deaf)
    with postgres.fresh() as url, opened(url) as database:
        queue.upgrade(database)
        one = worker(url, database)
        running = asyncio.create_task(one.run())
        await starting.wait()
        one.stop()
        await ended(running)


@in_loop
async def test_a_sign_of_life_that_failed_is_not_the_last(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one is given; else a hiccup of the database would make a worker that is well count as dead."""
    monkeypatch.setattr(cluster, "HEARTBEAT", 0.1)
    hiccup, passing = asyncio.Event(), Connector.execute_query_async

    async def hiccups_once(self: Connector, query: Any, **arguments: Any) -> None:  # noqa: ANN401 (the library's own)
        if "update_heartbeat" in query and not hiccup.is_set():
            hiccup.set()
            raise ConnectorException
        await passing(self, query, **arguments)

    monkeypatch.setattr(Connector, "execute_query_async", hiccups_once)
    with postgres.fresh() as url, opened(url) as database:
        queue.upgrade(database)
        one = worker(url, database)
        running = asyncio.create_task(one.run())
        await hiccup.wait()
        before = await asyncio.to_thread(last_sign, database)
        await asyncio.to_thread(wait_for, lambda: last_sign(database) != before, "another sign of life")
        one.stop()
        await running


async def ended(running: asyncio.Task[None]) -> None:
    """Wait for a worker's end, without a hand in it: AssertionError where it does not come."""
    done, _ = await asyncio.wait({running}, timeout=20)
    assert done
    await running


def last_sign(database: Database) -> object:
    """When any worker last gave a sign of life."""
    with database.read() as connection:
        return connection.execute(SIGNS).scalar_one()
