"""One seed's world: a few people, a few processes, two providers, and a day and a half in which much goes wrong."""

import asyncio
import sqlite3
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from functools import cache
from typing import Any

from parts.cast import KEY, NOON
from parts.couples import BOTH, EACH, ONE, ana_and_ben, cleo_and_dan, ideas, prompts
from parts.house import composer
from parts.truth import judge
from parts.vaults import VAULT, in_clear
from simulation.ending import faults_of
from simulation.faults import SETTLING, Chance, Weather
from simulation.people import People
from simulation.process import Door, Process
from simulation.provider import Provider
from simulation.virtual_loop import VirtualLoop
from simulation.witness import WEB, Witness

from nudger.actions.compose import Composer
from nudger.actions.receipts import apply_receipts
from nudger.actions.sync import sync
from nudger.channels.events import Receipt
from nudger.domain.people import Allowance, ChannelKind, Couple
from nudger.domain.pools import Pool
from nudger.domain.schedules import ChannelChoice, Daily, Period, RandomTimes, Schedule
from nudger.domain.windows import Window
from nudger.storage.consent import Event, Happening, How, record
from nudger.storage.database import Database
from nudger.storage.tables import contacts

SMS, EMAIL = ChannelKind.SMS, ChannelKind.EMAIL
POOL = Pool("en", [*ideas(40), *prompts(4)])
#: How much each person may get, one of these to a seed.
BUDGETS = (
    {SMS: Allowance(day=1), EMAIL: Allowance(day=1)},
    {SMS: Allowance(day=2), EMAIL: Allowance(day=1)},
    {SMS: Allowance(day=9), EMAIL: Allowance(day=9)},
)
QUIET = Window(time(20, 30), time(9))
LATE = timedelta(hours=1)
#: Seconds from a death to the next life, at most.
SLOWEST_START = 600.0
#: Texts that meet each other, a letter, moments by chance, and a text that falls into quiet hours.
RULES: tuple[Schedule, ...] = (
    replace(EACH, key="noon", when=Daily(time(12, 30)), late=LATE),
    replace(EACH, key="soon-after", when=Daily(time(12, 40)), late=LATE),
    replace(BOTH, key="letter", when=Daily(time(13)), channel=ChannelChoice.EMAIL, late=2 * LATE),
    replace(ONE, key="surprise", when=RandomTimes(1, Period.DAY, between=Window(time(12), time(15))), late=LATE / 2),
    replace(EACH, key="late", when=Daily(time(20, 15)), late=14 * LATE),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found wrong in one seed's world, and everything that happened in it."""

    seed: int
    faults: list[str]
    trace: list[str]
    messages: int = 0
    taken: int = 0


def run(seed: int) -> Outcome:
    """Play the world of a seed to its end."""
    world = World(seed)
    try:
        world.loop.run_until_complete(world.play())
    finally:
        world.close()
    return Outcome(seed, world.faults, world.trace, world.messages, world.taken)


@dataclass
class World:
    """Everything outside of the processes: the time, the people, the providers, and the one database."""

    seed: int
    faults: list[str] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)
    batch_size: int = 1
    messages: int = 0
    taken: int = 0

    def __post_init__(self) -> None:
        """Set everything up as of Monday noon."""
        self.chance = Chance(self.seed)
        self.weather = Weather(self.chance)
        self.faults_end = self.weather.faults_end
        self.loop = VirtualLoop()
        self.offset = timedelta(0)
        self._napping: dict[str, list[asyncio.Future[None]]] = {"due": [], "plan": []}
        self._runners: list[asyncio.Task[None]] = []
        budget = self.chance.one_of(BUDGETS, "budget")
        kind = BUDGETS.index(budget), self.weather.couples
        self.homes = homes(*kind)
        self.database, self.raw = fresh(*kind)
        self.composer = words()
        self.batch_size = self.chance.one_of((1, 3), "batch")
        askable = self.chance.draw("askable") < 0.7
        self.providers = {SMS: Provider(self, SMS, askable=True), EMAIL: Provider(self, EMAIL, askable=askable)}
        partners = {one.key: one for home in self.homes for one in home.partners}
        self.witness = Witness(self, partners)
        self.people = People(self, partners)

    # The time

    @property
    def wall(self) -> datetime:
        """What the machine's clock shows."""
        return NOON + timedelta(seconds=self.loop.time()) + self.offset

    def _set_clock(self, by: timedelta) -> None:
        self.offset += by
        self.note("the clock", f"is set by {by.total_seconds():.0f} s")
        self.wake("due")

    async def nap(self, seconds: float, until: str) -> None:
        """Sleep so long, or until something new is due, or wants to be planned."""
        nap = self.loop.create_future()
        self._napping[until].append(nap)
        alarm = self.loop.call_later(max(0.0, seconds), _end, nap)
        try:
            await nap
        finally:
            alarm.cancel()

    def wake(self, who: str) -> None:
        """End the naps of those who wait for such news."""
        napping, self._napping[who] = self._napping[who], []
        for nap in napping:
            _end(nap)

    # What happens

    async def play(self) -> None:
        """Let it all happen until everything has come to an end."""
        for moment, by in self.weather.clock_steps():
            self.loop.call_later(moment, self._set_clock, by)
        self.people.make_plans()
        count = self.weather.processes
        self._runners = [
            self.loop.create_task(self._keep_running(f"p{number}", alone=count == 1)) for number in range(count)
        ]
        await asyncio.sleep(self.faults_end)
        self.wake("plan")
        await asyncio.sleep(2 * SLOWEST_START)
        while not self.faults and self.loop.time() < self.faults_end + SETTLING and self._open():  # noqa: ASYNC110
            await asyncio.sleep(600)
        self._judge()

    async def _keep_running(self, name: str, *, alone: bool) -> None:
        """Start a process, and after each death another."""
        for life in range(10_000):
            process = Process(self, f"{name}.{life}")
            self.note(process.name, "starts")
            task = self.loop.create_task(process.live(alone=alone))
            process.tasks[task] = None
            await asyncio.wait([task])
            if not task.cancelled():
                self.broken(f"{process.name} ends by itself: {task.exception()!r}")
                return
            await asyncio.sleep(self.chance.scaled(0.5, SLOWEST_START, process.name, "restart"))

    def committed(self, process: Process | None) -> None:
        """Have the witness look at what was committed."""
        self.witness.look(WEB if process is None else process.name)
        if process is None:
            self.witness.note_people()
        elif self.witness.claimed:
            self.people.see_taken(self.witness.claimed)

    def reported(self, receipt: Receipt) -> None:
        """A provider reports something."""
        self.note(WEB, f"hears {receipt.event_id}")
        door: Any = Door(self)
        apply_receipts(door, [receipt], self.wall)

    def note(self, who: str, what: str) -> None:
        """Write it into the schedule of events."""
        self.trace.append(f"{NOON + timedelta(seconds=self.loop.time()):%a %H:%M:%S.%f} {who:6} {what}")

    def broken(self, what: str) -> None:
        """Note that a promise was broken."""
        self.note("witness", f"FAULT: {what}")
        self.faults.append(what)

    # The end

    def _open(self) -> int:
        """Messages of the time in which things went wrong that are not at their end."""
        query = (
            "SELECT count(*) FROM messages WHERE state IN ('claimed', 'sending', 'unknown')"
            " OR (state = 'planned' AND due_at < ?)"
        )
        end = NOON + timedelta(seconds=self.faults_end)
        found: int = self.raw.execute(query, (int(end.timestamp() * 1000),)).fetchone()[0]
        return found

    def _judge(self) -> None:
        if self._open():
            self.broken(f"{self._open()} messages never come to an end")
        log = [one for provider in self.providers.values() for one in provider.log]
        verdict = judge(self.database, log, due=(), one_clock=False)
        self.messages, self.taken = sum(verdict.states.values()), len(log)
        for name, numbers in verdict.faults.items():
            for number in numbers:
                self.broken(f"m{number}: {name}")
        for fault in faults_of(self):
            self.broken(fault)

    def close(self) -> None:
        """End every process, and the loop."""
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self.loop.run_until_complete(asyncio.wait(tasks))
        self.loop.close()


