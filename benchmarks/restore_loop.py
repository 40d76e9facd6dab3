"""Back up and restore at random moments under load, and count who was written to who should not have been.

    python -m benchmarks.restore_loop --restores 100 --couples 12 --seed 1

A service lives through weeks on a clock of its own, on a real SQLite file with its journal: couples with a text in the
morning and one in the evening, sent by the true dispatcher to a stand-in that writes down what it takes and at times
says nothing of it. Backups are made while a batch is being sent. Meanwhile people stop, leave, pause and are erased.
At random moments the database is lost, and one of the last backups is restored by the code of `nudger restore`.
Ends with 1 where an occurrence was sent twice, where somebody was written to after their no, or where anything of a
person who was erased is in the database's file.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from itertools import count
from pathlib import Path

from sqlalchemy import select

from nudger.actions.admit import Gatekeeper
from nudger.actions.backup import BackingUp, backups_in, forget_old, read_manifest
from nudger.actions.choose import Choosing
from nudger.actions.compose import Composer, Letterhead
from nudger.actions.dispatch import Dispatcher, Limits
from nudger.actions.plan import plan
from nudger.actions.reconcile import Reconciler
from nudger.actions.restore import restore_sqlite, unpacked
from nudger.actions.settle import Settling
from nudger.actions.surroundings import Surroundings
from nudger.actions.sync import sync
from nudger.channels.contract import Accepted, Health, NotFound, Outgoing, SendResult, Unclear
from nudger.domain.life import Patience
from nudger.domain.people import ChannelKind, Couple, Partner
from nudger.domain.schedules import Audience, ChannelChoice, Daily, Schedule
from nudger.domain.themes import Theme
from nudger.files.loading import load_pools
from nudger.observability import configure
from nudger.rendering.renderer import Renderer
from nudger.runtime.keys import open_vault
from nudger.settings import read_settings
from nudger.storage import consent
from nudger.storage.consent import Event, Happening, How
from nudger.storage.database import Database
from nudger.storage.holding import lift
from nudger.storage.journal import Journal, read
from nudger.storage.sealed import index_of
from nudger.storage.tables import attempts, contacts, couples, enrollments, messages, partners, schedules
from nudger.wiring import build_library, shipped

KEY = b"a key for benchmarks alone"
START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
STEP = timedelta(minutes=20)
RULES = tuple(
    Schedule(
        name,
        when=Daily(clock_time(hour, 0)),
        channel=ChannelChoice.SMS,
        audience=Audience.EACH,
        themes=(Theme.APPRECIATION, Theme.CURIOSITY),
        late=timedelta(hours=5),
    )
    for name, hour in (("morning", 10), ("evening", 18))
)


@dataclass
class Toll:
    """What happened, and what should not have: `resent`, `against_a_no`, `erased_present` are 0 in a run that holds."""

    sent: int = 0
    backups: int = 0
    restores: int = 0
    skipped: int = 0
    applied: int = 0
    said_no: int = 0
    erased: int = 0
    under_load: int = 0
    resent: int = 0
    against_a_no: int = 0
    erased_present: int = 0
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether nothing at all went wrong, and anything was shown."""
        return not (self.resent or self.against_a_no or self.erased_present) and self.sent > 0 and self.said_no > 0


