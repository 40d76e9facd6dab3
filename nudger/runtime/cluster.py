"""Many machines: schedulers give out ticks as jobs, and workers anywhere do them. PostgreSQL alone."""

import asyncio
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from procrastinate import App, PsycopgConnector
from procrastinate.connector import Notify
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import DeleteJobCondition, Status
from procrastinate.manager import JobManager
from procrastinate.worker import Worker as Hands
from psycopg import AsyncConnection
from psycopg import Error as DriverError
from psycopg_pool import AsyncConnectionPool
from sqlalchemy.exc import SQLAlchemyError

from nudger.errors import StorageError
from nudger.observability import logger
from nudger.runtime.memory import settle
from nudger.runtime.notify_systemd import supervisor
from nudger.runtime.queue import SCHEMA, Queue
from nudger.runtime.ticks import NAMES, Stopping, Tick, all_work
from nudger.storage.database import POSTGRESQL_CONNECT, Database, parse
from nudger.storage.turns import take_turn
from nudger.wiring import Service

log = logger(__name__)

#: Seconds between a worker's signs of life, and without one until it counts as dead.
HEARTBEAT, DEAD_AFTER = 10.0, 30.0
#: Seconds between two looks for jobs of dead workers.
RESCUE_EVERY = 10.0
#: Seconds between two looks for jobs whose notification was lost.
LOOK_EVERY = 2.0
#: Seconds until a database that is gone is tried again.
PAUSE = 1.0

DATABASE_TROUBLE = (StorageError, SQLAlchemyError, ConnectorException, DriverError, OSError)


def given_out(service: Service, stopping: Stopping) -> Sequence[Tick]:
    """The ticks of a scheduler: each puts a job into the queue, unless another scheduler has just done so."""
    queue = Queue(service.database)
    return [_given_out(tick, service.database, queue) for tick in all_work(service, stopping)]


def _given_out(tick: Tick, database: Database, queue: Queue) -> Tick:
    def give_out() -> None:
        with suppress(AlreadyEnqueued), database.write() as connection:  # by a worker, since we looked
            if take_turn(connection, tick.name, tick.every):
                queue.put(connection, tick.name)

    async def work() -> None:
        await asyncio.to_thread(give_out)

    return Tick(tick.name, tick.every, work)


