"""The daemon: one process, one event loop, APScheduler's ticks, and a clean stop."""

import asyncio
import signal

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy.exc import SQLAlchemyError

from nudger.errors import StorageError
from nudger.observability import logger
from nudger.runtime.memory import settle
from nudger.runtime.notify_systemd import supervisor
from nudger.runtime.ticks import Tick, Ticks, all_work, heartbeat
from nudger.runtime.timetable import Again, keep_time
from nudger.runtime.watching import Rounds, own_ticks
from nudger.wiring import Service

log = logger(__name__)


class Daemon:
    """Ticks until it is told to stop. Ticks only look; what is due stands in the database, never in the scheduler."""

    def __init__(self, service: Service, ticks: Ticks = all_work) -> None:
        """Prepare to run; nothing starts yet."""
        self._service = service
        self._stopping = asyncio.Event()
        work = ticks(service, self._stopping.is_set)
        self._rounds = Rounds((*work, heartbeat(service)), service.around.now())
        self._ticks = (*work, *own_ticks(service, self._rounds))
        self._at_work: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT. On a SQLite file whoever calls this holds `only_daemon`."""
        self.listen()
        await self._start()
        settle()
        scheduler = self._scheduler()
        scheduler.start()
        keeping = asyncio.create_task(keep_time(scheduler, self._service.around.now))
        systemd = supervisor()
        async with systemd.watching():
            systemd.ready()
            await self._stopping.wait()
            systemd.stopping()
            keeping.cancel()
            scheduler.pause()  # not yet shut down: that would cut off the ticks at work
            await self._finish()
        scheduler.shutdown(wait=False)
        log.info("stopped")

    def stop(self) -> None:
        """Claim nothing more, finish what is in flight, and leave."""
        log.info("stopping", in_flight=len(self._at_work))
        self._stopping.set()

    def listen(self) -> None:
        """Take SIGTERM and SIGINT for the word to stop; before any door opens, so that none comes too early."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)

    async def _start(self) -> None:
        service = self._service
        if service.database.is_sqlite:
            # This is the only daemon on the file: whoever held a message is gone.
            await asyncio.to_thread(service.reconciler.take_back, all_of_them=True)
        await heartbeat(service).work()
        log.info("running")

    def _scheduler(self) -> AsyncIOScheduler:
        scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
        )
        now = self._service.around.now()
        for tick in self._ticks:
            scheduler.add_job(self._careful, Again(tick.every), [tick], id=tick.name, next_run_time=now)
        return scheduler

    async def _careful(self, tick: Tick) -> None:
        """Run one tick. A database that does not answer now may answer at the next one; nothing is lost meanwhile."""
        if self._stopping.is_set():
            return
        task = asyncio.ensure_future(tick.work())
        self._at_work.add(task)
        well = False
        try:
            await task
            well = True
        except (StorageError, SQLAlchemyError, OSError) as error:
            # Its kind alone: the text and trace of a database error may hold what was being written.
            log.error("tick_failed", tick=tick.name, error=type(error).__name__)  # noqa: TRY400 (as said)
        finally:
            self._at_work.discard(task)
            self._rounds.ended(tick.name, self._service.around.now(), well=well)

    async def _finish(self) -> None:
        """Give sends in flight their time; what is cut off after it is in doubt, and asked about at the next start."""
        if self._at_work:
            _, unfinished = await asyncio.wait(self._at_work, timeout=self._service.settings.shutdown)
            for task in unfinished:
                task.cancel()
            # What one of them fails with is told where it was begun, and keeps none of the others here.
            await asyncio.gather(*unfinished, return_exceptions=True)
