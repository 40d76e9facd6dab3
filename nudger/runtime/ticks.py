"""What the service does again and again: one table, for daemons that do it and for schedulers that have it done."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta

from nudger.actions.efface import efface_erased
from nudger.actions.forget import forget
from nudger.actions.plan import plan
from nudger.channels.outbox import forget_files
from nudger.observability import logger
from nudger.settings import Intake, Settings
from nudger.storage import reports
from nudger.wires import build_shredders
from nudger.wiring import Service

log = logger(__name__)

PLAN_EVERY = timedelta(seconds=30)
DISPATCH_EVERY = timedelta(seconds=1)
RECONCILE_EVERY = timedelta(seconds=5)
FASTEST_RECONCILE = timedelta(seconds=0.2)
HEARTBEAT_EVERY = timedelta(seconds=60)
INVITE_EVERY = timedelta(seconds=60)
NOTIFY_EVERY = timedelta(seconds=2)
INQUIRE_EVERY = timedelta(seconds=60)
POLL_EVERY = timedelta(seconds=15)
#: Where replies come by webhook, how often to look for what came while we were not there to hear it: a provider that
#: meets nobody does not come again, and a STOP in any but its own words would be lost.
CATCH_UP_EVERY = timedelta(minutes=15)
FORGET_EVERY = timedelta(hours=1)

#: Every tick that is work; the sign of life is each process's own.
NAMES = ("plan", "dispatch", "reconcile", "invite", "notify", "inquire", "poll", "forget", "efface")

Stopping = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Tick:
    """One thing to do, and how often."""

    name: str
    every: timedelta
    work: Callable[[], Awaitable[None]]


#: Makes the ticks of a process, which look at whether it is stopping.
Ticks = Callable[[Service, Stopping], Sequence[Tick]]


class Work:
    """The work itself, the same whoever asks for it; it may be cut short, repeated, and done by several at once."""

    def __init__(self, service: Service, stopping: Stopping) -> None:
        """What takes long looks at `stopping` now and then."""
        self._service = service
        self._stopping = stopping

    def ticks(self) -> Sequence[Tick]:
        """Everything but the sign of life, which is each process's own."""
        return (  # as in NAMES
            Tick("plan", PLAN_EVERY, self._plan),
            Tick("dispatch", DISPATCH_EVERY, self._dispatch),
            Tick("reconcile", reconcile_every(self._service.settings), self._reconcile),
            Tick("invite", INVITE_EVERY, self._invite),
            Tick("notify", NOTIFY_EVERY, self._notify),
            Tick("inquire", INQUIRE_EVERY, self._inquire),
            Tick("poll", poll_every(self._service.settings), self._poll),
            Tick("forget", FORGET_EVERY, self._forget),
            Tick("efface", FORGET_EVERY, self._efface),
        )

    async def _plan(self) -> None:
        service = self._service
        report = await asyncio.to_thread(
            plan,
            service.database,
            service.key,
            service.around.now(),
            horizon=service.horizon,
            stop=self._stopping,
        )
        if report.planned or report.expired or report.withheld:
            log.info("planned", **asdict(report))

    async def _dispatch(self) -> None:
        await self._service.dispatcher.drain(self._stopping)

    async def _reconcile(self) -> None:
        await asyncio.to_thread(self._service.reconciler.take_back)
        await self._service.reconciler.ask()

    async def _invite(self) -> None:
        planned = await asyncio.to_thread(self._service.inviting.plan, self._service.around.now())
        if planned:
            log.info("invited", notices=planned)

    async def _notify(self) -> None:
        await self._service.notifying.drain(self._service.around.now())

    async def _inquire(self) -> None:
        await self._service.inquiring.ask(self._service.around.now())

    async def _poll(self) -> None:
        if self._service.polling is not None:
            await self._service.polling.fetch(self._service.around.now)

    async def _forget(self) -> None:
        settings, now = self._service.settings, self._service.around.now()
        kept = timedelta(days=settings.keep_words_days)
        rows = await asyncio.to_thread(forget, self._service.database, kept, now, self._stopping)
        files = await asyncio.to_thread(forget_files, settings.data / "outbox", now - kept)
        if rows or files:
            log.info("forgotten", rows=rows, files=files)

    async def _efface(self) -> None:
        shredders = build_shredders(self._service.settings)
        try:
            found = await efface_erased(self._service.database, shredders)
        finally:
            for shredder in shredders.values():
                await shredder.aclose()
        if found.gone or found.left:
            log.info("effaced", gone=sum(found.gone.values()), left=sum(found.left.values()))


def all_work(service: Service, stopping: Stopping) -> Sequence[Tick]:
    """The ticks of a process that does all the work itself."""
    return Work(service, stopping).ticks()


def heartbeat(service: Service) -> Tick:
    """A sign of life, for `nudger health` and `nudger status`."""

    def beat() -> None:
        with service.database.write() as connection:
            reports.note(connection, "heartbeat", "daemon", service.around.now())

    async def work() -> None:
        await asyncio.to_thread(beat)

    return Tick("heartbeat", HEARTBEAT_EVERY, work)


def poll_every(settings: Settings) -> timedelta:
    """How often the list of incoming texts is read: as the only way to hear of them, or as the second."""
    return POLL_EVERY if settings.inbound is Intake.POLL else CATCH_UP_EVERY


def reconcile_every(settings: Settings) -> timedelta:
    """Often enough that the shortest wait set is kept to within a third of it."""
    shortest = min(settings.ask_after, settings.settle)
    return min(RECONCILE_EVERY, max(FASTEST_RECONCILE, timedelta(seconds=shortest / 3)))
