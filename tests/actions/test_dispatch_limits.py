"""How much at once, and what a faulty provider, line or database is spared."""

from dataclasses import replace
from datetime import timedelta

import pytest
from parts.cast import NOON
from parts.couples import EACH, NO_LIMIT, ana_and_ben, cleo_and_dan, many_couples
from parts.fake_channel import Crash
from parts.house import EMAIL, MINUTE, SMS, House
from parts.loops import in_loop

from nudger.actions.dispatch import Limits
from nudger.domain.messages import State
from nudger.domain.schedules import ChannelChoice
from nudger.errors import StorageError
from nudger.storage.database import Database

EMAILS = replace(EACH, key="emails", channel=ChannelChoice.EMAIL)


@in_loop
async def test_wrong_key_costs_no_message_its_chances(database: Database) -> None:
    """While our account is refused nothing is burnt; one message asks every five minutes, and later all is sent."""
    house = House(database, [ana_and_ben(budget=NO_LIMIT), cleo_and_dan(budget=NO_LIMIT)])
    sent = [house.due(partner) for partner in ("ana", "ben", "cleo")]
    house.sms.misconfigure()
    await house.dispatch()
    first = house.sms.requests
    assert {house.message(message).attempts for message in sent} == {0}
    house.later(MINUTE)
    assert (await house.dispatch(), house.sms.requests) == ({}, first)
    house.later(5 * MINUTE)
    await house.dispatch()
    assert house.sms.requests == first + 1
    house.sms.recover()
    await house.go_on(7 * MINUTE)
    assert {house.fate(message) for message in sent} == {("accepted", "handed_over")}
    assert len(house.sms.arrived) == 3


@in_loop
async def test_dead_line_is_left_alone_and_email_goes_on(database: Database) -> None:
    """After five failures in a row texts wait half a minute, then one tries, then all go; email is not affected."""
    house = House(
        database, [*(ana_and_ben(budget=NO_LIMIT), cleo_and_dan(budget=NO_LIMIT))], limits=Limits(in_flight=1)
    )
    house.sms.refuse(times=5)
    for _ in range(5):
        house.due("ana")
        await house.dispatch()
    late = [house.due("ben"), house.due("cleo")]
    email = house.due("ben", EMAIL)
    await house.dispatch()
    assert (house.sms.requests, house.message(email).state) == (5, State.ACCEPTED)
    house.later(timedelta(seconds=30))
    await house.dispatcher.once()
    assert house.sms.requests == 6
    await house.dispatch()
    assert {house.message(message).state for message in late} == {State.ACCEPTED}


@in_loop
async def test_overdue_messages_expire_while_the_line_is_dead(database: Database) -> None:
    """What it is too late for ends at once, even where its provider may not be used."""
    house = House(database)
    house.due("ana")
    house.sms.misconfigure()
    await house.dispatch()
    late = house.due("ben", at=NOON - timedelta(hours=2))
    await house.dispatch()
    assert house.fate(late) == ("expired", "late")
    assert house.sms.requests == 1


@in_loop
async def test_many_due_messages_go_in_the_providers_requests(database: Database) -> None:
    """Where one request carries many, many travel in it, and a refused one among them comes back alone."""
    house = House(database, many_couples(6), [EMAILS])
    house.email.batch_size = 5
    ids = [house.due(f"{who}{number}", EMAIL, "emails") for who in "ab" for number in range(6)]
    house.email.refuse()
    await house.dispatch()
    assert house.email.requests == 3
    assert [house.message(one).state for one in ids].count(State.ACCEPTED) == 11


@in_loop
async def test_rate_of_a_channel_is_kept(database: Database) -> None:
    """With one text a second, four go at once and then one each second."""
    house = House(database, [ana_and_ben(budget=NO_LIMIT), cleo_and_dan(budget=NO_LIMIT)])
    house.limits = Limits(per_second={SMS: 1.0})
    house.start_afresh()
    for _ in range(3):
        for partner in ("ana", "ben", "cleo"):
            house.due(partner)
    counts = []
    for _ in range(4):
        await house.dispatch()
        counts.append(len(house.sms.arrived))
        house.later(timedelta(seconds=1))
    assert counts == [4, 5, 6, 7]


@in_loop
async def test_overdue_messages_take_no_place_of_those_in_time(database: Database) -> None:
    """A backlog that it is too late for does not use up what a channel may send."""
    house = House(database)
    house.limits = Limits(per_second={SMS: 0.2})
    house.start_afresh()
    for _ in range(5):
        house.due("ana", at=NOON - timedelta(hours=3))
    await house.dispatch()
    message = house.due("ben")
    await house.dispatch()
    assert house.fate(message) == ("accepted", "handed_over")
    assert [one.state for one in house.all_messages()].count(State.EXPIRED) == 5


@in_loop
async def test_one_that_goes_wrong_leaves_the_others_their_results(database: Database) -> None:
    """When handing over one message raises, what became of all others is written down all the same."""
    house = House(database, [ana_and_ben(budget=NO_LIMIT), cleo_and_dan(budget=NO_LIMIT)])
    ids = [house.due(partner) for partner in ("ana", "ben", "cleo")] + [house.due("cleo", EMAIL)]
    house.sms.crash()
    with pytest.raises(Crash):
        await house.dispatch()
    states = [house.message(one).state for one in ids]
    assert (states.count(State.SENDING), states.count(State.ACCEPTED)) == (1, 3)


class Forgetful:
    """A database whose third transaction fails."""

    def __init__(self, database: Database) -> None:
        """Wrap a database."""
        self._database = database
        self._writes = 0

    def write(self, *, trusting: bool = False) -> object:
        """A transaction, unless it is the third."""
        self._writes += 1
        if self._writes == 3:
            raise StorageError
        return self._database.write(trusting=trusting)


@in_loop
async def test_results_are_written_down_when_the_database_is_back(sqlite_database: Database) -> None:
    """A database that fails just when a result comes in is asked again before the result is given up."""
    house = House(sqlite_database)
    message = house.due("ana")
    house.start_afresh(Forgetful(sqlite_database))  # type: ignore[arg-type]
    await house.dispatcher.once()
    assert house.fate(message) == ("accepted", "handed_over")


@in_loop
async def test_stopping_claims_no_further_batch(sqlite_database: Database) -> None:
    """Told to stop, the dispatcher finishes its batch and takes no other."""
    house = House(sqlite_database)
    house.due("ana")
    second = house.due("ana")
    answers = iter([False, True])
    await house.dispatcher.drain(lambda: next(answers))
    assert len(house.sms.arrived) == 1
    assert house.message(second).state is State.PLANNED