def _end(nap: "asyncio.Future[None]") -> None:
    if not nap.done():
        nap.set_result(None)


# What all seeds share, made once


@cache
def homes(budget: int, couples: int) -> tuple[Couple, ...]:
    """Ana & Ben, and perhaps Cleo & Dan, who said STOP; all with one of the budgets."""
    ours = {"budget": BUDGETS[budget], "quiet_hours": QUIET}
    return (ana_and_ben(**ours), cleo_and_dan(**ours))[:couples]


@cache
def words() -> Composer:
    """Ideas enough for two days."""
    return composer(POOL, key=KEY)


def _opened() -> tuple[Database, sqlite3.Connection]:
    """A database in memory, and the one connection to it."""
    database = Database("sqlite://", vault=VAULT)
    with database.read() as connection:
        raw: Any = connection.connection.driver_connection
    return database, raw


_working = cache(_opened)


@cache
def _tables() -> bytes:
    """A database without people."""
    database, raw = _opened()
    database.upgrade()
    content: bytes = raw.serialize()
    database.close()
    return content


@cache
def _template(budget: int, couples: int) -> bytes:
    """A database of people who have all said yes, but for Dan."""
    database, raw = _opened()
    raw.deserialize(_tables())
    sync(database, homes(budget, couples), RULES, NOON)
    with database.write() as connection:
        for contact in in_clear(connection, contacts):
            event = Event.WITHDRAWN if contact.address == "+447700900201" else Event.GRANTED
            record(connection, contact.id, Happening(event, How.EVIDENCE, NOON))
    content: bytes = raw.serialize()
    database.close()
    return content


def fresh(budget: int, couples: int) -> tuple[Database, sqlite3.Connection]:
    """The one database in memory, as at the beginning."""
    database, raw = _working()
    raw.deserialize(_template(budget, couples))
    return database, raw