class Worker:
    """Does jobs until it is told to stop, and clears up after workers that died."""

    def __init__(self, service: Service, queues: Sequence[str] | None, concurrency: int) -> None:
        """Do jobs of these queues (None: all), so many at a time. The queue's tables must be there."""
        self._service = service
        self._queues = list(queues or NAMES)
        self._concurrency = concurrency
        self._queue = Queue(service.database)
        self._stopping = asyncio.Event()
        self._systemd = supervisor()
        self._app = App(connector=connector(service.settings.url))
        self._app.job_manager = Signs(self._app.connector)
        for name, job in self._jobs().items():
            self._app.task(name=name, queue=name)(job)

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT; then finish what is in hand, for as long as the settings allow."""
        self._listen_for_signals()
        settle()
        async with self._app.open_async(), self._systemd.watching():
            log.info("running", queues=self._queues)
            self._systemd.ready()
            while not self._stopping.is_set():
                await self._work_on()
        log.info("stopped")

    def stop(self) -> None:
        """Take no further job."""
        if not self._stopping.is_set():
            log.info("stopping")
            self._systemd.stopping()
            self._stopping.set()

    def _listen_for_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)

    async def _work_on(self) -> None:
        """Work until told to stop, or until the database fails: then come back a little later, as a new worker."""
        hands: Any = self._hands()  # its methods have no types
        working = asyncio.ensure_future(hands.run())
        stopping = asyncio.ensure_future(self._stopping.wait())
        rescuing = asyncio.ensure_future(self._rescue_for_ever())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        rescuing.cancel()
        # It finishes what is in hand; where it has ended already, nothing happens. It is told in both ways: while the
        # driver waits for its first connection it may let a cancellation pass; before its first step a stop is lost.
        hands.stop()
        working.cancel()
        try:
            with suppress(asyncio.CancelledError):
                await working
        except DATABASE_TROUBLE as error:
            log.error("worker_failed", error=type(error).__name__)  # noqa: TRY400 (its text may name people)
        if not self._stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping, PAUSE)
        stopping.cancel()

    def _hands(self) -> Hands:
        return Hands(
            self._app,
            queues=self._queues,
            name="nudger",
            concurrency=self._concurrency,
            fetch_job_polling_interval=LOOK_EVERY,
            shutdown_graceful_timeout=self._service.settings.shutdown,
            delete_jobs=DeleteJobCondition.ALWAYS,  # finished jobs tell nothing that our own tables do not
            install_signal_handlers=False,
            update_heartbeat_interval=HEARTBEAT,
            stalled_worker_timeout=DEAD_AFTER,
        )

    async def _rescue_for_ever(self) -> None:
        while True:
            with suppress(*DATABASE_TROUBLE):  # told by the worker itself
                await rescue(self._app, self._queue)
            await asyncio.sleep(RESCUE_EVERY)

    def _jobs(self) -> Mapping[str, Callable[[], object]]:
        ticks = all_work(self._service, self._stopping.is_set)
        batchwise = Tick("dispatch", ticks[0].every, self._dispatch)
        return {tick.name: _careful(batchwise if tick.name == "dispatch" else tick) for tick in ticks}

    async def _dispatch(self) -> None:
        """One batch. Once it is claimed another worker is called, and once it is sent those it stood in the way of."""

        async def call_another() -> None:
            await asyncio.to_thread(self._queue.offer, "dispatch")

        if await self._service.dispatcher.once(call_another):
            await call_another()


async def rescue(app: App, queue: Queue) -> int:
    """Put each job of a worker that died back into the queue; how many.

    The job itself goes and a new one of its name comes, unless one waits already: procrastinate's own retry would
    meet that one's queueing lock. A crash between the two costs one tick.
    """
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER))
    for job in stalled:
        with suppress(ConnectorException):  # another worker was a moment faster
            await app.job_manager.finish_job(job=job, status=Status.ABORTED, delete_job=True)
        await asyncio.to_thread(queue.offer, job.task_name)
    await app.job_manager.prune_stalled_workers(DEAD_AFTER)
    if stalled:
        log.warning("jobs_rescued", jobs=len(stalled))
    return len(stalled)


def _careful(tick: Tick) -> Callable[[], object]:
    """A job that fails with the database is over: what was to be done is still there at the next tick."""

    async def job() -> None:
        try:
            await tick.work()
        except DATABASE_TROUBLE as error:
            log.error("tick_failed", tick=tick.name, error=type(error).__name__)  # noqa: TRY400 (as in the daemon)

    return job


class Signs(JobManager):
    """The library's own look after jobs, which goes on giving signs of life after one that failed.

    The library's own end with the first that fails, and nobody would notice, for the reason given at `Connector`: half
    a minute later the worker would count as dead, and its jobs would be given to others while it does them.
    """

    async def update_heartbeat(self, worker_id: int) -> None:
        """Give one; the next comes in any case."""
        try:
            await super().update_heartbeat(worker_id)
        except DATABASE_TROUBLE as error:
            log.warning("sign_of_life_failed", error=type(error).__name__)


class Pool(AsyncConnectionPool[AsyncConnection]):
    """The driver's own pool, which opens at once: whoever wants a connection waits for it, and may be told to stop."""

    async def open(self, wait: bool = False, timeout: float = 30.0) -> None:  # noqa: ARG002, ASYNC109, FBT001, FBT002 (the driver's own)
        """Begin to connect."""
        await super().open(wait=False)


class Connector(PsycopgConnector):
    """The library's own way to the database, which goes on listening for new jobs after the database was gone.

    The library's listener tries once, which is too early while the server restarts, and nobody would notice its end:
    what watches over it ends itself where there are no periodic tasks. Jobs would be found every `LOOK_EVERY` only.
    """

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """Tell of new jobs, until cancelled."""
        names = list(channels)
        while True:
            with suppress(*DATABASE_TROUBLE):  # told by whoever fetches jobs, if it lasts
                await super().listen_notify(on_notification, names)
            await asyncio.sleep(PAUSE)


def connector(url: str) -> Connector:
    """A way to the database of that address: a few connections, as patient as ours."""
    options = f"{POSTGRESQL_CONNECT['options']} -c search_path={SCHEMA}"
    return Connector(
        pool_factory=Pool,
        conninfo=parse(url).set(drivername="postgresql").render_as_string(hide_password=False),
        kwargs={**POSTGRESQL_CONNECT, "application_name": "nudger worker", "options": options},
        min_size=1,
        max_size=4,
        timeout=10,
    )
