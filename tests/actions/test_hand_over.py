"""Batches overlap: claimed, in flight and written down at the same time, and none of it is lost on the way."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from parts.couples import EACH, NO_LIMIT, ana_and_ben, cleo_and_dan, many_couples
from parts.fake_channel import FakeChannel
from parts.house import EMAIL, SMS, House
from parts.loops import in_loop

from nudger.actions.dispatch import Limits
from nudger.channels.contract import Outgoing, SendResult
from nudger.domain.messages import State
from nudger.domain.pacing import Pace
from nudger.domain.people import ChannelKind
from nudger.domain.schedules import ChannelChoice
from nudger.errors import StorageError
from nudger.storage.database import Database

EMAILS = replace(EACH, key="emails", channel=ChannelChoice.EMAIL)


class Gated(FakeChannel):
    """Takes a message only while its gate is open."""

    def __init__(self, kind: ChannelKind) -> None:
        """Closed."""
        super().__init__(kind)
        self.gate = asyncio.Event()
        self.waiting = 0

    async def send(self, outgoing: Outgoing) -> SendResult:
        """Wait at the gate."""
        self.waiting += 1
        await self.gate.wait()
        return await super().send(outgoing)


async def until(so: Callable[[], bool]) -> None:
    """Give others their turn until something is so; the loop of the test bounds it."""
    while not so():  # noqa: ASYNC110 (what is waited for stands in the database)
        await asyncio.sleep(0.01)


@in_loop
async def test_the_next_batch_is_let_go_while_the_last_is_in_flight(sqlite_database: Database) -> None:
    """With one batch at the provider another one waits ready, and no third is claimed before the first has begun."""
    house = House(sqlite_database, many_couples(3), [EMAILS], limits=Limits(batch=2, in_flight=1))
    ids = [house.due(f"{who}{number}", EMAIL, "emails") for who in "ab" for number in range(3)]
    house.channels[EMAIL] = gated = Gated(EMAIL)
    house.start_afresh()
    running = asyncio.ensure_future(house.dispatch())
    await until(lambda: [house.message(one).state for one in ids].count(State.SENDING) == 4)
    await asyncio.sleep(0.05)
    assert [house.message(one).state for one in ids].count(State.PLANNED) == 2
    assert gated.waiting == 1
    gated.gate.set()
    assert await running == {"accepted": 6}


@in_loop
async def test_a_stop_in_the_midst_finishes_what_was_let_go(sqlite_database: Database) -> None:
    """Told to stop while messages are in flight, it hands over what it let go and claims nothing more."""
    house = House(sqlite_database, many_couples(3), [EMAILS], limits=Limits(batch=2, in_flight=1))
    ids = [house.due(f"{who}{number}", EMAIL, "emails") for who in "ab" for number in range(3)]
    house.channels[EMAIL] = gated = Gated(EMAIL)
    house.start_afresh()
    stopping = iter((False, False, True))
    running = asyncio.ensure_future(house.dispatcher.drain(lambda: next(stopping)))
    await until(lambda: [house.message(one).state for one in ids].count(State.SENDING) == 4)
    gated.gate.set()
    assert await running == {"accepted": 4}
    assert [house.message(one).state for one in ids].count(State.PLANNED) == 2


@in_loop
async def test_a_slow_channel_holds_up_nobody_but_itself(sqlite_database: Database) -> None:
    """While texts hang at their provider, emails that become due go out."""
    homes = [ana_and_ben(budget=NO_LIMIT), cleo_and_dan(budget=NO_LIMIT)]
    house = House(sqlite_database, homes, limits=Limits(batch=1, in_flight=1))
    for who in ("ana", "ben", "cleo"):
        house.due(who)
    house.channels[SMS] = gated = Gated(SMS)
    house.start_afresh()
    running = asyncio.ensure_future(house.dispatch())
    await until(lambda: gated.waiting == 1)
    house.due("cleo", EMAIL)
    await until(lambda: len(house.email.arrived) == 1)
    assert gated.arrived == []
    gated.gate.set()
    await running


@in_loop
async def test_what_has_not_begun_when_the_provider_fails_is_put_back(sqlite_database: Database) -> None:
    """When our account is refused, what waits is put back unsent, and loses none of its tries."""
    house = House(
        sqlite_database, [ana_and_ben(budget=NO_LIMIT), cleo_and_dan(budget=NO_LIMIT)], limits=Limits(in_flight=1)
    )
    ids = [house.due(partner) for partner in ("ana", "ben", "cleo")]
    house.sms.misconfigure()
    await house.dispatch()
    assert house.sms.requests == 1
    assert {house.message(one).state for one in ids} == {State.PLANNED}
    assert sorted(str(house.results(one)[-1]) for one in ids) == ["not_begun", "not_begun", "refused"]
    assert {house.message(one).attempts for one in ids} == {0}


class Sore:
    """A database in which results cannot be written down for a while."""

    def __init__(self, database: Database, sent: FakeChannel) -> None:
        """It fails while something has arrived at the provider and `failures` are left."""
        self._database, self._sent, self.failures = database, sent, 3

    def write(self, *, trusting: bool = False) -> object:
        """A transaction, unless it hurts."""
        if self._sent.arrived and self.failures:
            self.failures -= 1
            raise StorageError
        return self._database.write(trusting=trusting)


@in_loop
async def test_a_record_that_fails_is_tried_again(sqlite_database: Database) -> None:
    """Results that could not be written down are kept, and stand in the database when it is well again."""
    house = House(sqlite_database, many_couples(2), [EMAILS])
    ids = [house.due(who, EMAIL, "emails") for who in ("a0", "b0", "a1", "b1")]
    sore = Sore(sqlite_database, house.email)
    house.start_afresh(sore)  # type: ignore[arg-type]
    for _ in range(6):
        try:
            await house.dispatch()
        except StorageError:
            house.start_afresh(sore)  # type: ignore[arg-type]
    assert sore.failures == 0
    assert len(house.email.arrived) == 4
    house.start_afresh()
    house.later(house.patience.lease)
    for _ in range(20):
        await house.reconcile()
        house.later(house.patience.ask_apart)
    assert {house.message(one).state for one in ids} == {State.ACCEPTED}


def test_no_more_is_let_go_than_begins_in_time() -> None:
    """With ten a second and five seconds two batches of twenty are let go; before that is known, eight at each place.

    Never fewer than may be in flight at once, as those begin at once.
    """
    pace = Pace(at_once=8, begin=5.0)
    assert (pace.most(500), pace.most(50)) == (64, 50)
    pace.note(50, 5.0)
    assert (pace.most(500), pace.most(6)) == (20, 6)
    pace.note(1, 10.0)
    assert pace.most(500) == 8
    pace.note(500, 0.0)
    assert pace.most(500) == 500


def three_at_one_gate(database: Database) -> tuple[House, Gated]:
    """Three emails due, of which one at a time may be under way, and a closed gate before their provider."""
    house = House(database, many_couples(3), [EMAILS], limits=Limits(batch=1, in_flight=1))
    for number in range(3):
        house.due(f"a{number}", EMAIL, "emails")
    house.channels[EMAIL] = gated = Gated(EMAIL)
    house.start_afresh()
    return house, gated


@in_loop
async def test_those_who_send_at_once_share_the_places(sqlite_database: Database) -> None:
    """Two jobs of one process have one place between them where there is one: the second waits for the first."""
    house, gated = three_at_one_gate(sqlite_database)
    jobs = [asyncio.ensure_future(house.dispatcher.once()) for _ in range(2)]
    await until(lambda: [one.state for one in house.all_messages()].count(State.SENDING) == 2)
    await asyncio.sleep(0.05)
    assert gated.waiting == 1
    gated.gate.set()
    assert [await job for job in jobs] == [{"accepted": 1}, {"accepted": 1}]


@in_loop
async def test_one_that_is_cut_off_holds_up_nobody(sqlite_database: Database) -> None:
    """Its place is free again at once; what it had under way stays in doubt, and what waited for it is not sent."""
    house, gated = three_at_one_gate(sqlite_database)
    first = asyncio.ensure_future(house.dispatcher.once())
    await until(lambda: gated.waiting == 1)
    second, third = (asyncio.ensure_future(house.dispatcher.once()) for _ in range(2))
    await until(lambda: [one.state for one in house.all_messages()].count(State.SENDING) == 3)
    first.cancel()
    third.cancel()
    await asyncio.wait([first, third])
    gated.gate.set()
    assert await second == {"accepted": 1}
    assert (gated.waiting, len(gated.arrived)) == (2, 1)
    assert sorted(one.state for one in house.all_messages()) == [State.ACCEPTED, State.SENDING, State.SENDING]


@pytest.mark.parametrize(("fault", "told"), [(LookupError, LookupError), (asyncio.CancelledError, RuntimeError)])
@in_loop
async def test_a_fault_of_ours_is_told_when_the_others_are_safe(
    sqlite_database: Database, fault: type[BaseException], told: type[Exception]
) -> None:
    """A channel that raises loses its own answer alone: the others are sent and written down, then it is told."""
    house = House(sqlite_database, many_couples(3), [EMAILS], limits=Limits(in_flight=1))
    ids = [house.due(f"a{number}", EMAIL, "emails") for number in range(3)]
    house.channels[EMAIL] = Faulty(fault)
    house.start_afresh()
    with pytest.raises(told):
        await house.dispatch()
    assert [house.message(one).state for one in ids] == [State.SENDING, State.ACCEPTED, State.ACCEPTED]


class Faulty(FakeChannel):
    """Has a bug, which the first message meets."""

    def __init__(self, fault: type[BaseException]) -> None:
        """The bug raises this."""
        super().__init__(EMAIL)
        self._fault = fault

    async def send(self, outgoing: Outgoing) -> SendResult:
        """Raise once."""
        if not self.requests:
            self.requests += 1
            raise self._fault
        return await super().send(outgoing)
