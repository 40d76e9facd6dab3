"""A process that works on the database until it dies: the real dispatcher, reconciler and planner, and ways to die."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from parts.cast import KEY
from simulation.faults import HOUR, PROCESS
from simulation.provider import Wire
from sqlalchemy import Connection

from nudger.actions.admit import Gatekeeper
from nudger.actions.dispatch import Dispatcher, Limits
from nudger.actions.plan import plan
from nudger.actions.reconcile import Reconciler
from nudger.actions.surroundings import Surroundings
from nudger.domain.life import Message, Patience
from nudger.errors import StorageError

if TYPE_CHECKING:
    from simulation.world import World

PATIENCE = Patience()
HORIZON = timedelta(hours=12)
#: Where something is due and cannot be taken, it is looked at again about so many seconds later.
HELD_UP = 40.0
#: The shares of looks at the plans that are really taken, and of looks at the rest that are taken for no reason.
PLANS, IN_VAIN = 0.5, 0.1
#: The share of claims that are really made where nothing is due; the others are an empty transaction.
CLAIMS_IN_VAIN = 0.1
#: A send begins at most so many seconds after the commit that lets it leave.
BEGIN = PATIENCE.begin.total_seconds()


class Door:
    """The database as one process sees it: it may fail, or the process die, around every commit."""

    is_sqlite = True
    path = None

    def __init__(self, world: "World", process: "Process | None" = None) -> None:
        """Without a process it never fails."""
        self._world = world
        self._process = process

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        if self._process is not None:
            self._process.must_live()
        with self._world.database.read() as connection:
            yield connection

    @contextmanager
    def write(self, *, trusting: bool = False) -> Iterator[Connection]:
        """A transaction; the witness looks at each that was committed."""
        process = self._process
        if process is not None:
            process.must_live()
        with self._world.database.write(trusting=trusting) as connection:
            yield connection
            if process is not None:
                process.may_fail("before commit")
        self._world.committed(process)
        if process is not None:
            process.may_fail("after commit")


class Watched(Dispatcher):
    """The real dispatcher, spared most of the claims that cannot find anything: four of five of all that it makes."""

    def __init__(self, process: "Process", *rest: Any) -> None:  # noqa: ANN401 (the dispatcher's own)
        """Work for this process."""
        super().__init__(*rest)
        self._process = process

    def _claim(self) -> list[Message]:
        return [] if self._process.claims_nothing() else super()._claim()


class Process:
    """One life of one process."""

    def __init__(self, world: "World", name: str) -> None:
        """Prepare; nothing runs yet."""
        self.world = world
        self.name = name
        self.tasks: dict[asyncio.Task[Any], None] = {}
        self.alive = True
        self.skew = timedelta(seconds=world.chance.between(-2, 2, name, "skew"))
        self._frozen_until = 0.0
        self._points = 0
        self._made = 0
        self._rates = {what: world.weather.share(what, worst) for what, worst in WORST.items()}
        door: Any = Door(world, self)
        self._door = door
        around = Surroundings(self.now, world.loop.time, lambda: world.chance.draw(name, world.loop.time(), "luck"))
        wires = {kind: Wire(one, self, world.batch_size) for kind, one in world.providers.items()}
        keeper = Gatekeeper(wires, world.composer, PATIENCE, self._token)
        self.dispatcher = Watched(self, door, keeper, around, Limits(in_flight=world.chance.one_of((1, 4, 64), name)))
        self.reconciler = Reconciler(door, wires, PATIENCE, around)

    def now(self) -> datetime:
        """What its clock shows."""
        return self.world.wall + self.skew

    def _token(self) -> str:
        self._made += 1
        return f"{self.name}-{self._made}"

    # Its work

    async def live(self, *, alone: bool) -> None:
        """Work until it dies; one that is `alone` on the database takes back everything first, as the daemon does."""
        PROCESS.set(self)
        if alone:
            await self._careful(self._take_all_back)
        ticks = (self._dispatching(), self._reconciling(), self._asking(), self._planning())
        await asyncio.gather(*(asyncio.create_task(tick) for tick in ticks))

    async def _take_all_back(self) -> None:
        await asyncio.to_thread(self.reconciler.take_back, all_of_them=True)

    async def _dispatching(self) -> None:
        while True:
            moved = await self._careful(self.dispatcher.drain)
            await self._sleep_till("due", least=1.0 if moved else HELD_UP)

    def claims_nothing(self) -> bool:
        """Whether a claim was passed over, as nothing is due; with all that may go wrong at its commit."""
        moment = self.world.witness.next["due"]
        if (moment is not None and moment <= self.now()) or self._draw("claim") < CLAIMS_IN_VAIN:
            return False
        self.must_live()
        self.may_fail("before commit")
        self.may_fail("after commit")
        return True

    async def _reconciling(self) -> None:
        while True:
            await self._sleep_till("held", least=2.0)
            await self._careful(self._take_back)

    async def _take_back(self) -> None:
        await asyncio.to_thread(self.reconciler.take_back)

    async def _asking(self) -> None:
        while True:
            await self._sleep_till("in doubt", least=2.0)
            await self._careful(self.reconciler.ask)

    async def _planning(self) -> None:
        while True:
            if self.world.loop.time() >= self.world.faults_end or self._draw("plan") < PLANS:
                await self._careful(self._plan)
            await self.world.nap(2 * HOUR, "plan")
            await self.step("woken")

    async def _plan(self) -> None:
        await asyncio.to_thread(plan, self._door, KEY, self.now(), horizon=HORIZON, reach=1.0)

    async def _careful(self, work: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401 (the work's own)
        try:
            return await work()
        except StorageError:
            return None

    async def _sleep_till(self, what: str, least: float) -> None:
        """Until something wants to be looked at; a bit longer by chance, so that processes meet in every order.

        Who finds that another one has seen to it meanwhile sleeps on, most of the time.
        """
        await self.sleep(least * (0.5 + self._draw("jitter")))
        while True:
            moment = self.world.witness.next[what]
            wait = 6 * HOUR if moment is None else (moment - self.now()).total_seconds()
            if wait <= 0:
                break
            await self.world.nap(wait + 3 * self._draw("jitter"), "due")
            if self._draw("in vain") < IN_VAIN:
                break
        await self.step("woken")

    def _draw(self, what: str) -> float:
        return self.world.chance.draw(self.name, self.world.loop.time(), what)

    # Its troubles

    async def sleep(self, seconds: float) -> None:
        """Wait, or longer if it is stopped meanwhile."""
        await asyncio.sleep(seconds)
        while self._frozen_until > self.world.loop.time():  # noqa: ASYNC110 (virtual seconds)
            await asyncio.sleep(self._frozen_until - self.world.loop.time())

    async def step(self, point: str) -> None:
        """Come to a point where it may die, be stopped for minutes, or just be slow."""
        self.may_die(point)
        if self._happens("stopped", point):
            seconds = self.world.chance.scaled(1, 400, self.name, self._points, "stopped for")
            self._frozen_until = self.world.loop.time() + seconds
            self.world.note(self.name, f"is stopped for {seconds:.0f} s, {point}")
        await self.sleep(0.02 * self.world.chance.draw(self.name, self._points, "step"))

    def _happens(self, what: str, point: str) -> bool:
        self._points += 1
        rate = self._rates[what] if self.world.loop.time() < self.world.faults_end else 0.0
        return rate > 0 and self.world.chance.draw(self.name, what, point, self._points) < rate

    def must_live(self) -> None:
        """The dead do nothing."""
        if not self.alive:
            raise asyncio.CancelledError

    def may_die(self, point: str) -> None:
        """Die here, by chance."""
        self.must_live()
        if self._happens("death", point):
            self.world.note(self.name, f"dies, {point}")
            self.die()
            raise asyncio.CancelledError

    def may_fail(self, point: str) -> None:
        """Have the database fail here, or die."""
        self.may_die(point)
        if self._happens("database", point):
            self.world.note(self.name, f"hears that the database failed, {point}")
            raise StorageError("The database failed.")

    def hands_over(self, token: str) -> None:
        """The first byte of a request leaves."""
        self.world.note(self.name, f"hands over {token}")
        self.world.witness.handed_over(token)

    def die(self) -> None:
        """End it in the middle of whatever it does."""
        self.alive = False
        for task in list(self.tasks):
            task.cancel()


#: The worst share of steps at which each thing happens.
WORST = {"death": 0.04, "stopped": 0.08, "database": 0.05}
