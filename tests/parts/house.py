"""The heart of Nudger on a test's clock: a database, two fake providers, and everything between them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from parts.cast import KEY, NOON
from parts.couples import EACH, HOUR, NO_LIMIT, ana_and_ben, small_pool
from parts.fake_channel import FakeChannel
from sqlalchemy import select, update

from nudger.actions.admit import Gatekeeper
from nudger.actions.compose import Composer, Letterhead, Library
from nudger.actions.dispatch import Dispatcher, Limits
from nudger.actions.reconcile import Reconciler
from nudger.actions.surroundings import Surroundings
from nudger.actions.sync import sync
from nudger.domain import life
from nudger.domain.life import Message, Patience
from nudger.domain.people import ChannelKind, Couple
from nudger.domain.picking import CompiledPool, compile_pool
from nudger.domain.pools import Pool
from nudger.domain.schedules import Schedule
from nudger.rendering.renderer import Renderer
from nudger.storage import consent, history, messages
from nudger.storage.consent import Event, Happening, How
from nudger.storage.database import Database
from nudger.storage.enrollments import Occurrence, insert_messages
from nudger.storage.tables import (
    attempts,
    contacts,
    couples,
    enrollments,
    partners,
    schedules,
    transitions,
)
from nudger.storage.tables import messages as message_table

SMS, EMAIL = ChannelKind.SMS, ChannelKind.EMAIL
TEMPLATES = Path(__file__).parents[2] / "templates"
MINUTE = timedelta(minutes=1)
#: A slot of its own for every message, over all houses.
SLOTS = count(10)


@cache
def renderer() -> Renderer:
    """The shipped frames, read once."""
    return Renderer(TEMPLATES)


@cache
def compiled_small_pool() -> CompiledPool:
    """The small pool, made once."""
    return compile_pool(small_pool())


def composer(*pools: Pool, key: bytes = KEY) -> Composer:
    """A composer with these pools, or with the small one."""
    compiled = {pool.locale: compile_pool(pool) for pool in pools} or {"en": compiled_small_pool()}
    letterhead = Letterhead("Nudger", "nudger.example.com", base_url="https://nudger.example.com")
    return Composer(Library(compiled), renderer(), key, letterhead)


class House:
    """Couples in schedules, everyone's consent, and a clock that starts at `NOON` and moves when told to."""

    def __init__(
        self,
        database: Database,
        homes: Sequence[Couple] | None = None,
        rules: Sequence[Schedule] = (EACH,),
        pools: Sequence[Pool] = (),
        limits: Limits | None = None,
    ) -> None:
        """Everyone has said yes, and nothing is planned."""
        self.database = database
        self.now = NOON
        self.patience = Patience()
        self.stall = 0.0
        self.token = "token"
        self.homes = [ana_and_ben(budget=NO_LIMIT)] if homes is None else list(homes)
        self.rules = rules
        self.sms, self.email = FakeChannel(SMS), FakeChannel(EMAIL)
        self.channels = {SMS: self.sms, EMAIL: self.email}
        self.composer = composer(*pools)
        self.limits = limits or Limits()
        self.uptime = 0.0
        self._tokens = count(1)
        self.sync()
        self.everyone_says_yes()
        self.start_afresh()

    # The process

    def start_afresh(self, database: Database | None = None, around: Surroundings | None = None) -> None:
        """Begin a new process on the same database, or on a wrapper of it; with other clocks, where they are given."""
        working_on: Any = database or self.database
        self.around = around = around or Surroundings(lambda: self.now, self._tick, lambda: 0.5)
        self.keeper = Gatekeeper(
            self.channels, self.composer, self.patience, lambda: f"{self.token}-{next(self._tokens)}"
        )
        self.dispatcher = Dispatcher(working_on, self.keeper, around, self.limits)
        self.reconciler = Reconciler(working_on, self.channels, self.patience, around)

    def _tick(self) -> float:
        self.uptime += self.stall
        return self.uptime

    def later(self, span: timedelta) -> None:
        """Let time go by."""
        self.now += span

    async def dispatch(self) -> Counter[str]:
        """Send all that is due."""
        return await self.dispatcher.drain()

    async def reconcile(self) -> Counter[str]:
        """Take back what nobody holds, and ask about what is in doubt."""
        taken = self.reconciler.take_back()
        return taken + await self.reconciler.ask()

    async def go_on(self, span: timedelta, step: timedelta = timedelta(seconds=15)) -> None:
        """Live on for a while, as the daemon does."""
        end = self.now + span
        while self.now < end:
            self.later(step)
            await self.reconcile()
            await self.dispatch()

    # The people

    def sync(self) -> None:
        """Bring the database to `homes` and `rules`."""
        sync(self.database, self.homes, self.rules, self.now)

    def everyone_says_yes(self) -> None:
        """Consent for every contact there is."""
        with self.database.write() as connection:
            for contact in connection.execute(select(contacts.c.id).order_by(contacts.c.id)).scalars().all():
                consent.record(connection, contact, Happening(Event.GRANTED, How.EVIDENCE, self.now))

    def says(self, partner: str, event: Event, channel: ChannelKind = SMS) -> None:
        """One partner's yes or no."""
        with self.database.write() as connection:
            query = select(contacts.c.id).where(
                contacts.c.partner_id == self.partner_id(partner), contacts.c.channel == channel
            )
            contact = connection.execute(query).scalar_one()
            consent.record(connection, contact, Happening(event, How.REPLY, self.now))

    def partner_id(self, key: str) -> int:
        """The row of a partner."""
        with self.database.read() as connection:
            return connection.execute(select(partners.c.id).where(partners.c.key == key)).scalar_one()

    def change_partner(self, key: str, **values: object) -> None:
        """Change a partner's row."""
        with self.database.write() as connection:
            connection.execute(update(partners).where(partners.c.key == key).values(**values))

    def change_couple(self, key: str, **values: object) -> None:
        """Change a couple's row."""
        with self.database.write() as connection:
            connection.execute(update(couples).where(couples.c.key == key).values(**values))

    # The messages

    def due(
        self,
        partner: str = "ana",
        channel: ChannelKind = SMS,
        schedule: str = "each",
        *,
        at: datetime | None = None,
        late: timedelta = HOUR,
        slot: int | None = None,
    ) -> int:
        """Plan one message, due now unless told otherwise; its id."""
        moment = at or self.now
        with self.database.write() as connection:
            row = connection.execute(
                select(enrollments.c.id, partners.c.couple_id, partners.c.id.label("partner_id"))
                .join(schedules, schedules.c.id == enrollments.c.schedule_id)
                .join(partners, partners.c.couple_id == enrollments.c.couple_id)
                .where(schedules.c.key == schedule, partners.c.key == partner)
            ).one()
            number = next(SLOTS) if slot is None else slot
            occurrence = Occurrence(
                row.id,
                row.couple_id,
                row.partner_id,
                channel,
                moment.date(),
                number,
                moment,
                moment + late,
            )
            insert_messages(connection, [occurrence])
            same = [
                message_table.c[name] == getattr(occurrence, name)
                for name in ("enrollment_id", "partner_id", "period", "slot")
            ]
            return connection.execute(select(message_table.c.id).where(*same)).scalar_one()

    def message(self, message_id: int) -> Message:
        """A message as it is now."""
        with self.database.read() as connection:
            return messages.with_ids(connection, [message_id])[0]

    def fate(self, message_id: int) -> tuple[str, str]:
        """Where it stands and why."""
        message = self.message(message_id)
        return str(message.state), str(message.reason)

    def all_messages(self) -> list[Message]:
        """Every message there is."""
        with self.database.read() as connection:
            return messages.with_ids(connection, connection.execute(select(message_table.c.id)).scalars().all())

    def path(self, message_id: int) -> list[str]:
        """Every state it came to, in order; the chain of transitions must be whole."""
        query = select(transitions).where(transitions.c.message_id == message_id).order_by(transitions.c.id)
        with self.database.read() as connection:
            rows = connection.execute(query).all()
        states = [row.to_state for row in rows]
        assert [row.from_state for row in rows] == ["planned", *states[:-1]][: len(rows)]
        return states

    def results(self, message_id: int) -> list[str | None]:
        """How each attempt at it ended."""
        query = select(attempts.c.result).where(attempts.c.message_id == message_id).order_by(attempts.c.id)
        with self.database.read() as connection:
            return list(connection.execute(query).scalars())

    def words(self, message_id: int) -> history.Composed:
        """What was written for it."""
        with self.database.read() as connection:
            return history.words_of(connection, [message_id])[message_id]

    def picks(self) -> Sequence[Mapping[str, Any]]:
        """Every pick remembered, oldest first."""
        with self.database.read() as connection:
            return connection.execute(select(history.picks).order_by(history.picks.c.id)).mappings().all()

    def claim(self, *ids: int) -> list[Message]:
        """Take messages in hand as a worker does."""
        with self.database.write() as connection:
            pairs = [(one, life.claim(one, self.now, self.patience)) for one in messages.with_ids(connection, ids)]
            return messages.save(connection, pairs, self.now)

    def alter(self, message_id: int, **values: object) -> None:
        """Change a message's row behind everybody's back."""
        with self.database.write() as connection:
            connection.execute(update(message_table).where(message_table.c.id == message_id).values(**values))
