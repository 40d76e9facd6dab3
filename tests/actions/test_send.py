"""An operator's extra message: for the right people, once more than planned, and through the same gate."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from parts.cast import NOON
from parts.couples import BOTH, EACH, NO_LIMIT, ONE, ana_and_ben, cleo_and_dan
from parts.house import EMAIL, SMS, House
from parts.loops import in_loop

from nudger.actions.send import send
from nudger.domain.messages import State
from nudger.domain.schedules import ChannelChoice
from nudger.errors import NotThere
from nudger.storage.consent import Event
from nudger.storage.database import Database

HOME = "ana-and-ben"


@in_loop
async def test_an_extra_message_leaves_at_once(database: Database) -> None:
    """It is due now, useful for an hour at least, and is sent beside what is planned."""
    house = House(database, rules=[replace(EACH, late=timedelta(minutes=5))])
    planned = house.due("ana", slot=0)
    assert send(database, HOME, "each", "ana", NOON) == ["ana"]
    [extra] = [message for message in house.all_messages() if message.id != planned]
    assert (extra.due_at, extra.not_after, extra.slot) == (NOON, NOON + timedelta(hours=1), 1000)
    await house.dispatch()
    assert {message.state for message in house.all_messages()} == {State.ACCEPTED}


@in_loop
async def test_both_receive_the_same_extra_idea(database: Database) -> None:
    """One extra idea for both is one occurrence, also when one had an extra before and it is past midnight there."""
    awake = ana_and_ben(budget=NO_LIMIT, quiet_hours=None)
    house = House(database, [awake], [BOTH])
    house.now = datetime(2026, 2, 2, 23, 30, tzinfo=UTC)  # half past midnight in Berlin
    send(database, HOME, "both", "ana", house.now)
    await house.dispatch()
    assert send(database, HOME, "both", None, house.now) == ["ana", "ben"]
    await house.dispatch()
    first, anas, bens = house.all_messages()
    assert (anas.period, anas.slot) == (bens.period, bens.slot)
    assert house.words(anas.id).entries == house.words(bens.id).entries != house.words(first.id).entries


@in_loop
async def test_turns_are_taken(database: Database) -> None:
    """Where partners take turns the one who did not have the last one is next, unless somebody is named."""
    house = House(database, rules=[ONE])
    turns = []
    for _ in range(3):
        turns += send(database, HOME, "one", None, house.now)
        await house.dispatch()
        house.later(timedelta(minutes=1))
    assert turns == ["ana", "ben", "ana"]
    assert send(database, HOME, "one", "ana", house.now) == ["ana"]


def test_each_is_both(database: Database) -> None:
    """Where each receives their own, both are written to, each by the channel they prefer."""
    cleo, dan = cleo_and_dan().partners
    couple = replace(cleo_and_dan(), partners=(cleo, replace(dan, prefers=EMAIL)))
    house = House(database, [couple], [replace(EACH, channel=ChannelChoice.PREFERRED)])
    assert send(database, "cleo-and-dan", "each", None, NOON) == ["cleo", "dan"]
    assert [message.channel for message in house.all_messages()] == [SMS, EMAIL]


@in_loop
async def test_the_gate_holds_for_operators_too(database: Database) -> None:
    """No consent, no message, whoever asks for it."""
    house = House(database)
    house.says("ana", Event.WITHDRAWN)
    send(database, HOME, "each", "ana", NOON)
    await house.dispatch()
    assert [house.fate(message.id) for message in house.all_messages()] == [("skipped", "no_consent")]


@pytest.mark.parametrize(
    ("couple", "schedule", "to"),
    [("nobody", "each", None), (HOME, "nothing", None), (HOME, "each", "eve"), (HOME, "left", None)],
)
def test_what_is_not_there_is_said(database: Database, couple: str, schedule: str, to: str | None) -> None:
    """An unknown couple, schedule or partner, and a schedule the couple has left, are told and nothing is planned."""
    house = House(database, rules=[EACH, replace(EACH, key="left")])
    house.rules = [EACH]
    house.sync()
    with pytest.raises(NotThere):
        send(database, couple, schedule, to, NOON)
    assert house.all_messages() == []
