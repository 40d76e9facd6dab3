"""What is sent is covered by a yes that stood at that moment, whatever happened before, between and after."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parts.cast import KEY
from parts.couples import EACH, NO_LIMIT, ana_and_ben, many_couples
from parts.databases import in_memory
from parts.fake_channel import FakeChannel
from parts.house import EMAIL, House
from parts.loops import in_loop
from parts.vaults import is_at
from sqlalchemy import select

from nudger.actions.choose import Choosing
from nudger.actions.receipts import apply_receipts
from nudger.channels.contract import Accepted, Outgoing, SendResult
from nudger.channels.events import Receipt, ReceiptStatus
from nudger.domain.people import ChannelKind
from nudger.domain.schedules import ChannelChoice
from nudger.storage.consent import Event, How
from nudger.storage.database import Database
from nudger.storage.tables import attempts, contacts, ledger, messages

BY_EMAIL = replace(EACH, channel=ChannelChoice.EMAIL)
EVENTS = count()


class SlowChannel(FakeChannel):
    """Takes a second for each message by the test's own clock, and says when each was begun."""

    def __init__(self, clock: Callable[[], float], tick: Callable[[float], None]) -> None:
        """The clock is the test's, and so is the time it takes."""
        super().__init__(EMAIL)
        self._clock, self._tick = clock, tick
        self.begun: list[float] = []
        self.before_next: Callable[[], None] | None = None

    async def send(self, outgoing: Outgoing) -> SendResult:
        """Take a tenth of a second."""
        self.begun.append(self._clock())
        if self.before_next is not None and len(self.begun) == 10:
            self.before_next()
        self._tick(0.1)
        await asyncio.sleep(0)
        self.arrived.append(outgoing)
        return Accepted(f"id-of-{outgoing.token}")


@pytest.mark.long
@in_loop
async def test_nothing_starts_five_seconds_after_everybody_said_no(sqlite_database: Database) -> None:
    """Five hundred are in hand and ten have left when all withdraw: what begins at all begins within five seconds."""
    house = House(sqlite_database, many_couples(250), [BY_EMAIL])
    seconds = [0.0]
    channel = SlowChannel(lambda: seconds[0], lambda span: seconds.__setitem__(0, seconds[0] + span))
    house.channels[EMAIL] = channel
    house.start_afresh(
        around=replace(
            house.around,
            uptime=lambda: seconds[0],
            now=lambda: house.now + timedelta(seconds=seconds[0]),
        )
    )
    for home in house.homes:
        for partner in home.partners:
            house.due(partner.key, EMAIL)
    choosing = Choosing(sqlite_database, KEY)
    said = []

    def everybody_says_no() -> None:
        said.append(seconds[0])
        with sqlite_database.read() as connection:
            everyone = connection.execute(select(contacts.c.id)).scalars().all()
        for contact in everyone:
            choosing.withdraw(contact, How.PAGE, house.now)

    channel.before_next = everybody_says_no
    await house.dispatch()
    assert len(said) == 1
    assert 10 < len(channel.begun) < 100
    assert max(channel.begun) <= said[0] + 5
    ended = {str(message.state) for message in house.all_messages()}
    assert ended == {"accepted", "skipped"}