class Witness:
    """The provider: takes texts, at times without saying so, and writes down which occurrence each was."""

    kind, name, batch_size, at_once = ChannelKind.SMS, "witness", 1, 1000
    can_look_up, consents_as_demo, carries_push = True, False, False

    def __init__(self, world: "World") -> None:
        """Nothing was taken yet."""
        self._world = world
        self.tokens: set[str] = set()

    async def send(self, outgoing: Outgoing) -> SendResult:
        """Take it; one in twenty goes unanswered."""
        await asyncio.sleep(0)
        self._world.taken(outgoing)
        self.tokens.add(outgoing.token)
        return Unclear("hung") if self._world.chance.random() < 0.05 else Accepted(f"id-{outgoing.token}")

    async def send_batch(self, batch):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 (the contract's)
        """One by one."""
        return [await self.send(outgoing) for outgoing in batch]

    async def look_up(self, question):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 (the contract's)
        """Tell the truth."""
        return Accepted(f"id-{question.token}") if question.token in self.tokens else NotFound()

    async def check(self) -> Health:
        """All is well."""
        return Health(ok=True, detail="a stand-in")

    async def aclose(self) -> None:
        """Nothing is open."""


@dataclass
class World:
    """A service, its people, and what is true of them whatever a database says."""

    folder: Path
    chance: random.Random
    homes: list[Couple]
    now: datetime = START
    toll: Toll = field(default_factory=Toll)
    occurrences: Counter[tuple[str, ...]] = field(default_factory=Counter)
    silent: dict[str, datetime] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Open the database, and have everybody say yes."""
        self.path = self.folder / "data" / "nudger.db"
        places = {"NUDGER_DATA": self.folder / "data", "NUDGER_SCHEDULES": self.folder / "schedules"}
        self.settings = read_settings(_env_file=None, **places)
        self.numbers = count()
        self.composer = Composer(
            build_library(load_pools(shipped("templates")).pools),
            Renderer(shipped("templates")),
            KEY,
            Letterhead("Nudger", "example.com"),
        )
        self.witness = Witness(self)
        self.open()
        with self.database.write() as connection:
            for row in connection.execute(select(contacts.c.id)).scalars().all():
                consent.record(connection, row, Happening(Event.GRANTED, How.EVIDENCE, self.now, "a yes"))

    def open(self) -> None:
        """A new process: the database upgraded, the files taken in, the dispatcher made."""
        vault = open_vault(self.settings)
        self.database = Database(f"sqlite:///{self.path}", Journal(self.settings.data / "journal.jsonl", KEY), vault)
        self.database.upgrade()
        sync(self.database, self.homes, RULES, self.now)
        around = Surroundings(lambda: self.now, lambda: 0.0, lambda: 0.5)
        channels = {ChannelKind.SMS: self.witness}
        keeper = Gatekeeper(channels, self.composer, Patience(), self.token)
        self.dispatcher = Dispatcher(self.database, keeper, around, Limits(batch=7, in_flight=3))
        self.reconciler = Reconciler(self.database, channels, Patience(), around)
        self.reconciler.take_back(all_of_them=True)
        self.choosing = Choosing(self.database, KEY)

    def token(self) -> str:
        """A name nobody had before."""
        return f"{next(self.numbers):040}"

    def taken(self, outgoing: Outgoing) -> None:
        """The provider has taken a text: find out which occurrence it was, and whether it might be sent."""
        query = (
            select(couples.c.key, partners.c.key, schedules.c.key, messages.c.period, messages.c.slot)
            .select_from(attempts)
            .join(messages)
            .join(enrollments, enrollments.c.id == messages.c.enrollment_id)
            .join(schedules)
            .join(couples, couples.c.id == messages.c.couple_id)
            .join(partners, partners.c.id == messages.c.partner_id)
            .where(attempts.c.token == outgoing.token)
        )
        with self.database.read() as connection:
            occurrence = tuple(str(part) for part in connection.execute(query).one())
        self.occurrences[occurrence] += 1
        self.toll.sent += 1
        self.toll.resent += self.occurrences[occurrence] > 1
        self.toll.against_a_no += self.silent.get(outgoing.to, self.now) > self.now or outgoing.to in self.erased

    # What happens

    def somebody_says_no(self) -> None:
        """A stop, a leaving, a pause or an erasure, of somebody who still gets texts."""
        home = self.chance.choice(self.homes)
        one = self.chance.choice(home.partners)
        if one.phone is None or one.phone in self.silent or one.phone in self.erased:
            return
        query = (
            select(partners.c.id, contacts.c.id)
            .join(contacts, contacts.c.partner_id == partners.c.id)
            .where(contacts.c.address_index == index_of(open_vault(self.settings), one.phone))
        )
        with self.database.read() as connection:
            found = connection.execute(query).first()
        if found is not None:
            self.toll.said_no += 1
            self._no(found[0], found[1], one.phone)

    def _no(self, partner_id: int, contact_id: int, phone: str) -> None:
        how = self.chance.random()
        self.silent[phone] = datetime.max.replace(tzinfo=UTC)
        if how < 0.4:
            self.choosing.withdraw(contact_id, How.REPLY, self.now)
        elif how < 0.6:
            self.choosing.leave(partner_id, self.now)
        elif how < 0.8:
            self.silent[phone] = self.now + timedelta(days=self.chance.randint(1, 5))
            self.choosing.pause(partner_id, self.silent[phone], self.now)
        else:
            self.toll.erased += 1
            self.erased.add(phone)
            self.choosing.erase(partner_id, self.now)

    async def work(self) -> None:
        """A pass of everything, with a backup in the midst of it now and then."""
        plan(self.database, KEY, self.now)
        self.reconciler.take_back()
        await self.reconciler.ask()
        sending = asyncio.ensure_future(self.dispatcher.drain())
        if self.chance.random() < 0.15:
            before = self.toll.sent
            await asyncio.sleep(self.chance.random() * 0.02)
            await asyncio.to_thread(self.back_up)
            self.toll.under_load += self.toll.sent > before
        await sending

    def back_up(self) -> None:
        """A backup; the last ten are kept."""
        BackingUp(self.settings, self.database, "0", "key").back_up(self.settings.backups, self.now)
        forget_old(self.settings.backups, 10)
        self.toll.backups += 1

    def lose_everything_and_restore(self) -> None:
        """The database is gone; one of the last backups comes back, and the operator says that all is well."""
        backup = self.chance.choice(backups_in(self.settings.backups))
        self.database.close()
        for path in self.settings.data.glob("nudger.db*"):
            path.unlink()
        entries = read(self.settings.data / "journal.jsonl")

        def settle(opened: Database) -> None:
            done = Settling(opened, KEY).settle(read_manifest(backup).moment, entries, self.now)
            self.toll.skipped += done.skipped
            self.toll.applied += done.applied

        with unpacked(backup, None, self.settings.data) as found:
            restore_sqlite(found, self.path, open_vault(self.settings), settle, None)
        self.open()
        with self.database.write() as connection:
            assert lift(connection), "nothing was held"
        self.toll.restores += 1
        self.look_for_the_erased()

    def look_for_the_erased(self) -> None:
        """No number of theirs may be anywhere in the file."""
        content = self.path.read_bytes()
        self.toll.erased_present += sum(phone.encode() in content for phone in self.erased)


def invented(number: int) -> list[Couple]:
    """So many couples with a phone each."""
    return [
        Couple(
            f"couple-{one:03}",
            (
                Partner(f"a-{one}", "Ana", "Europe/London", phone=f"+4477009{2 * one:05}"),
                Partner(f"b-{one}", "Ben", "Europe/Berlin", phone=f"+4477009{2 * one + 1:05}"),
            ),
        )
        for one in range(number)
    ]


async def play(world: World, restores: int) -> None:
    """Live on, 20 minutes at a time, until so many restores are done."""
    world.back_up()
    while world.toll.restores < restores:
        world.now += STEP
        if world.now.hour < 7:  # nothing is due at night
            continue
        if world.chance.random() < 0.03:
            world.somebody_says_no()
        await world.work()
        if world.chance.random() < 0.04:
            world.lose_everything_and_restore()


def run(restores: int, number: int, seed: int) -> Toll:
    """Play it in a folder that goes away."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="nudger-restore-") as name:
        world = World(Path(name), random.Random(seed), invented(number))
        try:
            asyncio.run(play(world, restores))
        finally:
            world.database.close()
    world.toll.seconds = round(time.monotonic() - began, 1)
    return world.toll


def main() -> int:
    """Run it as asked, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--restores", type=int, default=100)
    parser.add_argument("--couples", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    wishes = parser.parse_args()
    configure("error")
    toll = run(wishes.restores, wishes.couples, wishes.seed)
    for name, value in vars(toll).items():
        print(f"{name.replace('_', ' '):20} {value}")
    return 0 if toll.holds else 1


if __name__ == "__main__":
    sys.exit(main())
