"""The daemon: one process, one event loop, APScheduler's ticks, and a clean stop."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.exc import SQLAlchemyError

from nudger.actions.plan import plan
from nudger.actions.sync import sync
from nudger.errors import StorageError
from nudger.observability import logger
from nudger.storage import reports
from nudger.wiring import Service, demo_kinds

log = logger(__name__)

PLAN_EVERY = timedelta(seconds=30)
DISPATCH_EVERY = timedelta(seconds=1)
RECONCILE_EVERY = timedelta(seconds=5)
FASTEST_RECONCILE = timedelta(seconds=0.2)
HEARTBEAT_EVERY = timedelta(seconds=60)

Tick = Callable[[], Awaitable[None]]


class Daemon:
    """Ticks until it is told to stop. Ticks only look; what is due stands in the database, never in the scheduler."""

    def __init__(self, service: Service) -> None:
        """Prepare to run; nothing starts yet."""
        self._service = service
        self._stopping = asyncio.Event()
        self._at_work: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT. On a SQLite file whoever calls this holds `only_daemon`."""
        self._listen_for_signals()
        await self._start()
        scheduler = self._scheduler()
        scheduler.start()
        await self._stopping.wait()
        scheduler.pause()  # not yet shut down: that would cut off the ticks at work
        await self._finish()
        scheduler.shutdown(wait=False)
        log.info("stopped")

    def stop(self) -> None:
        """Claim nothing more, finish what is in flight, and leave."""
        log.info("stopping", in_flight=len(self._at_work))
        self._stopping.set()

    def _listen_for_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)

    async def _start(self) -> None:
        service = self._service
        report = await asyncio.to_thread(
            sync,
            service.database,
            service.loaded.couples,
            service.loaded.schedules,
            service.around.now(),
            demo_kinds(service.channels),
        )
        log.info("synced", enrollments=asdict(report.enrollments))
        if service.database.is_sqlite:
            # This is the only daemon on the file: whoever held a message is gone.
            await asyncio.to_thread(service.reconciler.take_back, all_of_them=True)
        await self._heartbeat()
        log.info("running", couples=len(service.loaded.couples), schedules=len(service.loaded.schedules))

    def _scheduler(self) -> AsyncIOScheduler:
        scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
        )
        ticks: dict[Tick, timedelta] = {
            self._plan: PLAN_EVERY,
            self._dispatch: DISPATCH_EVERY,
            self._reconcile: self._reconcile_every(),
            self._heartbeat: HEARTBEAT_EVERY,
        }
        now = self._service.around.now()
        for tick, every in ticks.items():
            name = tick.__name__.strip("_")
            scheduler.add_job(
                self._careful, IntervalTrigger(seconds=every.total_seconds()), [tick], id=name, next_run_time=now
            )
        return scheduler

    def _reconcile_every(self) -> timedelta:
        """Often enough that the shortest wait set is kept to within a third of it."""
        shortest = min(self._service.settings.ask_after, self._service.settings.settle)
        return min(RECONCILE_EVERY, max(FASTEST_RECONCILE, timedelta(seconds=shortest / 3)))

    async def _careful(self, tick: Tick) -> None:
        """Run one tick. A database that does not answer now may answer at the next one; nothing is lost meanwhile."""
        if self._stopping.is_set():
            return
        task = asyncio.ensure_future(tick())
        self._at_work.add(task)
        try:
            await task
        except (StorageError, SQLAlchemyError, OSError) as error:
            # Its kind alone: the text and trace of a database error may hold what was being written.
            log.error("tick_failed", tick=tick.__name__.strip("_"), error=type(error).__name__)  # noqa: TRY400 (as said)
        finally:
            self._at_work.discard(task)

    async def _plan(self) -> None:
        service = self._service
        report = await asyncio.to_thread(
            plan,
            service.database,
            service.key,
            service.around.now(),
            horizon=service.horizon,
            stop=self._stopping.is_set,
        )
        if report.planned or report.expired or report.withheld:
            log.info("planned", **asdict(report))

    async def _dispatch(self) -> None:
        await self._service.dispatcher.drain(self._stopping.is_set)

    async def _reconcile(self) -> None:
        await asyncio.to_thread(self._service.reconciler.take_back)
        await self._service.reconciler.ask()

    async def _heartbeat(self) -> None:
        def beat() -> None:
            with self._service.database.write() as connection:
                reports.note(connection, "heartbeat", "daemon", self._service.around.now())

        await asyncio.to_thread(beat)

    async def _finish(self) -> None:
        """Give sends in flight their time; what is cut off after it is in doubt, and asked about at the next start."""
        if self._at_work:
            _, unfinished = await asyncio.wait(self._at_work, timeout=self._service.settings.shutdown)
            for task in unfinished:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