@in_loop
async def test_what_is_claimed_when_everybody_says_no_is_cancelled(database: Database) -> None:
    """Claimed and not yet let go: none of it leaves, and the worker lets go without a word."""
    house = House(database, many_couples(50), [BY_EMAIL])
    ids = [house.due(partner.key, EMAIL) for home in house.homes for partner in home.partners]
    held = house.claim(*ids)
    assert len(held) == 100
    choosing = Choosing(database, KEY)
    with database.read() as connection:
        everyone = connection.execute(select(contacts.c.id)).scalars().all()
    for contact in everyone:
        choosing.withdraw(contact, How.REPLY, house.now)
    with database.write() as connection:
        assert house.keeper.admit(connection, held, house.now) == []
    await house.dispatch()
    assert {house.fate(one) for one in ids} == {("cancelled", "withdrawn")}
    assert house.email.arrived == []


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that happens to one of the four contacts, a while after what came before."""

    what: str
    who: str
    channel: ChannelKind
    wait: timedelta


DEEDS = st.builds(
    Deed,
    what=st.sampled_from(
        [
            "consent",
            "restart",
            "withdraw",
            "never",
            "leave",
            "pause",
            "resume",
            "bounce",
            "complain",
            "due",
            "due",
            "due",
        ]
    ),
    who=st.sampled_from(["ben", "ben", "ana"]),
    channel=st.sampled_from([ChannelKind.SMS, ChannelKind.SMS, ChannelKind.EMAIL]),
    wait=st.sampled_from([timedelta(0), timedelta(minutes=1), timedelta(hours=3)]),
)


class Life:
    """Ana and Ben, and whatever happens."""

    def __init__(self, database: Database) -> None:
        """Everyone has said yes at the start."""
        self.house = House(database, [ana_and_ben(budget=NO_LIMIT, quiet_hours=None)], [EACH])
        self.choosing = Choosing(database, KEY)

    def contact(self, deed: Deed) -> int:
        """The row it is about."""
        mine = (contacts.c.partner_id == self.house.partner_id(deed.who)) & (contacts.c.channel == deed.channel)
        with self.house.database.read() as connection:
            return connection.execute(select(contacts.c.id).where(mine)).scalar_one()

    def report(self, contact: int, status: ReceiptStatus, now: datetime) -> None:
        """A provider's report on the last attempt to a contact, if there was one."""
        query = select(attempts.c.token).join(messages, messages.c.id == attempts.c.message_id)
        with self.house.database.read() as connection:
            tokens = connection.execute(query.where(messages.c.contact_id == contact)).scalars().all()
        if tokens:
            event = Receipt("fake", f"event-{next(EVENTS)}", max(tokens), None, status, None, now)
            apply_receipts(self.house.database, [event], now)

    def do(self, deed: Deed) -> None:
        """Let it happen."""
        house, choosing, contact = self.house, self.choosing, self.contact(deed)
        house.later(deed.wait)
        now, partner = house.now, house.partner_id(deed.who)
        acts: dict[str, Callable[[], object]] = {
            "consent": lambda: choosing.consent(contact, "shown", now),
            "restart": lambda: choosing.restart(contact, now),
            "withdraw": lambda: choosing.withdraw(contact, How.REPLY, now),
            "never": lambda: choosing.decline_for_ever(contact, now),
            "leave": lambda: choosing.leave(partner, now),
            "pause": lambda: choosing.pause(partner, now + timedelta(hours=1), now),
            "resume": lambda: choosing.resume(partner, now),
            "bounce": lambda: self.report(contact, ReceiptStatus.BOUNCED, now),
            "complain": lambda: self.report(contact, ReceiptStatus.COMPLAINED, now),
            "due": lambda: house.due(deed.who, deed.channel),
        }
        acts[deed.what]()

    def stood(self, contact: int, at_line: int) -> bool:
        """Whether a yes stood and nothing was closed after so many lines of the ledger."""
        query = select(ledger.c.event).where(ledger.c.contact_id == contact, ledger.c.id <= at_line)
        with self.house.database.read() as connection:
            told = connection.execute(query.order_by(ledger.c.id)).scalars().all()
        answers = [event for event in told if event in {Event.GRANTED, Event.WITHDRAWN}]
        closings = [event for event in told if event in {Event.SUPPRESSED, Event.RELEASED}]
        return answers[-1:] == [Event.GRANTED] and closings[-1:] != [Event.SUPPRESSED]

    def last_line(self) -> int:
        """How long the ledger is."""
        with self.house.database.read() as connection:
            return max(connection.execute(select(ledger.c.id)).scalars().all(), default=0)


@settings(max_examples=15, deadline=None)
@given(st.lists(DEEDS, min_size=8, max_size=20))
def test_whatever_is_sent_is_covered_by_a_yes_that_stood(deeds: Sequence[Deed]) -> None:
    """From any sequence of events: for each message that arrives, the ledger alone says yes at that very moment."""
    with in_memory() as database:
        life = Life(database)
        for deed in deeds:
            life.do(deed)
            before = {channel: len(life.house.channels[channel].arrived) for channel in ChannelKind}
            asyncio.run(life.house.dispatch())
            for channel in ChannelKind:
                for outgoing in life.house.channels[channel].arrived[before[channel] :]:
                    with database.read() as connection:
                        one = connection.execute(select(contacts.c.id).where(is_at(outgoing.to))).scalar_one()
                    assert life.stood(one, life.last_line())
